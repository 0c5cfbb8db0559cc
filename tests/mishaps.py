"""Every way in which a show uses HeyGen, and whatever goes wrong on it: what becomes of the run, and what was paid.

A `Ground` is one process with its journal, a HeyGen of our own on a real socket, and a show that uses it in one
way. Each case is a run of its own, a day after the one before. It is called again, as a cron job would, until it
aired or nothing changes any more, and once more after that. The ledger of the service says what it was paid for.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from airing import Town, described
from doubles import FreeStudio
from studio import SLOT, Abroad

from broadcast import runner
from broadcast.desk import Wish
from broadcast.plugins import Plugin, Tools
from broadcast.renderers.heygen import GATHERED
from broadcast.reporting import exit_code
from broadcast.runner import Station
from broadcast.show import Show
from broadcast.testing import FakeClock, HeyGen
from broadcast.testing.heygen import Job as Paid
from broadcast.testing.heygen import saying, troubles
from broadcast.testing.heygen.films import png
from broadcast.testing.heygen.routes import FILES
from broadcast.testing.heygen.translations import translated
from broadcast.types import Brief, Draft, Job, Order, Rendered, Report, Sentence, Story

ME, LOOK = "GET /v3/users/me", "GET /v3/avatars/looks/{look_id}"
ASSETS, AGENT, LIST = "POST /v3/assets", "POST /v3/video-agents", "GET /v3/video-agents"
SESSION, VIDEOS = "GET /v3/video-agents/{session_id}", "POST /v3/videos"
VIDEO, STATUSES = "GET /v3/videos/{video_id}", "GET /v3/videos/statuses"
BEGIN, STORE = "POST /v3/assets/direct-uploads", "PUT /uploads/{asset_id}"
COMPLETE = "POST /v3/assets/{asset_id}/complete"
DUB, LANGUAGES = "POST /v3/video-translations", "GET /v3/video-translations/languages"
DUBBED = "GET /v3/video-translations/{video_translation_id}"
PROOF, READ = "POST /v3/video-translations/proofreads", "GET /v3/video-translations/proofreads/{proofread_id}"
SRT, CORRECT = f"{READ}/srt", "PUT /v3/video-translations/proofreads/{proofread_id}/srt"
GENERATE, SPEECH = f"{PROOF}/{{proofread_id}}/generate", "POST /v3/voices/speech"
FILM, CAPTIONED, SUBTITLE, POSTER, GIF, SOUND, READING = (
    f"GET /files/{part}/{{name}}"
    for part in ("video", "captioned", "subtitle", "thumbnail", "gif", "audio", "proofread")
)
RENDER = "render"

#: How a show uses HeyGen, and the endpoints on that way. What lies on several ways is tried where it matters.
WAYS: Mapping[str, tuple[str, ...]] = {
    "agent": (ME, LOOK, AGENT, SESSION, VIDEO, FILM, SUBTITLE, POSTER, RENDER),
    "illustrated agent": (ASSETS, CAPTIONED, GIF),  # a story's image, captions in the picture, a moving preview
    "lost": (LIST, SESSION),  # the submit's answer was lost: its session is looked for
    "two": (STATUSES,),  # two editions are rendered at once, and asked about together
    "videos": (VIDEOS,),  # an avatar speaks the script
    "picture": (ASSETS,),  # of a picture that is uploaded
    "large picture": (BEGIN, STORE, COMPLETE),  # directly to the storage
    "dub": (LANGUAGES, ASSETS, PROOF, READ, SRT, READING, CORRECT, GENERATE, DUBBED),
    "dub at once": (DUB, RENDER),
    "speech": (SPEECH, SOUND),  # the local renderer borrows a voice
}
#: Endpoints of our HeyGen that no run asks, and why.
ELSEWHERE: Mapping[str, str] = {
    "GET /v3/video-agents/styles": "`broadcast check` and `broadcast heygen styles` read it",
    "GET /v3/avatars": "`broadcast heygen avatars` reads it",
    "GET /v3/avatars/looks": "`broadcast heygen looks` reads it",
    "GET /v3/voices": "`broadcast check` and `broadcast heygen voices` read it",
    "GET /v3/voices/{voice_id}": "`broadcast check` reads it",
    "GET /v3/webhooks/endpoints": "`broadcast heygen endpoints` reads it",
    "POST /v3/webhooks/endpoints": "`broadcast heygen endpoints` has it told of jobs",
    "DELETE /v3/webhooks/endpoints/{endpoint_id}": "`broadcast heygen endpoints` has it told no more",
    **dict.fromkeys(
        (
            "POST /v3/video-agents/{session_id}", "POST /v3/video-agents/{session_id}/stop",
            "GET /v3/video-agents/{session_id}/videos", "GET /v3/videos", "DELETE /v3/videos/{video_id}",
            "GET /v3/video-translations", "GET /v3/assets/{asset_id}", "DELETE /v3/assets/{asset_id}",
            "GET /v3/brand-kits", "PATCH /v3/webhooks/endpoints/{endpoint_id}",
            "POST /v3/webhooks/endpoints/{endpoint_id}/rotate-secret", "GET /v3/webhooks/event-types",
            "GET /v3/webhooks/events", "GET /public/assets/{asset_id}",
        ),
        "nothing of ours asks it",
    ),
}  # fmt: skip
CLIENT, SERVER = (400, 401, 402, 403, 404, 409, 413, 429), (500, 502, 503, 504)
WIRE = ("drop", "reset", "hang", "garbage", "truncated", "blank", "error-in-200")
WITH_STATUS = (AGENT, SESSION, VIDEOS, VIDEO, STATUSES, READ, PROOF, GENERATE, DUBBED)
#: What looks the same from here, in an answer and in a file. Of these, an endpoint has one `by_turns`.
ALIKE: Sequence[Sequence[str | int]] = (
    (*(what for what in WIRE if what != "hang"), *SERVER), (400, 413), (401, 402, 403), ("slow", "unknown-fields"),
)  # fmt: skip
ALIKE_FILES: Sequence[Sequence[str | int]] = (
    ("drop", "reset", 429, 500, 503), ("html", "empty", "garbage"), ("expired", 401, 403, 404),
)  # fmt: skip
#: Of a dub the numbers and names are heard: whether it may air depends on which of its sentences these hit.
ALTERED_DUBS = frozenset(saying.ALTERED) - {"changes-digit"}
PATIENT, IMPATIENT = 30.0, 1.0  #: seconds for an answer; where none comes
POLL = 10.0  #: seconds, the renderer's own
LASTS = 2  #: calls that something lasting lasts for
CALLS, PAUSE = 5, 1800.0  #: of a run that does not end by itself, so many seconds apart


@dataclass(frozen=True)
class Case:
    """Something that goes wrong at an endpoint on a way."""

    way: str
    where: str
    what: str | int
    after: bool = False  #: the deed was done before it went wrong
    lasts: bool = False  #: for two calls, else for one request

    def __str__(self) -> str:
        when = f"{' after' if self.after else ''}{' lasting' if self.lasts else ''}"
        return f"{self.way}: {self.where}: {self.what}{when}"


def cases(way: str) -> Iterator[Case]:
    """Give every case on *way* that can happen.

    What cannot: a deed that is refused (4xx) and was done, for then a refusal says nothing; a file or an answer to
    a question that goes wrong after its effect, as it has none; statuses and pages where an answer holds none.
    """
    for where in WAYS[way]:
        if where == RENDER:
            spared = ALTERED_DUBS if way == "dub at once" else frozenset[str]()
            yield from (Case(way, where, what) for what in sorted(troubles.RENDER - spared))
            continue
        if where in FILES:
            found = [(what, False) for what in (*sorted(troubles.FILE), 401, 403, 404, 429, 500, 503)]
        else:
            found = [(what, False) for what in (*WIRE, *CLIENT, *SERVER, "slow", "unknown-fields", "null-ids")]
            if not where.startswith("GET"):
                found += [(what, True) for what in (*WIRE, *SERVER, "slow")]
            found += [("unknown-status", False)] * (where in WITH_STATUS)
            found += [("same-token", False)] * (where == LIST)
        yield from (Case(way, where, what, after, lasts) for what, after in found for lasts in (False, True))


def by_turns() -> Iterator[Case]:
    """Give some of the cases: of those that look alike one an endpoint, lasting or not, by turns."""
    turns = Counter[tuple[object, bool]]()
    for way, where in ((way, where) for way, wheres in WAYS.items() for where in wheres):
        groups: dict[tuple[object, bool], list[Case]] = {}
        for case in (case for case in cases(way) if case.where == where):
            family = ALIKE_FILES if where in FILES else ALIKE
            alike = next((group for group in family if case.what in group), case.what)
            groups.setdefault((alike, case.after), []).append(case)
        for group, some in groups.items():  # each case stands there twice: once, and lasting
            turn = turns[group]
            turns[group] += 1
            yield some[(2 * turn + (turn // (len(some) // 2 or 1) + turns.total()) % 2) % len(some)]


@dataclass
class Outcome:
    """What became of a case."""

    case: Case
    ends: list[str]  #: of the calls, in order
    struck: int
    jobs: list[Paid] = field(repr=False)  #: that HeyGen took on
    posts: int
    editions: int
    said: str

    @property
    def end(self) -> str:
        """The end, and what came before it."""
        return " ".join(end for at, end in enumerate(self.ends) if at == 0 or end != self.ends[at - 1])

    @property
    def wrong(self) -> str:
        """What must never be, in words."""
        asked = Counter(_what(job) for job in self.jobs)
        if again := [what for what, count in asked.items() if count > 1]:
            return f"paid twice: {again}"
        if not self.struck:
            return "nothing went wrong"
        fits = self.posts == self.editions if "aired" in self.ends else self.posts < self.editions
        return "" if fits else f"posted {self.posts} times"


def _what(job: Paid) -> tuple[str, ...]:
    """Return what of a run a job was for: one edition has one."""
    return job.kind, job.text if job.kind == "speech" else str(job.asked.get("avatar_id"))


class Leisurely(FakeClock):
    """A time whose short waits last long enough for others to come along."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        await asyncio.sleep(0.02 if seconds == GATHERED * POLL else 0)


