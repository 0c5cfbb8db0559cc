"""Text and a link through Apprise: sent once, or held, because it cannot tell."""

import json
import logging
from pathlib import Path

import pytest
from pydantic import ValidationError

from broadcast.channels import apprise
from broadcast.channels.apprise import Apprise
from broadcast.errors import Refused, Unconfirmed
from broadcast.plugins import find
from broadcast.testing import Bench
from broadcast.testing.wire import Host, Raw, Reply, Request
from broadcast.types import Post
from tests.posts import a_post, a_video

# Its hundred services import what they like.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LINK = "https://news.example.com/v.mp4"


class Hook(Host):
    """Takes what Apprise's own JSON format sends."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[dict[str, str]] = []
        self.status, self.drop = 200, False

    async def respond(self, request: Request) -> Reply | Raw:
        self.got.append(json.loads(request.read()))
        return Raw() if self.drop else Reply(self.status)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return a_post(a_video(tmp_path / "a", url=LINK), heading="<b> & Monday", caption="• Ferries\n• Rents <i>")


def a_channel(hook: Hook, options: str = "") -> Apprise:
    return Apprise.model_validate({"to": {"desk": f"json://user:hunter2@127.0.0.1:{hook.port}/x{options}"}})


async def send(channel: Apprise, bench: Bench, post: Post) -> None:
    async with bench.tools() as tools:
        (to,) = await channel.destinations(tools)
        await channel.ladder()[0](tools, post, to)


async def test_text_and_link_arrive_as_they_are(bench: Bench, post: Post) -> None:
    with Hook() as hook:
        await send(a_channel(hook), bench, post)
    (got,) = hook.got
    assert "<b> & Monday" == got["title"]
    assert f"• Ferries\n• Rents <i>\n\n{LINK}\n\nMade by a machine." == got["message"].replace("\r\n", "\n")


@pytest.mark.parametrize("options", ["", "?retry=3", "?optional=yes", "?retry=2&wait=0.1&optional=yes"])
@pytest.mark.parametrize("status", [500, 403, 0])
async def test_a_failure_is_held_and_never_repeated(bench: Bench, post: Post, options: str, status: int) -> None:
    with Hook() as hook:
        hook.status, hook.drop = status or 200, not status
        with pytest.raises(Unconfirmed, match="does not say whether desk got it") as caught:
            await send(a_channel(hook, options), bench, post)
    assert 1 == len(hook.got)
    assert "hunter2" not in str(caught.value)


async def test_a_long_caption_leaves_room_for_the_link(bench: Bench, post: Post) -> None:
    with Hook() as hook:
        await send(a_channel(hook), bench, post.model_copy(update={"caption": "ข่าว " * 1000}))
    assert len(hook.got[0]["message"]) <= apprise.TEXT + 2
    assert LINK in hook.got[0]["message"]


async def test_an_address_that_apprise_does_not_know_is_refused_without_being_shown(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bad, good = "nonsense://hunter2", "json://127.0.0.1"
    async with bench.tools() as tools:
        with pytest.raises(Refused, match="the address of desk is none that Apprise knows") as caught:
            await Apprise.model_validate({"to": {"desk": bad}}).preflight(tools)
        refused = await Apprise.model_validate({"to": {"desk": bad, "web": good}}).preflight(tools)
    assert ["desk"] == list(refused)
    assert "hunter2" not in str(caught.value) + caplog.text


async def test_a_plain_message_arrives(bench: Bench) -> None:
    with Hook() as hook:
        async with bench.tools() as tools:
            await a_channel(hook).say(tools, "desk", "The show failed")
    assert "The show failed" == hook.got[0]["message"]


def test_nobody_to_send_to_is_an_error() -> None:
    with pytest.raises(ValidationError):
        Apprise.model_validate({"to": {}})


def test_it_is_found_by_its_name() -> None:
    assert find("channels", "apprise") is Apprise
