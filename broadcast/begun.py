"""What a run remembers of the call that began it, and whether another call may go on with it. Pure."""

from dataclasses import replace

from pydantic import BaseModel

from .desk import Wish
from .types import Story


class Begun(BaseModel):
    """What a run remembers of the call that began it: whoever goes on with it airs the same."""

    stories: tuple[Story, ...] | None = None
    channels: frozenset[str] | None = None
    fields: dict[str, str] | None = None


def options(wish: Wish) -> str:
    """Return what a run that *wish* begins must remember of it."""
    begun = Begun(
        stories=wish.stories, channels=wish.channels, fields=dict(wish.fields) if wish.fields is not None else None
    )
    return begun.model_dump_json() if begun != Begun() else ""


def at_odds(options: str, wish: Wish) -> str:
    """Return what a run was begun with that this call cannot ask otherwise for, in words."""
    begun = Begun.model_validate_json(options) if options else Begun()
    if wish.stories is not None and begun.stories != wish.stories:
        titles = ", ".join(repr(story.title) for story in begun.stories or ())
        return f"with the story {titles}" if titles else "without a story of the caller's"
    if wish.channels and begun.channels and not wish.channels <= begun.channels:
        return f"for {', '.join(sorted(begun.channels))} only"
    return ""


def begun_with(options: str, wish: Wish) -> Wish:
    """Return *wish* with what the run was begun with."""
    begun = Begun.model_validate_json(options) if options else Begun()
    channels = wish.channels if wish.channels is not None else begun.channels
    of = begun.channels if begun.channels is not None else wish.of
    return replace(wish, stories=begun.stories, channels=channels, of=of, fields=begun.fields)
