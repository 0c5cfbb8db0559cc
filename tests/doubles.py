"""Plugins of somebody else's, as a show file may name them: `use: doubles:Wire`. What they do is in a ledger."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Literal

from films import mp4
from pydantic import SecretStr

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.plugins import Plugin, Rung, Tools
from broadcast.scripting.timing import SEGMENT_PAUSE, seconds
from broadcast.types import (
    Brief,
    Decision,
    Destination,
    Draft,
    Figure,
    Job,
    Order,
    Post,
    Put,
    Question,
    Rendered,
    Sent,
    Sentence,
    Story,
)

ERRORS = {"unavailable": Unavailable, "rejected": Rejected, "refused": Refused, "unconfirmed": Unconfirmed}
Trouble = Literal[
    "",
    "unavailable",
    "rejected",
    "refused",
    "unconfirmed",
    "bug",
    "hang",
    "killed",
    "killed-after",
    "unconfirmed-after",
]

SENTENCES = (
    "Engineers in the town of Velmora switched on the first of twelve tidal turbines on Monday.",
    "The turbine supplies electricity to about 900 homes along the eastern shore of the bay.",
    "Eleven more machines follow before the end of next year, according to the operator.",
    "The project costs 48 million euros and was approved by the council in March.",
    "Fishing boats keep a distance of 300 metres from the site during the tests.",
    "A second site in the north of the bay is under study by the same company.",
    "The council expects a report on the effects on seals and birds before the summer.",
)


class Ledger(Plugin):
    """Writes down what people would see."""

    ledger: Path
    trouble: Trouble = ""
    pause: float = 0.0  #: seconds before and after a deed that people see

    def write(self, line: str) -> None:
        with self.ledger.open("a") as file:
            file.write(line + "\n")
            file.flush()
            os.fsync(file.fileno())

    async def suffer(self) -> None:
        if self.trouble == "bug":
            raise ZeroDivisionError("hunter2-in-the-text-of-a-bug")
        if self.trouble == "hang":
            await asyncio.sleep(3600)
        if self.trouble == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if error := ERRORS.get(self.trouble):
            raise error(f"the service says {self.trouble}")


class Wire(Ledger):
    """Has stories."""

    stories: int = 4
    sentences: int = 100  #: of each, at most
    prefix: str = "story"
    language: str = ""
    images: tuple[str, ...] = ()  #: of the first stories
    series: tuple[float, ...] = ()  #: of a figure of the first story; later ones differ

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        self.write("fetch")
        await self.suffer()
        return [
            Story(
                id=f"{self.prefix}-{number}",
                title=f"Velmora opens tidal power plant {self.prefix} {number}",
                text=" ".join(
                    sentence.replace("Velmora", f"Velmora {number}") for sentence in SENTENCES[: self.sentences]
                ),
                url=f"https://news.example/{self.prefix}/{number}",
                at=tools.clock.now() - timedelta(minutes=number),
                publisher="Sample Wire",
                language=self.language,
                image=self.images[number] if number < len(self.images) else "",
                figures=self.figures(number),
            )
            for number in range(self.stories)
        ]

    def figures(self, number: int) -> tuple[Figure, ...]:
        series = tuple(number * 100 + value for value in (0, *self.series))
        return (Figure(label="Homes supplied", text=f"{series[-1]:.0f}", series=series),) if self.series else ()


class Mute(Ledger):
    """A writer that fails as it is told to."""

    async def write(self, tools: Tools, story: Story, brief: Brief) -> Draft:  # type: ignore[override]
        Ledger.write(self, f"write {story.id}")
        await self.suffer()
        return Draft(story=story.key, sentences=(), writer="mute")


class Scribe(Ledger):
    """A writer that is paid by the story, and says its first sentence."""

    repeatable: ClassVar[bool] = False
    worst: float | None = 0.5

    async def write(self, tools: Tools, story: Story, brief: Brief) -> Draft:  # type: ignore[override]
        await tools.purse.reserve(f"script/{story.id}/1", self.worst)
        Ledger.write(self, f"write {story.id}")
        await tools.purse.settle(f"script/{story.id}/1", 0.25)
        first = story.text.partition(". ")[0] + "."
        return Draft(story=story.key, sentences=(Sentence(text=first, quotes=(first,)),), writer="scribe")


class Studio(Ledger):
    """A renderer that is paid for every job."""

    ready_after: int = 0  #: looks
    fails: bool = False
    note: str = ""
    looks: Literal["", "unavailable", "refused"] = ""  #: what looking at a job comes to
    after: Path | None = None  #: it is not paid before this is there

    async def submit(self, tools: Tools, order: Order) -> Job:
        if self.trouble != "killed-after":
            await self.suffer()
        await asyncio.sleep(self.pause)
        while self.after and not self.after.exists():  # noqa: ASYNC110  # it is another process that opens it
            await asyncio.sleep(0.02)
        self.write(f"pay {order.edition}")
        await asyncio.sleep(self.pause)
        if self.trouble == "killed-after":
            os.kill(os.getpid(), signal.SIGKILL)
        return Job(id="job-1")

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        self.write(f"look {job.id}")
        if self.looks:
            raise ERRORS[self.looks](f"the service says {self.looks}")
        if self.fails:
            raise Rejected("the render failed")
        looks = self.ledger.read_text().splitlines().count(f"look {job.id}")
        if looks <= self.ready_after:
            return None
        tools.folder.mkdir(parents=True, exist_ok=True)
        path = tools.folder / "render.mp4"
        path.write_bytes(mp4(order.script.seconds))
        return Rendered(video=path, notes=(self.note,) if self.note else ())


class AskedStudio(Studio):
    """A renderer that can be asked what it was paid for, and is quickly done."""

    poll: float = 0.5

    async def reconcile(self, tools: Tools, order: Order, begun: datetime, kept: Mapping[str, str]) -> Job | None:
        return Job(id="job-1") if f"pay {order.edition}" in self.ledger.read_text().splitlines() else None


class FreeStudio(Studio):
    """A renderer that costs nothing."""

    repeatable: ClassVar[bool] = True


class OtherStudio(Studio):
    """Another renderer that is paid for every job."""


class Lost(Ledger):
    """A channel that does not know where to post."""

    repeatable: ClassVar[bool] = False

    async def destinations(self, tools: Tools) -> Sequence[str]:
        raise ZeroDivisionError("hunter2-in-the-text-of-a-bug")

    def ladder(self) -> Sequence[Rung]:
        return ()

    async def preflight(self, tools: Tools) -> None: ...


class Chat(Ledger):
    """A channel that shows every post it gets."""

    to: tuple[str, ...] = ("@town",)
    at: Literal["url", "file", "link", "preflight"] = "url"  #: where the trouble is
    all: bool = False  #: at that rung and below
    shut: tuple[str, ...] = ()  #: destinations that would not have us
    words: bool = False  #: writes down what was said

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return self.to

    def ladder(self) -> Sequence[Rung]:
        return self.url, self.file, self.link

    async def preflight(self, tools: Tools) -> Mapping[str, StageError] | None:
        if self.at == "preflight":
            await self.suffer()
        return {to: Refused(f"{to} would not have us") for to in self.shut}

    async def url(self, tools: Tools, post: Post, to: str) -> Sent:
        if self.words:
            said = f"words {to}: {post.heading} {post.caption} {post.disclosure}"
            self.write(said.replace("\n", " "))
        return await self._send("url", to)

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        return await self._send("file", to)

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        return await self._send("link", to)

    async def _send(self, rung: str, to: str) -> Sent:
        if self.at == rung or (self.all and self.at != "preflight"):
            await self.suffer()
        await asyncio.sleep(self.pause)
        self.write(f"post {to} {rung}")
        await asyncio.sleep(self.pause)
        if self.trouble == "killed-after":
            os.kill(os.getpid(), signal.SIGKILL)
        return Sent(ref=f"{to}/1")


class AskedChat(Chat):
    """A channel that can be asked for a post, and knows."""

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        found = [line for line in self.ledger.read_text().splitlines() if line.startswith(f"post {to} ")]
        return Sent(ref=f"{to}/1", rung=found[0].rpartition(" ")[2]) if found else None


class Ask(Chat):
    """A channel that can be asked what became of a post."""

    answer: Literal["there", "gone", "unconfirmed", "unavailable", "refused", "bug"] = "there"

    async def _send(self, rung: str, to: str) -> Sent:
        self.write(f"post {to} {rung}")
        if self.trouble == "unconfirmed-after":
            raise Unconfirmed("no answer came")
        return Sent(ref=f"{to}/1")

    async def reconcile(self, tools: Tools, post: Post, to: str, begun: datetime) -> Sent | None:
        if self.answer == "bug":
            raise ZeroDivisionError("hunter2-in-the-text-of-a-bug")
        if error := ERRORS.get(self.answer):
            raise error(f"the service says {self.answer}")
        return Sent(ref=f"{to}/1") if self.answer == "there" else None


class Talk(Chat):
    """A channel that can say something plain, and take a post back."""

    mute: Trouble = ""  #: what goes wrong when it speaks
    deaf: tuple[str, ...] = ()  #: those it cannot speak to
    clings: Trouble = ""  #: what goes wrong when it takes something back

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        if to in self.deaf:
            raise Refused(f"{to} is gone")
        if error := ERRORS.get(self.mute):
            raise error(f"the service says {self.mute}")
        self.write(f"say {to} {text!r}")
        return Sent(ref="77", url="https://chat.example/77")

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        if error := ERRORS.get(self.clings):
            raise error(f"the service says {self.clings}")
        self.write(f"retract {to} {sent.ref} {note}")
        return Sent(ref=sent.ref, rung="edited" if note else "deleted")


class Leak(Chat):
    """A channel that says its secret in its errors."""

    secret: SecretStr

    async def _send(self, rung: str, to: str) -> Sent:
        raise Refused(f"nobody knows {self.secret.get_secret_value()}")


class SlowVoice(FreeStudio):
    """A renderer whose voice takes longer than others."""

    slower: float = 1.0

    def voice_in(self, language: str) -> str | None:
        return "slow"

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        tools.folder.mkdir(parents=True, exist_ok=True)
        path = tools.folder / "render.mp4"
        usual = sum(
            seconds(one.text, "en") for segment in order.script.segments for one in segment.sentences
        ) + SEGMENT_PAUSE * (len(order.script.segments) - 1)
        path.write_bytes(mp4(usual * self.slower))
        return Rendered(video=path)


class Panel(Chat):
    """People who are asked. What they answer is put into a file, a line each: yes or no, and who says so."""

    async def ask(self, tools: Tools, to: str, question: Question) -> Sent:
        await self.suffer()
        self.write(f"ask {to} {question.gate} {question.edition} {question.token}")
        return Sent(ref=f"{to}/1")

    async def heard(self, tools: Tools, puts: Sequence[Put]) -> Sequence[Decision]:
        said = self.ledger.with_suffix(".answers")
        lines = said.read_text().splitlines() if said.exists() else []
        said.unlink(missing_ok=True)
        return [
            Decision(token=put.question.token, approves=line.split()[0] == "yes", who=line.split()[1])
            for put in puts
            for line in lines
        ]

    async def tell(self, tools: Tools, answer: Decision, words: str) -> None:
        self.write(f"tell {answer.who} {words}")

    async def close(self, tools: Tools, put: Put, words: str) -> None:
        self.write(f"close {put.to} {put.question.gate} {words}")


class Cinema(FreeStudio):
    """A renderer whose videos play, with captions. It is done when *gate* is there."""

    gate: Path | None = None

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        import av

        tools.folder.mkdir(parents=True, exist_ok=True)
        path, srt = tools.folder / "render.mp4", tools.folder / "render.srt"
        srt.write_text("1\n00:00:00,000 --> 00:00:20,000\nGood evening.\n")
        with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
            stream = file.add_stream("libx264", rate=2)
            stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
            for number in range(round(order.script.seconds * 2)):
                frame = av.VideoFrame(320, 180, "yuv420p")
                for plane in frame.planes:
                    plane.update(bytes([90 + number]) * plane.buffer_size)
                frame.pts, frame.time_base = number, Fraction(1, 2)
                file.mux(stream.encode(frame))
            file.mux(stream.encode())
        tools.progress(0.5)
        while self.gate and not self.gate.exists():  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return Rendered(video=path, captions=srt)


class Priced(Studio):
    """A renderer that is paid for every job, at a price that is known before."""

    price: float = 2.0

    def estimate(self, order: Order) -> float:
        return self.price

    async def check(self, tools: Tools, order: Order, job: Job) -> Rendered | None:
        found = await super().check(tools, order, job)
        return found.model_copy(update={"usd": self.price}) if found else None
