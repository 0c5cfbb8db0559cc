"""Foreign text made fit to be shown and spoken. Pure.

Whatever comes out is plain text, never markup: it is escaped again wherever it is put into HTML, a message or a
filter graph.
"""

import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress

from .tags import easy, resolved, visible

#: Joiners that spelling depends on: between letters of the Arabic and Indic scripts, and inside an emoji.
JOINED = "\u0600-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17ff\ufb50-\ufdcf\ufe70-\ufefc"
EMOJI = "\u2190-\u2bff\U0001f000-\U0001faff"
JOINER = f"(?<=[{JOINED}])[\u200c\u200d](?=[{JOINED}])|(?<=[{EMOJI}\ufe0f])\u200d(?=[{EMOJI}])"
#: What no text needs and some text hides behind: control, bidi, zero-width and tag characters, fillers that look
#: like nothing, private use, surrogates, noncharacters. Controls that are white space become a space elsewhere.
INVISIBLE = re.compile(
    f"(?P<kept>{JOINER})|["
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffc"
    "\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U0010ffff]"
    "|[" + "".join(chr(plane << 16 | last) for plane in range(1, 14) for last in (0xFFFE, 0xFFFF)) + "]"
)

UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufffc]")  #: called printable
HIGH = re.compile("[\u0300-\U0010ffff]{5}")  #: as many in a row as could be one mark too many
MARKS = 4  #: combining marks on one letter; Vietnamese and Tibetan need three, towers of them are an attack
DOUBLY_ENCODED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u2122]")

EASY = 16  #: times as long as its text may be, markup is read all at once
FRAGMENT = 1_000_000  #: characters of HTML that are looked at


def clean(text: str, limit: int) -> str:
    """Return *text* on one line of at most *limit* characters, cut at a word with "…"."""
    if len(text) <= limit and text.isascii() and text.isprintable():
        return _spaced(text)  # as most are
    return cut(_tidy(_decoded_once(text[: limit * 8])), limit)


def counted(number: int, one: str, many: str) -> str:
    """Return *number* with what is counted: "1 story", "2 stories"."""
    return f"{number} {one if number == 1 else many}"


def plain(markup: str, limit: int) -> str:
    """Return the text that a reader of the HTML fragment *markup* would see, in at most *limit* characters.

    Scripts, styles, comments and hidden elements are left out, blocks are separated by newlines, entities are
    resolved once: what then looks like markup is text. Takes linear time, whatever the input.
    """
    size = limit * 4 // 3
    while size <= limit * EASY:  # of a long article only the beginning is kept
        whole = len(markup) <= size
        seen = easy(markup if whole else markup[: max(markup.rfind("<", 0, size), 0)])
        if seen is None:
            break
        if whole or len(seen) > limit:
            text = _lines(seen)
            if whole or len(text) > limit:
                return cut(text, limit)
        size = max(size * 2, min(size * limit // max(len(seen), 1), limit * EASY))
    return cut(_lines("".join(visible(markup[:FRAGMENT], limit * 2))), limit)


def _lines(text: str) -> str:
    """Return *text* with its entities resolved, fit to be shown, without empty lines."""
    text = _decoded_once(resolved(text))
    if not _is_tidy(text.replace("\n", " ")):
        return "\n".join([line for line in map(_tidy, text.split("\n")) if line])
    text = text.replace("\xa0", " ")
    while "  " in text:  # many times faster than taking it apart into words
        text = text.replace("  ", " ")
    return "\n".join([line for each in text.split("\n") if (line := each.strip(" "))])


def cut(text: str, limit: int) -> str:
    """Return *text*, or as many whole words of it as fit into *limit* characters with an "…" behind them.

    Where a word would cost more than half of the room, as in scripts without spaces, it is cut by characters,
    though never inside one that is made of several code points.
    """
    if len(text) <= limit:
        return text
    end = max(limit - 1, 0)
    while end > 0 and (
        unicodedata.category(text[end]) in ("Mn", "Mc", "Me") or "\u200d" in text[end - 1 : end + 1]
    ):
        end -= 1
    head = text[:end]
    if not text[end].isspace():
        space = max(head.rfind(" "), head.rfind("\n"))
        if space >= limit // 2:
            head = head[:space]
    return (head.rstrip(" \n,;:–—-") + "…")[:limit]


def cut_escaped(text: str, limit: int, escape: Callable[[str], str]) -> str:
    """Return *text* escaped, cut where it would be longer than *limit* then: never inside what stands for one
    character."""
    most = limit
    while len(found := escape(cut(text, most))) > limit:
        most -= max(1, (len(found) - limit) // 5)
    return found


def _decoded_once(text: str) -> str:
    """Undo UTF-8 that was read as Latin-1 or Windows-1252, where all of it was: "FlÃ¼chtlinge"."""
    if text.isascii() or not DOUBLY_ENCODED.search(text):
        return text
    try:
        return b"".join(_byte(character) for character in text).decode("utf-8")
    except UnicodeError:
        return text


def _byte(character: str) -> bytes:
    """Windows-1252 as it is spoken: the five codes that it leaves free are those of Latin-1."""
    try:
        return character.encode("cp1252")
    except UnicodeEncodeError:
        return character.encode("latin-1")


def _spaced(line: str) -> str:
    return " ".join(line.split())


def _is_tidy(text: str) -> bool:
    """Say whether nothing but spaces is to be done to *text*, as is so of nearly all."""
    text = text.replace("\xa0", " ")
    if text.isascii():
        return text.isprintable()
    with suppress(UnicodeEncodeError):
        return bool(text.encode("cp1252")) and text.isprintable()  # letters of the West, which nothing hides behind
    printable = text.isprintable() and not UNSEEN.search(text) and not HIGH.search(text)
    return printable and unicodedata.is_normalized("NFC", text)


def _tidy(line: str) -> str:
    """Return *line* without what is invisible, composed, with single spaces."""
    if _is_tidy(line):
        return _spaced(line)
    if line.isascii():
        return _spaced(INVISIBLE.sub("", line))
    line = INVISIBLE.sub(lambda match: match["kept"] or "", line)
    # Marks are counted before composing as well, because sorting a long row of them takes quadratic time.
    return _spaced(_with_few_marks(unicodedata.normalize("NFC", _with_few_marks(line))))


def _with_few_marks(line: str) -> str:
    """Return *line* with at most `MARKS` combining marks in a row."""
    if not HIGH.search(line):
        return line
    kept, row = [], 0
    for character in line:
        row = row + 1 if character > "\u02ff" and unicodedata.category(character) in ("Mn", "Me") else 0
        if row <= MARKS:
            kept.append(character)
    return "".join(kept)
