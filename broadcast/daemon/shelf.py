"""The shows as their files say them now, or said them when they were last right."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from broadcast import config
from broadcast.clock import surprise
from broadcast.errors import ConfigError
from broadcast.logs import Redact
from broadcast.settings import Settings
from broadcast.show import Show

log = logging.getLogger(__name__)

Signs = dict[
    str, tuple[tuple[str, int, int], ...]
]  #: of each show: the files that it is made of, their times and sizes


@dataclass(frozen=True)
class Changes:
    """What a look at the files found."""

    new: tuple[str, ...] = ()  #: shows that came, or changed
    gone: tuple[str, ...] = ()
    broken: dict[str, str] = field(default_factory=dict)  #: what is newly wrong with a show's file
    mended: tuple[str, ...] = ()


class Shelf:
    """The shows of one folder; *only* some of them, or, where that is empty, all."""

    def __init__(self, known: Settings, redact: Redact, only: frozenset[str] = frozenset()) -> None:
        self.shows: dict[str, Show] = {}
        self.broken: dict[str, str] = {}  #: what is wrong with a file whose last good version is aired
        self._known, self._redact, self._only = known, redact, only
        self.unreadable = ""  #: why the folder cannot be read
        self._begun = False
        self._signs: Signs = {}
        self._seen: Signs = {}

    def leaves(self, name: str) -> bool:
        """Return whether the show *name* is left to other processes: this one was asked for others only."""
        return bool(self._only) and name not in self._only

    def look(self, *, now: bool = False) -> Changes:
        """Read what changed and was then left alone for the time of one look; or, with *now*, everything."""
        try:
            signs = self._read_signs()
        except (ConfigError, OSError) as error:
            folder = str(self._known.broadcast_config_dir)
            words = str(error) if isinstance(error, ConfigError) else f"{folder}: {error.strerror}"
            if not self._begun:
                raise ConfigError(words) from None
            if self.unreadable != words:
                log.error("%s; the shows go on as they were", words)
            self.unreadable, self._signs = words, {}
            return Changes()
        self._begun, self.unreadable = True, ""
        settled = now or signs == self._seen  # an editor may be in the middle of writing
        self._seen = signs
        if not settled or (signs == self._signs and not now):
            return Changes()
        # Variables may be in a .env that was edited as well; where things are stored stays.
        known = type(self._known)(**self._known.model_dump())
        changed = [name for name, sign in signs.items() if now or self._signs.get(name) != sign]
        gone = tuple(name for name in {*self.shows, *self.broken} if name not in signs)
        for name in gone:
            self.shows.pop(name, None)
            self.broken.pop(name, None)
        self._signs = signs
        good: list[str] = []
        wrong: dict[str, str] = {}
        for name in changed:
            try:
                self.shows[name] = show = config.load(name, known)
                self._redact.add(show.secrets)
                good.append(name)
            except ConfigError as error:
                wrong[name] = str(error)
            except Exception as error:  # a plugin of the operator's own may raise anything as it is imported
                log.debug("%s", name, exc_info=True)
                wrong[name] = surprise(name, error)
        mended = tuple(name for name in good if self.broken.pop(name, None) is not None)
        newly = {name: words for name, words in wrong.items() if self.broken.get(name) != words}
        self.broken |= wrong
        return Changes(tuple(good), gone, newly, mended)

    def _read_signs(self) -> Signs:
        folder = self._known.broadcast_config_dir
        names = config.shows(self._known)
        for name in self._only - set(names):
            if not self._begun:
                raise ConfigError(f"there is no show {name!r}; there is {', '.join(names)}", where=str(folder))
        variables = Path(str(self._known.model_config.get("env_file")))
        shared = _signs([*sorted((folder / "kinds").glob("*")), variables])
        return {
            name: (*_signs(folder / f"{name}{suffix}" for suffix in config.SUFFIXES), *shared)
            for name in names
            if not self._only or name in self._only
        }


def _signs(paths: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    found = []
    for path in paths:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
