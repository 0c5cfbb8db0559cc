"""Foreign text made fit to be shown and spoken. Pure.

Whatever comes out is plain text, never markup: it is escaped again wherever it is put into HTML, a message or a
filter graph.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator

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

MARKS = 4  #: combining marks on one letter; Vietnamese and Tibetan need three, towers of them are an attack
DOUBLY_ENCODED = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6-\u02dc\u2013-\u2122]")

HIDDEN = re.compile(
    "applet|audio|canvas|datalist|embed|frameset|head|iframe|math|noembed|noframes|noscript|object|script|select"
    "|style|svg|template|textarea|title|video|xmp"
)
RAW = re.compile("iframe|noembed|noframes|script|style|textarea|title|xmp")  # no tags inside, only their end
VOID = re.compile("area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr")
BLOCK = re.compile(
    "address|article|aside|blockquote|br|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|form"
    "|h[1-6]|header|hr|legend|li|main|nav|ol|p|pre|section|summary|table|tr|ul"
)
CELL = re.compile("td|th|option")
LETTER = re.compile("/?[A-Za-z]")
#: A tag from its name on. Possessive, so that no input makes it look back.
TAG = re.compile(r"""(/?)([A-Za-z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+)>""")
ATTRIBUTE = re.compile(r"""([^\s=/]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|\S*+))?""")
CONCEALED = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)
HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,};?")
SPACE = re.compile(r"\s+")
FRAGMENT = 1_000_000  #: characters of HTML that are looked at


def clean(text: str, limit: int) -> str:
    """Return *text* on one line of at most *limit* characters, cut at a word with "…"."""
    return cut(_tidy(_decoded_once(text[: limit * 8])), limit)


def plain(markup: str, limit: int) -> str:
    """Return the text that a reader of the HTML fragment *markup* would see, in at most *limit* characters.

    Scripts, styles, comments and hidden elements are left out, blocks are separated by newlines, entities are
    resolved once: what then looks like markup is text. Takes linear time, whatever the input.
    """
    text = _decoded_once(_resolved("".join(_visible(markup[:FRAGMENT], limit * 8))))
    lines = (_tidy(line) for line in text.split("\n"))
    return cut("\n".join(line for line in lines if line), limit)


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
    if not DOUBLY_ENCODED.search(text):
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


def _tidy(line: str) -> str:
    """Return *line* without what is invisible, composed, with single spaces."""
    if line.isascii():
        return " ".join(INVISIBLE.sub("", line).split())
    line = INVISIBLE.sub(lambda match: match["kept"] or "", line)
    # Marks are counted before composing as well, because sorting a long row of them takes quadratic time.
    line = _with_few_marks(unicodedata.normalize("NFC", _with_few_marks(line)))
    return " ".join(line.split())


def _with_few_marks(line: str) -> str:
    """Return *line* with at most `MARKS` combining marks in a row."""
    kept, row = [], 0
    for character in line:
        row = row + 1 if character > "\u02ff" and unicodedata.category(character) in ("Mn", "Me") else 0
        if row <= MARKS:
            kept.append(character)
    return "".join(kept)


def _visible(markup: str, enough: int) -> Iterator[str]:
    """Give the visible pieces of *markup*, entities still in them, until there are *enough* characters."""
    hiding, depth, seen = "", 0, 0  # the element that hides what it holds, and how many of its name are open
    for text, slash, name, attributes in _tokens(markup):
        if hiding == "p" and BLOCK.fullmatch(name) and not slash:
            hiding = ""
        if hiding:
            if name == hiding and not attributes.endswith("/"):
                depth += -1 if slash else 1
                hiding = hiding if depth else ""
        elif not name:
            yield SPACE.sub(" ", text)
            seen += len(text)
            if seen > enough:
                return
        elif slash or VOID.fullmatch(name) or not (HIDDEN.fullmatch(name) or _concealed(attributes)):
            yield "\n" if BLOCK.fullmatch(name) else " " if CELL.fullmatch(name) else ""
        elif not attributes.endswith("/"):
            hiding, depth = name, 1


def _concealed(attributes: str) -> bool:
    """Say whether an element with these *attributes* is there, yet not to be seen."""
    for name, value in ATTRIBUTE.findall(attributes):
        match name.lower():
            case "hidden":
                return True
            case "aria-hidden" if value.strip("\"'").lower() == "true":
                return True
            case "style" if CONCEALED.search(_resolved(value)):
                return True
    return False


def _resolved(text: str) -> str:
    """Return *text* with its entities resolved; Python refuses numbers of thousands of digits."""
    return html.unescape(HUGE_REFERENCE.sub("\ufffd", text))


def _tokens(markup: str) -> Iterator[tuple[str, str, str, str]]:
    """Give (text, "", "", "") or ("", "/" of an end tag, name, attributes) for each part of *markup*.

    Every character is looked at a bounded number of times: what is begun and never closed ends the text.
    """
    at = 0
    while at < len(markup):
        opening = markup.find("<", at)
        if opening != at:
            yield markup[at : opening if opening >= 0 else None], "", "", ""
        if opening < 0:
            return
        at = opening + 1
        closed = True
        if markup.startswith("!--", at):
            at = markup.find("-->", at + 1) + 3
            closed = at > 2
        elif markup.startswith(("!", "?"), at):
            at = markup.find(">", at) + 1
            closed = at > 0
        elif not LETTER.match(markup, at):
            yield "<", "", "", ""
        elif tag := TAG.match(markup, at):
            slash, name, attributes = tag[1], tag[2].lower(), tag[3].rstrip()
            yield "", slash, name, attributes
            at = tag.end()
            if RAW.fullmatch(name) and not slash and not attributes.endswith("/"):
                end = re.compile(rf"(?=</{name}[\s/>])", re.IGNORECASE).search(markup, at)
                at, closed = (end.start(), True) if end else (at, False)
        else:
            closed = False
        if not closed:
            return
