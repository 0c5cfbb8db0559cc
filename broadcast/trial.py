"""A channel tried out: a message that says it is a test, or a test card that is filed and taken back."""

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from . import errors
from .clock import attempt
from .delivery import arrived, receipt
from .errors import ConfigError, StageError, Unconfirmed
from .forms import Form
from .journal.runs import name as run_name
from .plugins import Channel, Clock, Retracts, Speaks, Tools
from .runner import rehearsal_run
from .show import Show
from .stages.sending import objection
from .station import Station
from .types import Destination, Post, Receipt, Script, Segment, Sent, Sentence, Video

SECONDS = 120.0  #: for one message to be said, filed or taken back
CARD = Path(__file__).with_name("testcard.mp4")  #: silent, one still picture, small enough for anybody
CARD_SECONDS, CARD_WIDTH, CARD_HEIGHT = 3.0, 640, 360
EDITION = "test"


async def test(station: Station, show: Show, name: str) -> Receipt:
    """Send one labelled test to each destination of a channel. It may be repeated at will.

    Where a channel sends no messages the test is a video, which is taken back at once. Raises `ConfigError` where
    it could not be.
    """
    channel: Channel | None = show.alerts if name == "alerts" else show.channels.get(name)
    if channel is None:
        raise ConfigError(f"{show.name} has no channel {name!r}; there is {', '.join(show.channels)}")
    blank: Any = channel
    if isinstance(blank, Form):
        raise ConfigError(f"{name} is filled for each row or call: there is nobody to send a test to")
    files = [rung for rung in channel.ladder() if rung.__name__ == "file"]
    if not isinstance(channel, Speaks) and not (files and isinstance(channel, Retracts)):
        raise ConfigError(
            f"{name} sends no messages, and takes back no file: air the show there with `--channels {name}`"
        )
    desk = station.desk(show, rehearsal_run(station, show), rehearsal=True)
    scope = f"{show.name}/alerts" if name == "alerts" else f"{show.name}/channels/{name}"
    missed: list[str] = []
    tools = desk.tools(scope, note=missed.append)
    found = await objection(show, name, desk) if name in show.channels else {}
    if isinstance(found, StageError):
        raise found
    ends = []
    for to in await attempt(desk.clock, partial(channel.destinations, tools), what=name, deadline=SECONDS):
        item = f"test/{EDITION}/{name}/{to}"
        try:
            if to in found:
                raise found[to]
            send: Callable[[], Awaitable[Sent]]
            if isinstance(channel, Speaks):
                send = partial(channel.say, tools, to, words(show, name))
            else:
                send = partial(files[0], _keeping(tools), card(show, name, desk.clock.now()), to)
            sent = await attempt(desk.clock, send, what=name, deadline=SECONDS, late=Unconfirmed)
            end = arrived(sent, to, item=item, rung="test", missed=missed)
            if not isinstance(channel, Speaks):
                end = await _taken_back(desk.clock, channel, tools, end)
            ends.append(end)
        except StageError as error:
            status = "unconfirmed" if isinstance(error, Unconfirmed) else "failed"
            ends.append(Destination(to=to, item=item, status=status, error=str(error), kind=errors.kind(error)))
    if not ends:
        raise ConfigError(f"{name} has nobody to send to")
    return receipt(name, ends)


def words(show: Show, name: str) -> str:
    """Return what a test says. Pure."""
    return f"{show.title}: a test of the channel {name}. Nothing is on air."


def card(show: Show, name: str, now: datetime) -> Post:
    """Return the test card as a post, as of a show of its own: no run of the real one makes room for it."""
    said, slot = words(show, name), now.replace(microsecond=0)
    called = f"{show.name}-test"
    video = Video(
        renderer="test card",
        job="test",
        path=CARD,
        sha256=hashlib.sha256(CARD.read_bytes()).hexdigest(),
        seconds=CARD_SECONDS,
        bytes=CARD.stat().st_size,
        width=CARD_WIDTH,
        height=CARD_HEIGHT,
    )
    whole = Segment(kind="intro", sentences=(Sentence(text=said),), seconds=CARD_SECONDS)
    script = Script(
        title=said, kind=show.kind.name, language="en", segments=(whole,), seconds=CARD_SECONDS, writer="template"
    )
    return Post(
        run=run_name(called, slot),
        show=called,
        slot=slot,
        edition=EDITION,
        language="en",
        title=f"Test: {show.title}",
        date=f"{slot:%Y-%m-%d}",
        heading=f"Test: {show.title}",
        caption=said,
        disclosure="",
        video=video,
        script=script,
        stories=(),
        brand=show.brand,
        test=True,
    )


async def _taken_back(clock: Clock, channel: Retracts, tools: Tools, end: Destination) -> Destination:
    """Take the test card back. Where that fails the test got through all the same, and it is said."""
    try:
        back = partial(channel.retract, tools, end.to, end, "")
        done = await attempt(clock, back, what="taking it back", deadline=SECONDS, late=Unconfirmed)
        return end.model_copy(update={"rung": f"test, then {done.rung}", "url": None})
    except StageError as error:
        left = f"it could not be taken back, remove it by hand: {error}"
        return end.model_copy(update={"missed": (*end.missed, left)})


def _keeping(tools: Tools) -> Tools:
    """Return *tools* with which a deed that is tried again finds what it kept."""
    kept: dict[str, str] = {}

    async def keep(name: str, value: str) -> None:
        kept[name] = value

    return replace(tools, keep=keep, kept=kept)
