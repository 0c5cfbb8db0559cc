"""Whatever goes wrong at Slack: nobody sees a message twice, and what is called sent is there."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from slacks import NO_FILES, receipts, slack_town

from broadcast.testing import FakeClock
from broadcast.testing.slack import Slack

#: Where something goes wrong while a file is shared, or a link is posted because files are not taken.
PLACES = {
    "file": ("files.getUploadURLExternal", "upload", "files.completeUploadExternal", "files.info"),
    "link": ("chat.postMessage", "chat.getPermalink", "conversations.history"),
}
#: What goes wrong, and whether that is after the deed was done.
FAULTS: tuple[tuple[str | int, bool], ...] = (
    ("drop", False), ("drop", True), ("reset", True), ("hang", False), ("hang", True), (429, False), (500, False),
    (500, True), (503, True), (413, False), (404, False), ("garbage", True), ("blank", True),
    ("ratelimited", False), ("internal_error", False), ("internal_error", True), ("not_in_channel", False),
    ("invalid_auth", False),
)  # fmt: skip
EARLY: tuple[tuple[str | int, bool], ...] = (("early-413", False), ("cut", False))


def cases() -> Iterator[tuple[str, str, str | int, bool, int | None, int]]:
    for rung, places in PLACES.items():
        for place in places:
            faults = (*FAULTS[:-5], *EARLY) if place == "upload" else FAULTS
            for what, after in faults if place != "chat.getPermalink" else FAULTS[::4]:  # it changes nothing
                for times in (1, None) if what in ("drop", 413, 429, "internal_error") else (1,):
                    yield rung, place, what, after, times, 2 if rung == "file" and times == 1 else 1


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder where a run is done but for its delivery."""
    folder = tmp_path_factory.mktemp("rendered")
    town = Town(folder)
    asyncio.run(town.air(until="video", clock=FakeClock()))
    return folder


def resumed(rendered: Path, folder: Path, slack: Slack, **fields: Any) -> Town:
    shutil.copytree(rendered, folder, dirs_exist_ok=True)
    return slack_town(folder, slack, **fields)


@pytest.mark.parametrize(("rung", "place", "what", "after", "times", "many"), list(cases()))
async def test_whatever_goes_wrong_nobody_sees_it_twice_and_what_is_called_sent_is_there(
    rendered: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    rung: str,
    place: str,
    what: str | int,
    after: bool,
    times: int | None,
    many: int,
) -> None:
    if what == "hang":
        monkeypatch.setattr("broadcast.slack.client.SECONDS", 3.0)
        monkeypatch.setattr("broadcast.slack.files.SECONDS", 3.0)
    clock, names = FakeClock(), {"C1": "general", "C2": "random"}
    scopes = {"scopes": NO_FILES} if rung == "link" else {}
    async with Slack(clock=clock, channels=names, share_after=3.0, **scopes) as slack:  # type: ignore[arg-type]
        town = resumed(rendered, tmp_path, slack, channel=["C1", "C2"][:many])
        if place == "conversations.history":  # only asked where an answer is missing
            slack.fault("chat.postMessage", "drop", after_effect=True)
        trouble = slack.fault(place, what, after_effect=after, times=times)

        for attempt in range(3):
            report = await town.air(FakeClock().now(), clock=clock)
            clock.forward(60)
            for to, one in receipts(report).items():
                seen = len(slack.shown(to))
                assert seen <= 1, described(report)
                expected = {"sent": {1}, "failed": {0}, "unconfirmed": {0, 1}}
                assert seen in expected[one.status], (attempt, described(report))
            trouble.times = 0
            if report.status == "aired":
                break

        for to, one in receipts(report).items():
            held = one.status == "unconfirmed"
            assert one.status == "sent" or (held and place == "conversations.history"), (to, described(report))


def test_the_number_of_cases(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nslack: {len(list(cases()))} cases of the matrix")
