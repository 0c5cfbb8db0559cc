"""The page that a link in a mail leads to: it shows what is asked, a button answers. Opening it changes nothing.

The link is somebody's own and is signed (see `signed`); it is of use until the question is answered. So nobody
signs in here, and nothing else can be seen or done from here.
"""

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiohttp import web

from broadcast import approving, asking, signed
from broadcast.errors import BroadcastError, ConfigError, Rejected, Unwritten
from broadcast.journal.approvals import Approval, Verdict
from broadcast.page.markup import Html, joined, tag
from broadcast.page.words import direction
from broadcast.show import Show
from broadcast.stages import gates
from broadcast.station import Station
from broadcast.text import clean
from broadcast.types import Question

log = logging.getLogger(__name__)

VIA = "e-mail"
VERDICTS: Mapping[str, Verdict] = {"approve": "approved", "reject": "rejected"}
LONGEST = 1_000  #: characters of a link
STYLE = """
:root { color-scheme: light dark }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 0 auto; padding: 1.5rem 1rem 4rem }
h1 { font-size: 1.4rem; line-height: 1.25 }
p { overflow-wrap: anywhere }
video { width: 100%; max-height: 70vh; background: #000 }
textarea { width: 100%; box-sizing: border-box; font: inherit; padding: .5rem }
button { font: inherit; font-weight: 700; padding: .7rem 1.4rem; margin: 1rem .6rem 0 0; border-radius: .4rem;
         border: 1px solid currentColor; cursor: pointer }
.meta { opacity: .75 }
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_HASH}'; media-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


class Refusal(Exception):
    """A link that is not answered by the page that it asks for, but by words."""

    def __init__(self, status: int, title: str, words: str) -> None:
        super().__init__(words)
        self.status, self.title = status, title


@dataclass(frozen=True)
class Answering:
    """The pages for *shows*. *wake* has a run go on that got its answer."""

    station: Station
    shows: Callable[[], Mapping[str, Show]]
    wake: Callable[[str, datetime], object]

    def mount(self, app: web.Application) -> None:
        """Add the pages to *app*."""
        path = f"/{gates.PATH}/{{link:[^/]+}}"
        app.router.add_get(path, self._asked)
        app.router.add_get(f"{path}/video", self._video)
        app.router.add_post(path, self._answered)

    async def _asked(self, request: web.Request) -> web.StreamResponse:
        try:
            gate, who, show = await self._allowed(request)
            question = await self._question(show, gate)
        except Refusal as error:
            return page(error.title, tag("p", str(error)), status=error.status)
        return page(asking.heading(question), _form(question, who, request.path))

    async def _video(self, request: web.Request) -> web.StreamResponse:
        try:
            gate, _, _ = await self._allowed(request)
            video = await approving.video(self.station, gate.run, gate.edition) if gate.about == "video" else None
            archive = self.station.settings.broadcast_data_dir.absolute() / "archive"
            if video is None or not video.path.is_file() or not _within(video.path, archive):
                raise Refusal(404, "There is no video", "It is gone from the archive.")
        except Refusal as error:
            return page(error.title, tag("p", str(error)), status=error.status)
        return web.FileResponse(video.path, headers={**HEADERS, "Content-Type": "video/mp4"})

    async def _answered(self, request: web.Request) -> web.StreamResponse:
        try:
            gate, who, show = await self._allowed(request)
            form = await request.post()
            note, verdict = form.get("note"), VERDICTS.get(str(form.get("answer")))
            if verdict is None:
                raise Refusal(400, "That is no answer", "Go back, and press one of the two buttons.")
            said = clean(note, approving.NOTE) if isinstance(note, str) else ""
            found = await approving.answer(self.station, show, gate, verdict, who=who, via=VIA, said=said)
        except Refusal as error:
            return page(error.title, tag("p", str(error)), status=error.status)
        except Rejected as error:
            return page("Somebody was first", tag("p", str(error)), status=410)
        except ConfigError as error:
            return page("You cannot answer this", tag("p", str(error)), status=403)
        self.wake(gate.show, datetime.fromisoformat(gate.run.rpartition("@")[2]))
        return page("Thank you", tag("p", gates.told(True, found)))

    async def _allowed(self, request: web.Request) -> tuple[Approval, str, Show]:
        """Return the question that a link is for, and who may answer by it. Raises `Refusal`."""
        link = request.match_info["link"]
        token, _, proof = link.partition(".")
        wrong = Refusal(404, "This link is not valid", "Use the link as it stands in the mail.")
        if len(link) > LONGEST:
            raise wrong
        try:
            gate = await self.station.approvals.of_token(token)
            who = signed.read(gate.key, gates.PATH, proof) if gate else None
            if gate is None or who is None:
                raise wrong
            gate = await self.station.approvals.lapse(token) or gate
            row = await self.station.runs.find(gate.run)
        except Unwritten as error:
            log.error("%s", error)
            raise Refusal(503, "That did not work", "Please try again in a minute.") from None
        if gate.verdict is not None:
            raise Refusal(410, "This was answered", gates.told(False, gate))
        show = self.shows().get(gate.show)
        if show is None or row is None or row[0].closed:
            raise Refusal(410, "This is not asked any more", gates.told(False, None))
        return gate, who, show

    async def _question(self, show: Show, gate: Approval) -> Question:
        try:
            written = await approving.written(self.station, gate.run, gate.edition)
            video = await approving.video(self.station, gate.run, gate.edition) if gate.about == "video" else None
        except BroadcastError as error:
            raise Refusal(410, "This is not asked any more", str(error)) from None
        known = gates.question_of(show, gate, written, None)
        return known.model_copy(update={"gate": gate.about, "video": video})


def _form(question: Question, who: str, path: str) -> Html:
    language = question.script.language
    said = {"lang": language, "dir": direction(language)}
    player = tag("video", src=f"{path}/video", controls=True, preload="metadata", playsinline=True)
    return joined(
        tag("p", asking.terms(question)),
        player if question.video else None,
        *(tag("p", text, **said) for text in asking.paragraphs(question.script)),
        tag(
            "form",
            tag("label", "A note, if you like", for_="note"),
            tag("textarea", id="note", name="note", rows=3, maxlength=approving.NOTE),
            tag("button", "Approve", type="submit", name="answer", value="approve"),
            tag("button", "Reject", type="submit", name="answer", value="reject"),
            tag("p", "You answer as ", tag("bdi", who), ".", class_="meta"),
            method="post",
        ),
    )


def page(title: str, said: Html, status: int = 200) -> web.Response:
    """Return a page that loads nothing, and that nothing can be put into."""
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        Html(f"<style>{STYLE}</style>"),
    )
    html = tag("html", head, tag("body", tag("h1", tag("bdi", title)), said), lang="en")
    return web.Response(text=f"<!doctype html>\n{html}", content_type="text/html", status=status, headers=HEADERS)


def _within(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())
