"""The dead man's switch: a service that hears of every run, and calls the operator when it hears nothing.

As healthchecks.io has it: its address with `/start` when a run begins, the address itself when all is well, and the
address with `/fail` when it is not. A run that waits for its render is neither: it goes on later, or falls silent.
"""

import asyncio
import logging
from urllib.parse import urlsplit, urlunsplit

from .clock import attempt, surprise
from .logs import Redact
from .plugins import Clock, Http
from .show import Show
from .types import Report
from .webhooks import judge

log = logging.getLogger(__name__)

SECONDS = 10.0  #: for the service to be told, tries included
WORDS = 1000  #: characters of what went wrong


def ending(report: Report) -> str | None:
    """Return what the address ends on for a run that came to *report*; None: nothing is said. Pure."""
    if report.status in ("aired", "quiet"):
        return ""
    return "/fail" if report.status in ("partial", "failed") or report.kind == "Unconfirmed" else None


def address(url: str, ending: str) -> str:
    """Return *url* with its path made longer. Pure."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + ending)) if ending else url


class Switch:
    """The switch of one call of a run. Whatever becomes of it, the run does not suffer."""

    def __init__(self, show: Show, run: str, http: Http, clock: Clock) -> None:
        self._show, self._run, self._http, self._clock = show, run, http, clock
        self._begun = asyncio.create_task(self._tell("/start")) if show.ping else None

    async def ended(self, report: Report) -> list[str]:
        """Say how it went, after what was said of its begin. Returns notes for the report."""
        if self._begun is None:
            return []
        notes = await self._begun
        said = ending(report)
        if said is not None:
            words = f"{self._run}: {report.status}" + (f": {report.error}" if report.error else "")
            notes = [*notes, *await self._tell(said, Redact(self._show.secrets).text(words)[:WORDS])]
        return list(dict.fromkeys(notes))

    def leave(self) -> None:
        """Say nothing more: the call is over."""
        if self._begun is not None:
            self._begun.cancel()

    async def _tell(self, ending: str, words: str = "") -> list[str]:
        """Tell the service. A failure is told with its *words*, in a body: what can take more takes a POST."""
        assert self._show.ping is not None
        url = address(self._show.ping.get_secret_value(), ending)

        async def once() -> None:
            method, body = ("POST", words.encode()) if ending == "/fail" else ("GET", b"")
            answer = await self._http.send(
                method, url, label="ping", body=body, again=True, limit=100_000, deadline=SECONDS
            )
            if error := judge(answer, "ping", again=True):
                raise error

        try:
            await attempt(self._clock, once, what="ping", deadline=SECONDS)
        except Exception as error:  # whatever it is, the show is on air
            log.debug("ping", exc_info=True)
            return [f"the dead man's switch could not be told: {surprise('ping', error)}"]
        return []
