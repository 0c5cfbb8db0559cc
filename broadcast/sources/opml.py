"""Stories from all the feeds of a list."""

import asyncio
import logging
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from broadcast import health
from broadcast.errors import Rejected, StageError, Unavailable
from broadcast.feeds.abreast import ask_abreast
from broadcast.feeds.entries import LONG_AGO
from broadcast.feeds.opml import Listed, Outline
from broadcast.feeds.subscription import MOST, Subscription, digest
from broadcast.health import Health
from broadcast.material.places import address
from broadcast.plugins import Plugin, Tools
from broadcast.types import Story

log = logging.getLogger(__name__)

LABEL = "the list of feeds"
LIST = 5_000_000  #: bytes; a thousand feeds take 300,000
READING = 5.0  #: seconds for the list itself, once it is here
SECONDS = 25.0  #: for everything: less than a source is given
TOGETHER = 32  #: feeds that are remembered in one go
NAMED = 10  #: dead feeds that are named one by one


class Opml(Plugin):
    """Entries of all the feeds of an OPML file, which every feed reader exports. Its folders become tags."""

    path: Path | None = Field(None, description="the OPML file; or `url`")
    url: Annotated[str, address("an OPML file", needed=False)] = Field(
        "", description="the address of the OPML file; or `path`", repr=False
    )
    limit: int = Field(5, ge=1, le=100, description="how many of the newest entries of each feed are looked at")
    headers: Mapping[str, SecretStr] = Field({}, description="sent with the request for the list, not to its feeds")
    language: str = Field("", pattern="^([a-z]{2})?$", description="ISO 639-1; default: what each feed says")
    tags: tuple[str, ...] = Field((), description="given to every story, besides those of the list and the feeds")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if bool(self.url) == (self.path is not None):
            raise ValueError("give either the `path` or the `url` of an OPML file")
        return self

    async def fetch(self, tools: Tools, since: datetime) -> Sequence[Story]:
        """Return the newest entries of every feed. One that fails is a note; all of them failing is an error."""
        ends = asyncio.get_running_loop().time() + SECONDS
        feeds = {digest(feed.url.encode()): feed for feed in (await self._listed(tools)).feeds}
        known = {name: health.recalled(value) for name, value in (await _page(tools, "health")).items()}
        states = {name: known.get(name, Health()) for name in feeds}
        now = tools.clock.now()
        rest = health.spared(states, 1, now)
        # Whoever failed of late comes last, and whoever was not come to first: nobody waits for the dead for ever.
        turns = sorted(feeds, key=lambda name: (states[name].fails, states[name].good or LONG_AGO))
        asked = {name: feeds[name] for name in turns if name not in rest}
        stored = await tools.memory.get_all([_page_of(name) for name in asked])
        learned: dict[str, Any] = {_page_of(name): None for name in known if name not in feeds}
        found = await self._ask(tools, asked, stored, learned, ends)
        for name, answer in found.items():
            states[name] = _after(states[name], answer, now)
        learned["health"] = {one: state.model_dump(mode="json") for one, state in states.items()}
        await tools.memory.put_all(learned)
        dead = {name: error for name, error in found.items() if isinstance(error, StageError)}
        heard = [stories for stories in found.values() if isinstance(stories, list)]
        if feeds and not heard:
            errors = [state.error for state in states.values() if state.fails]
            wishes = [getattr(error, "retry_after", None) or 0.0 for error in dead.values()]
            raise _none(len(feeds), errors, min(wishes, default=0.0))
        shown = [f"{_shown(feeds[name])}: {error}" for name, error in dead.items()]
        _say(tools, f"of {len(feeds)} feeds {len(shown)} did not answer", shown)
        late = [_shown(feeds[name]) for name in asked if name not in found]
        why = "their server asked to wait, or there was no time left"
        _say(tools, f"of {len(feeds)} feeds {len(late)} were not asked, and are first next time: {why}", late)
        rested = [f"{_shown(feeds[name])}: {states[name].rest()}" for name in feeds if name in rest]
        _say(tools, f"of {len(feeds)} feeds {len(rested)} were left in peace", rested)
        return [story for stories in heard for story in stories]

    async def ailing(self, tools: Tools) -> Mapping[str, str]:
        """Return the broken feeds."""
        known = {name: health.recalled(value) for name, value in (await _page(tools, "health")).items()}
        named = await _page(tools, "names")
        return {
            name: f"{named.get(name, 'a feed')}: {state.words()}" for name, state in known.items() if state.broken
        }

    async def _listed(self, tools: Tools) -> Listed:
        """Return what the list holds, and note what is wrong with it."""
        body, said = await self._body(tools)
        listed: Listed = await tools.compute(
            "broadcast.feeds.opml:outlines", body, said, deadline=READING, memory=MOST
        )
        if listed.damaged:
            tools.note(f"{LABEL} is damaged ({listed.damaged}): what stands behind is not read; export it again")
        if listed.strange:
            tools.note(f"{LABEL} names {listed.strange} feeds by what is no http or https address: left out")
        if listed.more:
            tools.note(f"only the first {len(listed.feeds)} feeds of {LABEL} are read; divide it in two")
        if not listed.feeds:
            raise Rejected(f"{LABEL} names no feed; an outline of one has an `xmlUrl`")
        names = {digest(feed.url.encode()): _shown(feed) for feed in listed.feeds}
        if names != await _page(tools, "names"):
            await tools.memory.put("names", names)
        return listed

    async def _body(self, tools: Tools) -> tuple[bytes, str]:
        if self.path is None:
            headers = {name: value.get_secret_value() for name, value in self.headers.items()}
            answer = await tools.http.get(self.url, label=LABEL, headers=headers, limit=LIST, deadline=10.0)
            charset = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", answer.headers.get("content-type", ""), re.I)
            return answer.body, charset[1] if charset else ""
        try:
            return await asyncio.to_thread(_read, self.path), ""
        except OSError as error:
            raise Rejected(f"{LABEL} {self.path} cannot be read: {error.strerror}; check its path") from None

    async def _ask(
        self,
        tools: Tools,
        feeds: Mapping[str, Outline],
        stored: Mapping[str, Any],
        learned: dict[str, Any],
        ends: float,
    ) -> dict[str, list[Story] | StageError]:
        """Ask all *feeds* side by side until *ends*. Whatever is not done by then is an error of its own.

        Those whose turn did not come are in nothing that is returned. *stored* is what is remembered of them; what
        they teach goes to *learned*.
        """
        found: dict[str, list[Story] | StageError] = {}

        async def ask(name: str, more: bool) -> StageError | None:
            feed, page = feeds[name], _page_of(name)
            found[name] = Unavailable(f"it was not done within {SECONDS:g} s")
            told = replace(tools, note=lambda text: tools.note(f"{_shown(feed)}: {text}"))
            try:
                found[name], news = await self._one(told, name, feed, stored.get(page), more)
            except Exception as error:  # what one feed makes us stumble over is no affair of the others
                log.debug("feed %s", name, exc_info=True)
                unforeseen = Rejected(f"it cannot be read: unexpected {type(error).__name__}")
                found[name] = failure = error if isinstance(error, StageError) else unforeseen
                return failure
            if news:
                learned[page] = news
            if len(learned) >= TOGETHER:  # written while others are still being read
                await written(tools, learned)
            return None

        await ask_abreast({name: feed.url for name, feed in feeds.items()}, ask, ends)
        return found

    async def _one(
        self, tools: Tools, name: str, feed: Outline, stored: Any, more: bool
    ) -> tuple[list[Story], dict[str, Any] | None]:
        # A list from elsewhere may lead to its own host and to public addresses; one of the operator's anywhere.
        own = self.path is not None or urlsplit(feed.url).hostname == urlsplit(self.url).hostname
        one = Subscription(url=feed.url, limit=self.limit, trusted=own, name=_page_of(name))
        tags = (*self.tags, *feed.tags)
        return await one.ask(tools, stored, language=self.language, tags=tags, prefix=f"{name[:8]} ", more=more)