class Clerk(Plugin):
    """A writer that says a story as it stands, and costs nothing."""

    repeatable: ClassVar[bool] = True

    async def write(self, tools: Tools, story: Story, brief: Brief) -> Draft:
        said = tuple(Sentence(text=one, quotes=(one,)) for one in story.text.splitlines())
        return Draft(story=story.key, sentences=said, writer="clerk")


class Actor(FreeStudio):
    """A free renderer whose videos are dubbed, and who leaves behind what they say."""

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        self.ledger.with_name("said").write_text(" ".join(one.text for one in order.script.segments))
        return await super().check(tools, order, job)


@dataclass
class Ground:
    """A show that uses HeyGen in one way, and all that it needs."""

    way: str
    station: Station
    show: Show
    heygen: HeyGen
    clock: FakeClock
    town: Town
    story: Story
    patience: timedelta = timedelta(minutes=1)

    async def suffer(self, case: Case) -> Outcome:
        """Air one run with something wrong, until it ends, and once more.

        Whether two look together is up to chance: where they did not, there is another run.
        """
        for _ in range(CALLS):
            found = await self._suffer(case)
            if found.struck or case.where != STATUSES:
                break
        return found

    async def _suffer(self, case: Case) -> Outcome:
        day = timedelta(days=1)
        await self.clock.sleep((day - (self.clock.now() - SLOT) % day + timedelta(seconds=5)).total_seconds())
        slot = self.clock.now() - timedelta(seconds=5)
        asked, posts = len(self.heygen.jobs), len(self.town.lines("post"))
        self.heygen.calm()
        if self.way == "lost":
            self.heygen.fault(AGENT, "drop", after_effect=True)
        details = {"slow": {"seconds": 0.02, "rate": 1_000_000}, "late-url": {"seconds": 600}}
        trouble = self.heygen.fault(
            case.where, case.what, after_effect=case.after, times=None if case.lasts else 1,
            **details.get(str(case.what), {}),
        )  # fmt: skip
        ends: list[str] = []
        for number in range(CALLS + 1):
            if case.lasts and number == LASTS:
                self.heygen.calm()
            report = await self.air(slot)
            ends.append(end(report))
            if ends[-2:] == ["aired", "aired"] or (number > LASTS and ends[-2:] == ["failed", "failed"]):
                break
            await self.clock.sleep(PAUSE)
        posted = len(self.town.lines("post")) - posts
        jobs = self.heygen.jobs[asked:]
        return Outcome(case, ends, trouble.struck, jobs, posted, len(report.editions), described(report))

    async def air(self, slot: datetime) -> Report:
        wish = Wish(stories=(self.story,), patience=self.patience)
        return await runner.run(self.station, self.show, slot, wish=wish)


