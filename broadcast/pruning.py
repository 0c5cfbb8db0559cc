"""What is old makes room: runs beyond their show's `keep`, and the files that this machine has of them.

The journal decides; a folder goes when it is older than `keep` and the journal knows its run no more. So what a
crash or another machine left behind is found the next time, and nothing goes on the word of an empty journal.
"""

import asyncio
import logging
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from .journal.runs import Runs, name
from .show import Show

log = logging.getLogger(__name__)

AT_ONCE = 20  #: runs, and folders, that one call removes: it may stand behind a show that waits
SLOT = "%Y%m%dT%H%M%SZ"  #: how the archive names the folder of a run
PLACES = ("archive", "work")  #: of the data directory


@dataclass(frozen=True)
class Pruned:
    """What went, or would go."""

    runs: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()
    bytes: int = 0


async def prune(
    show: Show, runs: Runs, data: Path, now: datetime, *, most: int = AT_ONCE, rehearsal: bool = False
) -> Pruned:
    """Remove at most *most* runs of *show* beyond its `keep`, and their folders. A *rehearsal* removes nothing."""
    if show.keep is None:
        return Pruned()
    before = now - show.keep
    gone = await runs.prune(show.name, before=before, most=most, rehearsal=rehearsal)
    found = await asyncio.to_thread(_folders, data, show.name, before)
    unknown = set(gone) | await runs.unknown(show.name, {slot for slot, _ in found})
    folders = [path for slot, path in found if slot in unknown][: most * len(PLACES)]
    removed, size = await asyncio.to_thread(_remove, folders, rehearsal=rehearsal)
    return Pruned(tuple(name(show.name, slot) for slot in gone), removed, size)


def _folders(data: Path, show: str, before: datetime) -> list[tuple[datetime, Path]]:
    """Return the folders of runs of *show* older than *before*, the oldest first."""
    found = []
    for place in PLACES:
        for path in (data / place / show).glob("*Z"):
            try:
                slot = datetime.strptime(path.name, SLOT).replace(tzinfo=UTC)
            except ValueError:
                continue  # nothing of ours
            if slot < before:
                found.append((slot, path))
    return sorted(found)


def _remove(folders: list[Path], *, rehearsal: bool) -> tuple[tuple[Path, ...], int]:
    """Remove *folders*; return those that went, and their bytes. The others are tried again the next time."""
    removed, size = [], 0
    for folder in folders:
        try:
            held = sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
            if not rehearsal:
                shutil.rmtree(folder)
        except OSError as error:
            log.warning("%s cannot be removed: %s", folder, error.strerror or error)
        else:
            removed.append(folder)
            size += held
    return tuple(removed), size
