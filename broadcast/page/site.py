"""A folder of runs on disk. Whatever appears in it appears whole, and all of it may be done again.

One process at a time works on a folder: several shows may share it, and its index belongs to all of them.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from broadcast.types import Video

from .frame import ours
from .pages import index_page, run_page
from .record import JSON, PAGE, SCRIPT, SRT, VIDEO, VTT, Record, script_text

RUN = re.compile(r"(\d{8}T\d{6}Z)(?:-.+)?")  #: the name of a run's folder
RECORD_BYTES = 1_000_000  #: a record is a few kilobytes; what is larger is none
HEAD_BYTES = 4_096  #: as much of an index as says whether it is ours


def file(root: Path, record: Record, video: Video, *, url: str | None, keep: int | None) -> list[Path]:
    """Put the run into *root* and bring the index up to date; *keep* as for `prune`.

    Returns the folders that look like runs and are left out of the index. Raises `OSError`; then nothing of
    the run is to be seen that was not there before.
    """
    folder = root / record.place
    with _alone(root):
        with _filling(folder) as part:
            bring(video.path, part / VIDEO)
            for source, name in ((video.srt, SRT), (video.vtt, VTT), (video.poster, record.poster)):
                if source and name:
                    bring(source, part / name)
            captions = None if url else _text(part / VTT)
            _write(part / SCRIPT, script_text(record))
            _write(part / PAGE, run_page(record, captions, url=url))
            _write(part / JSON, record.model_dump_json(indent=2))
        prune(folder, keep)
        return _index(root, url)


def remove(root: Path, folder: Path, *, url: str | None) -> bool:
    """Take the run that lies in *folder* out of *root*, and out of the index. Returns whether it was there.

    Raises ValueError where *folder* is no run of *root*, `OSError` where it cannot be removed.
    """
    if folder.parent.parent != root or not RUN.fullmatch(folder.name):
        raise ValueError(f"{folder} is no run in {root}")
    with _alone(root):
        there = folder.is_dir()
        gone = folder.with_name(f".{folder.name}.gone")
        shutil.rmtree(gone, ignore_errors=True)
        if there:
            folder.rename(gone)  # at once, so that nobody sees half of it
        _index(root, url)
        shutil.rmtree(gone, ignore_errors=True)
    return there


def _index(root: Path, url: str | None) -> list[Path]:
    """Bring the index up to date. Returns the folders that look like runs and are left out of it."""
    records, left_out = read(root)
    if not records:
        (root / PAGE).unlink(missing_ok=True)
        return left_out
    captions = None if url else _text(root / records[0].place / VTT)
    part = root / f".{PAGE}.part"
    _write(part, index_page(records, captions, url=url))
    part.replace(root / PAGE)
    return left_out


def foreign(root: Path) -> bool:
    """Say whether *root* has an index that was not made here: writing over it would lose somebody's page."""
    try:
        with (root / PAGE).open(encoding="utf-8", errors="replace") as page:
            return not ours(page.read(HEAD_BYTES))
    except FileNotFoundError:
        return False


def read(root: Path) -> tuple[list[Record], list[Path]]:
    """Return the runs that lie in *root*, the newest first, and the folders whose record does not hold."""
    records, left_out = [], []
    for path in sorted(root.glob(f"[!.]*/[!.]*/{JSON}")):
        record = _record(path)
        if record and root / record.place == path.parent and (path.parent / VIDEO).is_file():
            records.append(record)
        else:
            left_out.append(path.parent)
    records.sort(key=lambda record: (-record.slot.timestamp(), record.edition != "main", record.place))
    return records, left_out


def prune(filed: Path, keep: int | None) -> None:
    """Remove all but the *keep* newest runs of the show of which *filed* is one; never *filed* itself."""
    if keep is None:
        return
    runs: dict[str, list[Path]] = {}
    for folder in filed.parent.iterdir():
        if (name := RUN.fullmatch(folder.name)) and (folder / VIDEO).is_file():
            runs.setdefault(name[1], []).append(folder)
    for stamp in sorted(runs, reverse=True)[keep:]:
        for folder in runs[stamp]:
            if folder != filed:
                shutil.rmtree(folder)


def bring(source: Path, target: Path) -> None:
    """Make *target* the same file as *source*, or a copy of it on another file system."""
    source = source.resolve(strict=True)
    # Who may read the folder must be able to read the file, and a link would keep the rights of the source.
    readers = 0o444 & target.parent.stat().st_mode
    if source.stat().st_mode & readers == readers:
        try:
            os.link(source, target)
        except OSError:
            target.unlink(missing_ok=True)  # another file system, or one without links: it is copied
        else:
            return
    shutil.copyfile(source, target)
    _flush(target)


@contextmanager
def _alone(root: Path) -> Iterator[None]:
    """Wait until no other process works on *root*."""
    root.mkdir(parents=True, exist_ok=True)
    with (root / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _filling(folder: Path) -> Iterator[Path]:
    """Give an empty folder. What it holds at the end moves into *folder*; after an error nothing does."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # a killed process may have left it
    part.mkdir(parents=True)
    try:
        yield part
        folder.mkdir(exist_ok=True)
        for path in sorted(part.iterdir(), key=lambda path: (path.name in (PAGE, JSON), path.name)):
            path.replace(folder / path.name)  # the page and the record last: they show the rest
        _flush(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _record(path: Path) -> Record | None:
    try:
        if path.stat().st_size > RECORD_BYTES:
            return None
        return Record.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _text(path: Path) -> str | None:
    return path.read_text("utf-8", "replace") if path.is_file() else None


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
