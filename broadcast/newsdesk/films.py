"""The films that a renderer of this machine left in a folder. Light: imported before a render starts."""

from pathlib import Path

from pydantic import ValidationError

from broadcast.types import Rendered


def finished(folder: Path, name: str) -> Rendered | None:
    """Return the film of that *name* where all of it is there: its record is written last."""
    try:
        record = Rendered.model_validate_json((folder / f"{name}.json").read_bytes())
    except (OSError, ValidationError):
        return None
    files = {suffix: folder / f"{name}.{suffix}" for suffix in ("mp4", "srt", "jpg")}
    if not all(path.is_file() and path.stat().st_size for path in files.values()):
        return None
    # The folder may have moved since: only what is in it now counts.
    return record.model_copy(update={"video": files["mp4"], "captions": files["srt"], "poster": files["jpg"]})
