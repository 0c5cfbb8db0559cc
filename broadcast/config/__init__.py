"""YAML and environment -> Show: `builder` makes it, `showfile` says what a file may hold."""

from .builder import build, load, shows

__all__ = ["build", "load", "shows"]
