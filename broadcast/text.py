"""Foreign text made fit to be shown and spoken. Pure.

Whatever comes out is plain text, never markup: it is escaped again wherever it is put into HTML, a message or a
filter graph.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import suppress

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

HIDDEN = frozenset((
    "applet", "audio", "canvas", "datalist", "embed", "frameset", "head", "iframe", "math", "noembed", "noframes",
    "noscript", "object", "script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp",
))  # fmt: skip
#: No tags inside them, only their end.
RAW = frozenset(("iframe", "noembed", "noframes", "script", "style", "textarea", "title", "xmp"))
VOID = frozenset((
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
))  # fmt: skip
BLOCK = frozenset((
    "address", "article", "aside", "blockquote", "br", "center", "dd", "details", "div", "dl", "dt", "fieldset",
    "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "legend", "li",
    "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tr", "ul",
))  # fmt: skip
CELL = frozenset(("td", "th", "option"))
INLINE = frozenset((
    "a", "abbr", "b", "cite", "code", "em", "figure", "font", "i", "img", "picture", "small", "source", "span",
    "strong", "sub", "sup", "u", "wbr",
))  # fmt: skip
#: What a reader sees of the commonest tags.
SHOWN = {slash + name: "\n" if name in BLOCK else "" for name in BLOCK | INLINE for slash in ("", "/")}
LETTER = re.compile("/?[A-Za-z]")
#: A tag from its name on. Possessive, so that no input makes it look back.
TAG = re.compile(r"""(/?)([A-Za-z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+)>""")
#: A tag that anybody reads alike. It ends before the next "<", so that looking for all of them takes linear time.
PLAIN_TAG = re.compile(r"""<(/?+[A-Za-z][A-Za-z0-9]*+)((?:[\s/](?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+)?+)>""")
#: What is embedded, with nothing to show where it is not.
EMPTY = re.compile(r"<(iframe|script|video|canvas)\b[^<>]*></\1\s*>", re.IGNORECASE)
HALF_A_TAG = re.compile("</?[A-Za-z]")
ATTRIBUTE = re.compile(r"""([^\s=/]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|\S*+))?""")
CONCEALING = re.compile("[Hh][Ii][Dd][Dd][Ee][Nn]|[Ss][Tt][Yy][Ll][Ee]")
CONCEALED = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])", re.IGNORECASE
)
HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,};?")
SPACE = re.compile(r"\s+")
REFERENCE_LENGTH = 7  #: characters of an entity that nobody sees: some feeds write every letter as one
EASY = 16  #: times as long as its text may be, markup is read all at once
FRAGMENT = 1_000_000  #: characters of HTML that are looked at


def clean(text: str, limit: int) -> str:
    """Return *text* on one line of at most *limit* characters, cut at a word with "…"."""
    return cut(_tidy(_decoded_once(text[: limit * 8])), limit)


def plain(markup: str, limit: int) -> str:
    """Return the text that a reader of the HTML fragment *markup* would see, in at most *limit* characters.

    Scripts, styles, comments and hidden elements are left out, blocks are separated by newlines, entities are
    resolved once: what then looks like markup is text. Takes linear time, whatever the input.
    """
    for size in (limit * 4 // 3, limit * EASY):  # of a long article only the beginning is kept
        whole = len(markup) <= size
        easy = _easy(markup if whole else markup[: max(markup.rfind("<", 0, size), 0)])
        if easy is None:
            break
        text = _lines(easy)
        if whole or len(text) > limit:
            return cut(text, limit)
    return cut(_lines("".join(_visible(markup[:FRAGMENT], limit * 2))), limit)


def _lines(text: str) -> str:
    """Return *text* with its entities resolved, fit to be shown, without empty lines."""
    text = _decoded_once(_resolved(text))
    if _is_tidy(text.replace("\n", " ")):
        return "\n".join([" ".join(words) for line in text.split("\n") if (words := line.split())])
    return "\n".join([line for line in map(_tidy, text.split("\n")) if line])


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


def _easy(markup: str) -> str | None:
    """Return what `_visible` gives, in a fraction of its time, where *markup* is but text and tags; else None."""
    if "<!" in markup or "<?" in markup:
        return None
    if "></" in markup:
        markup = EMPTY.sub("", markup)
    parts = PLAIN_TAG.split(markup.replace("\n", " ").replace("\r", " "))
    shown = [SHOWN[name] if name in SHOWN else _shown(name) for name in parts[1::3]]
    attributes = " ".join(parts[2::3]).lower()
    doubtful = "hidden" in attributes or "style" in attributes
    if None in shown or (doubtful and any(map(_concealed, filter(None, parts[2::3])))):
        return None
    parts[1::3] = [each for each in shown if each is not None]
    parts[2::3] = [""] * len(shown)
    text = "".join(parts)
    return None if "<" in text and HALF_A_TAG.search(text) else text


def _shown(name: str) -> str | None:
    """Return what a reader sees of a tag, or None where it hides something."""
    name = name.lower().removeprefix("/")
    return None if name in HIDDEN else "\n" if name in BLOCK else " " if name in CELL else ""


def _visible(markup: str, enough: int) -> Iterator[str]:
    """Give the visible pieces of *markup*, entities still in them, until there are *enough* characters."""
    hiding, depth, seen = "", 0, 0  # the element that hides what it holds, and how many of its name are open
    for text, slash, name, attributes in _tokens(markup):
        if hiding == "p" and name in BLOCK and not slash:
            hiding = ""
        if hiding:
            if name == hiding and not attributes.endswith("/"):
                depth += -1 if slash else 1
                hiding = hiding if depth else ""
        elif not name:
            if not text.isprintable() or "  " in text:
                text = SPACE.sub(" ", text)
            yield text
            seen += max(len(text) - REFERENCE_LENGTH * text.count("&"), 1)
            if seen > enough:
                return
        elif slash or name in VOID or not (name in HIDDEN or _concealed(attributes)):
            yield "\n" if name in BLOCK else " " if name in CELL else ""
        elif not attributes.endswith("/"):
            hiding, depth = name, 1


def _concealed(attributes: str) -> bool:
    """Say whether an element with these *attributes* is there, yet not to be seen."""
    if not CONCEALING.search(attributes):
        return False
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
        if tag := TAG.match(markup, at):
            slash, name, attributes = tag[1], tag[2].lower(), tag[3].rstrip()
            yield "", slash, name, attributes
            at = tag.end()
            if name in RAW and not slash and not attributes.endswith("/"):
                end = re.compile(rf"(?=</{name}[\s/>])", re.IGNORECASE).search(markup, at)
                at, closed = (end.start(), True) if end else (at, False)
        elif markup.startswith("!--", at):
            at = markup.find("-->", at + 1) + 3
            closed = at > 2
        elif markup.startswith(("!", "?"), at):
            at = markup.find(">", at) + 1
            closed = at > 0
        elif not LETTER.match(markup, at):
            yield "<", "", "", ""
        else:
            closed = False
        if not closed:
            return
