"""The audit log: who did what by hand, when, and what came of it."""

from collections.abc import Iterable

from broadcast.journal.audit import Entry
from broadcast.page.markup import Html, joined, tag

from .house import Asked, House
from .layout import ROWS, Page, badge, pager, run_path, said, show_path, table
from .visit import when

HEADS = ("When", "Who", "What", "Of", "Became")


async def listed(house: House, asked: Asked) -> Page:
    page = asked.page
    found = await house.station.audit.newest(limit=ROWS + 1, offset=(page - 1) * ROWS)
    more, found = len(found) > ROWS, found[:ROWS]
    main = joined(tag("h1", "Done by hand"), entries(found), pager("/log", page, more))
    return Page("Log", {"log": found, "page": page, "more": more}, main, "/log")


def entries(found: Iterable[Entry]) -> Html:
    """Return entries of the audit log as a table."""
    rows = [
        (
            when(one.at),
            joined(said(one.who), tag("span", f" {one.via}", class_="meta")),
            joined(one.deed, joined(" ", tag("code", said(one.item))) if one.item else None,
                   tag("span", " “", said(one.said), "”", class_="meta") if one.said else None),
            tag("a", said(one.run or one.show), href=run_path(one.run) if one.run else show_path(one.show)),
            became(one),
        )
        for one in found
    ]  # fmt: skip
    return table("Done by hand", HEADS, rows, "Nothing was done by hand yet.")


def became(one: Entry) -> Html:
    """Return what came of a deed."""
    mark = badge("unfinished", "under way, or cut off") if one.outcome is None else badge(one.outcome)
    return joined(mark, joined(" ", said(one.words)) if one.words else None)
