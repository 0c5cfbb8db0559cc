"""The letter by which somebody is asked, with a link that is theirs alone. Opening it answers nothing. Pure."""

from broadcast import asking
from broadcast.page.markup import Html, tag
from broadcast.page.words import direction
from broadcast.types import Question

from .layout import DARK, FONT, INK, PAPER, WIDTH

ACT = "#1f4fd1"  #: of the button, by light and in the dark
SCRIPT = 20_000  #: characters of a script
BUTTON = "Read it and answer"
NO_LINK = (
    "There is no page to answer on here, as BROADCAST_PUBLIC_URL is not set. Answer on a machine that airs it:"
)


def as_text(question: Question) -> str:
    """Return the letter for those who read no HTML."""
    way = f"{BUTTON}: {question.link}" if question.link else f"{NO_LINK}\n{_commands(question)}"
    about = [_film(question)] if question.video else []
    blocks = [asking.heading(question), asking.terms(question), way, *about, asking.spoken(question.script, SCRIPT)]
    return "\n\n".join(blocks) + "\n"


def as_html(question: Question) -> str:
    """Return the HTML of the letter."""
    language = question.script.language
    style = f"display:inline-block;padding:12px 20px;border-radius:6px;background:{ACT};color:#ffffff;"
    style += "text-align:center;font-size:16px;font-weight:700;text-decoration:none"
    way = (
        tag("p", tag("a", BUTTON, href=question.link, class_="button", style=style), style="margin:0 0 20px")
        if question.link
        else _text("p", NO_LINK, tag("br"), tag("code", _commands(question)))
    )
    column = tag(
        "div",
        _text("h1", asking.heading(question), size=24),
        _text("p", asking.terms(question)),
        way,
        _text("p", _film(question)) if question.video else None,
        *(_text("p", text, lang=language, dir=direction(language)) for text in asking.paragraphs(question.script)),
        class_="paper",
        style=f"max-width:{WIDTH}px;margin:0 auto;padding:28px 24px 36px;background:{PAPER}",
    )
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", asking.heading(question)),
        Html(f"<style>{DARK}</style>"),
    )
    body = tag("body", column, style=f"margin:0;padding:0;background:{PAPER};font-family:{FONT}")
    return f"<!doctype html>\n{tag('html', tag('head', *head), body, lang='en')}\n"


def _text(name: str, /, *children: str, size: int = 16, **attributes: str) -> Html:
    style = f"margin:0 0 16px;font-size:{size}px;line-height:1.5;color:{INK};overflow-wrap:anywhere"
    return tag(name, *children, class_="ink", style=style, **attributes)


def _film(question: Question) -> str:
    assert question.video
    where = "is on that page" if question.link else "is in the archive of that machine"
    return f"The video, {question.video.seconds:.0f} seconds, {where}. It says:"


def _commands(question: Question) -> str:
    return f"{asking.command(question)} (or with --reject)"
