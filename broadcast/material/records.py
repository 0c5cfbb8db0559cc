"""Stories that somebody else's program, file or API wrote down as records. Pure."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from broadcast.errors import Rejected
from broadcast.feeds import iso, web
from broadcast.text import clean, cut
from broadcast.types import Figure, Story

TITLE, TEXT = 300, 6_000  #: characters
EARLY = timedelta(hours=1)  #: a date further ahead is a wrong clock, or an announcement
FIRST_YEAR = 1995
NAME_LENGTH, FIELD = 64, 2_000  #: characters of a field's name and value
FIELDS = 100  #: of one record
RECORDS = 2_000  #: of one answer that are looked at
FAULTS = 3  #: that are told one by one
#: What a record may say. `at` is when it happened; the rest is as in `Story`.
KNOWN = ("id", "title", "text", "url", "at", "publisher", "language", "tags", "figures", "image", "score", "fields")


def story(record: Any, now: datetime, *, publisher: str = "", tags: tuple[str, ...] = ()) -> Story:
    """Return the story of *record*. Raises `ValueError`, whose text is the end of a sentence."""
    if not isinstance(record, Mapping):
        raise ValueError(f"is {_kind(record)}, not an object with `title` and `text`")
    if unknown := sorted(str(key) for key in record if key not in KNOWN):
        raise ValueError(f"has no use for `{clean(unknown[0], 40)}`; it knows {', '.join(KNOWN)}")
    said = {key: _text(record, key) for key in ("id", "title", "text", "url", "publisher", "language", "image")}
    title, text = clean(said["title"], TITLE), paragraphs(said["text"])
    if not title:
        raise ValueError("has no `title`")
    if said["url"] and not web(said["url"]):
        raise ValueError("has a `url` that is no http or https address")
    at = moment(record.get("at"), now)
    if record.get("at") not in (None, "") and at is None:
        raise ValueError("has an `at` that is no date such as 2026-11-23T17:00:00Z")
    return Story(
        id=clean(said["id"], 200) or digest(title, text),
        title=title,
        text=text,
        url=web(said["url"]),
        at=at or now,
        publisher=clean(said["publisher"], 80) or publisher,
        language=iso(said["language"]),
        tags=tuple(dict.fromkeys((*tags, *_tags(record.get("tags"))))),
        figures=_figures(record.get("figures")),
        image=web(said["image"]),
        fields=_fields(record.get("fields")),
        score=_score(record.get("score")),
    )


def moment(value: Any, now: datetime) -> datetime | None:
    """Return the instant that *value* names: ISO 8601, seconds since 1970, a date of a file or a database.

    One in the future is *now*, so that nothing stays the newest for a year. What names none is None.
    """
    try:
        match value:
            case bool():
                return None
            case datetime():
                found = value
            case date():
                found = datetime(value.year, value.month, value.day)
            case int() | float():
                found = datetime.fromtimestamp(value, UTC)
            case str():
                found = datetime.fromisoformat(value.strip())
            case _:
                return None
        found = found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    if found.year < FIRST_YEAR:
        return None
    return now if found > now + EARLY else found


def paragraphs(text: str, limit: int = TEXT) -> str:
    """Return plain text that came as such, line by line."""
    lines = (clean(line, limit) for line in text[: limit * 4].splitlines())
    return cut("\n".join(line for line in lines if line), limit)


def digest(*parts: str) -> str:
    """Return a name made of what is said: the same words are the same story."""
    return hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:16]


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if value is None:
        return ""
    if isinstance(value, bool | Mapping | list) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"has a `{key}` that is {_kind(value)}, not text")
    return str(value)


def _score(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise ValueError("has a `score` that is no number of points or votes")
    return float(value)


def _tags(value: Any) -> list[str]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(tag, str) for tag in value):
        raise ValueError("has `tags` that are no list of words")
    return [tag for each in value[:10] if (tag := clean(each, 40))]


def _fields(value: Any) -> Mapping[str, str]:
    if value is not None and not isinstance(value, Mapping):
        raise ValueError("has `fields` that are no object of names and values")
    return variables(value or {})


def variables(values: Mapping[str, Any]) -> dict[str, str]:
    """Return the texts and numbers of *values* as text that is fit to be shown; the rest is left out."""
    found: dict[str, str] = {}
    for key, value in values.items():
        name = str(key)
        said = isinstance(value, str | int | float | date) and not isinstance(value, bool)
        if said and len(name) <= NAME_LENGTH and len(found) < FIELDS and (text := clean(str(value), FIELD)):
            found[name] = text
    return found


def _figures(value: Any) -> tuple[Figure, ...]:
    if value is None:
        return ()
    try:
        figures = [Figure.model_validate(one, strict=False) for one in value] if isinstance(value, list) else None
    except ValueError:
        figures = None
    if figures is None:
        raise ValueError("has `figures` that are no list of objects with `label` and `text`")
    return tuple(
        one.model_copy(
            update={
                "label": clean(one.label, 60),
                "text": clean(one.text, 60),
                "change": clean(one.change, 100),
                "series": tuple(number for number in one.series[-200:] if math.isfinite(number)),
                "points": tuple(
                    point.model_copy(update={"label": clean(point.label, 60), "text": clean(point.text, 60)})
                    for point in one.points[-200:]
                    if math.isfinite(point.value)
                ),
                "pattern": one.pattern[:40],
                "unit": " " * one.unit.startswith(" ") + clean(one.unit, 20),
            }
        )
        for one in figures[:6]
    )


def _kind(value: Any) -> str:
    """Name what JSON calls *value*."""
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


# --- many of them


def decode(text: str) -> list[Any]:
    """Return the records in JSON, JSON lines or YAML: a list of them, or an object with `stories`.

    Meant for a worker process, as YAML is slow. Raises `Rejected` that says where it cannot be read.
    """
    start = text.lstrip("\ufeff \t\r\n")[:1]
    if not start:
        return []
    if start == "<":
        raise Rejected("it is a web page or XML, not JSON or YAML; check its place")
    try:
        found = json.loads(text) if start in "[{" else _yaml(text)
    except RecursionError:
        raise Rejected("it is nested too deeply to be read; give a list of objects") from None
    except ValueError as error:
        if start != "{":
            raise Rejected(f"it is not JSON: {error}; check its end, too: it may be cut") from None
        return lines(text)
    if isinstance(found, Mapping) and "stories" in found:
        found = found["stories"]
    return found if isinstance(found, list) else [found]


def lines(text: str) -> list[Any]:
    """Return one record for each line of JSON. Raises `Rejected` that names the line."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except (ValueError, RecursionError):
                raise Rejected(
                    f"line {number} is not JSON; each line holds one object with `title` and `text`"
                ) from None
    return found


