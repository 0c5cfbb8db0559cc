"""What a run says of itself: the report, its status, the exit code. Pure."""

import shlex
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import delivery, errors
from .errors import BroadcastError, Dropped, Held, StageError, Unpaid, Waiting
from .journal.run import Run
from .show import Edition, Show
from .types import (
    Chosen,
    Cost,
    Destination,
    EditionReport,
    Gathered,
    Limit,
    Outcome,
    Receipt,
    Report,
    ScriptReport,
    Status,
    Story,
    ToldStory,
    Video,
    Written,
)


@dataclass
class Sheet:
    """An edition's report while it is being made."""

    edition: Edition
    notes: list[str] = field(default_factory=list)
    written: Written | None = None
    video: Video | None = None
    receipts: tuple[Receipt, ...] = ()
    failure: StageError | Waiting | None = None

    def report(self) -> EditionReport:
        script, stories = (self.written.script, self.written.stories) if self.written else (None, ())
        said = dict.fromkeys(self.notes)  # in a run that was put down, what an earlier call said is there
        notes = (*(script.notes if script else ()), *said, *(self.video.notes if self.video else ()))
        return EditionReport(
            name=self.edition.name,
            language=self.edition.language,
            stories=tuple(story.key for story in stories),
            notes=notes,
            error=str(self.failure) if self.failure else None,
            kind=errors.kind(self.failure) if self.failure else None,
            held=isinstance(self.failure, Held),
            unpaid=isinstance(self.failure, Unpaid),
            dropped=isinstance(self.failure, Dropped),
            script=ScriptReport(writer=script.writer, seconds=script.seconds, dropped=script.dropped)
            if script
            else None,
            video=self.video.model_copy(update={"fleeting": None}) if self.video else None,  # it is signed
            receipts=self.receipts,
        )


def behind(edition: Edition, first: EditionReport) -> EditionReport:
    """Return the report of an edition that dubs *first*, which waits for somebody. Pure."""
    words = f"it dubs {first.name!r}, which waits for an answer"
    return EditionReport(
        name=edition.name, language=edition.language, error=words, kind="Waiting", held=True, unpaid=first.unpaid
    )


def report(
    show: Show,
    run: Run,
    gathered: Gathered,
    chosen: Chosen,
    editions: Iterable[EditionReport],
    cost: Cost,
) -> Report:
    """Put what became of each edition, and what was spent, into the report of the run."""
    editions = tuple(editions)
    told = {key for edition in editions for key in edition.stories}
    return Report(
        run=run.id,
        show=show.name,
        slot=run.slot,
        **_together(editions),
        notes=(*show.notes, *gathered.notes, *chosen.notes, *map(nearly_spent, near(cost))),
        sources=gathered.sources,
        stories=tuple(_told(story) for story in chosen.pool if story.key in told),
        cost=cost,
    )


def _together(editions: tuple[EditionReport, ...]) -> dict[str, Any]:
    """Return what the editions come to together."""
    kinds = [kind for edition in editions for kind in _kinds(edition)]
    errors = [f"{edition.name}: {edition.error}" for edition in editions if edition.error]
    errors += [
        f"{receipt.channel}: {receipt.error}"
        for edition in editions
        for receipt in edition.receipts
        if receipt.kind
    ]
    worst = min(kinds, key=_WEIGHT.index) if kinds else None
    return {"editions": editions, "status": status(editions), "error": "; ".join(errors) or None, "kind": worst}


def with_receipts(report: Report, change: Callable[[Receipt], Receipt]) -> Report:
    """Return *report* with other receipts, and what it comes to then. Pure."""
    editions = tuple(
        edition.model_copy(update={"receipts": tuple(map(change, edition.receipts))}) for edition in report.editions
    )
    return report.model_copy(update=_together(editions))


def completed(report: Report, before: Report) -> Report:
    """Return *report* with what *before* said of the channels that this call left out."""
    known = {
        f"deliver/{edition.name}/{one.channel}": one for edition in before.editions for one in edition.receipts
    }
    return with_receipts(report, lambda one: known.get(one.item, one) if one.status == "skipped" else one)


