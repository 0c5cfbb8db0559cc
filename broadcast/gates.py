"""Where a run waits for a person: before it pays, with its script; before it publishes, with its video.

Nobody waits here. A run that comes to a gate asks, hears what was answered meanwhile, and goes on or ends as
`Held`: it is called again when there is an answer, or when the deadline is over.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from .clock import attempt, surprise
from .desk import Desk
from .errors import Held, Rejected, StageError
from .journal.approvals import DEADLINE, Approval, Verdict
from .journal.run import Run
from .plugins import Asks, Channel, Keep, Tools
from .scripting.lint import lint_script
from .show import Edition, Show
from .types import Decision, Post, Put, Question, Sent, Written

log = logging.getLogger(__name__)

ASK_SECONDS = 60.0  #: for one question to one chat, or for the answers of one channel
VERDICTS: dict[str, Verdict] = {"air": "approved", "drop": "rejected"}


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

        Raises `Held` while nobody has answered, `Rejected` where somebody did not want it.
        """
        approval = self.show.approval
        if approval is None or not approval.script:
            return written
        found = await self._answered("script", written, None)
        if found.script is None:
            return written
        if findings := lint_script(found.script, written.stories, self.edition.seconds):
            raise Rejected(f"the script as {found.who} edited it does not hold: {findings[0]}")
        return written.model_copy(update={"script": found.script})

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
        if found.verdict is None:
            question = Question(
                token=found.token,
                run=self.run.id,
                show=self.show.name,
                edition=self.edition.name,
                gate=gate,
                title=self.show.title,
                script=written.script,
                video=post.video if post else None,
                ends=found.ends,
                then=approval.then,
                by=approval.by,
            )
            await self._ask(question)
            await hear(self.show, self.run.show, self.desk, await self._put(question))
            found = await approvals.of_token(found.token) or found
        if found.verdict is None:
            raise Held(
                f"the {gate} waits for an answer until {found.ends:%Y-%m-%d %H:%M} UTC, then it is"
                f" {'aired' if found.fallback == 'approved' else 'dropped'}:"
                f" broadcast approve {self.run.id} (or --reject)"
            )
        by = "nobody answered in time" if found.via == DEADLINE else f"by {found.who}, {found.via}"
        if found.verdict == "rejected":
            raise Rejected(f"the {gate} was rejected ({by})" + (f": {found.said}" if found.said else ""))
        self.note(f"the {gate} was approved ({by})")
        return found

    async def _ask(self, question: Question) -> None:
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
                await self._put_once(name, channel, tools, to, question)

    async def _put_once(self, name: str, channel: Channel, tools: Tools, to: str, question: Question) -> None:
        assert isinstance(channel, Asks)
        asks = channel

        async def go(keep: Keep, kept: object) -> Sent:
            return await attempt(
                self.desk.clock, partial(asks.ask, tools, to, question), what=name, deadline=ASK_SECONDS
            )

        try:  # a question that is put twice harms nobody: the first answer counts
            await self.run.once(self._item(question, name, to), Sent, go, repeatable=True)
        except StageError as error:
            self.note(f"{name}: {to} could not be asked: {error}")

    async def _put(self, question: Question) -> tuple[Put, ...]:
        """Return where the question stands."""
        assert self.show.approval
        prefix = f"ask/{self.edition.name}/{question.gate}/"
        items = [item for item in self.run.under(prefix) if item.done]
        places = [(item.key.removeprefix(prefix).split("/", 1), self.run.recall(item.key, Sent)) for item in items]
        return tuple(
            Put(channel=name, to=to, ref=sent.ref, question=question) for (name, to), sent in places if sent
        )

    def _item(self, question: Question, name: str, to: str) -> str:
        return f"ask/{self.edition.name}/{question.gate}/{name}/{to}"

    def _tools(self, name: str) -> Tools:
        return self.desk.tools(f"{self.run.show}/approval/{name}", note=self.note)


async def hear(show: Show, scope: str, desk: Desk, puts: tuple[Put, ...]) -> list[Approval]:
    """Take what people answered on the channels that they were asked on, and tell them what became of it.

    Returns the gates that were answered. What goes wrong is logged: the next look hears it.
    """
    heard: list[Approval] = []
    for name, channel in (show.approval.ask if show.approval else {}).items():
        assert isinstance(channel, Asks)
        tools = desk.tools(f"{scope}/approval/{name}", note=lambda text: log.info("%s", text))
        mine = tuple(put for put in puts if put.channel == name)
        try:
            answers = await attempt(
                desk.clock, partial(channel.heard, tools, mine), what=name, deadline=ASK_SECONDS
            )
            for answer in answers:
                words, found = await taken(show, desk, name, answer)
                if found:
                    heard.append(found)
                await attempt(
                    desk.clock, partial(channel.tell, tools, answer, words), what=name, deadline=ASK_SECONDS
                )
        except Exception as error:  # a channel that cannot be heard now is heard later
            log.debug("approval %s", name, exc_info=True)
            log.warning("%s: what was answered on %s cannot be read: %s", show.name, name, surprise(name, error))
    return heard


async def taken(show: Show, desk: Desk, via: str, answer: Decision) -> tuple[str, Approval | None]:
    """Take one answer. Returns what to tell whoever gave it, and the gate, where the answer counts."""
    if not may_answer(show, answer.who, *answer.names):
        return "You are not among those who may answer.", None
    verdict: Verdict = "approved" if answer.approves else "rejected"
    counts, found = await desk.approvals.answer(
        answer.token, verdict, who=answer.names[0] if answer.names else answer.who, via=via, said=answer.said
    )
    return told(counts, found), found if counts else None


def told(counts: bool, found: Approval | None) -> str:
    """Return what somebody is told who answered. Pure."""
    if found is None:
        return "That question is not asked any more."
    gate = found.gate.partition("/")[0]
    if counts:
        return f"Thank you: the {gate} is {found.verdict}."
    if found.via == DEADLINE:
        return f"Too late: nobody had answered, and the {gate} was {found.verdict}."
    return f"{found.who or 'Somebody'} was first: the {gate} was {found.verdict}."


def may_answer(show: Show, *names: str) -> bool:
    """Say whether somebody known by these names may answer; where nobody is named, anybody may. Pure."""
    by = show.approval.by if show.approval else ()
    known = {name.casefold().lstrip("@") for name in names if name}
    return not by or bool(known & {name.casefold().lstrip("@") for name in by})