def _yaml(text: str) -> Any:
    import yaml  # only where somebody writes it

    from broadcast.text.yamls import loader

    try:
        return yaml.load(text, Loader=loader(text))  # noqa: S506 - it is a safe one
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f", in line {mark.line + 1}" if mark else ""
        raise Rejected(f"it is neither JSON nor YAML{where}; check how it is written there") from None


def stories(
    found: Sequence[Any],
    now: datetime,
    note: Callable[[str], None],
    *,
    label: str,
    limit: int,
    publisher: str = "",
    tags: tuple[str, ...] = (),
) -> list[Story]:
    """Return the newest *limit* stories of *found*; what is wrong with others is noted.

    Raises `Rejected` where there are some and none is good.
    """
    good: dict[str, Story] = {}
    faults: list[str] = []
    for number, record in enumerate(found[:RECORDS], 1):
        try:
            one = story(record, now, publisher=publisher, tags=tags)
            good.setdefault(one.id, one)
        except ValueError as error:
            faults.append(f"story {number} {error}")
    if faults and not good:
        raise Rejected(f"{label}: {faults[0]}" + (f", and {len(faults) - 1} others" if faults[1:] else ""))
    for fault in faults[:FAULTS]:
        note(f"{fault}: left out")
    if len(faults) > FAULTS:
        note(f"{len(faults) - FAULTS} more stories are left out")
    if len(found) > RECORDS:
        note(f"only the first {RECORDS} of {len(found)} stories were looked at")
    return sorted(good.values(), key=lambda one: one.at, reverse=True)[:limit]
