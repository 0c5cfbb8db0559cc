"""Where a run waits for a person: before it pays, with its script; before it publishes, with its video.

Nobody waits here. A run that comes to a gate asks, hears what was answered meanwhile, and goes on or ends as
`Held`: it is called again when there is an answer, or when the deadline is over.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from broadcast import asking, signed
from broadcast.clock import attempt, surprise
from broadcast.desk import Desk
from broadcast.errors import Dropped, Held, Rejected, StageError
from broadcast.journal.approvals import DEADLINE, Approval, Verdict
from broadcast.journal.deeds import Item
from broadcast.journal.run import Run
from broadcast.plugins import Asks, Channel, Keep, Tools
from broadcast.scripting import editing
from broadcast.show import Edition, Show
from broadcast.types import Brief, Decision, Post, Put, Question, Sent, Written

log = logging.getLogger(__name__)

ASK_SECONDS = 60.0  #: for one question to one chat, or for the answers of one channel
VIDEO_SECONDS = 300.0  #: for one question with a video in it
CLOSE_SECONDS = 15.0  #: for all questions to be closed: nothing depends on it
VERDICTS: dict[str, Verdict] = {"air": "approved", "drop": "rejected"}
PATH = "approve"  #: what the links of a question are good for, and where they lead


@dataclass(frozen=True)
class Gates:
    """The two gates of one edition."""

    show: Show
    edition: Edition
    run: Run
    desk: Desk
    note: Callable[[str], None]

    async def script(self, written: Written) -> Written:
        """Return what may be rendered: the script as somebody approved it, or as they edited it.

        A dub says what the edition says that it dubs: nobody is asked twice. Raises `Held` while nobody has
        answered, `Dropped` where somebody did not want it.
        """
        approval = self.show.approval
        if approval is None or not approval.script or self.edition.dubs:
            return written
        found = await self._answered("script", written, None)
        script = found.script
        if script is None:
            return written
        judged = terms(self.show, self.edition, written, self.run.slot.isoformat())
        if faults := editing.findings(script, judged):
            raise Rejected(f"the script as {found.who} edited it does not hold: {faults[0]}")

        async def approved() -> Written:
            return editing.approved(written, script)

        return await self.run.step(f"approved/{self.edition.name}", Written, approved)

    async def video(self, written: Written, post: Post) -> None:
        """Return when the video may be published. Raises as `script` does."""
        approval = self.show.approval
        if approval is not None and approval.video:
            await self._answered("video", written, post)

    async def _answered(self, gate: str, written: Written, post: Post | None) -> Approval:
        approval, approvals = self.show.approval, self.desk.approvals
        assert approval
        now, key = self.desk.clock.now(), f"{gate}/{self.edition.name}"
        opened = await approvals.open(self.run.id, key, ends=now + approval.wait, fallback=VERDICTS[approval.then])
        found = await approvals.lapse(opened.token) or opened
        question = question_of(self.show, found, written, post)
        if found.verdict is None:
            await self._ask(question, found.key)
            await hear({self.show.name: self.show}, self.show, self.desk, puts_of(self.run.under("ask/"), question))
            found = await approvals.of_token(found.token) or found
        if found.verdict is None:
            raise Held(
                f"the {gate} waits for an answer until {found.ends:%Y-%m-%d %H:%M} UTC, then it is"
                f" {'aired' if found.fallback == 'approved' else 'dropped'}:"
                f" {asking.command(question)} (or --reject)"
            )
        by = "nobody answered in time" if found.via == DEADLINE else f"by {found.who}, {found.via}"
        await self._close(question, f"{found.verdict} ({by})")
        if found.verdict == "rejected":
            raise Dropped(f"the {gate} was rejected ({by})" + (f": {found.said}" if found.said else ""))
        edited = ", as edited" if found.script is not None else ""
        self.note(f"the {gate} was approved{edited} ({by})")
        return found

    async def _ask(self, question: Question, key: str) -> None:
        """Put the question to everybody who is to be asked, once. Who cannot be now is asked by the next call."""
        assert self.show.approval
        for name, channel in self.show.approval.ask.items():
            tools = self._tools(name)
            try:
                there = await attempt(
                    self.desk.clock, partial(channel.destinations, tools), what=name, deadline=ASK_SECONDS
                )
            except Exception as error:  # the others are asked all the same
                log.debug("approval %s", name, exc_info=True)
                self.note(f"{name} could not be asked: {surprise(name, error)}")
                continue
            for to in there:
                link = link_for(self.desk.public, question.token, key, to)
                await self._put_once(name, channel, tools, to, question.model_copy(update={"link": link}))

    async def _put_once(self, name: str, channel: Channel, tools: Tools, to: str, question: Question) -> None:
        assert isinstance(channel, Asks)
        asks = channel

        async def go(keep: Keep, kept: object) -> Sent:
            seconds = VIDEO_SECONDS if question.video else ASK_SECONDS
            return await attempt(
                self.desk.clock, partial(asks.ask, tools, to, question), what=name, deadline=seconds
            )

        key = f"ask/{question.edition}/{question.gate}/{name}/{to}"
        try:  # a question that is put twice harms nobody: the first answer counts
            await self.run.once(key, Sent, go, repeatable=True)
        except StageError as error:
            self.note(f"{name}: {to} could not be asked: {error}")

    async def _close(self, question: Question, words: str) -> None:
        """Say wherever the question stands how it was answered. Once, and whether or not that works."""
        puts = puts_of(self.run.under("ask/"), question)
        asks = self.show.approval.ask if self.show.approval else {}

        async def one(put: Put) -> None:
            try:
                channel = asks[put.channel]
                assert isinstance(channel, Asks)
                await channel.close(self._tools(put.channel), put, words)
            except Exception as error:  # what is answered after that is told so
                log.debug("approval %s", put.channel, exc_info=True)
                log.info(
                    "%s: the question there could not be closed: %s", put.channel, surprise(put.channel, error)
                )

        async def close() -> bool:
            work = [asyncio.ensure_future(one(put)) for put in puts if put.channel in asks]
            if work:
                _, late = await asyncio.wait(work, timeout=CLOSE_SECONDS)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)
            return True

        await self.run.step(closed_key(question.edition, question.gate), bool, close)

    def _tools(self, name: str) -> Tools:
        return self.desk.tools(scope(self.show, name), note=self.note)


def closed_key(edition: str, gate: str) -> str:
    """Name the deed by which a run has acted on an answer."""
    return f"closed/{edition}/{gate}"


def scope(show: Show, name: str) -> str:
    """Name what a channel that is asked on may remember."""
    return f"{show.name}/approval/{name}"


def terms(show: Show, edition: Edition, written: Written, slot: str) -> editing.Terms:
    """Return what a script that was edited is held to. Pure."""
    at = datetime.fromisoformat(slot)
    brief = Brief(kind=show.kind.name, language=written.script.language, seconds=edition.seconds, at=at)
    return editing.Terms(written=written, kind=show.kind, seconds=edition.seconds, brief=brief, link=show.link)


def question_of(show: Show, gate: Approval, written: Written, post: Post | None) -> Question:
    """Return what people are asked at *gate*. Pure."""
    return Question(
        token=gate.token,
        run=gate.run,
        show=show.name,
        edition=gate.edition,
        gate="video" if post else "script",
        title=show.title,
        script=written.script,
        video=post.video if post else None,
        ends=gate.ends,
        then="air" if gate.fallback == "approved" else "drop",
        by=show.approval.by if show.approval else (),
    )


def puts_of(items: Iterable[Item], question: Question) -> tuple[Put, ...]:
    """Return where *question* stands, by the deeds of its run. Pure."""
    prefix = f"ask/{question.edition}/{question.gate}/"
    found = []
    for item in items:
        if item.key.startswith(prefix) and item.done and item.result:
            name, _, to = item.key.removeprefix(prefix).partition("/")
            ref = Sent.model_validate_json(item.result).ref
            found.append(Put(channel=name, to=to, ref=ref, question=question))
    return tuple(found)


def link_for(public: str, token: str, key: str, to: str) -> str:
    """Return where *to*, and nobody else, can answer; empty where this installation has no public address. Pure."""
    return f"{public.rstrip('/')}/{PATH}/{token}.{signed.sign(key, PATH, to)}" if public else ""


async def hear(shows: Mapping[str, Show], show: Show, desk: Desk, puts: Sequence[Put]) -> list[Approval]:
    """Take what people answered on the channels that *show* asks on, and tell them what became of it.

    Answers may be to questions of any of *shows*. Returns the gates that were answered. What goes wrong is logged:
    the next look hears it.
    """
    heard: list[Approval] = []
    for name, channel in (show.approval.ask if show.approval else {}).items():
        assert isinstance(channel, Asks)
        mine = tuple(put for put in puts if put.channel == name)
        if not mine:
            continue
        tools = desk.tools(scope(show, name), note=lambda text: log.info("%s", text))
        try:
            listen = partial(channel.heard, tools, mine)
            for answer in await attempt(desk.clock, listen, what=name, deadline=ASK_SECONDS):
                if found := await taken(shows, desk, name, channel, tools, answer):
                    heard.append(found)
        except Exception as error:  # a channel that cannot be heard now is heard later
            log.debug("approval %s", name, exc_info=True)
            log.warning("%s: what was answered on %s cannot be read: %s", show.name, name, surprise(name, error))
    return heard


async def taken(
    shows: Mapping[str, Show], desk: Desk, via: str, channel: Asks, tools: Tools, answer: Decision
) -> Approval | None:
    """Take one answer and say what became of it. Returns the gate where the answer counts."""
    words, found = await _weighed(shows, desk, via, answer)
    try:
        await attempt(desk.clock, partial(channel.tell, tools, answer, words), what=via, deadline=CLOSE_SECONDS)
    except Exception as error:  # it was taken all the same
        log.debug("approval %s", via, exc_info=True)
        log.info("%s: whoever answered could not be told: %s", via, surprise(via, error))
    return found


async def _weighed(
    shows: Mapping[str, Show], desk: Desk, via: str, answer: Decision
) -> tuple[str, Approval | None]:
    """Write an answer down where it counts. Returns what to tell whoever gave it, and the gate if it does."""
    gate = await desk.approvals.of_token(answer.token)
    show = shows.get(gate.show) if gate else None
    if show is None:
        return told(False, None), None
    if not may_answer(show, answer.who, *answer.names):
        return "You are not among those who may answer.", None
    verdict: Verdict = "approved" if answer.approves else "rejected"
    who = next((name for name in (answer.shown, *answer.names) if name), answer.who)
    counts, found = await desk.approvals.answer(answer.token, verdict, who=who, via=via, said=answer.said)
    # Where a crash came between an answer and the word that it was taken, the same answer is heard again.
    same = found is not None and (found.who, found.via, found.verdict) == (who, via, verdict)
    return told(counts or same, found), found if counts else None


def told(counts: bool, found: Approval | None) -> str:
    """Return what somebody is told who answered. Pure."""
    if found is None:
        return "That question is not asked any more."
    if counts:
        return f"Thank you: the {found.about} is {found.verdict}."
    if found.via == DEADLINE:
        return f"Too late: nobody had answered, and the {found.about} was {found.verdict}."
    return f"{found.who or 'Somebody'} was first: the {found.about} was {found.verdict}."


def may_answer(show: Show, *names: str) -> bool:
    """Say whether somebody known by these names may answer; where nobody is named, anybody may. Pure."""
    by = show.approval.by if show.approval else ()
    known = {name.casefold().lstrip("@") for name in names if name}
    return not by or bool(known & {name.casefold().lstrip("@") for name in by})
