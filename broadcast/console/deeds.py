"""What can be done on the console. Each deed is the same call as the command line's, asked for once, and noted.

A deed has a page that says what it will do, and a form that does it. What takes long is done by the crew, as
a run is, and its entry in the audit log says what came of it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from broadcast.page.markup import Html, joined, tag
from broadcast.show import Show

from .house import Asked, House
from .layout import Page, hidden, run_path, said, show_path

VIA = "console"


@dataclass(frozen=True)
class Deed:
    """Something to be done: its question, and how it is done."""

    title: str
    question: str
    button: str
    fields: tuple[Html, ...] = ()
    grave: bool = False  #: it spends, publishes, or cannot be undone


Form = Mapping[str, str]
Ask = Callable[[House, Asked], Awaitable[Deed]]
Do = Callable[[House, Asked, Form], Awaitable[str]]  #: returns where to look then


async def question(house: House, asked: Asked, ask: Ask, back: str, problem: str = "") -> Page:
    """Return the page that asks whether a deed is to be done; *problem* is why it was not, when it was tried."""
    deed = await ask(house, asked)
    form = tag(
        "form",
        hidden(asked.visit),
        *deed.fields,
        tag(
            "p",
            tag("button", deed.button, type="submit", class_="grave" if deed.grave else None),
            " ",
            tag("a", "Leave it", href=back),
            class_="deeds",
        ),
        method="post",
    )
    main = joined(
        tag("h1", deed.title),
        tag("p", said(problem, 2000), class_="warning", role="alert") if problem else None,
        tag("p", said(deed.question, 1000)),
        form,
    )
    data = {"title": deed.title, "question": deed.question, "error": problem or None}
    return Page(deed.title, data, tag("div", main, class_="ask"), status=400 if problem else 200)


def comes_of_it(show: Show) -> str:
    """Return what airing *show* may cost, and who sees it."""
    paid = [way.name for edition in show.editions for way in edition.ways if not way.renderer.repeatable]
    spends = f"It may pay for a render by {paid[0]}. " if paid else "Its render costs nothing. "
    return spends + (f"It is published on {', '.join(show.channels)}." if show.channels else "It has no channels.")


def back_from(asked: Asked) -> str:
    """Return the page that a deed belongs to."""
    return run_path(asked.path["run"]) if "run" in asked.path else show_path(asked.path["show"])
