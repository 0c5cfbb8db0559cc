"""A YAML file with the line of every key, and its `${NAME}` filled from the environment."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from broadcast.errors import ConfigError
from broadcast.settings import SECRET_NAME
from broadcast.text.yamls import loader

Path_ = tuple[str | int, ...]

SIZE_LIMIT = 1_000_000  #: bytes; a show file is a few kilobytes
DEPTH_LIMIT = 50
OPENED = {
    "while scanning a quoted scalar": "quote",
    "while parsing a flow mapping": "{",
    "while parsing a flow sequence": "[",
}  #: what is often not closed, by what the parser says it was about
KEY_LIMIT = 20_000  #: aliases may multiply what a small file holds
VARIABLE = re.compile(r"\$(?:\$|\{([A-Za-z_][A-Za-z0-9_]*)\})")


@dataclass
class Document:
    """What a file holds, and where each of its keys stands."""

    path: Path
    data: dict[str, Any]
    lines: dict[Path_, int] = field(default_factory=dict)
    secrets: set[str] = field(default_factory=set)  #: what came from the environment
    wrong: list[ConfigError] = field(default_factory=list)  #: what keeps single values from being read

    def where(self, loc: Path_ = ()) -> str:
        """Return `file:line` of a key, or of the nearest one around it."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return f"{self.path}:{self.lines.get(loc, 1)}"


def read(path: Path, variables: Mapping[str, str]) -> Document:
    """Read a file that holds a mapping. Raises `ConfigError` with file and line."""
    try:
        if path.stat().st_size > SIZE_LIMIT:
            raise ConfigError(f"is larger than {SIZE_LIMIT} bytes: that is no show", where=str(path))
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError("is not UTF-8 text", where=str(path)) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}", where=str(path)) from None
    return parse(text, path, variables)


def parse(text: str, path: Path, variables: Mapping[str, str]) -> Document:
    """Like `read`, for text that is already here. What keeps only single values from being read is in `wrong`."""
    try:
        root = _composed(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"is not YAML: {_why(error, line)}", where=f"{path}:{line}") from None
    except RecursionError:
        raise ConfigError("is nested too deeply", where=str(path)) from None
    except yaml.YAMLError as error:
        raise ConfigError(f"is not YAML: {str(error).splitlines()[0]}", where=str(path)) from None
    document = Document(path, {})
    if root is None:
        raise ConfigError("is empty", where=str(path))
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError("must hold keys and values, like `title: Daily update`", where=f"{path}:1")
    document.data = _value(root, (), document, variables)
    return document


def _composed(text: str) -> yaml.Node | None:
    """Return what *text* holds. What the C library cannot read Python's says more about."""
    try:
        return yaml.compose(text, Loader=loader(text))
    except yaml.YAMLError:
        return yaml.compose(text, Loader=yaml.SafeLoader)


def _why(error: yaml.MarkedYAMLError, line: int) -> str:
    """Return what is wrong, and what to write; it is often a line above *line*, where reading ended."""
    said, begun = error.problem or "it cannot be read", error.context_mark.line + 1 if error.context_mark else line
    if "\\t" in said:
        return "there is a tab; indent with spaces"
    if error.context in OPENED:
        return f"the {OPENED[error.context]} that is opened in line {begun} is not closed, or lacks a comma"
    if said == "mapping values are not allowed here":
        return "a colon too many: put the value in quotes, or give the line above its colon"
    return said if begun == line else f"{said}, in what begins in line {begun}"


def _value(node: yaml.Node, loc: Path_, document: Document, variables: Mapping[str, str]) -> Any:
    document.lines.setdefault(loc, node.start_mark.line + 1)
    where = f"{document.path}:{node.start_mark.line + 1}"
    if len(loc) > DEPTH_LIMIT or len(document.lines) > KEY_LIMIT:
        raise ConfigError("holds too much, or is nested too deeply", where=where)
    if isinstance(node, yaml.MappingNode):
        return dict(_pairs(node, loc, document, variables))
    if isinstance(node, yaml.SequenceNode):
        return [_value(one, (*loc, index), document, variables) for index, one in enumerate(node.value)]
    if node.tag == "tag:yaml.org,2002:str":
        return _filled(str(node.value), where, document, variables)
    return _scalar(node, where, document)


def _pairs(
    node: yaml.MappingNode, loc: Path_, document: Document, variables: Mapping[str, str]
) -> Iterator[tuple[str, Any]]:
    seen: set[str] = set()
    for key_node, value_node in node.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        where = f"{document.path}:{line}"
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError("a key must be a word", where=where)
        if key == "<<":
            raise ConfigError("merge keys (`<<`) are not understood here; write it out", where=where)
        if key in seen:
            document.wrong.append(ConfigError(f"`{key}` is there twice", where=where))
        seen.add(key)
        document.lines[(*loc, key)] = line
        yield key, _value(value_node, (*loc, key), document, variables)


def _scalar(node: yaml.Node, where: str, document: Document) -> Any:
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError):
        message = f"cannot read the value {node.value!r}; put it in quotes"
        document.wrong.append(ConfigError(message, where=where))
        return str(node.value)
    finally:
        loader.dispose()


def _filled(text: str, where: str, document: Document, variables: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "$"
        if not variables.get(name):
            message = f"${{{name}}} is not set; set it in the environment or in .env"
            document.wrong.append(ConfigError(message, where=where))
            return match[0]
        if SECRET_NAME.search(name):
            document.secrets.add(variables[name])
        return variables[name]

    return VARIABLE.sub(fill, text)
