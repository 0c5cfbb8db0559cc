"""YAML, read by the C library where that is safe: in a seventh of the time."""

import re
from pathlib import Path
from typing import Any

import yaml

QUICK: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  #: PyYAML may have been built without the C library
DEEPEST = 5_000  #: levels that its reader is trusted with; some 30,000 end the process, as they fill the stack
#: What can open a level a column, but brackets: the beginning of a line.
MARGIN = re.compile(r"(?:^|[\r\x85\u2028\u2029])[ \t?:-]*", re.MULTILINE)


def loader(text: str) -> Any:
    """Return what reads *text* and constructs nothing but plain values.

    That is the C library where the text cannot nest too deeply for it; else Python's, which raises RecursionError.
    """
    levels = text.count("[") + text.count("{") + max(len(one) for one in MARGIN.findall(text))
    return QUICK if levels <= DEEPEST else yaml.SafeLoader


def table(path: Path) -> Any:
    """Return what a table that comes along with us holds."""
    return yaml.load(path.read_text(encoding="utf-8"), Loader=QUICK)  # noqa: S506 - it is a safe one
