"""A report as Markdown, for the summary page of a CI job. Titles and errors come from outside: they are text."""

import re
from collections.abc import Iterator
from pathlib import Path

from broadcast.errors import ConfigError
from broadcast.types import Destination, EditionReport, Receipt, Report

LONGEST = 300  #: characters of one title or error
_MEANING = re.compile(r"([\\`*_{}\[\]()<>#+!|~@:&$-])")


def summary(report: Report) -> str:
    """Return *report* as Markdown. Pure."""
    return "\n".join(_lines(report)) + "\n"


def write(path: Path, text: str) -> None:
    """Write *text* behind what *path* holds. Raises `ConfigError`."""
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}", where="--summary") from None


def plain(text: str) -> str:
    """Return *text* as Markdown that shows it as it is, on one line: no link, no picture, no table. Pure."""
    line = " ".join(text.split())
    return _MEANING.sub(r"\\\1", line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…")


def _lines(report: Report) -> Iterator[str]:
    yield f"### {plain(report.run)}: {report.status}\n"
    if report.error:
        yield f"{plain(report.error)}\n"
    for story in report.stories:
        yield f"- {plain(story.title)}"
    for edition in report.editions:
        yield from _edition(edition)
    if report.cost.usd:
        yield f"\nCost: {report.cost.usd:.2f} USD"
    for note in (*report.notes, *(note for edition in report.editions for note in edition.notes)):
        yield f"\n> {plain(note)}"


def _edition(edition: EditionReport) -> Iterator[str]:
    video = edition.video
    made = f", {video.seconds:.1f} s by {plain(video.renderer)}" if video else ""
    yield f"\n**{plain(edition.name)}**{made}\n"
    if edition.receipts:
        yield "| channel | destination | became | |\n| --- | --- | --- | --- |"
    for receipt in edition.receipts:
        for end in receipt.to or (receipt,):
            cells = receipt.channel, _destination(end), end.status, end.error or end.rung or ""
            yield f"| {' | '.join(map(plain, cells))} |"


def _destination(end: Receipt | Destination) -> str:
    return end.to if isinstance(end, Destination) else ""
