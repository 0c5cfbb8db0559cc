"""The list of runs, and what is held for a person."""

from collections.abc import Container

from broadcast import reporting
from broadcast.page.markup import Html, joined, tag

from .house import Asked, House, Missing
from .layout import (
    ROWS,
    Page,
    badge,
    deed,
    lines,
    pager,
    run_path,
    said,
    section,
    show_path,
    table,
    with_query,
)
from .reading import Brief, Doubt
from .told import Gate
from .visit import when

STATUSES = ("aired", "quiet", "partial", "unfinished", "failed", "open")
TITLES = 2  #: of a run's stories in a list
WORDS = {
    "aired": "aired", "quiet": "nothing new", "partial": "aired in part", "unfinished": "unfinished",
    "failed": "failed",
}  # fmt: skip


async def runs(house: House, asked: Asked) -> Page:
    show, status = asked.query.get("show", ""), asked.query.get("status", "")
    if status and status not in STATUSES:
        raise Missing(f"{status[:20]!r} is no status of a run")
    page = asked.page
    found = await house.reading.runs(show=show, status=status, limit=ROWS + 1, offset=(page - 1) * ROWS)
    more, found = len(found) > ROWS, found[:ROWS]
    known = {key: value for key, value in (("show", show), ("status", status)) if value}
    rows = [
        (
            tag("a", when(run.slot), href=run_path(run.run), class_="strong"),
            tag("a", said(run.show), href=show_path(run.show)),
            state(run),
            titles(run),
            asked.visit.money(run.usd),
        )
        for run in found
    ]
    main = joined(
        tag("h1", "Runs", joined(" of ", said(show)) if show else None),
        _filters(show, status),
        table("Runs", ("Slot", "Show", "Outcome", "Stories", "Cost"), rows, "There is none."),
        pager("/runs", page, more, known),
    )
    return Page("Runs", {"runs": found, "page": page, "more": more}, main, "/runs")


def _filters(show: str, status: str) -> Html:
    links = [
        tag("a", WORDS.get(one, "not ended") if one else "all", href=with_query("/runs", show=show, status=one),
            aria_current="true" if one == status else None)
        for one in ("", *STATUSES)
    ]  # fmt: skip
    return tag("nav", *links, class_="filters", aria_label="Runs by outcome")


def state(run: Brief) -> Html:
    """Return how a run stands."""
    if run.held:
        return badge("held", "held for you")
    if run.airing:
        return badge("airing", "on it now")
    if run.status is None:
        return badge("unfinished", "cut off")
    return badge(run.status, WORDS[run.status])


def titles(run: Brief) -> Html:
    """Return what a run told, or why it did not."""
    shown = [tag("span", said(title, 120), class_="title") for title in run.titles[:TITLES]]
    rest = len(run.titles) - TITLES
    more = tag("span", f"and {rest} more", class_="meta") if rest > 0 else None
    error = tag("span", said(run.error, 110), class_="error") if run.error else None
    return joined(error, *shown, more, by=" ") if shown or error else tag("span", "–", class_="meta")


async def held(house: House, asked: Asked) -> Page:
    doubts = await house.reading.doubts()
    found = await house.reading.held()
    pauses = list((await house.station.pauses.open()).values())
    broken = house.shelf.broken
    gates = tuple(Gate.of(one) for one in await house.station.approvals.unanswered())
    others = [run for run in found if run.run not in {one.run for one in doubts}]
    nothing = not (gates or doubts or others or pauses or broken)
    main = joined(
        tag("h1", "Held for you"),
        tag("p", "Nothing needs you.", class_="good") if nothing else None,
        section("Waits for your answer", _gates(gates)) if gates else None,
        section("May have happened", _doubts(doubts)) if doubts else None,
        section("Runs that wait for a person", _others(others, house.shelf.shows)) if others else None,
        section(
            "Paused",
            tag("ul", *(
                tag("li", tag("a", said(one.show), href=show_path(one.show)), " since ", when(one.since), " by ",
                    said(one.by), " ", deed(show_path(one.show, "resume"), "Resume"))
                for one in pauses
            ), class_="plain"),
        ) if pauses else None,
        section(
            "Files that cannot be read",
            tag("ul", *(
                tag("li", tag("a", said(name), href=show_path(name)), ": ", lines(words))
                for name, words in sorted(broken.items())
            ), class_="plain"),
        ) if broken else None,
    )  # fmt: skip
    return Page(
        "Held",
        {"gates": gates, "doubts": doubts, "runs": others, "paused": pauses, "broken": broken},
        main,
        "/held",
    )


def _gates(gates: tuple[Gate, ...]) -> Html:
    rows = [
        (
            tag("a", said(one.run), href=run_path(one.run)),
            said(one.about if one.edition == "main" else f"{one.about}, {one.edition}"),
            joined(when(one.ends), ", then it is ", "aired" if one.fallback == "approved" else "dropped"),
            deed(run_path(one.run, "gates", one.about, one.edition), "Read and answer"),
        )
        for one in gates
    ]
    return table("Questions", ("Run", "About", "Until", ""), rows, "none")


def _doubts(doubts: list[Doubt]) -> Html:
    rows = [
        (
            tag("a", said(one.run), href=run_path(one.run)),
            joined(
                tag("p", said(deed_words(one.key))),
                tag("p", tag("code", said(reporting.settling(one.run, one.key)))),
            ),
            when(one.begun),
            deed(with_query(run_path(one.run, "settle"), item=one.key), "Settle"),
        )
        for one in doubts
    ]
    why = "No answer came. Look there, then say whether it happened: until then it is not done again."
    return joined(tag("p", why), table("Deeds in doubt", ("Run", "What", "Begun", ""), rows, "none"))


def _others(found: list[Brief], shows: Container[str]) -> Html:
    rows = [
        (
            tag("a", said(run.run), href=run_path(run.run)),
            state(run),
            titles(run),
            deed(run_path(run.run, "go-on"), "Go on", grave=True) if run.show in shows else None,
        )
        for run in found
    ]
    return table("Runs that are held", ("Run", "Outcome", "Stories", ""), rows, "none")


def deed_words(key: str) -> str:
    """Return what the deed *key* of a run does, in words."""
    role, _, rest = key.partition("/")
    parts = rest.split("/")
    edition = f" ({parts[0]})" if parts[0] not in ("", "main") else ""
    match role, parts:
        case "gather", _:
            return "Sources asked"
        case "choose", _:
            return "Stories chosen"
        case "read", _:
            return "Articles read"
        case "tell", _:
            return f"Writer asked: {rest}"
        case "write", _:
            return f"Script written{edition}"
        case "approved", _:
            return f"Script edited by hand{edition}"
        case "ask", [_, gate, channel, *to]:
            return f"Asked about the {gate}{edition}: {channel} {'/'.join(to)}"
        case "closed", [_, gate]:
            return f"Question about the {gate} closed{edition}"
        case "prepare", [_, renderer, *_]:
            return f"Speech bought for {renderer}{edition}"
        case "submit", [_, renderer, *more]:
            return f"Render asked for: {renderer}{edition}, attempt {'/'.join(more)}"
        case "lost", _:
            return f"Render given up: {rest.partition('/')[2]}"
        case "video", _:
            return f"Video in the archive{edition}"
        case "publish", _:
            return f"Video published{edition}"
        case "deliver", [_, channel, *to]:
            return f"Sent to {channel} {'/'.join(to)}{edition}"
        case "retract", [_, channel, *to]:
            return f"Taken back from {channel} {'/'.join(to)}{edition}"
    return key
