"""The page of one run: how it stands, what it made, who got it, and what was done when. Pure, but for `page`."""

from collections.abc import Sequence
from datetime import datetime

from broadcast.journal.books import Entry
from broadcast.journal.run import FINAL
from broadcast.page.markup import Html, joined, tag
from broadcast.types import Report

from . import log
from .house import Asked, House
from .layout import Page, badge, deed, facts, outside, run_path, said, section, show_path, table, with_query
from .lists import WORDS, deed_words
from .reading import Whole
from .told import Delivery, Shown, Told, data, read
from .visit import Visit, clock, when

PAGES = (("", "The run"), ("stories", "Stories"), ("script", "Script"), ("prompt", "Prompt"))
KINDS = {
    "Refused": "The service does not take it from us: credentials, rights or credit.",
    "Rejected": "It cannot be done in this way.",
    "Unavailable": "The service could not be reached; nothing was sent.",
    "Unconfirmed": "It may have happened: no answer came.",
    "Waiting": "It is under way.",
}


async def page(house: House, asked: Asked) -> Page:
    told = await read(house, asked.path["run"])
    row = told.whole.row
    parts = regions(told, asked.visit)
    main = joined(*(tag("div", html, id=f"live-{name}") for name, html in parts.items()))
    live = "" if told.over else run_path(row.id, "live")
    return Page(row.id, data(told), main, "/runs", live=live)


def regions(told: Told, visit: Visit) -> dict[str, Html]:
    """Return the parts of the page, which change on their own while the run is aired."""
    row = told.whole.row
    return {
        "state": _state(told, visit),
        "videos": joined(*(player(row.id, one, visit) for one in told.videos)),
        "deliveries": _deliveries(told) if told.deliveries else Html(),
        "timeline": section("What was done", _timeline(told.whole, visit)),
        "answers": section("Answers", _answers(told)) if told.gates else Html(),
        "costs": section("Costs", costs(told.spent, visit)) if told.spent else Html(),
        "log": section("Done by hand", log.entries(told.log)) if told.log else Html(),
    }


def _state(told: Told, visit: Visit) -> Html:
    whole, report = told.whole, told.whole.row.report
    row = whole.row
    return joined(
        heading(whole, ""),
        tag("p", said(report.error, 2000), class_="warning" if row.status != "aired" else "meta")
        if report and report.error
        else None,
        _progress(told, visit),
        _deeds(told),
        facts([
            ("Stories", joined(*(tag("p", said(one.title)) for one in report.stories))),
            ("Cost", visit.money(report.cost.usd)),
            ("Took", visit.span(report.seconds) if report.seconds else None),
            ("Notes", joined(*(tag("p", said(note, 1000)) for note in _notes(report))) or None),
        ])
        if report
        else None,
    )  # fmt: skip


def heading(whole: Whole, here: str) -> Html:
    """Return what stands above every page of a run; *here* is the one that it stands on."""
    row = whole.row
    tabs = [
        tag("a", words, href=run_path(row.id, *path.split()), aria_current="page" if path == here else None)
        for path, words in PAGES
    ]
    return joined(
        tag("h1", tag("a", said(row.show), href=show_path(row.show)), " ", _badge(whole)),
        tag("p", when(row.slot), " · ", tag("code", said(row.id)), class_="meta"),
        tag("nav", *tabs, class_="tabs", aria_label="Of this run"),
    )


def _badge(whole: Whole) -> Html:
    row = whole.row
    if whole.airing:
        return badge("airing", f"stopping, as {whole.stopping} said" if whole.stopping else "on it now")
    if row.held:
        return badge("held", "held for you")
    if row.status is None:
        return badge("unfinished", "cut off")
    return badge(row.status, WORDS[row.status])


def _notes(report: Report) -> list[str]:
    notes = [*report.notes, *(note for edition in report.editions for note in edition.notes)]
    errors = [f"{edition.name}: {edition.error}" for edition in report.editions if edition.error]
    return list(dict.fromkeys([*errors, *notes]))


def _progress(told: Told, visit: Visit) -> Html | None:
    if not told.whole.airing and not told.rendering:
        return None
    lines = [
        tag("li", tag("span", said(label), id=f"p{n}"), " ",
            tag("progress", value=f"{share:.3f}", max="1", aria_labelledby=f"p{n}"), f" {visit.share(share)}")
        for n, (label, share) in enumerate(told.progress) if share < 1
    ]  # fmt: skip
    for renderer, since, usual in told.rendering:
        long = f"; usually it takes {visit.span(usual.total_seconds())}" if usual else ""
        lines.append(tag("li", said(renderer), " renders since ", clock(since), long))
    return tag("ul", *lines, class_="plain progress", aria_live="polite") if lines else None


def _deeds(told: Told) -> Html:
    whole, row = told.whole, told.whole.row
    deeds = [
        deed(run_path(one.run, "gates", one.about, one.edition), f"Answer: {one.about}")
        for one in told.gates
        if one.verdict is None and not row.closed
    ]
    stands = not whole.airing and told.configured and not row.closed
    if (
        stands and not deeds and (row.held or row.status in (None, "unfinished"))
    ):  # an answer has it go on by itself
        deeds.append(deed(run_path(row.id, "go-on"), "Go on", grave=True))
    failed = any(one.end.status in ("failed", "skipped") for one in told.deliveries)
    if not whole.airing and told.configured and (failed or row.status == "failed"):
        deeds.append(deed(run_path(row.id, "retry"), "Send again what failed", grave=True))
    if not whole.airing and told.configured and any(one.end.status == "sent" for one in told.deliveries):
        deeds.append(deed(run_path(row.id, "retract"), "Take back what was sent", grave=True))
    if not row.closed and row.status not in FINAL and not whole.stopping:
        deeds.append(deed(run_path(row.id, "cancel"), "Cancel", grave=True))
    save = tag("a", "Its bundle", href=run_path(row.id, "bundle"), class_="deed", role="button", download=True)
    return tag("p", *deeds, None if whole.airing else save, class_="deeds")


