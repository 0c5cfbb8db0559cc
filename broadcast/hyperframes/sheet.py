"""An order and its narration as the variables of a composition: texts, times, and shapes as shares. Pure."""

import json
from collections.abc import Sequence
from typing import Any

from broadcast.newsdesk.captions import Phrase
from broadcast.newsdesk.figures import Chart, KeyNumber, chart_of, key_number
from broadcast.newsdesk.labels import labels
from broadcast.newsdesk.look import palette
from broadcast.newsdesk.scenes import Bill
from broadcast.scripting import captions
from broadcast.types import Order, Story


def variables(
    order: Order, show: Bill, starts: Sequence[float], seconds: float, phrases: Sequence[Phrase], rtl: bool
) -> dict[str, Any]:
    """Return what a composition is told: `templates.KNOWN`. Lists are JSON: a variable is a text or a number.

    *starts* are the seconds at which the segments' scenes begin, *seconds* is the length of the film.
    """
    colours = palette(order.brand.colour)
    ends = [*starts[1:], seconds]
    scenes = [_scene(order, show, number, start, ends[number]) for number, start in enumerate(starts)]
    told = [{"start": one.start, "end": one.end, "text": one.text} for one in phrases]
    words = labels(order.script.language)
    return {
        "title": show.title,
        "brand": show.name,
        "date": show.date,
        "language": order.script.language,
        "direction": "rtl" if rtl else "ltr",
        "accent": _hex(colours.accent),
        "on_accent": _hex(colours.on_accent),
        "bright": _hex(colours.bright),
        "seconds": seconds,
        "headlines": words.headlines,
        "scenes": json.dumps(scenes, ensure_ascii=False),
        "captions": json.dumps(told, ensure_ascii=False),
    }


def _scene(order: Order, show: Bill, number: int, start: float, end: float) -> dict[str, Any]:
    segment, story = show.segments[number], show.stories[number]
    words = labels(order.script.language, spoken=show.spoken)
    scene: dict[str, Any] = {"kind": segment.kind, "start": round(start, 3), "end": round(end, 3)}
    if segment.kind == "intro":
        return scene | {"kicker": words.edition, "headline": show.title, "items": list(show.headlines[:6])}
    if segment.kind == "signoff":
        return scene | {
            "headline": words.thanks or show.title,
            "source": words.credit(name for each in show.stories if each for name in each.publishers),
            "note": words.disclosure,
            "items": [overlay.text for overlay in segment.overlays],
        }
    at = sum(each.kind == "story" for each in show.segments[:number])
    scene |= {"headline": show.headlines[at], "counter": words.counter.format(at=at + 1, of=show.told)}
    scene["kicker"] = _slug(order, show, story)
    if story and story.publishers:
        scene["source"] = words.credit(story.publishers)
    if chart := chart_of(story):
        scene["chart"] = _chart(chart)
    elif key := key_number(story, segment.overlays):
        scene["chart"] = _number(key)
    return scene


def _slug(order: Order, show: Bill, story: Story | None) -> str:
    if story and story.update:
        return captions.update(order.script.language)
    return (story.tags[0] if story and story.tags else story.publisher if story else "") or show.name


def _chart(chart: Chart) -> dict[str, Any]:
    values = [point.value for point in chart.points]
    low, high = min(values, default=0.0), max(values, default=0.0)
    if chart.shape in ("bars", "comparison"):
        low, high = min(low, 0.0), max(high, 0.0)
    span = (high - low) or 1.0
    points = [
        {
            "label": point.label,
            "text": point.text,
            "share": (point.value - low) / span if chart.shape == "line" else abs(point.value) / span,
            "negative": point.value < 0,
            "strong": point.value == high,
        }
        for point in chart.points
    ]
    zero = -low / span
    return {
        "shape": chart.shape, "text": chart.text, "label": chart.label, "change": chart.change, "points": points,
        "zero": zero, "columns": chart.columns, "rows": chart.rows, "others": chart.others,
    }  # fmt: skip


def _number(key: KeyNumber) -> dict[str, Any]:
    low, high = min(key.series, default=0.0), max(key.series, default=0.0)
    points = [
        {"label": "", "text": "", "share": (value - low) / ((high - low) or 1.0), "strong": False}
        for value in key.series
    ]
    return {
        "shape": "line" if points else "number", "text": key.text, "label": key.label, "change": key.change,
        "quote": key.quote, "points": points, "others": key.rows, "columns": (), "rows": (), "zero": 0.0,
    }  # fmt: skip


def _hex(colour: tuple[int, int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour[:3])
