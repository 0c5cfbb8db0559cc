"""The text and the HTML of a post, for readers that are narrow, dark, or show no pictures. Pure.

Mail readers keep little of CSS: what matters stands in `style` attributes, and a style sheet adds what the better
ones understand. No reader plays video: a still picture and a button lead to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from broadcast.page import Record
from broadcast.page.frame import COLOUR, DEFAULT_COLOUR
from broadcast.page.markup import Html, host, joined, tag
from broadcast.page.record import Part
from broadcast.page.words import direction
from broadcast.page.words import words as page_words

from .words import Words, words

WIDTH = 600  #: pixels of the column: what readers on a desk show without scrolling sideways
FONT = "-apple-system,'Segoe UI',Roboto,'Noto Sans','Liberation Sans',Helvetica,Arial,sans-serif"
INK, SOFT, PAPER, LINE = "#16181b", "#5a6069", "#fbfaf7", "#e3e0da"
DARK = """
:root { color-scheme: light dark; supported-color-schemes: light dark }
a:hover { text-decoration: underline !important }
@media (prefers-color-scheme: dark) {
  body, .paper { background: #131518 !important }
  .ink { color: #ecebe8 !important }
  .soft { color: #a0a6ae !important }
  .line { border-color: #2b2e33 !important }
}
@media (max-width: 480px) {
  .paper { padding: 20px 16px 28px !important }
  h1 { font-size: 24px !important }
  .button { display: block !important }
}
"""
#: Fills the line of the inbox behind the subject, so that nothing else of the letter runs into it.
FILL = "\u2007\u200c " * 60


@dataclass(frozen=True)
class Contents:
    """What one letter says. All but *unsubscribe* is the same for every recipient."""

    record: Record
    caption: str = ""  #: the show's own words; empty where it has none
    link: str | None = None  #: where the video can be watched
    video: Literal["linked", "attached", "absent"] = "absent"
    picture: str | None = None  #: the content id of the still picture
    size: tuple[int, int] = (0, 0)  #: of the picture, in pixels
    unsubscribe: str | None = None


def as_html(letter: Contents) -> str:
    """Return the HTML of *letter*."""
    record = letter.record
    language, say = page_words(record.language)
    ours = words(record.language)
    accent = record.colour if COLOUR.fullmatch(record.colour) else DEFAULT_COLOUR
    column = tag(
        "div",
        _text("p", tag("bdi", record.brand or record.show), size=14, weight=700, below=20),
        _text("h1", record.title, size=28, line=1.2, weight=700, below=6, said=_said(record)),
        _text("p", f"{record.date} · {_duration(record)}", size=14, soft=True, below=20, said=_said(record)),
        *(_text("p", line, below=12, said=_said(record)) for line in letter.caption.split("\n") if line.strip()),
        _picture(letter),
        _way(letter, ours, accent),
        _text("p", record.disclosure, size=13, soft=True, below=24, said={**_said(record), "dir": "auto"})
        if record.disclosure
        else None,
        _text("h2", say.transcript, size=13, soft=True, weight=700, below=16, above=20, ruled=True),
        *(_part(part, record, say.told_by(part.several)) for part in record.parts),
        _footer(letter, ours),
        class_="paper",
        style=f"max-width:{WIDTH}px;margin:0 auto;padding:28px 24px 36px;background:{PAPER}",
    )
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="supported-color-schemes", content="light dark"),
        tag("title", record.title),
        Html(f"<style>{DARK}</style>"),
    )
    body = tag(
        "body",
        tag("div", _preview(record), style="display:none;max-height:0;overflow:hidden;mso-hide:all"),
        column,
        style=f"margin:0;padding:0;background:{PAPER};font-family:{FONT};-webkit-text-size-adjust:100%",
    )
    return f"<!doctype html>\n{tag('html', tag('head', *head), body, lang=language, dir=direction(language))}\n"


def as_text(letter: Contents) -> str:
    """Return the plain text of *letter*, for those who read no HTML."""
    record = letter.record
    say, ours = page_words(record.language)[1], words(record.language)
    blocks = [f"{record.title}\n{record.date} · {_duration(record)}", letter.caption]
    blocks.append(
        {"linked": f"{ours.watch}: {letter.link}", "attached": ours.attached}.get(letter.video, ours.unlinked)
    )
    blocks += [record.disclosure, say.transcript.upper()]
    for part in record.parts:
        lines = [part.title, " ".join(part.sentences)]
        source = " ".join(filter(None, (part.publisher, part.url if host(part.url) else "")))
        blocks.append("\n".join(filter(None, (*lines, f"{say.told_by(part.several)}: {source}" if source else ""))))
    closing = f"{ours.unsubscribe}: {letter.unsubscribe}" if letter.unsubscribe else ""
    blocks.append("\n".join(filter(None, (f"-- \n{record.brand or record.show}", closing))))
    return "\n\n".join(filter(None, blocks)) + "\n"


# --- the parts of the HTML


def _text(
    name: str,
    /,
    *children: str | None,
    size: int = 16,
    line: float = 1.5,
    weight: int = 400,
    above: int = 0,
    below: int = 0,
    soft: bool = False,
    ruled: bool = False,
    said: Mapping[str, str] | None = None,
) -> Html:
    """Return a block of text. Sizes are in pixels."""
    style = f"margin:0 0 {below}px;font-size:{size}px;line-height:{line};font-weight:{weight};"
    style += f"color:{SOFT if soft else INK};overflow-wrap:anywhere;word-break:break-word"
    style += f";padding-top:{above}px" if above else ""
    style += f";border-top:1px solid {LINE}" if ruled else ""
    kind = ("soft" if soft else "ink") + (" line" if ruled else "")
    return tag(name, *children, class_=kind, style=style, **(said or {}))


def _picture(letter: Contents) -> Html | None:
    if letter.picture is None:
        return None
    width, height = letter.size
    shown = min(width, WIDTH - 48)  # the column without its padding
    image = tag(
        "img",
        src=f"cid:{letter.picture}",
        alt=letter.record.title,
        width=shown,
        height=round(shown * height / width),
        style="display:block;width:100%;max-width:100%;height:auto;border:0;border-radius:6px"
        + (";max-width:320px;margin:0 auto" if height > width else ""),
    )
    linked = tag("a", image, href=letter.link, style="display:block;text-decoration:none") if letter.link else image
    return tag("div", linked, style="margin:0 0 16px")


def _way(letter: Contents, say: Words, accent: str) -> Html:
    """Return how to see the video: a button that needs no picture, or why there is none."""
    if letter.video == "linked" and letter.link:
        style = f"display:inline-block;padding:12px 20px;border-radius:6px;background:{accent};text-align:center;"
        style += f"color:{_on(accent)};font-size:16px;line-height:1.3;font-weight:700;text-decoration:none"
        label = f"▶\ufe0e {say.watch} · {_duration(letter.record)}"
        return tag("p", tag("a", label, href=letter.link, class_="button", style=style), style="margin:0 0 20px")
    return _text("p", say.attached if letter.video == "attached" else say.unlinked, weight=700, below=20)


def _part(part: Part, record: Record, source: str) -> Html:
    """Return what is said in one stretch, with its source below it."""
    text = _text("p", " ".join(part.sentences), below=20, said=_said(record))
    if part.kind != "story":
        return text
    where = host(part.url)
    name = tag("bdi", part.publisher or where or "")
    link = tag("a", name, href=part.url, class_="soft", style=f"color:{SOFT};text-decoration:underline")
    language = {"lang": part.language or record.language, "dir": "auto"}
    return joined(
        _text("h3", part.title, size=18, line=1.3, weight=700, below=4, said=language) if part.title else None,
        _text("p", " ".join(part.sentences), below=6, said=_said(record)),
        _text("p", f"{source}: ", link if where else name, size=14, soft=True, below=24)
        if part.publisher or where
        else None,
    )


def _footer(letter: Contents, say: Words) -> Html | None:
    if not letter.unsubscribe:
        return None
    style = f"color:{SOFT};text-decoration:underline;display:inline-block;padding:6px 0"
    link = tag("a", say.unsubscribe, href=letter.unsubscribe, class_="soft", style=style)
    return _text("p", link, size=13, soft=True, above=14, ruled=True)


def _preview(record: Record) -> str:
    return " · ".join(part.title for part in record.stories if part.title)[:200] + FILL


def _on(colour: str) -> str:
    """Return the colour of letters on *colour*: dark or light, whichever stands out more (WCAG 2.2, 1.4.3)."""
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    red, green, blue = ((int(digits[at : at + 2], 16) / 255) ** 2.2 for at in (0, 2, 4))
    return "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.19 else INK


def _duration(record: Record) -> str:
    seconds = round(record.seconds)
    return f"{seconds // 60}:{seconds % 60:02}"


def _said(record: Record) -> dict[str, str]:
    return {"lang": record.language, "dir": direction(record.language)}
