"""The shows: when each airs next, how it fared, what it cost this month; and one show with what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from broadcast.journal.pauses import Pause
from broadcast.page.markup import Html, joined, tag
from broadcast.show import Show

from . import log
from .house import Asked, House, Missing
from .layout import Page, badge, deed, facts, lines, run_path, said, section, show_path, spaced, table, with_query
from .lists import state, titles
from .reading import Brief, Lately
from .slots import next_slot, week
from .visit import Visit, when

SLOTS, RUNS = 5, 10  #: on the page of one show


@dataclass(frozen=True)
class Line:
    """A show as the list has it."""

    show: str
    title: str
    next: datetime | None
    zone: str
    newest: Brief | None
    statuses: tuple[str | None, ...]
    usd: float  #: this month, in the show's zone
    paused: Pause | None
    broken: str  #: what is wrong with its file
    configured: bool
    elsewhere: bool  #: it is left to other processes, whether it has a file or not


async def listed(house: House, asked: Asked) -> Page:
    names = sorted({*house.shelf.shows, *house.shelf.broken, *await house.reading.shows()})
    lately = await house.reading.lately(names)
    spent = await house.reading.spent({name: month(house.shelf.shows.get(name), _now(house)) for name in names})
    pauses = await house.station.pauses.open()
    lines = tuple(_line(house, name, lately.get(name), spent.get(name, {}), pauses.get(name)) for name in names)
    return Page(
        "Shows", {"shows": lines, "unreadable": house.shelf.unreadable}, _list(house, lines, asked.visit), "/shows"
    )


def month(show: Show | None, now: datetime) -> datetime:
    """Return when the month began where *show* has its days."""
    first = now.astimezone(show.zone if show else None).date().replace(day=1)
    return datetime.combine(first, time(), show.zone if show else now.tzinfo)


def _now(house: House) -> datetime:
    return house.station.clock.now()


def _line(house: House, name: str, lately: Lately | None, spent: Mapping[str, float], paused: Pause | None) -> Line:
    show = house.shelf.shows.get(name)
    return Line(
        show=name,
        title=show.title if show else name,
        next=next_slot(show.schedules, _now(house)) if show and not paused else None,
        zone=str(show.zone) if show else "UTC",
        newest=lately.newest if lately else None,
        statuses=lately.statuses if lately else (),
        usd=round(sum(spent.values()), 4),
        paused=paused,
        broken=house.shelf.broken.get(name, ""),
        configured=show is not None,
        elsewhere=house.shelf.leaves(name),
    )


def _list(house: House, lines: tuple[Line, ...], visit: Visit) -> Html:
    rows = [
        (
            joined(tag("a", said(one.title), href=show_path(one.show), class_="strong"), _trouble(one)),
            _next(one),
            joined(
                tag("a", state(one.newest), href=run_path(one.newest.run)),
                " ",
                tag("span", when(one.newest.slot), class_="meta"),
            )
            if one.newest
            else tag("span", "never aired", class_="meta"),
            health(one.statuses),
            visit.money(one.usd),
        )
        for one in lines
    ]
    empty = "There is no show yet: `broadcast new NAME` makes a first one."
    unreadable = tag("p", said(house.shelf.unreadable), class_="warning") if house.shelf.unreadable else None
    heads = ("Show", "Next", "Last run", "Lately", "This month")
    return joined(tag("h1", "Shows"), unreadable, table("Shows", heads, rows, empty))


def _trouble(one: Line) -> Html | None:
    marks = [badge("paused") if one.paused else None, badge("failed", "broken file") if one.broken else None]
    why = " not aired from here" if one.elsewhere else " no file any more"
    words = [] if one.configured or one.broken else [tag("span", why, class_="meta")]
    return joined(*(joined(" ", mark) for mark in marks if mark), *words)


def _next(one: Line) -> Html:
    if one.paused:
        return tag("span", "paused", class_="meta")
    if one.next is None and not one.configured:
        return tag("span", "–", class_="meta")
    if one.next is None:
        return tag("span", "when it is called", class_="meta")
    return when(one.next) or Html()


def health(statuses: tuple[str | None, ...]) -> Html | None:
    """Return the last runs as marks, the oldest first, and how many went well."""
    if not statuses:
        return None
    good = sum(status in ("aired", "quiet") for status in statuses)
    short = f"{good} of {len(statuses)}"
    marks = [tag("i", class_=status or "open") for status in reversed(statuses)]
    bars = tag("span", *marks, class_="health", aria_hidden="true")
    return joined(bars, " ", tag("span", short, tag("span", " went well", class_="unseen"), class_="meta"))


# --- one show


async def one(house: House, asked: Asked) -> Page:
    name = asked.path["show"]
    show, broken = house.shelf.shows.get(name), house.shelf.broken.get(name, "")
    runs = await house.reading.runs(show=name, status="", limit=RUNS, offset=0)
    if show is None and not broken and not runs:
        raise Missing(f"there is no show {name!r}")
    paused = await house.station.pauses.now(name)
    slots = week(show.schedules, _now(house))[0][:SLOTS] if show and not paused else ()
    spent = (await house.reading.spent({name: month(show, _now(house))})).get(name, {})
    entries = await house.station.audit.newest(limit=5, show=name)
    data = {
        "show": name, "title": show.title if show else name, "broken": broken, "paused": paused, "slots": slots,
        "timezone": str(show.zone) if show else "UTC", "month_usd": spent, "runs": runs, "log": entries,
        "budget": show.budget if show else None, "notes": show.notes if show else (),
    }  # fmt: skip
    main = joined(
        tag("h1", said(show.title if show else name), spaced(None, badge("paused") if paused else None)),
        tag("p", lines(broken), class_="warning") if broken else None,
        tag(
            "p",
            "Paused ",
            when(paused.since),
            " by ",
            said(paused.by),
            ". Nothing of it is begun by anybody.",
            class_="warning",
        )
        if paused
        else None,
        _deeds(name, show, paused),
        _facts(show, spent, asked.visit) if show else None,
        section("Coming", _slots(show, slots)) if show and not paused else None,
        section(
            "Runs",
            table(
                "Runs of this show",
                ("Slot", "Outcome", "Stories", "Cost"),
                [_run(run, asked.visit) for run in runs],
                "none yet",
            ),
            tag("p", tag("a", "All runs of this show", href=with_query("/runs", show=name))) if runs else None,
        ),
        section("Done by hand", log.entries(entries)) if entries else None,
    )
    return Page(show.title if show else name, data, main, "/shows")


def _deeds(name: str, show: Show | None, paused: Pause | None) -> Html:
    deeds = [deed(show_path(name, "resume"), "Resume") if paused else deed(show_path(name, "pause"), "Pause")]
    if show:
        deeds.insert(0, deed(show_path(name, "preview"), "Preview"))
        if not paused:
            deeds.insert(0, deed(show_path(name, "air"), "Air now", grave=True))
    return tag("p", *deeds, class_="deeds")


def _facts(show: Show, spent: Mapping[str, float], visit: Visit) -> Html:
    limits = show.budget.model_dump(include={"run", "day", "month"}, exclude_none=True).items()
    renderers = dict.fromkeys(way.name for edition in show.editions for way in edition.ways)
    return facts([
        ("Sources", said(", ".join(show.sources))),
        ("Writer", said(", then ".join(show.writers))),
        ("Renderer", said(", then ".join(renderers))),
        ("Channels", said(", ".join(show.channels))),
        ("Editions", said(", ".join(f"{one.name} ({one.language})" for one in show.editions))),
        ("This month", visit.money(sum(spent.values()))),
        ("Budget", ", ".join(f"{visit.money(usd)} a {name}" for name, usd in limits) or None),
        ("Notes", joined(*(tag("p", said(note)) for note in show.notes)) if show.notes else None),
    ])  # fmt: skip


def _slots(show: Show, slots: tuple[datetime, ...]) -> Html:
    if not slots:
        return tag("p", "It airs when it is called.", class_="meta")
    rows = [
        tag(
            "li", when(slot), tag("span", f" · {slot.astimezone(show.zone):%a %H:%M} in {show.zone}", class_="meta")
        )
        for slot in slots
    ]
    return tag("ul", *rows, class_="plain")


def _run(run: Brief, visit: Visit) -> tuple[Html, Html, Html, str]:
    return tag("a", when(run.slot), href=run_path(run.run)), state(run), titles(run), visit.money(run.usd)
