"""A page of what would be said: each sentence beside the words of its source, and what it would cost. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broadcast.text import clean, counted
from broadcast.types import Brand, Report, Segment, Sentence, Story, Written

from .frame import document
from .markup import Html, host, joined, tag

NUMBER = re.compile(r"[$€£¥₹]?\d[\d.,:/'’\u00a0\u202f]*(?<=\d)(?:\s?(?:%|‰|°[CF]?))?")
TITLE, QUOTE = 300, 1_000  #: characters of what is shown


@dataclass(frozen=True)
class Planned:
    """One edition as it would be made."""

    name: str
    asked: float  #: seconds
    written: Written
    renderer: str
    prompt: str | None = None  #: what the renderer would be told, where it is told anything
    usd: float | None = None  #: what the render should cost; None: nobody knows


def preview_page(title: str, brand: Brand, report: Report, editions: Sequence[Planned]) -> str:
    """Return the page of a rehearsed show."""
    header = tag(
        "header",
        tag("span", tag("bdi", brand.name or title), class_="brand"),
        tag("span", "Preview: nothing of this was aired", class_="meta"),
    )
    parts = [_edition(one) for one in editions]
    main = tag("main", _summary(title, report), *parts)
    return document("en", f"Preview: {title}", header, main, colour=brand.colour, preview=Html())


def _summary(title: str, report: Report) -> Html:
    slot = f"{report.slot:%Y-%m-%d %H:%M} UTC"
    ended = "" if report.status == "unfinished" else f" · {report.status}"  # as any rehearsal that has a script
    sources = [
        tag("li", tag("bdi", source.name), f": {source.error or counted(source.stories, 'story', 'stories')}")
        for source in report.sources
    ]
    notes = [tag("li", clean(note, QUOTE)) for note in report.notes]
    return tag(
        "div",
        tag("div", tag("h1", tag("bdi", title)), tag("p", f"{slot}{ended}", class_="meta")),
        tag("div", tag("ul", *sources, class_="headlines"), tag("ul", *notes, class_="meta")),
        class_="about",
    )


def _edition(one: Planned) -> Html:
    script = one.written.script
    prompt = tag("div", tag("h3", "The renderer's prompt"), tag("pre", one.prompt), class_="part")
    cost = "price unknown" if one.usd is None else f"about {one.usd:.2f} USD" if one.usd else "free"
    facts = (
        f"{script.seconds:.1f} of {one.asked:g} s · {script.language} · {script.writer} · {one.renderer}, {cost}"
    )
    heading = tag("h2", f"Edition {one.name}")
    return tag(
        "section", heading, tag("p", facts, class_="meta"), proof(one.written), prompt if one.prompt else None
    )


def proof(written: Written) -> Html:
    """Return a script, each sentence beside the words of its source, and what was left out."""
    stories = {story.key: story for story in written.stories}
    script = written.script
    segments = (_segment(segment, stories.get(segment.story), script.language) for segment in script.segments)
    return joined(*segments, _dropped(script.dropped))


def _segment(segment: Segment, story: Story | None, language: str) -> Html:
    source = _source(story, told_by(story)) if story else None
    tellers = _source(story, ", ".join(story.publishers) or told_by(story)) if story else None
    heading = clean(story.title, TITLE) if story else {"intro": "Opening", "signoff": "Sign-off"}[segment.kind]
    rows = [_row(sentence, source, language) for sentence in segment.sentences]
    rows += [
        tag("tr", tag("td", "On screen: ", *_marked(overlay.text)), _beside([overlay.quote], source))
        for overlay in segment.overlays
    ]
    return tag(
        "div",
        tag("h3", tag("bdi", heading)),
        tag("p", f"{segment.seconds:.1f} s · {segment.writer}", " · " if tellers else None, tellers, class_="meta"),
        tag("table", *rows, class_="proof"),
        class_="part",
    )


def told_by(story: Story) -> str:
    """Return whose words of *story* are told: its publisher's, else its source, else the host of its address."""
    return story.publisher or story.source or host(story.url) or ""


def _source(story: Story, words: str) -> Html:
    return tag("a", words, href=story.url, rel="noopener nofollow ugc") if host(story.url) else tag("bdi", words)


def _row(sentence: Sentence, source: Html | None, language: str) -> Html:
    said = tag("td", *_marked(clean(sentence.text, QUOTE)), lang=language, dir="auto")
    if not sentence.quotes:
        return tag("tr", said, tag("td", tag("span", "template", class_="meta")))
    verbatim = list(sentence.quotes) == [sentence.text]
    return tag("tr", said, _beside(sentence.quotes, source, "word for word, " if verbatim else None))


def _beside(quotes: Sequence[str], source: Html | None, how: str | None = None) -> Html:
    """Return the words of a source, and who it is."""
    return tag("td", quoted(quotes), " ", tag("span", how, source, class_="meta"))


def quoted(quotes: Sequence[str]) -> Html:
    """Return the words of a source."""
    return joined(*(tag("q", *_marked(clean(quote, QUOTE)), dir="auto") for quote in quotes if quote), by=" ")


def _marked(text: str) -> Iterator[str]:
    """Yield *text* with its numbers marked."""
    at = 0
    for found in NUMBER.finditer(text):
        yield text[at : found.start()]
        yield tag("mark", found[0])
        at = found.end()
    yield text[at:]


def _dropped(dropped: Sequence[str]) -> Html | None:
    if not dropped:
        return None
    lines = (tag("li", clean(one, QUOTE)) for one in dropped)
    return tag("div", tag("h3", "Left out"), tag("ul", *lines), class_="part")
