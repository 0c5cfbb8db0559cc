"""YAML and environment -> Show: `folder` finds its file, `showfile` says what that may hold, `builder` makes it."""

from .builder import build
from .folder import SUFFIXES, load, shows

__all__ = ["SUFFIXES", "build", "load", "shows"]