def cleaned(report: Report, redact: Callable[[str], str]) -> Report:
    """Return *report* with its words, which services may have had a part in, as *redact* leaves them. Pure."""

    def clean(tree: Any, words: bool = False) -> Any:
        if isinstance(tree, dict):
            return {key: clean(value, words or key in ("error", "notes", "missed")) for key, value in tree.items()}
        if isinstance(tree, list | tuple):
            return [clean(one, words) for one in tree]
        return redact(tree) if words and isinstance(tree, str) else tree

    return Report.model_validate(clean(report.model_dump()))


def settled(report: Report, answer: Destination) -> Report:
    """Return *report* with what a person says of one delivery."""

    def change(one: Receipt) -> Receipt:
        if one.item == answer.item and not one.to:
            return delivery.receipt(one.channel, [answer])
        if any(to.item == answer.item for to in one.to):
            return delivery.receipt(one.channel, [answer if to.item == answer.item else to for to in one.to])
        return one

    return with_receipts(report, change)


def near(cost: Cost) -> list[Limit]:
    """Return the limits that little is left of. Pure."""
    return [limit for limit in cost.limits if limit.near]


def nearly_spent(limit: Limit) -> str:
    """Say how a limit stands. Pure."""
    whose, share = "" if limit.of == "the show" else f" of {limit.of}", limit.spent / limit.usd
    return (
        f"{limit.spent:.2f} of the {limit.usd:.2f} USD of the {limit.name}'s budget{whose} are spent ({share:.0%})"
    )


def quiet(show: Show, run: Run, gathered: Gathered, chosen: Chosen) -> Report:
    """Say that there was nothing new to tell."""
    notes = (*show.notes, *gathered.notes, *chosen.notes, "nothing new to tell")
    return Report(run=run.id, show=show.name, slot=run.slot, status="quiet", notes=notes, sources=gathered.sources)


def nothing_due(show: Show, now: datetime) -> Report:
    """Say that it is not the time of *show*."""
    return Report(run=show.name, show=show.name, slot=now, status="quiet", notes=("nothing is due",))


def paused(show: Show, now: datetime, words: str) -> Report:
    """Say that a person paused *show*, in *words*: since when, and who."""
    note = f"{show.name} is paused {words}; `broadcast resume {show.name}` lets it air again"
    return Report(run=show.name, show=show.name, slot=now, status="quiet", notes=(note,))


def cancelled(report: Report, by: str) -> Report:
    """Return *report* as it stands when a person had the run stop. What was sent stays sent. Pure."""
    if report.status in ("aired", "quiet"):
        return report  # it came too late
    sent = any("sent" in _outcomes(receipt) for edition in report.editions for receipt in edition.receipts)
    words = f"cancelled by {by}"
    said = report.error or words
    error = said if words in said else f"{words}: {said}"
    return report.model_copy(update={"status": "partial" if sent else "failed", "kind": "Refused", "error": error})


def unheard(show: Show, run: Run, gathered: Gathered) -> Report:
    """Say that fewer sources than the quorum answered."""
    deaf = [source for source in gathered.sources if source.error]
    heard, of = len(gathered.sources) - len(deaf), len(gathered.sources)
    reasons = "; ".join(f"{source.name}: {source.error}" for source in deaf)
    refused = any(source.kind == "Refused" for source in deaf)
    needed = "is" if show.quorum == 1 else "are"
    return Report(
        run=run.id,
        show=show.name,
        slot=run.slot,
        status="failed",
        error=f"{heard} of {of} sources answered, {show.quorum} {needed} needed ({reasons})",
        kind="Refused" if refused else "Unavailable",
        notes=(*show.notes, *gathered.notes),
        sources=gathered.sources,
    )


def failed(show: Show, run: Run, error: BroadcastError) -> Report:
    """Say that the run came to nothing before any edition was begun."""
    return Report(
        run=run.id, show=show.name, slot=run.slot, status="failed", error=str(error), kind=errors.kind(error)
    )


def status(editions: Iterable[EditionReport]) -> Status:
    """Return what became of a run: the first of these that is true of it."""
    editions = tuple(editions)
    receipts = [receipt for edition in editions for receipt in edition.receipts]
    if any(kind in ("Waiting", "Unconfirmed") for edition in editions for kind in _kinds(edition)):
        return "unfinished"
    if any(receipt.status == "skipped" for receipt in receipts):
        return "unfinished"
    if any(receipt.status == "failed" for receipt in receipts) or any(edition.error for edition in editions):
        return "partial" if any("sent" in _outcomes(receipt) for receipt in receipts) else "failed"
    if receipts:
        return "aired"
    return "unfinished" if any(edition.script for edition in editions) else "quiet"


