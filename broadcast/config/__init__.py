"""YAML and environment -> Show: `builder` makes it, `showfile` says what a file may hold."""

from .builder import SUFFIXES, build, load, shows

__all__ = ["SUFFIXES", "build", "load", "shows"]