def end(report: Report) -> str:
    """Return what a call came to, in a word: `held` is what is in doubt, or is for a person."""
    if report.status == "aired":
        return "aired"
    if exit_code(report) != 4:
        return "failed"
    return "waiting" if all(one.kind in (None, "Waiting") and not one.held for one in report.editions) else "held"


@contextmanager
def directly() -> Iterator[None]:
    """Have every file uploaded directly to the storage, as large ones are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("broadcast.heygen.assets.FORM", 0)
        yield


@contextmanager
def impatience() -> Iterator[None]:
    """Wait for files and speech no longer than for answers that do not come."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("heygen.speech.SPEECH_SECONDS", "heygen.speech.FETCH_SECONDS", "archive.FETCH_SECONDS"):
            patch.setattr(f"broadcast.{name}", IMPATIENT)
        yield


@asynccontextmanager
async def ground(folder: Path, way: str, *, seconds: float = PATIENT) -> AsyncIterator[Ground]:
    """Give the ground for cases of one *way*, where *seconds* are waited for an answer."""
    clock = Leisurely(SLOT - timedelta(days=1) + timedelta(seconds=5))
    async with HeyGen(clock=clock, balance=1e6) as heygen, Abroad() as abroad:
        heygen.render_seconds, heygen.limit = 20, 1000
        heygen.gifs = way == "illustrated agent"
        heygen.transcribe = lambda asset: (folder / "said").read_text()
        wrong = "800" if way == "dub" else "900"  # where somebody reads it, that is put right
        heygen.translate = lambda text, code: translated(text, code).replace("900", wrong)
        (folder / "anna.png").write_bytes(png((16, 16)).data)
        town = Town(folder)
        town.tree |= tree(town, way, heygen, folder / "anna.png", seconds)
        story = Story(
            id="1", source="story", title="A tidal power plant opens", at=SLOT - timedelta(days=2),
            text="The turbine supplies electricity to 900 homes.",
            image=abroad.put("/a.png", png((16, 16)).data) if way == "illustrated agent" else "",
        )  # fmt: skip
        async with runner.on_duty(town.settings, clock=clock, http=abroad.client(clock)) as station:
            one = Ground(way, station, town.show(), heygen, clock, town, story)
            if way == "two":  # several looks, so that they look together
                heygen.render_seconds, one.patience = 120, timedelta(minutes=10)
            slot = SLOT - timedelta(hours=1)
            assert "aired" in [end(await one.air(slot)) for _ in range(CALLS)], "untroubled it does not air"
            yield one


