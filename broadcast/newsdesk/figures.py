"""The key number of a story, and how it counts up. Pure; nothing is shown that the story does not hold."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from broadcast.types import Overlay, Story

NUMBER = re.compile(r"\d+(?:[.,\u00a0\u202f' ]\d+)*")
LONGEST = 60  #: characters of a key number; what is longer is a sentence, and no number


@dataclass(frozen=True)
class KeyNumber:
    """What a card shows. Empty parts are left out. *rows* are further figures: label and text."""

    text: str
    label: str = ""
    change: str = ""
    quote: str = ""
    series: tuple[float, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()


def key_number(story: Story | None, overlays: Sequence[Overlay]) -> KeyNumber | None:
    """Choose what the card of a story shows: its first figure, else the first overlay with a digit in it."""
    if story is not None and story.figures:
        first, *others = story.figures
        series = first.series if len(first.series) > 1 else ()
        rows = () if series else tuple((other.label, other.text) for other in others[:3])
        return KeyNumber(first.text, first.label, first.change, series=series, rows=rows)
    for overlay in overlays:
        text = overlay.text.strip()
        if re.search(r"\d", text) and len(text) <= LONGEST:
            quote = overlay.quote.strip()
            known = quote in ("", text) or (story is not None and quote == story.title)
            return KeyNumber(text, quote="" if known else quote)
    return None
