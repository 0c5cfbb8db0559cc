"""What every page has around its contents, and the pieces that pages are made of. Pure.

Text that came from outside goes through `said`: cleaned, cut, and kept apart from the direction of its neighbours.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote, urlencode

from broadcast.page.markup import Html, host, joined, tag
from broadcast.text import clean

from .visit import Visit

TEXT = 300  #: characters of one foreign text
ROWS = 50  #: on one page of a list
FARTHEST = 100_000  #: the last page of a list that is looked for
#: Turns the direction of what stands around it, and is in no page, wherever it came from.
TURNING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

NAV = (("/shows", "Shows"), ("/runs", "Runs"), ("/held", "Held"), ("/calendar", "Calendar"), ("/costs", "Costs"),
       ("/sources", "Sources"), ("/log", "Log"))  # fmt: skip


@dataclass(frozen=True)
class Page:
    """What a page says: to a program as *data*, to a person as *main*."""

    title: str
    data: Any
    main: Html
    at: str = ""  #: which of the pages above it belongs to
    live: str = ""  #: where it hears of changes
    status: int = 200


def document(page: Page, visit: Visit | None) -> str:
    """Return the whole page."""
    links = [
        tag("li", tag("a", words, href=path, aria_current="page" if path == page.at else None))
        for path, words in NAV
    ]
    out = None
    if visit and visit.can_leave:
        button = tag("button", f"Sign out {visit.user}", class_="plain")
        out = tag("form", hidden(visit), button, method="post", action="/logout")
    header = tag(
        "header",
        tag("a", "Skip to the contents", href="#main", class_="skip"),
        tag("a", "broadcast", href="/shows", class_="brand"),
        tag("nav", tag("ul", *links), aria_label="Pages") if visit else None,
        out,
    )
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{TURNING.sub('', clean(page.title, TEXT))} · broadcast"),
        tag("link", rel="icon", href=asset("icon.svg"), type="image/svg+xml"),
        tag("link", rel="stylesheet", href=asset("console.css")),
        Html(f'<script src="{asset("console.js")}" defer></script>'),
    )
    main = tag("main", page.main, id="main", tabindex="-1", data_live=page.live or None)
    html = tag("html", tag("head", *head), tag("body", header, main), lang="en")
    return TURNING.sub("", f"<!doctype html>\n{html}\n")


def asset(name: str) -> str:
    """Return the address of a file of ours: another content, another address."""
    return f"/assets/{name}?{hashlib.sha256(content(name)).hexdigest()[:12]}"


@cache
def content(name: str) -> bytes:
    return files(__package__).joinpath("assets", name).read_bytes()


def hidden(visit: Visit) -> Html:
    """Return what a form of ours must bring back."""
    return tag("input", type="hidden", name="token", value=visit.token)


# --- pieces


def said(text: str, limit: int = TEXT) -> Html:
    """Return foreign text as one line."""
    return tag("bdi", clean(text, limit))


def lines(text: str) -> Html:
    """Return foreign text line by line."""
    first, *others = [said(line) for line in text.splitlines()] or [said("")]
    return joined(first, *(part for line in others for part in (tag("br"), line)))


def outside(url: str | None, words: str | None = None) -> Html | None:
    """Return a link that leads away from here, where a reader may be sent there; else its words alone."""
    if url is None or (name := host(url)) is None:
        return said(words) if words else None
    return tag("a", said(words or name), href=url, rel="noopener noreferrer nofollow ugc", target="_blank")


def show_path(show: str, *more: str) -> str:
    return "/".join(("/shows", *(quote(part, safe="") for part in (show, *more))))


def run_path(run: str, *more: str) -> str:
    return "/".join(("/runs", *(quote(part, safe="@:") for part in (run, *more))))


def with_query(path: str, **query: str | int | None) -> str:
    known = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{urlencode(known)}" if known else path


def badge(status: str, words: str | None = None) -> Html:
    """Return a status as a mark that says it in words, too."""
    return tag("span", words or status, class_=f"badge {re.sub('[^a-z]', '', status)}")


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[str | None]], empty: str) -> Html:
    """Return a table that becomes a list of cards on a phone; where there are no rows, *empty*."""
    made = [
        tag(
            "tr",
            *(
                tag("td", tag("div", cell) if cell else None, data_head=head or None)
                for head, cell in zip(heads, row, strict=True)
            ),
        )
        for row in rows
    ]
    if not made:
        return tag("p", empty, class_="meta")
    head = tag(
        "tr", *(tag("th", one or tag("span", "What can be done", class_="unseen"), scope="col") for one in heads)
    )
    return tag(
        "table", tag("caption", caption, class_="unseen"), tag("thead", head), tag("tbody", *made), class_="list"
    )


def facts(pairs: Iterable[tuple[str, str | None]]) -> Html:
    """Return names and what they are."""
    return tag(
        "dl", *(tag("div", tag("dt", name), tag("dd", value)) for name, value in pairs if value), class_="facts"
    )


def section(title: str, *children: str | None, id: str | None = None) -> Html:
    name = id or re.sub("[^a-z]+", "-", title.lower())
    return tag("section", tag("h2", title, id=f"{name}-title"), *children, id=name, aria_labelledby=f"{name}-title")


def pager(path: str, number: int, more: bool, query: Mapping[str, str] | None = None) -> Html | None:
    """Return the links to the pages of a list before and after *number*, which counts from 1."""
    if number == 1 and not more:
        return None
    known = dict(query or {})
    before = tag("a", "Newer", href=with_query(path, **known, page=number - 1), rel="prev") if number > 1 else None
    after = tag("a", "Older", href=with_query(path, **known, page=number + 1), rel="next") if more else None
    here = tag("span", f"Page {number}", class_="meta")
    return tag("nav", before, here, after, class_="pager", aria_label="Pages of this list")


def deed(path: str, words: str, *, grave: bool = False) -> Html:
    """Return a link to the page that asks whether something is to be done."""
    return tag("a", words, href=path, class_="deed grave" if grave else "deed", role="button")


def row_of(*children: str | None) -> Html:
    return tag("div", *children, class_="row")


def spaced(*children: str | None) -> Html:
    """Return the *children* with a space between each."""
    return joined(*children, by=" ")
