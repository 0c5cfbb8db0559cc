"""Across all shows: the sources and their health, and the coming week."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from broadcast.health import Health
from broadcast.page.markup import Html, joined, tag

from .house import Asked, House
from .layout import ROWS, Page, badge, pager, said, section, show_path, table
from .slots import MOST, week
from .visit import when

FEW = 3  #: slots of a show on a day that are each named


@dataclass(frozen=True)
class Source:
    """A source of a show, and how it fares."""

    show: str
    name: str
    use: str
    health: Health | None  #: none: never asked


async def sources(house: House, asked: Asked) -> Page:
    shows = house.shelf.shows
    names = [(show.name, name) for show in shows.values() for name in show.sources]
    healths = await house.reading.health(names)
    found = [
        Source(show, name, type(shows[show].sources[name]).__module__.rpartition(".")[2], healths.get((show, name)))
        for show, name in names
    ]
    found.sort(key=lambda one: (-(one.health.fails if one.health else 0), one.show, one.name))
    page = asked.page
    part = found[(page - 1) * ROWS : page * ROWS]
    more = len(found) > page * ROWS
    now = house.station.clock.now()
    rows = [
        (
            tag("span", said(one.name), class_="strong"),
            tag("a", said(one.show), href=show_path(one.show)),
            said(one.use.replace("_", "-")),
            _fares(one.health, now),
            when(one.health.good) if one.health else None,
            said(one.health.error, 500) if one.health and one.health.fails else None,
        )
        for one in part
    ]
    heads = ("Source", "Show", "Kind", "Health", "Last worked", "Says")
    main = joined(
        tag("h1", "Sources"),
        table("Sources", heads, rows, "No show can be read, so no source is known."),
        pager("/sources", page, more),
    )
    return Page("Sources", {"sources": part, "page": page, "more": more}, main, "/sources")


def _fares(state: Health | None, now: datetime) -> Html:
    if state is None:
        return badge("quiet", "not asked yet")
    if not state.fails:
        return badge("aired", "works")
    times = "once" if state.fails == 1 else f"{state.fails} times"
    rest = tag("span", " asked again ", when(state.until), class_="meta") if state.resting(now) else None
    return joined(badge("failed" if state.broken else "unfinished", f"failed {times}"), rest)


# --- the coming week


async def calendar(house: House, asked: Asked) -> Page:
    now, pauses = house.station.clock.now(), await house.station.pauses.open()
    coming: list[tuple[datetime, str]] = []
    crowded: list[str] = []
    for show in house.shelf.shows.values():
        slots, more = week(show.schedules, now)
        coming += [(slot, show.name) for slot in slots]
        crowded += [show.name] if more else []
    coming.sort()
    data = {
        "slots": [{"slot": slot, "show": show, "paused": show in pauses} for slot, show in coming],
        "more": crowded,
    }
    days: dict[str, dict[str, list[datetime]]] = {}
    for slot, name in coming:
        days.setdefault(f"{slot:%A, %d %B}", {}).setdefault(name, []).append(slot)
    main = joined(
        tag("h1", "The coming week"),
        tag("p", "Days are those of UTC; each time is also told as you have it.", class_="meta") if days else None,
        *(
            section(day, tag("ul", *_day(house, names, pauses), class_="plain slots"), id=f"day-{n}")
            for n, (day, names) in enumerate(days.items())
        ),
        tag("p", f"Only the next {MOST} slots were looked at of ", said(", ".join(crowded)), class_="meta")
        if crowded
        else None,
        tag("p", "No show has a schedule.", class_="meta") if not days else None,
    )
    return Page("Calendar", data, main, "/calendar")


def _day(house: House, names: Mapping[str, list[datetime]], pauses: Collection[str]) -> Iterator[Html]:
    """Yield the slots of a day; of a show that has many of them the first and the last."""
    for name, slots in names.items():
        show = house.shelf.shows[name]
        shown = slots if len(slots) <= FEW else [slots[0], slots[-1]]
        times = joined(*(_hour(slot) for slot in shown), by=", " if shown is slots else " to ")
        local = " to ".join(
            f"{slot.astimezone(show.zone):%a %H:%M}" for slot in dict.fromkeys([slots[0], slots[-1]])
        )
        yield tag(
            "li",
            times,
            " ",
            tag("a", said(show.title), href=show_path(name)),
            tag(
                "span",
                f" {len(slots)} times" if shown is not slots else "",
                f" · {local} in {show.zone}",
                class_="meta",
            ),
            joined(" ", badge("paused")) if name in pauses else None,
        )


def _hour(slot: datetime) -> Html:
    return tag("time", f"{slot:%H:%M} UTC", datetime=f"{slot:%Y-%m-%dT%H:%M:%SZ}", data_hour=True)
