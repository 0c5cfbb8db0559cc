"""One script through the list of renderers: asked for once, waited for, fetched into the archive.

The deed that may cost money is `submit/<edition>/<renderer>/<attempt>`. After a definite failure comes the next
attempt, then the next renderer. After an `Unconfirmed` submit nothing that costs money follows: only a renderer
that is free to repeat.
"""

import shutil
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial

from .clock import attempt
from .desk import Desk, Wish
from .errors import Refused, Rejected, StageError, Unavailable, Unconfirmed, Waiting
from .journal.run import Run
from .plugins import Keep
from .show import Way
from .types import Job, Order, Rendered, Video

LOCAL_SECONDS = 1800.0  #: for one call of a renderer, tries included; a local one renders within it
FIRST_PAUSE = 10.0  #: seconds between looks; they grow to six times that
GROWTH, LONGEST = 1.25, 6.0


async def render(
    ways: tuple[Way, ...], order: Order, run: Run, desk: Desk, wish: Wish, note: Callable[[str], None]
) -> Video:
    """Return the video of *order*, from the first renderer that makes it.

    Raises `Waiting` when patience ends first, `Unconfirmed` when a submit is in doubt and nothing free stepped in,
    else the last renderer's error.
    """
    doubt: Unconfirmed | None = None
    last: StageError = Rejected("no renderer is left to ask")
    for way in ways:
        if doubt and not way.renderer.repeatable:
            continue
        for number in range(1, way.attempts + 1):
            key = f"submit/{order.edition}/{way.name}/{number}"
            if lost := run.recall(f"lost/{key}", str):
                last = Rejected(lost)
                continue
            try:
                return await _make(way, key, order, run, desk, wish, note)
            except Unconfirmed as error:
                note(f"{way.name}: {error}")
                doubt = error
                break
            except (Unavailable, Rejected, Refused) as error:
                note(f"{way.name}: {error}")
                last = error
                if isinstance(error, Refused):
                    break
    raise doubt or last


async def _make(
    way: Way, key: str, order: Order, run: Run, desk: Desk, wish: Wish, note: Callable[[str], None]
) -> Video:
    scope = f"{run.show}/renderers/{way.name}"
    late = Unavailable if way.renderer.repeatable else Unconfirmed
    order = order.model_copy(update={"orientation": way.orientation})

    async def submit(keep: Keep, kept: Mapping[str, str]) -> Job:
        tools = desk.tools(scope, note=note, edition=order.edition, keep=keep, kept=kept)
        ask = partial(way.renderer.submit, tools, order)
        job = await attempt(desk.clock, ask, what=way.name, deadline=LOCAL_SECONDS, late=late)
        return job.model_copy(update={"renderer": way.name})

    job = await run.once(key, Job, submit, repeatable=way.renderer.repeatable)
    try:
        rendered = await _wait(way, key, job, order, run, desk, wish, note)
        folder = desk.archive.folder(run.show, run.slot, order.edition)
        video = await desk.archive.keep(rendered, job, folder, expected=order.script.seconds)
    except (Rejected, Refused) as error:
        reason = str(error)

        async def say() -> str:
            return reason

        await run.step(f"lost/{key}", str, say)  # this job will never be a video: do not look again
        raise
    except Unavailable as error:
        if way.renderer.repeatable:
            raise
        raise Waiting(f"{way.name}: job {job.id} cannot be reached now ({error}); it is kept") from None
    shutil.rmtree(desk.work / order.edition, ignore_errors=True)
    return video


async def _wait(
    way: Way, key: str, job: Job, order: Order, run: Run, desk: Desk, wish: Wish, note: Callable[[str], None]
) -> Rendered:
    """Look until the video is there, less and less often. Looking is free, and is not remembered."""
    tools = desk.tools(f"{run.show}/renderers/{way.name}", note=note, edition=order.edition)
    look = partial(way.renderer.check, tools, order, job)
    patience = wish.patience if wish.patience is not None else way.patience
    start, pause = desk.clock.now(), FIRST_PAUSE
    while True:
        found = await attempt(desk.clock, look, what=way.name, deadline=LOCAL_SECONDS)
        if found is not None:
            return found
        begun = run.begun(key) or desk.clock.now()
        if desk.clock.now() - begun > way.give_up:
            raise Rejected(f"job {job.id} was not done within {way.give_up}")
        left = patience - (desk.clock.now() - start)
        if left <= timedelta(0):
            raise Waiting(f"{way.name}: job {job.id} is still being made")
        await desk.clock.sleep(min(pause, left.total_seconds()))
        pause = min(pause * GROWTH, FIRST_PAUSE * LONGEST)