def conclude(report: Report, run: Run, now: datetime) -> tuple[Report, bool]:
    """Return *report* as it must stand in the journal, and whether only a person can take the run further. Pure.

    Whatever ended the call, a run with something paid under way, or begun and in doubt, is unfinished: exit code 4.
    It is held when nothing waits and nothing failed that may still be tried again.
    """
    doubt, waiting = run.in_doubt(), run.in_flight()
    report = report.model_copy(update={"held": tuple(doubt)})
    if not doubt and not waiting:
        stuck = [edition for edition in report.editions if any(_kinds(edition))]
        return report, bool(stuck) and all(edition.unpaid for edition in stuck)
    words = [f"{key} may have happened: look there, then {settling(run.id, key)}" for key in doubt]
    words += [f"{key} is paid and under way" for key in waiting]
    said = "; ".join(dict.fromkeys([*([report.error] if report.error else ()), *words]))
    kinds = _all_kinds(report)
    failed = bool(kinds & {"Refused", "Rejected", "Unavailable"}) and now < run.closes
    kind = "Waiting" if waiting else "Unconfirmed"
    report = report.model_copy(update={"status": "unfinished", "kind": kind, "error": said})
    return report, bool(doubt) and not waiting and not failed


def dropped(report: Report) -> bool:
    """Return whether all that is left of a run is what somebody did not want: then nothing is tried again. Pure."""
    failed = [edition for edition in report.editions if edition.error]
    sent = all(_outcomes(one) == {"sent"} for edition in report.editions for one in edition.receipts)
    return bool(failed) and all(edition.dropped for edition in failed) and sent


def asking(report: Report) -> bool:
    """Return whether a run waits for people's answers, and for nothing else. Pure."""
    waiting = [edition for edition in report.editions if "Waiting" in _kinds(edition)]
    return bool(waiting) and all(edition.held for edition in waiting)


def settling(run: str, key: str) -> str:
    """Return the command by which a person answers for a deed in doubt. Pure."""
    ref = " --ref SESSION" if key.startswith("submit/") else ""
    return f"broadcast settle {run} {shlex.quote(key)} --sent{ref} (or --not-sent)"


def failures(report: Report) -> bool:
    """Return whether a post failed that may be sent again."""
    return any("failed" in _outcomes(one) for edition in report.editions for one in edition.receipts)


def reached(receipt: Receipt) -> bool:
    """Return whether the post may have reached anybody: then its stories are told."""
    return bool(_outcomes(receipt) & {"sent", "unconfirmed"})


def nothing_waits(report: Report) -> bool:
    """Return whether no render is under way, so that running again at once would do nothing."""
    return "Waiting" not in _all_kinds(report)


def exit_code(report: Report) -> int:
    """Return the exit code of `broadcast run`: the first that applies.

    4 something is unconfirmed or still waiting; 0 all sent, nothing new, or stopped where it was asked to; 5 some
    sent; 3 none sent and a `Refused` among the causes; 1 failed. (2 is for what could not even start.)
    """
    kinds = _all_kinds(report)
    if kinds & {"Waiting", "Unconfirmed"}:
        return 4
    if report.status in ("aired", "quiet", "unfinished"):
        return 0
    if report.status == "partial":
        return 5
    return 3 if "Refused" in kinds else 1


#: The kinds of error, the one that decides most about what to do next first.
_WEIGHT = ("Unconfirmed", "Waiting", "Refused", "Rejected", "Unavailable")


def _kinds(edition: EditionReport) -> Iterator[str]:
    if edition.kind:
        yield edition.kind
    for receipt in edition.receipts:
        yield from (kind for kind in (receipt.kind, *(to.kind for to in receipt.to)) if kind)


def _all_kinds(report: Report) -> set[str | None]:
    return {report.kind, *(kind for edition in report.editions for kind in _kinds(edition))}


def _outcomes(receipt: Receipt) -> set[Outcome]:
    return {receipt.status, *(one.status for one in receipt.to)}


def _told(story: Story) -> ToldStory:
    return ToldStory(**{name: getattr(story, name) for name in ToldStory.model_fields})
