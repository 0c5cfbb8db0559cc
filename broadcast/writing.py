"""The chosen stories made into a script: each told by the first writer that can, and proven."""

import logging
from functools import partial

from .clock import attempt, surprise
from .desk import Desk, side_by_side
from .errors import Refused, Rejected, StageError, Unavailable
from .journal.run import Run
from .scripting import compose, kinds
from .scripting.lint import lint
from .show import Edition, Show
from .types import Brief, Draft, Story, Written

log = logging.getLogger(__name__)

FRAME_SECONDS = 13.0  #: about what intro and sign-off take
WRITER_SECONDS = 60.0  #: for one story by one writer, tries included


async def write(show: Show, edition: Edition, stories: tuple[Story, ...], run: Run, desk: Desk) -> Written:
    """Have each story told; one of which nothing can be said makes room for an understudy."""
    limit = min(edition.stories, len(stories))
    drafts: dict[str, Draft] = {}
    dropped: dict[str, list[StageError]] = {}
    waiting = list(stories)
    while waiting and len(drafts) < limit:
        batch = [waiting.pop(0) for _ in range(min(limit - len(drafts), len(waiting)))]
        each = max(edition.seconds - FRAME_SECONDS, edition.seconds / 2) / limit
        tone = edition.tone or show.kind.tone
        brief = Brief(
            kind=show.kind.name, language=edition.language, seconds=each, tone=tone, audience=edition.audience
        )
        answers = await side_by_side(tell(show, story, brief, desk) for story in batch)
        for story, answer in zip(batch, answers, strict=True):
            if isinstance(answer, Draft):
                drafts[story.key] = answer
            else:
                dropped[story.key] = answer
    # A writer out of order may tell the story another day; one of which nothing can be said is not tried again.
    await run.tell(
        (key for key, why in dropped.items() if all(isinstance(one, Rejected) for one in why)), passed=True
    )
    titles = {story.key: story.title for story in stories}
    reasons = [f"{titles[key]}: {'; '.join(map(str, why))}" for key, why in dropped.items()]
    if not drafts:
        why = [error for errors in dropped.values() for error in errors]
        kind = next(
            (one for one in (Refused, Unavailable) if any(isinstance(error, one) for error in why)), Rejected
        )
        raise kind("nothing can be said of any story: " + "; ".join(reasons))
    told = tuple(story for story in stories if story.key in drafts)
    script = compose.compose(
        show.kind,
        title=show.title,
        language=edition.language,
        date=kinds.date(run.slot, show.zone.key, edition.language),
        stories=told,
        drafts=[drafts[story.key] for story in told],
        seconds=edition.seconds,
    )
    script = script.model_copy(update={"dropped": (*reasons, *script.dropped)})
    segments = {segment.story for segment in script.segments}
    return Written(script=script, stories=tuple(story for story in told if story.key in segments))


async def tell(show: Show, story: Story, brief: Brief, desk: Desk) -> Draft | list[StageError]:
    """Return a draft of which every sentence is proven, by the first writer that can, or why there is none."""
    reasons: list[StageError] = []
    for name, writer in show.writers.items():
        tools = desk.tools(f"{show.name}/writers/{name}", note=lambda text: None)
        try:
            go = partial(writer.write, tools, story, brief)
            draft = await attempt(desk.clock, go, what=name, deadline=WRITER_SECONDS)
        except StageError as error:
            reasons.append(error)
        except Exception as error:  # a writer with a bug is a writer that cannot: the next one may
            log.debug("writer %s", name, exc_info=True)
            reasons.append(Unavailable(surprise(name, error)))
        else:
            good = proven(draft, story, brief)
            if good.sentences:
                return good
            findings = [str(finding) for finding in lint(draft, story, brief)]
            reasons.append(Rejected(f"{name}: {'; '.join(findings) or 'it has nothing to say'}"))
    return reasons


def proven(draft: Draft, story: Story, brief: Brief) -> Draft:
    """Return what of *draft* may air: each sentence and each overlay must pass by itself. Pure."""
    bare = draft.model_copy(update={"sentences": (), "overlays": ()})
    sentences = [
        one for one in draft.sentences if not lint(bare.model_copy(update={"sentences": (one,)}), story, brief)
    ]
    overlays = [
        one for one in draft.overlays if not lint(bare.model_copy(update={"overlays": (one,)}), story, brief)
    ]
    return bare.model_copy(update={"sentences": tuple(sentences), "overlays": tuple(overlays)})
