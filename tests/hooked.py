"""Webhook channels before webhooks of our own: one table of what may go wrong, one way to deliver."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from airing import Town, described
from slacks import receipts

from broadcast.errors import StageError
from broadcast.testing import FakeClock
from broadcast.testing.hooks import Hook
from broadcast.types import Destination

HOSTILE = "<b>&\"' <!channel> <@123> @everyone [free](https://evil.example) **bold** _it_ `code` ||spoiler||"
#: What goes wrong, whether that is after the effect, and what becomes of the only message.
TROUBLES: tuple[tuple[str | int, bool, str], ...] = (
    ("drop", False, "unconfirmed"), ("drop", True, "unconfirmed"), ("reset", True, "unconfirmed"),
    ("hang", False, "unconfirmed"), ("hang", True, "unconfirmed"), (500, False, "unconfirmed"),
    (502, True, "unconfirmed"), (429, False, "sent"), (413, False, "failed"), (400, False, "failed"),
    (401, False, "failed"), (403, False, "failed"), (404, False, "failed"), (410, False, "failed"),
)  # fmt: skip


async def suffer(
    folder: Path, hook: Hook, channel: dict[str, Any], what: str | int, after: bool
) -> tuple[str, str]:
    """Air twice while something goes wrong the first time; return what became of it each time.

    Nobody may see it twice, and what is called sent must be there.
    """
    clock, town = FakeClock(), Town(folder)
    town.tree["channels"] = {"hook": {**channel, "url": hook.url}}
    trouble = hook.fault("post", what, after_effect=after, times=None if what != 429 else 1)
    became = []
    for _ in range(2):
        report = await town.air(FakeClock().now(), clock=clock)
        [one] = receipts(report).values()
        assert len(hook.shown) <= 1, described(report)
        assert len(hook.shown) in {"sent": (1,), "failed": (0,), "unconfirmed": (0, 1)}[one.status], described(
            report
        )
        assert hook.secret not in described(report)
        trouble.times = 0
        became.append(one.status)
    return became[0], became[1]


async def refusal(do: Callable[[], Any]) -> StageError:
    """Return the error that *do* ends with."""
    try:
        await do()
    except StageError as error:
        return error
    raise AssertionError("nothing was refused")


def gone(ref: str) -> Destination:
    return Destination(to="webhook", item="deliver/main/hook/webhook", status="sent", rung="link", ref=ref)
