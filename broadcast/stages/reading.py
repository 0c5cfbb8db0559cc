"""The whole article of a chosen story, where its source gave a teaser and the show says `fetch: article`."""

import asyncio
import hashlib
import logging
from functools import partial

from broadcast.clock import attempt, surprise
from broadcast.desk import Desk, side_by_side
from broadcast.errors import Lost, StageError, Unwritten
from broadcast.journal.run import Run
from broadcast.material import articles
from broadcast.show import Show
from broadcast.types import Chosen, Noun, Story

log = logging.getLogger(__name__)

TEASER = 800  #: characters; a feed that gives more gives the article
SECONDS = 20.0  #: for one page, tries included
ABREAST = 4


class Reading(Noun):
    """What a page added to a story. Where it added nothing the teaser stands."""

    text: str = ""
    image: str = ""
    notes: tuple[str, ...] = ()


async def read(show: Show, chosen: Chosen, run: Run, desk: Desk) -> Chosen:
    """Return *chosen* with the articles of those stories whose pages are to be read."""
    teasers = [one for one in chosen.pool if one.source in show.articles and one.url and len(one.text) < TEASER]
    if not teasers:
        return chosen
    room = asyncio.Semaphore(ABREAST)

    async def one(story: Story) -> Reading:
        name = hashlib.sha256(story.key.encode()).hexdigest()[:16]
        async with room:
            return await run.step(f"read/{name}", Reading, partial(article, show, story, desk))

    readings = dict(zip((story.key for story in teasers), await side_by_side(map(one, teasers)), strict=True))
    pool = tuple(longer(story, readings.get(story.key, Reading())) for story in chosen.pool)
    notes = tuple(note for reading in readings.values() for note in reading.notes)
    return chosen.model_copy(update={"pool": pool, "notes": (*chosen.notes, *notes)})


async def article(show: Show, story: Story, desk: Desk) -> Reading:
    """Read one page. Its address was found in content: it leads to public places only."""
    notes: list[str] = []
    tools = desk.tools(f"{show.name}/articles", note=notes.append)
    go = partial(articles.read, tools, story.url, trusted=False)
    try:
        found = await attempt(desk.clock, go, what=articles.LABEL, deadline=SECONDS)
    except (Lost, Unwritten):
        raise
    except Exception as error:  # whatever is wrong with somebody's page: the story is told from its teaser
        if not isinstance(error, StageError):
            log.debug("%s", story.key, exc_info=True)
        reason = surprise(articles.LABEL, error)
        return Reading(notes=(f"{story.source}: {story.title!r} is told from its teaser: {reason}",))
    return Reading(text=found.text, image=found.image, notes=tuple(notes))


def longer(story: Story, reading: Reading) -> Story:
    """Return *story* with what was read, where that is more than it had. Pure."""
    if len(reading.text) <= len(story.text):
        return story
    return story.model_copy(update={"text": reading.text, "image": story.image or reading.image})
