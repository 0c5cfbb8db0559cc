"""Across all shows: the sources and their health, the coming week, and what was spent."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from broadcast.health import Health
from broadcast.page.markup import Html, joined, tag

from .house import Asked, House
from .layout import ROWS, Page, badge, pager, run_path, said, section, show_path, table
from .shows import month
from .slots import MOST, week
from .visit import Visit, when

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


# --- what was spent


async def costs(house: House, asked: Asked) -> Page:
    page, now = asked.page, house.station.clock.now()
    names = sorted({*house.shelf.shows, *await house.reading.shows()})
    spent = await house.reading.spent({name: month(house.shelf.shows.get(name), now) for name in names})
    rows = await house.reading.ledger(limit=ROWS + 1, offset=(page - 1) * ROWS)
    more, rows = len(rows) > ROWS, rows[:ROWS]
    lines = list(_lines(house, spent, asked.visit))
    total = sum(usd for sums in spent.values() for usd in sums.values())
    ledger = [
        (
            when(one.at),
            tag("a", said(one.run), href=run_path(one.run)),
            joined(said(one.what), " ", tag("code", said(one.key))),
            asked.visit.money(one.reserved),
            asked.visit.money(one.actual)
            if one.actual is not None
            else tag("span", "not known yet", class_="meta"),
        )
        for one in rows
    ]
    heads = "Show", "On what", "Spent", "Of a month's budget"
    why = ", in all. What was set aside counts until the cost is known."
    main = joined(
        tag("h1", "Costs"),
        tag("p", "This month ", tag("strong", asked.visit.money(total)), why),
        section("By show, this month", table("By show", heads, lines, "Nothing was spent this month.")),
        section(
            "Ledger",
            table("Ledger", ("When", "Run", "What", "Set aside", "Cost"), ledger, "Nothing was spent yet."),
            pager("/costs", page, more),
        ),
    )
    data = {"month_usd": spent, "total_usd": round(total, 4), "ledger": rows, "page": page, "more": more}
    return Page("Costs", data, main, "/costs")


def _lines(
    house: House, spent: dict[str, dict[str, float]], visit: Visit
) -> Iterator[tuple[Html, str, str, Html | None]]:
    for name, sums in sorted(spent.items(), key=lambda one: -sum(one[1].values())):
        show, usd = house.shelf.shows.get(name), sum(sums.values())
        limit = show.budget.month if show else None
        share = None
        if limit:
            of = visit.money(limit)
            bar = tag("progress", value=f"{min(usd / limit, 1):.3f}", max="1", aria_label=f"of {of}")
            share = joined(bar, f" {visit.share(usd / limit)} of {of}")
        what = ", ".join(f"{what} {visit.money(one)}" for what, one in sorted(sums.items()))
        yield tag("a", said(name), href=show_path(name)), what, visit.money(usd), share
