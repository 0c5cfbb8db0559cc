"""What a person would read in Markdown, or in text that looks like it. Pure, and linear in its input."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from broadcast.text import clean, plain

FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
HEADING = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*")
UNDERLINE = re.compile(r"([=\-~^*])\1{2,}\s*")
BULLET = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+(?=\S)(?:\[[ xX]\]\s+)?")
TABLE = re.compile(r"\s*\|")
REFERENCE = re.compile(r"\s{0,3}\[[^\]]{1,300}\]:\s")
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^()\n]{0,2000}\)")
LINK = re.compile(r"\[([^\[\]\n]{0,300})\](?:\([^()\n]{0,2000}\)|\[[^\[\]\n]{0,100}\])")
ADDRESS = re.compile(r"(?:\s(?:at|in|see|from))?\s?<?https?://[^\s<>()]+>?")
MARKS = re.compile(r"\*\*|__|~~|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)")
ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
LINE = 2_000  #: characters of one line


@dataclass(frozen=True)
class Block:
    """A heading, a paragraph or an item of a list, on one line and without markup."""

    level: int  #: of a heading, from 1; 0 for what is none
    text: str
    item: bool = False


def blocks(text: str) -> Iterator[Block]:
    """Give what is to be read, in order. Code, tables, pictures and comments are left out."""
    open: list[str] = []  # the lines of the paragraph or item under way
    item = fenced = False
    for line in (*COMMENT.sub("", text.lstrip("\ufeff")).splitlines(), ""):
        line = line[:LINE]
        heading, bullet, under = HEADING.fullmatch(line), BULLET.match(line), UNDERLINE.fullmatch(line)
        underlined = under and len(open) == 1 and not item and not fenced
        if FENCE.match(line) and not underlined:
            fenced = not fenced
        if underlined:
            yield Block(1 if line[0] == "=" else 2, inline(open[0]))
            open = []
        elif fenced or heading or bullet or not line.strip() or TABLE.match(line) or REFERENCE.match(line) or under:
            if open and (said := inline(" ".join(open))):
                yield Block(0, said, item)
            open, item = [], bool(bullet)
            if heading and not fenced and (said := inline(heading[2])):
                yield Block(len(heading[1]), said)
            elif bullet and not fenced:
                open = [line[bullet.end() :]]
        elif not FENCE.match(line):
            open.append(line)


def inline(line: str) -> str:
    """Return the words of one line."""
    line = LINK.sub(r"\1", IMAGE.sub("", line))
    if "<" in line:
        line = plain(ADDRESS.sub(" ", line), LINE).replace("\n", " ")
    bare = clean(ESCAPE.sub(r"\1", MARKS.sub("", ADDRESS.sub("", line))), LINE)
    return "" if bare.endswith(":") and ADDRESS.search(line) else bare  # "Full changelog: https://…"


def sentence(line: str) -> str:
    """Return *line* with an end that can be heard."""
    return line if not line or line.endswith((".", "!", "?", ":", "…", "。", "！", "？")) else f"{line}."


def prose(text: str, limit: int) -> str:
    """Return Markdown as paragraphs to be told; a heading begins the first item below it."""
    return told(blocks(text), limit)


def told(found: Iterator[Block] | list[Block], limit: int) -> str:
    """Return *found* as paragraphs, as many whole ones as fit into *limit* characters."""
    lines: list[str] = []
    heading, size = "", 0
    for block in found:
        if block.level:
            heading = block.text.rstrip(":.")
            continue
        line = sentence(f"{heading}: {block.text}" if heading else block.text)
        heading = ""
        size += len(line) + 1
        if size > limit:
            break
        lines.append(line)
    return "\n".join(lines)
