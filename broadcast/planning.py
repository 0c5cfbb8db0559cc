"""What a rehearsed edition would be made with: by which renderer, told what, at which price. Pure."""

from .journal.run import Run
from .page.preview import Planned
from .pipeline import place
from .plugins import Prompts
from .show import Edition, Show
from .types import Written


def planned(show: Show, edition: Edition, written: Written, run: Run) -> Planned:
    """Return how *edition* would be made by the first of its renderers. Pure."""
    way = edition.ways[0]
    order = place(show, edition, written, run).model_copy(update={"orientation": way.orientation})
    return Planned(
        name=edition.name,
        asked=edition.seconds,
        written=written,
        renderer=way.name,
        prompt=way.renderer.prompt(order) if isinstance(way.renderer, Prompts) else None,
        usd=way.renderer.estimate(order)
        if hasattr(way.renderer, "estimate")
        else 0.0
        if way.renderer.repeatable
        else None,
    )
