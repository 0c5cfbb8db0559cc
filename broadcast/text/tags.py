"""What a reader sees of HTML. Pure."""

import html
import re
from collections.abc import Iterable, Iterator

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
SHOWN: dict[str | None, str] = {
    **{slash + name: "\n" if name in BLOCK else "" for name in BLOCK | INLINE for slash in ("", "/")},
    None: "",  # a comment
}
LETTER = re.compile("/?[A-Za-z]")
#: A tag from its name on. Possessive, so that no input makes it look back.
TAG = re.compile(r"""(/?)([A-Za-z][^\s/>]*+)((?:[^>=]++|=\s*+(?:"[^"]*+"|'[^']*+'|))*+)>""")
#: A comment, or a tag that anybody reads alike, which ends before the next "<".
PLAIN = re.compile(
    r"""<!(?=--).*?-->|<(/?+[A-Za-z][A-Za-z0-9]*+)((?:[\s/](?:[^<>"']++|"[^"<>]*+"|'[^'<>]*+')*+)?+)>"""
)
HALF_A_TAG = re.compile("</?[A-Za-z]|<[!?]")
ATTRIBUTE = re.compile(r"""([^\s=/]++)(?:\s*+=\s*+("[^"]*+"|'[^']*+'|\S*+))?""")
CONCEALING = re.compile("[Hh][Ii][Dd][Dd][Ee][Nn]|[Ss][Tt][Yy][Ll][Ee]")
CONCEALED = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|(?:font-size|opacity)\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE | re.ASCII,  # as browsers read CSS
)
#: One of these stands in whatever conceals an element: no letter or hyphen has an entity of its own, but a number.
DOUBTFUL = ("hidden", "display", "font-size", "opacity", "&#")
HUGE_REFERENCE = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,};?")
SPACE = re.compile(r"\s+")
REFERENCE_LENGTH = 7  #: characters of an entity that nobody sees: some feeds write every letter as one


def easy(markup: str) -> str | None:
    """Return what `visible` gives, in a fraction of its time, where *markup* is but text, tags and comments; else
    None."""
    if "<!--" in markup and markup.rfind("-->") < markup.rfind("<!--"):
        return None  # what is never closed would be looked for again and again
    parts = PLAIN.split(markup.replace("\n", " ").replace("\r", " "))
    text = "".join(parts[::3])
    if "<" in text and HALF_A_TAG.search(text):
        return None
    names, attributes = parts[1::3], parts[2::3]
    shown = [SHOWN[name] if name in SHOWN else _shown(name) for name in names]
    said = " ".join(filter(None, attributes)).lower()
    if None in shown or (any(word in said for word in DOUBTFUL) and any(map(_concealed, filter(None, attributes)))):
        return _uncovered(parts[0], zip(names, attributes, parts[3::3], strict=True))
    parts[1::3] = shown
    parts[2::3] = [""] * len(shown)
    return "".join(parts)


def _shown(name: str) -> str | None:
    """Return what a reader sees of a tag, or None where it hides something."""
    name = name.lower().removeprefix("/")
    return None if name in HIDDEN else "\n" if name in BLOCK else " " if name in CELL else ""


def _uncovered(seen: str, tags: Iterable[tuple[str | None, str | None, str]]) -> str | None:
    """Return what is seen of a text and *tags*: the name of each, its attributes, the text behind it.

    None where a comment stands in what has no tags in it, and so is none.
    """
    hiding, depth, raw = "", 0, ""
    pieces = [seen]
    for tag, attributes, text in tags:
        if not hiding and tag in SHOWN and not (attributes and CONCEALING.search(attributes)):
            pieces.append(SHOWN[tag])  # as nearly all are
        elif tag is None:
            if raw:
                return None
        elif not raw or tag.lower() == f"/{raw}":
            name, closes, said = tag.lower().removeprefix("/"), tag.startswith("/"), (attributes or "").rstrip()
            raw = name if name in RAW and not closes and not said.endswith("/") else ""
            hiding, depth, shown = _after(hiding, depth, name, said, closes=closes)
            pieces.append(shown)
        if not hiding:
            pieces.append(text)
    return "".join(pieces)


def _after(hiding: str, depth: int, name: str, attributes: str, *, closes: bool) -> tuple[str, int, str]:
    """Return what hides what follows a tag, how many of its name are open, and what is seen of the tag itself.

    *hiding* and *depth* are those before it.
    """
    alone = attributes.endswith("/")
    if hiding == "p" and name in BLOCK and not closes:
        hiding = ""
    if hiding:
        if name == hiding and not alone:
            depth += -1 if closes else 1
        return hiding if depth else "", depth, ""
    if closes or name in VOID or not (name in HIDDEN or _concealed(attributes)):
        return "", 0, "\n" if name in BLOCK else " " if name in CELL else ""
    return ("", 0, "") if alone else (name, 1, "")


def visible(markup: str, enough: int) -> Iterator[str]:
    """Give the visible pieces of *markup*, entities still in them, until there are *enough* characters."""
    hiding, depth, seen = "", 0, 0  # the element that hides what it holds, and how many of its name are open
    for text, slash, name, attributes in _tokens(markup):
        if name:
            hiding, depth, shown = _after(hiding, depth, name, attributes, closes=bool(slash))
            yield shown
        elif not hiding:
            if not text.isprintable() or "  " in text:
                text = SPACE.sub(" ", text)
            yield text
            seen += max(len(text) - REFERENCE_LENGTH * text.count("&"), 1)
            if seen > enough:
                return


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
            case "style" if CONCEALED.search(resolved(value)):
                return True
    return False


def resolved(text: str) -> str:
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
