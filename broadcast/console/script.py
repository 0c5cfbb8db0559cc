"""What a run said: the stories and why, the script beside its sources, the words that a renderer was sent."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from broadcast.journal.deeds import Item
from broadcast.page.markup import Html, joined, tag
from broadcast.page.preview import proof
from broadcast.types import Chosen, Gathered, Noun, Why, Written

from .house import Asked, House
from .layout import Page, badge, outside, said, section, table
from .reading import Whole
from .run import heading
from .told import found, parsed
from .visit import Visit

T = TypeVar("T", bound=Noun)

MOST = 200  #: stories that were not chosen, on one page


async def stories(house: House, asked: Asked) -> Page:
    whole = await found(house, asked.path["run"])
    gathered = _result(whole, "gather", Gathered) or Gathered()
    chosen = _result(whole, "choose", Chosen) or Chosen()
    main = joined(heading(whole, "stories"), _sources(gathered, asked.visit), _why(gathered, chosen))
    data = {"run": whole.row.id, "sources": gathered.sources, "why": chosen.why, "pool": chosen.pool,
            "editions": chosen.editions, "notes": chosen.notes, "gathered": len(gathered.stories)}  # fmt: skip
    return Page(f"Stories of {whole.row.id}", data, main, "/runs")


async def script(house: House, asked: Asked) -> Page:
    whole = await found(house, asked.path["run"])
    written = dict(_written(whole.items))
    parts = [_edition(name, one, n, asked.visit) for n, (name, one) in enumerate(written.items())]
    nothing = tag("p", "No script was written yet.", class_="meta")
    main = joined(heading(whole, "script"), *(parts or [nothing]))
    return Page(f"Script of {whole.row.id}", {"run": whole.row.id, "editions": written}, main, "/runs")


def _edition(name: str, one: Written, number: int, visit: Visit) -> Html:
    script = one.script
    about = f"About {visit.span(script.seconds)} · {script.language} · ", said(script.writer)
    notes = (tag("p", said(note, 500), class_="meta") for note in script.notes)
    proven = tag("div", proof(one), class_="script")
    return section(f"Edition {name}", tag("p", *about, class_="meta"), *notes, proven, id=f"edition-{number}")


async def prompt(house: House, asked: Asked) -> Page:
    whole = await found(house, asked.path["run"])
    prompts = {
        item.key: item.kept["prompt"]
        for item in whole.items
        if item.key.startswith("submit/") and "prompt" in item.kept
    }
    parts = [
        section(
            f"To {key.split('/')[2]}, edition {key.split('/')[1]}, attempt {key.split('/')[-1]}",
            tag("p", f"{asked.visit.number(len(text))} characters, as they were sent.", class_="meta"),
            tag("pre", text, dir="auto", tabindex="0"),
            id=f"prompt-{n}",
        )
        for n, (key, text) in enumerate(prompts.items())
    ]
    words = "No renderer was sent words: the local renderer takes the script as it is."
    main = joined(heading(whole, "prompt"), *(parts or [tag("p", words, class_="meta")]))
    return Page(f"Prompt of {whole.row.id}", {"run": whole.row.id, "prompts": prompts}, main, "/runs")


def _written(items: Sequence[Item]) -> Iterator[tuple[str, Written]]:
    for item in items:
        written = (
            parsed(item.result, Written) if item.key.startswith(("write/", "approved/")) and item.done else None
        )
        if written is not None:
            role, _, edition = item.key.partition("/")
            yield edition if role == "write" else f"{edition}, as it was edited", written


def _result(whole: Whole, key: str, type: type[T]) -> T | None:
    return next((parsed(item.result, type) for item in whole.items if item.key == key and item.done), None)


def _sources(gathered: Gathered, visit: Visit) -> Html:
    rows = [
        (
            said(one.name),
            badge("failed") if one.error else badge("aired", "answered"),
            visit.number(one.stories),
            said(one.error, 500) if one.error else None,
        )
        for one in gathered.sources
    ]
    return section(
        "Sources",
        table("Sources that were asked", ("Source", "Became", "Stories", ""), rows, "None was asked yet."),
    )


def _why(gathered: Gathered, chosen: Chosen) -> Html:
    known = {story.key: story for story in gathered.stories} | {story.key: story for story in chosen.pool}
    several = len(chosen.editions) > 1
    order = sorted(chosen.why, key=lambda one: (not one.chosen, one.edition, one.rank is None, -(one.rank or 0.0)))

    heads = ("Story", "Became", "Edition", "Why") if several else ("Story", "Became", "Why")

    def row(one: Why) -> list[Html | None]:
        story = known.get(one.story)
        by = said(", ".join(story.publishers) or story.source) if story else None
        title = outside(story.url if story else None, one.title or one.story) or said(one.title or one.story)
        became = badge("aired", "chosen") if one.chosen else badge("quiet", "left out")
        edition = [said(one.edition) if one.edition else None] if several else []
        source = tag("span", " ", by, class_="meta") if by else None
        return [joined(title, source), became, *edition, said(one.reason, 500)]

    rows = [row(one) for one in order[: MOST + len(chosen.pool)]]
    notes = (tag("p", said(note, 500), class_="meta") for note in chosen.notes)
    listed = table("Stories", heads, rows, "Nothing was chosen yet.")
    return section("Why each was chosen, or not", listed, *notes, id="why")
