"""The page of a dry run."""

from broadcast.page.markup import Html, joined, tag
from broadcast.page.preview import Planned, proof
from broadcast.types import Why

from .house import Asked, House, Missing
from .layout import Page, badge, said, section, show_path, table
from .rehearsals import Rehearsal
from .visit import Visit, when

MOST = 200  #: stories whose reasons are shown


async def page(house: House, asked: Asked) -> Page:
    id = asked.path["id"]
    one = house.rehearsals.find(id)
    if one is None or one.show != asked.path["show"]:
        raise Missing("that preview is gone: only the newest are kept, until the process ends. Ask for another one")
    title = f"Preview of {one.show}"
    main = joined(
        tag("h1", tag("a", said(one.show), href=show_path(one.show)), " ", badge("quiet", "preview")),
        tag("p", "Asked for by ", said(one.by), ", ", when(one.at), ". Nothing was spent or sent.", class_="meta"),
        tag("p", said(one.error, 2000), class_="warning") if one.error else None,
        tag("p", "Sources are being read and the script is written…", role="status") if not one.over else None,
        *_outcome(one, asked.visit),
    )
    data = {"show": one.show, "by": one.by, "at": one.at, "over": one.over, "error": one.error or None,
            "report": one.report, "editions": {each.name: each.written for each in one.editions},
            "prompts": {each.name: each.prompt for each in one.editions}, "why": one.why}  # fmt: skip
    live = "" if one.over else "again"
    return Page(title, data, main, "/shows", live=live)


def _outcome(one: Rehearsal, visit: Visit) -> list[Html]:
    if one.report is None:
        return []
    report = one.report
    notes = tag("ul", *(tag("li", said(note, 500)) for note in report.notes), class_="plain meta")
    error = tag("p", said(report.error, 2000), class_="warning") if report.error else None
    order = sorted(one.why, key=lambda why: (not why.chosen, why.edition, why.rank is None, -(why.rank or 0.0)))
    rows = [(said(why.title or why.story), _became(why), said(why.reason, 500)) for why in order[:MOST]]
    reasons = table("Stories", ("Story", "Became", "Why"), rows, "There was none.")
    return [
        joined(error, notes),
        *(_edition(each, n, visit) for n, each in enumerate(one.editions)),
        section("Why each was chosen, or not", reasons, id="why"),
    ]


def _became(why: Why) -> Html:
    return badge("aired", "chosen") if why.chosen else badge("quiet", "left out")


def _edition(one: Planned, number: int, visit: Visit) -> Html:
    script = one.written.script
    cost = (
        "at an unknown price"
        if one.usd is None
        else f"for about {visit.money(one.usd)}"
        if one.usd
        else "for nothing"
    )
    about = (
        f"{visit.span(script.seconds)} of {visit.span(one.asked)} · {script.language} · by {one.renderer} {cost}"
    )
    prompt = (
        joined(tag("h3", "The renderer's prompt"), tag("pre", one.prompt, dir="auto", tabindex="0"))
        if one.prompt
        else None
    )
    told = tag("div", proof(one.written), class_="script")
    return section(
        f"Edition {one.name}", tag("p", said(about), class_="meta"), told, prompt, id=f"edition-{number}"
    )
