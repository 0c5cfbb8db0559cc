"""Short shows to render."""

from datetime import UTC, datetime
from typing import Any

from broadcast.types import Brand, Figure, Order, Overlay, Script, Segment, Sentence, Story

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)


def told(kind: str, story: str, *texts: str, overlays: tuple[Overlay, ...] = ()) -> Segment:
    sentences = tuple(Sentence(text=text) for text in texts)
    return Segment.model_validate(
        {"kind": kind, "story": story, "sentences": sentences, "overlays": overlays, "seconds": 2}
    )


def short(language: str = "de", title: str = "Zinsen sinken um 1,4 Prozent", **changes: Any) -> Order:
    """Return a show of a few seconds: intro, a story with a card and a line, one without, sign-off."""
    figure = Figure(label="Leitzins", text="1,4 %", change="−0,2", series=(3.0, 2.0, 2.5, 1.4))
    stories = (
        Story(
            id="1",
            source="s",
            title=title,
            publisher="Amt",
            url="https://www.example.com/1",
            at=NOW,
            figures=(figure,),
        ),
        Story(id="2", source="s", title="Ein zweites Thema", publisher="Blatt", at=NOW, tags=("Sport",)),
    )
    segments = (
        told("intro", "", "Guten Abend."),
        told("story", "s/1", "Es wird billiger."),
        told("story", "s/2", "Und das war es."),
        told("signoff", "", "Bis morgen."),
    )
    fields: dict[str, Any] = {
        "show": "kurz", "edition": "main", "slot": NOW, "title": "Kurz und knapp", "date": "23. November 2026",
        "script": Script(
            title="Kurz", kind="daily-news", language=language, segments=segments, seconds=8, writer="template"
        ),
        "stories": stories, "brand": Brand(name="Kurz"),
    }  # fmt: skip
    return Order(**(fields | changes))
