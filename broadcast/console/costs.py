"""What was spent: of one show and of all, by month and day, beside the budgets; and the ledger, row by row."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from broadcast.journal import books
from broadcast.journal.books import Entry, Sum
from broadcast.journal.ledger import OF_ALL
from broadcast.page.markup import Html, joined, tag
from broadcast.types import Budget

from .house import Asked, House, Missing
from .layout import ROWS, Page, facts, pager, run_path, said, section, show_path, table, with_query
from .visit import Visit, when

UNKNOWN = "set aside, not known yet"
ESTIMATE = "by the end of the month, an estimate by the rate of the last four weeks"


@dataclass(frozen=True)
class Span:
    """What a page of costs is about: a month, of one show or of all."""

    show: str  #: empty: all of them
    first: date
    last: date
    today: date
    zones: Mapping[str, ZoneInfo]  #: the shows, and where their days begin

    @property
    def query(self) -> dict[str, str]:
        """Return what names it in an address."""
        this = f"{self.today:%Y-%m}" == f"{self.first:%Y-%m}"
        return {**({"show": self.show} if self.show else {}), **({} if this else {"month": f"{self.first:%Y-%m}"})}


async def costs(house: House, asked: Asked) -> Page:
    span, visit, page = await spanned(house, asked), asked.visit, asked.page
    of_days = await house.books.by_day(span.zones, span.first - books.RATE, span.last)
    of_shows = await house.books.by_show(span.zones, span.first, span.last)
    rows = await house.books.page(span.zones, span.first, span.last, limit=ROWS + 1, offset=(page - 1) * ROWS)
    more, rows = len(rows) > ROWS, rows[:ROWS]
    month = [one for one in of_days if one.day and one.day >= span.first]
    guess = books.forecast(of_days, span.today) if span.first <= span.today <= span.last else None
    of = joined(" of ", said(span.show)) if span.show else None
    save = tag("a", "The ledger of this month as CSV", href=with_query("/costs.csv", **span.query), download=True)
    main = joined(
        tag("h1", "Costs", of),
        _months(span, await house.books.begun(span.zones)),
        facts(_standing(house, span, month, guess, visit)),
        section(
            "By show", table("By show", SHOW_HEADS, _shows(house, span, of_shows, visit), "Nothing was spent.")
        ),
        section("By day", table("By day", DAY_HEADS, _days(month, visit), "Nothing was spent.")),
        section(
            "Ledger",
            tag("p", save) if rows else None,
            table("Ledger", ("When", "Run", "What", "Set aside", "Cost"), _ledger(rows, visit), _nothing(span)),
            pager("/costs", page, more, span.query),
        ),
    )
    data = {
        "month": f"{span.first:%Y-%m}", "show": span.show or None, "month_usd": _by_show(of_shows),
        "total_usd": round(sum(one.usd for one in month), 4), "forecast_estimate": guess, "days": month,
        "budget": house.station.settings.budget, "ledger": rows, "page": page, "more": more,
    }  # fmt: skip
    return Page(f"Costs {span.show}".strip(), data, main, "/costs")


async def ledger(house: House, span: Span) -> AsyncIterator[str]:
    """Give the lines of the ledger as CSV."""
    yield books.line(books.HEADS)
    async for one in house.books.entries(span.zones, span.first, span.last):
        yield books.line(books.cells(one))


async def spanned(house: House, asked: Asked) -> Span:
    """Return what is asked for. Raises `Missing`."""
    now, show = house.station.clock.now(), asked.query.get("show", "")
    names = sorted({*house.shelf.shows, *await house.reading.shows(), *await house.books.shows()})
    if show and show not in names:
        raise Missing(f"there is no show {show[:64]!r}")
    known = {name: house.shelf.shows[name].zone if name in house.shelf.shows else OF_ALL for name in names}
    zones = {show: known[show]} if show else known
    today = now.astimezone(zones[show] if show else OF_ALL).date()
    text = asked.query.get("month") or f"{today:%Y-%m}"
    try:
        first, last = books.month(text)
    except ValueError:
        raise Missing(f"{text[:20]!r} is no month, as 2026-11 is") from None
    return Span(show, first, last, today, zones)


def _nothing(span: Span) -> str:
    return "Nothing was spent yet." if span.first <= span.today <= span.last else "Nothing was spent."


def _months(span: Span, begun: date | None) -> Html:
    """Return the links to the months before and after: those of which there is something to tell."""
    show = span.show or None
    before, after = span.first - timedelta(days=1), span.last + timedelta(days=1)

    def link(day: date, rel: str) -> Html:
        return tag("a", f"{day:%B %Y}", href=with_query("/costs", show=show, month=f"{day:%Y-%m}"), rel=rel)

    earlier = link(before, "prev") if begun and begun <= before else None
    later = link(after, "next") if after <= span.today else None
    here = tag("a", f"{span.first:%B %Y}", href=with_query("/costs", **span.query), aria_current="true")
    everything = tag("a", "All shows", href=with_query("/costs", **{**span.query, "show": ""})) if show else None
    return tag("nav", joined(earlier, here, later, everything, by=" "), class_="filters", aria_label="Months")


# --- how it stands


def _standing(
    house: House, span: Span, month: Sequence[Sum], guess: float | None, visit: Visit
) -> Iterator[tuple[str, Html | str | None]]:
    show = house.shelf.shows.get(span.show)
    budget = (show.budget if show else Budget()) if span.show else house.station.settings.budget
    today = [one for one in month if one.day == span.today]
    spent = sum(one.usd for one in month)
    open_ = sum(one.open for one in month)
    yield "This month" if guess is not None or today else "The month", _against(spent, budget.month, visit)
    if open_:
        yield "Of that", f"{visit.money(open_)} {UNKNOWN}"
    if span.first <= span.today <= span.last:
        yield "Today", _against(sum(one.usd for one in today), budget.day, visit)
    if guess is not None:
        yield "Forecast", f"about {visit.money(guess)} {ESTIMATE}"


def _against(usd: float, limit: float | None, visit: Visit) -> Html:
    """Return an amount, beside the limit that it counts against."""
    if not limit:
        return joined(tag("strong", visit.money(usd)))
    of = visit.money(limit)
    bar = tag("progress", value=f"{min(usd / limit, 1):.3f}", max="1", aria_label=f"of {of}")
    return joined(tag("strong", visit.money(usd)), bar, f"{visit.share(usd / limit)} of {of}", by=" ")


SHOW_HEADS = "Show", "On what", "Paid", "Set aside", "Of a month's budget"
DAY_HEADS = "Day", "On what", "Paid", "Set aside"


def _shows(house: House, span: Span, sums: Sequence[Sum], visit: Visit) -> Iterator[Sequence[str | None]]:
    spent = _by_show(sums)
    for name in sorted(spent, key=lambda name: -sum(spent[name].values())):
        mine = [one for one in sums if one.show == name]
        show = house.shelf.shows.get(name)
        limit = show.budget.month if show else None
        link = tag("a", said(name), href=with_query("/costs", **{**span.query, "show": name}))
        name_ = tag("a", said(name), href=show_path(name)) if span.show else link
        share = _against(sum(one.usd for one in mine), limit, visit) if limit else None
        yield name_, _what(mine, visit), *_amounts(mine, visit), share


def _days(month: Sequence[Sum], visit: Visit) -> Iterator[Sequence[str | None]]:
    for day in sorted({one.day for one in month if one.day}, reverse=True):
        there = [one for one in month if one.day == day]
        yield tag("span", f"{day:%a %d %b}"), _what(there, visit), *_amounts(there, visit)


def _what(sums: Sequence[Sum], visit: Visit) -> str:
    kinds = sorted({one.what for one in sums})
    each = ((kind, sum(one.usd for one in sums if one.what == kind)) for kind in kinds)
    return joined(*(joined(said(kind), " ", visit.money(usd)) for kind, usd in each), by=", ")


def _amounts(sums: Sequence[Sum], visit: Visit) -> tuple[str, str | None]:
    open_ = sum(one.open for one in sums)
    return visit.money(sum(one.paid for one in sums)), visit.money(open_) if open_ else None


def _by_show(sums: Sequence[Sum]) -> dict[str, dict[str, float]]:
    spent: dict[str, dict[str, float]] = {}
    for one in sums:
        mine = spent.setdefault(one.show, {})
        mine[one.what] = round(mine.get(one.what, 0.0) + one.usd, 4)
    return spent


def _ledger(rows: Sequence[Entry], visit: Visit) -> Iterator[Sequence[str | None]]:
    for one in rows:
        yield (
            when(one.at),
            tag("a", said(one.run), href=run_path(one.run)),
            joined(said(one.what), " ", tag("code", said(one.key))),
            visit.money(one.reserved),
            visit.money(one.actual) if one.actual is not None else tag("span", "not known yet", class_="meta"),
        )
