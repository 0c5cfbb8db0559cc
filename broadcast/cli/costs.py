"""`broadcast costs`: what was spent, by show and day, beside its budget; or the ledger as a table."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from broadcast import config
from broadcast.clock import SystemClock
from broadcast.errors import ConfigError
from broadcast.logs import Redact
from broadcast.settings import Settings
from broadcast.show import Show
from broadcast.types import Budget

from .calls import say, together

ZONE = ZoneInfo("UTC")  #: of what all shows spend, and of shows that have no file any more
HEAD = "{}, in USD: paid, and set aside of which the cost is not known yet"


def costs(arguments: argparse.Namespace, known: Settings, redact: Redact) -> int:
    from broadcast import runner
    from broadcast.journal import books

    if arguments.csv and arguments.json:
        raise ConfigError("says --json as well: take one of them", where="--csv")
    now = SystemClock().now()
    first, last = _month(arguments.month, now)
    shows = _shows(known)

    async def go() -> tuple[list[str], list[books.Entry], list[books.Sum], list[books.Sum]]:
        async with runner.on_duty(known, rehearsal=True) as station:
            ledger = books.Books(station.store)
            names = sorted({*shows, *await ledger.shows()})
            if arguments.show:
                if arguments.show not in names:
                    raise ConfigError(f"there is no show {arguments.show!r}; there is {', '.join(names) or 'none'}")
                names = [arguments.show]
            zones = {name: shows[name].zone if name in shows else ZONE for name in names}
            if arguments.csv:
                return names, [one async for one in ledger.entries(zones, first, last)], [], []
            of_shows = await ledger.by_show(zones, first, last)
            return names, [], of_shows, await ledger.by_day(zones, first - books.RATE, last)

    names, entries, of_shows, of_days = together(go())
    if arguments.csv:
        print(redact.text("".join(books.as_csv(entries))), end="")
        return 0
    totals = [
        _total(name, [one for one in of_shows if one.show == name], _budget(shows.get(name))) for name in names
    ]
    whole = _total("all shows", of_shows, known.budget) if not arguments.show else None
    today = now.astimezone(ZONE).date()
    guess = books.forecast(of_days, today) if first <= today <= last else None
    data = {
        "month": f"{first:%Y-%m}",
        "shows": totals,
        "all": whole,
        "days": [
            {"day": f"{one.day}", "what": one.what, "paid": _usd(one.paid), "open": _usd(one.open)}
            for one in of_days
            if one.day and one.day >= first
        ],
        "forecast_estimate": guess,
    }  # fmt: skip
    say(arguments, redact, data, _lines(data, totals, whole))
    return 0


def _total(name: str, sums: Sequence[Any], budget: Budget) -> dict[str, Any]:
    paid, open_ = sum(one.paid for one in sums), sum(one.open for one in sums)
    return {"show": name, "paid": _usd(paid), "open": _usd(open_), "budget": budget.month}


def _lines(data: dict[str, Any], totals: list[dict[str, Any]], whole: dict[str, Any] | None) -> Iterator[str]:
    yield HEAD.format(data["month"])
    rows = [one for one in (*totals, *([whole] if whole else [])) if one["paid"] or one["open"] or one is whole]
    days = sorted({one["day"] for one in data["days"]})
    width = max((len(one) for one in (*days, *(row["show"] for row in rows))), default=0)
    for one in rows:
        limit = one["budget"]
        of = f"  of a budget of {limit:.2f}" if limit is not None else ""
        yield f"  {one['show']:<{width}}  {one['paid']:>9.2f}  {one['open']:>9.2f}{of}"
    if not rows:
        yield "  nothing was spent"
    for day in days:
        there = [one for one in data["days"] if one["day"] == day]
        paid, open_ = sum(one["paid"] for one in there), sum(one["open"] for one in there)
        yield f"  {day:<{width}}  {paid:>9.2f}  {open_:>9.2f}"
    if data["forecast_estimate"] is not None:
        guess = f"{data['forecast_estimate']:.2f}"
        yield f"  about {guess} by the end of the month: an estimate, by the rate of the last four weeks"


def _month(text: str | None, now: datetime) -> Any:
    from broadcast.journal import books

    try:
        return books.month(text if text is not None else f"{now:%Y-%m}")
    except ValueError:
        raise ConfigError(f"{text!r} is no month; write it like 2026-11", where="--month") from None


def _shows(known: Settings) -> dict[str, Show]:
    """Return the shows that can be read. What was spent by one that cannot is counted all the same."""
    found = {}
    try:
        names = config.shows(known)
    except ConfigError:  # a journal says enough by itself
        return {}
    for name in names:
        try:
            found[name] = config.load(name, known)
        except ConfigError:
            continue
    return found


def _budget(show: Show | None) -> Budget:
    return show.budget if show else Budget()


def _usd(amount: float) -> float:
    return round(amount, 4)