def tree(town: Town, way: str, heygen: HeyGen, picture: Path, seconds: float) -> dict[str, Any]:
    """Return what the show's file says."""
    account = {"key": heygen.key, "base": heygen.url}
    rendered = {**account, "read_seconds": seconds, "write_seconds": seconds, "give_up": "2h", "concurrent": 100}
    agent = {"use": "heygen", "avatar_id": "Daphne_public_look_1", "verify": "required", **rendered}
    painted = {"use": "heygen", "via": "videos", "image": str(picture), "voice_id": "daphne_english", **rendered}
    voice = {"use": "heygen", "voice_id": "daphne_german", **account}
    free = {**town.of("Actor"), "use": "mishaps:Actor"}
    renderer = {
        "illustrated agent": {**agent, "verify": "note", "captions": "burned"},
        "videos": {**agent, "via": "videos"},
        "picture": painted,
        "large picture": painted,
        "dub": free,
        "dub at once": free,
        "speech": {**town.of("Booth"), "use": "booth:Booth", "voice": voice},
    }.get(way, agent)
    dub = {"use": "translate", "proofread": way == "dub", **rendered}
    other = {
        "two": {"channels": ["other"], "avatar_id": "Daphne_photo"},
        "dub": {"channels": ["other"], "language": "es", "via": dub},
    }.get(way.removesuffix(" at once"))
    both = {"chat": town.of("Chat"), "other": town.of("Chat", to=["@other"])}
    return {
        "seconds": 10, "stories": 1, "renderer": renderer, "writer": {"use": "mishaps:Clerk"},
        **({"channels": both, "editions": {"main": {"channels": ["chat"]}, "second": other}} if other else {}),
    }  # fmt: skip
