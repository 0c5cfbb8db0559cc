"""Reports and scripts as a person reads them on a terminal. Pure."""

from collections.abc import Iterator, Sequence

from broadcast import reporting
from broadcast.journal.deeds import Item
from broadcast.journal.runs import Row
from broadcast.page.preview import Planned, told_by
from broadcast.text import clean, counted
from broadcast.types import Destination, Receipt, Report, Why

TITLE = 120  #: characters of a story on one line


def told(report: Report, *, preview: bool = False) -> Iterator[str]:
    """Yield a report as a person reads it. A *preview* is done where a run would be unfinished."""
    became = "preview" if preview and report.status == "unfinished" else report.status
    yield f"{report.run}: {became}" + (f" ({report.seconds:.0f} s)" if report.seconds else "")
    if report.error and not report.editions:
        yield f"  error: {report.error}"
    for source in report.sources:
        yield f"  source {source.name}: {source.error or counted(source.stories, 'story', 'stories')}"
    for story in report.stories:
        by = f" ({', '.join(story.publishers)})" if len(story.publishers) > 1 else ""
        yield f"  {'update' if story.update else 'story'}: {story.title}{by}"
    for edition in report.editions:
        script, video = edition.script, edition.video
        if script:
            yield f"  {edition.name}: {script.writer} script of {script.seconds:.0f} s in {edition.language}"
            for reason in script.dropped:
                yield f"    dropped: {reason}"
        if edition.error:
            yield f"  {edition.name}: {edition.error}"
        if video:
            size = f"{video.width}x{video.height}, {video.bytes / 1e6:.1f} MB"
            yield f"    video: {video.path} ({video.seconds:.1f} s, {size}, {video.renderer})"
        for receipt in edition.receipts:
            yield f"    {receipt.channel}: {_became(receipt)}"
            yield from (f"      {end.to}: {_became(end)}" for end in receipt.to)
            said = tuple(error for error in (receipt.error, *(end.error for end in receipt.to)) if error)
            yield from (f"      missed {missed}" for missed in receipt.missed if not missed.endswith(said))
        for note in edition.notes:
            if not (edition.error and note.endswith(edition.error)):
                yield f"    note: {note}"
    for note in report.notes:
        if note != report.error:  # a journal that could not be written is both
            yield f"  note: {note}"


def reasons(why: Sequence[Why]) -> Iterator[str]:
    """Yield why each story was chosen or not: the chosen first, then by what they are worth."""
    several = len({one.edition for one in why if one.edition}) > 1
    order = sorted(why, key=lambda one: (not one.chosen, one.edition, one.rank is None, -(one.rank or 0.0)))
    yield f"\n--- why: {sum(one.chosen for one in why)} chosen, {sum(not one.chosen for one in why)} not"
    for one in order:
        where = f"{one.edition}: " if several and one.edition else ""
        yield f"{'+' if one.chosen else '-'} {where}{clean(one.title, TITLE) or one.story} [{one.story}]"
        yield f"    {one.reason}"


def what_next(report: Report) -> Iterator[str]:
    """Yield the commands that take a run further: that goes on, that settle what nobody knows, that send again."""
    if not reporting.nothing_waits(report):
        yield f"go on with: broadcast run {report.show} --slot {report.slot:%Y-%m-%dT%H:%M:%SZ}"
    for key in report.held:
        yield f"{key} may have happened: look there, then {reporting.settling(report.run, key)}"
    if reporting.failures(report):
        yield f"when what failed is mended, send that again: broadcast retry {report.run}"


def again(report: Report) -> Iterator[str]:
    """Yield the command that takes up a run which came to nothing before anything was sent."""
    stopped = "cancelled by" in (report.error or "") or reporting.dropped(report)
    if report.status == "failed" and not stopped and not any(edition.receipts for edition in report.editions):
        slot = f"{report.slot:%Y-%m-%dT%H:%M:%SZ}"
        yield f"when that is mended, go on with: broadcast run {report.show} --slot {slot}"


def beside_sources(editions: Sequence[Planned]) -> Iterator[str]:
    """Yield each sentence beside the words that prove it, and what the renderer would be told."""
    for one in editions:
        script, stories = one.written.script, {story.key: story for story in one.written.stories}
        cost = "at an unknown price" if one.usd is None else f"for about {one.usd:.2f} USD" if one.usd else "free"
        yield f"\n--- {one.name}: {script.title}, about {script.seconds:.0f} s, by {one.renderer}, {cost}"
        for segment in script.segments:
            story = stories.get(segment.story)
            by = told_by(story) if story else ""
            yield f"\n[{segment.kind}{f' {segment.story}' if segment.story else ''}, {segment.seconds:.1f} s]"
            if story:
                yield f"  from {by}: {clean(story.title, TITLE)}{f' {story.url}' if story.url else ''}"
            for sentence in segment.sentences:
                yield f"  {sentence.text}"
                for quote in sentence.quotes:
                    yield f"      {by}, word for word" if quote == sentence.text else f"      {by}: “{quote}”"
            for overlay in segment.overlays:
                yield f"  on screen: {overlay.text}"
        if one.prompt:
            yield f"\n[prompt of {len(one.prompt)} characters]\n{one.prompt}"


def items(row: Row, deeds: list[Item]) -> Iterator[str]:
    """Yield a run with all its deeds."""
    yield from told(row.report) if row.report else (line(row),)
    for item in deeds:
        yield f"  {item.begun:%Y-%m-%dT%H:%M:%SZ} {item.key}{'' if item.done else ': no outcome'}"
    if row.report:
        yield from what_next(row.report)


def line(row: Row) -> str:
    """Return a run as one line of the list."""
    return f"{row.id}  {row.status or 'cut off, or being aired'}"


def _became(end: Receipt | Destination) -> str:
    """Return what became of a message: its id and its link, or what went wrong."""
    if end.error:
        return f"{end.status}: {end.error}"
    parts = (end.url,) if end.url and end.url.startswith("file:") else (end.ref, end.url)  # a file names its folder
    where = " ".join(dict.fromkeys(part for part in parts if part))
    return f"{end.status} by {end.rung}" + (f": {where}" if where else "")