def player(run: str, one: Shown, visit: Visit) -> Html:
    """Return what plays a video of a run."""
    video, files = one.video, run_path(run, "files", one.edition)
    title = "Video" if one.edition == "main" else f"Video: {one.edition}"
    about = (
        f"{visit.span(video.seconds)} · {video.width}×{video.height} · {visit.size(video.bytes)} · {video.renderer}"
    )
    links = [
        tag("a", "Download", href=f"{files}/video", download=True) if one.there else None,
        outside(video.page or video.url, "Published") if video.page or video.url else None,
    ]
    line = tag("p", said(about), *(joined(" · ", link) for link in links if link), class_="meta")
    if not one.there:
        gone = "The file is gone from the archive: it was older than the show's `keep`, or somebody removed it."
        return section(title, tag("p", gone, class_="warning"), line, id=f"video-{_name(one.edition)}")
    track = tag("track", kind="captions", src=f"{files}/captions", srclang="en", label="Captions", default=True)
    poster = f"{files}/poster" if video.poster and video.poster.is_file() else None
    shape = "portrait" if video.height > video.width else "landscape"
    player = tag(
        "video", track if video.vtt and video.vtt.is_file() else None, src=f"{files}/video", poster=poster,
        controls=True, preload="metadata", playsinline=True, class_=shape, aria_label=title,
    )  # fmt: skip
    return section(title, player, line, id=f"video-{_name(one.edition)}")


def _name(text: str) -> str:
    return "".join(one if one.isalnum() else "-" for one in text)


def _deliveries(told: Told) -> Html:
    rows = [_delivery(told, one) for one in told.deliveries]
    return section(
        "Deliveries",
        table("What became of each post", ("Channel", "Outcome", "Words", ""), rows, ""),
        id="deliveries",
    )


def _delivery(told: Told, one: Delivery) -> tuple[Html, Html, Html, Html | None]:
    end, run, airing = one.end, told.whole.row.id, told.whole.airing
    where = [tag("span", said(end.to), class_="meta") if end.to else None]
    where.append(tag("span", said(one.edition), class_="meta") if one.edition != "main" else None)
    became = badge(end.status, "being sent" if airing and end.status == "unconfirmed" else None)
    rung = tag("span", f" as {end.rung}", class_="meta") if end.rung and end.status == "sent" else None
    words = [
        tag("p", KINDS[end.kind], class_="strong") if end.kind in KINDS and end.status != "sent" else None,
        tag("p", said(end.error, 500)) if end.error else None,
        tag("p", outside(end.url, "Look at it")) if end.url else None,
        tag("p", tag("code", said(end.ref)), class_="meta") if end.ref else None,
        *(tag("p", "Tried before: ", said(missed, 500), class_="meta") for missed in end.missed),
    ]
    return (
        joined(tag("span", said(one.channel), class_="strong"), *where, by=" "),
        joined(became, rung),
        joined(*words),
        None if airing or not told.configured else _remedy(run, one),
    )


def _remedy(run: str, one: Delivery) -> Html | None:
    if one.end.status == "unconfirmed":
        return deed(with_query(run_path(run, "settle"), item=one.end.item), "Settle")
    if one.end.status == "sent":
        return deed(with_query(run_path(run, "retract"), channel=one.channel), "Take back", grave=True)
    return deed(with_query(run_path(run, "retry"), channel=one.channel), "Send again", grave=True)


def _answers(told: Told) -> Html:
    rows = [
        (
            tag("a", said(f"{one.about}, {one.edition}"), href=run_path(one.run, "gates", one.about, one.edition)),
            badge("held", "waits")
            if one.verdict is None
            else badge("done" if one.verdict == "approved" else "failed", one.verdict),
            said(" ".join(part for part in (one.who or one.via, one.said) if part), 500),
            when(one.at or one.ends),
        )
        for one in told.gates
    ]
    return table("What people said", ("Asked about", "Answer", "By", "When"), rows, "")


def _timeline(whole: Whole, visit: Visit) -> Html:
    if not whole.items:
        return tag("p", "Nothing yet.", class_="meta")
    before: datetime | None = None
    lines = []
    for item in sorted(whole.items, key=lambda item: (item.ended or item.begun, item.key)):
        at, start = item.ended or item.begun, item.begun if item.ended and item.ended > item.begun else before
        took = (
            f" {visit.span((at - start).total_seconds())}" if start and (at - start).total_seconds() >= 0.05 else ""
        )
        mark = None
        if not item.done:
            mark = badge("airing", "under way") if whole.airing else badge("unconfirmed", "no outcome")
        lines.append(tag("li", clock(at), " ", tag("span", said(deed_words(item.key))), " ", mark,
                         tag("span", took, class_="meta") if took else None))  # fmt: skip
        before = at
    return tag("ol", *lines, class_="timeline")


def costs(spent: Sequence[Entry], visit: Visit) -> Html:
    """Return rows of the ledger as a table."""
    rows = [
        (
            said(one.what),
            tag("code", said(one.key)),
            visit.money(one.actual) if one.actual is not None else _aside(one, visit),
            when(one.at),
        )
        for one in spent
    ]  # fmt: skip
    return table("Costs", ("What", "Deed", "Cost", "When"), rows, "It cost nothing.")


def _aside(one: Entry, visit: Visit) -> Html:
    return tag("span", f"{visit.money(one.reserved)} set aside", class_="meta")
