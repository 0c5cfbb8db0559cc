"""What goes to stderr: logs without secrets, and the progress of long work."""

import contextlib
import json
import logging
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any, TextIO

SHORTEST_SECRET = 6  #: characters; anything shorter would black out innocent words
STARS = "********"

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default={})  # noqa: B039  # it is never changed


@contextlib.contextmanager
def about(**what: str) -> Iterator[None]:
    """Have every record of this task and those it starts say what it is about, as `run` and `show`."""
    token = _about.set({**_about.get(), **what})
    try:
        yield
    finally:
        _about.reset(token)


class Redact(logging.Filter):
    """Takes secrets out of every record, exception texts included."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets: list[str] = []
        self.add(secrets)

    def add(self, secrets: Iterable[str]) -> None:
        """Take these out, too, from now on."""
        known = {*self._secrets, *(one for one in secrets if len(one) >= SHORTEST_SECRET)}
        self._secrets = sorted(known, key=len, reverse=True)

    def also(self, secrets: Iterable[str]) -> "Redact":
        """Return one that takes these out as well. This one stays as it is."""
        return Redact((*self._secrets, *secrets))

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self.text(record.getMessage()), ()
        if record.exc_info:
            record.exc_text = self.text(logging.Formatter().formatException(record.exc_info))
            record.exc_info = None
        return True

    def data(self, data: Any) -> Any:
        """Return *data*, made of what JSON is made of, with the secrets taken out of its texts."""
        if isinstance(data, str):
            return self.text(data)
        if isinstance(data, dict):
            return {key: self.data(value) for key, value in data.items()}
        if isinstance(data, list | tuple):
            return [self.data(one) for one in data]
        return data

    def text(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, STARS)
        return text


class Lines(logging.Formatter):
    """A record as one JSON object a line, with what it is about: for machines that collect logs."""

    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said = {"at": at, "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage()}
        trace = {"trace": record.exc_text} if record.exc_text else {}
        return json.dumps({**said, **_about.get(), **trace}, ensure_ascii=False)


def setup(redact: Redact, *, verbose: bool, lasting: bool = False) -> None:
    """Log to stderr: warnings, or everything of ours with *verbose*.

    A *lasting* process also says what it does; as JSON where nobody reads along on a terminal.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(redact)  # on the handler: it sees the records of every logger
    lines = lasting and not sys.stderr.isatty()
    plain = f"{'%(asctime)s ' if lasting else ''}%(levelname)s %(name)s: %(message)s"
    handler.setFormatter(Lines() if lines else logging.Formatter(plain))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    usual = logging.INFO if lasting else logging.WARNING
    logging.getLogger("broadcast").setLevel(logging.DEBUG if verbose else usual)
    for name in ("httpx", "httpcore"):  # they log addresses, and an address may hold a token
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("procrastinate", "psycopg.pool"):  # what becomes of the queue is said by those who use it
        logging.getLogger(name).setLevel(logging.NOTSET if verbose else logging.CRITICAL)


class Progress:
    """A bar with the time left on a terminal; elsewhere a line at every quarter."""

    WIDTH = 28

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._terminal = stream, stream.isatty()
        self._started: dict[str, float] = {}
        self._shown: dict[str, int] = {}

    def __call__(self, label: str, share: float) -> None:
        share = min(max(share, 0.0), 1.0)
        started = self._started.setdefault(label, time.monotonic())
        spent = time.monotonic() - started
        if self._terminal:
            left = f"{spent / share - spent:.0f} s left" if 0.02 < share < 1 else f"{spent:.0f} s"
            bar = ("█" * round(self.WIDTH * share)).ljust(self.WIDTH, "░")
            self._stream.write(f"\r{label} {bar} {share:4.0%}  {left:<12}" + ("\n" if share == 1 else ""))
            self._stream.flush()
        elif (quarter := int(share * 4)) > self._shown.get(label, 0):
            self._shown[label] = quarter
            self._stream.write(f"{label}: {quarter * 25} % after {spent:.0f} s\n")
            self._stream.flush()
        if share == 1:
            self._started.pop(label, None)
            self._shown.pop(label, None)