async def written(tools: Tools, learned: dict[str, Any]) -> None:
    """Remember what was *learned*, which is then empty; all that is not surely written stays there."""
    now = dict(learned)
    learned.clear()
    try:
        await tools.memory.put_all(now)
    except BaseException:
        learned.update({**now, **learned})
        raise


def _after(state: Health, answer: list[Story] | StageError, now: datetime) -> Health:
    return state.failed(answer, now, random.random()) if isinstance(answer, StageError) else state.worked(now)


def _none(count: int, errors: Sequence[str], wish: float) -> StageError:
    """Say that no feed answered, with the reason that most have, and what all that were asked *wish* in seconds."""
    reason = max(set(errors), key=errors.count, default="")
    return Unavailable(f"none of its {count} feeds answered; most often {reason}", retry_after=wish or None)


def _say(tools: Tools, what: str, names: Sequence[str]) -> None:
    if names:
        more = f"; and {len(names) - NAMED} more" if len(names) > NAMED else ""
        tools.note(f"{what}: {'; '.join(names[:NAMED])}{more}")


def _shown(feed: Outline) -> str:
    """Return the name of a feed; its address may hold a secret."""
    return feed.title or urlsplit(feed.url).hostname or "a feed"


async def _page(tools: Tools, name: str) -> dict[str, Any]:
    value = await tools.memory.get(name)
    return value if isinstance(value, dict) else {}


def _page_of(name: str) -> str:
    """Return where that of a feed is remembered."""
    return f"feed/{name}"


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        body = file.read(LIST + 1)
    if len(body) > LIST:
        raise Rejected(f"{LABEL} {path} holds more than the {LIST / 1e6:g} MB that are read; divide it in two")
    return body
