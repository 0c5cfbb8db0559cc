"""Our Slack, held to what the real one is known to do, and stricter."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
import pytest

from broadcast.testing import FakeClock, Slack
from broadcast.testing.slack import Channel

HEADER = {"type": "header", "text": {"type": "plain_text", "text": "a"}}
LONG = {"type": "header", "text": {"type": "plain_text", "text": "a" * 151}}


class Client:
    """Asks with the right token, and without."""

    def __init__(self, slack: Slack, http: httpx.AsyncClient, clock: FakeClock) -> None:
        self.slack, self.http, self.clock = slack, http, clock

    async def call(self, method: str, **arguments: Any) -> Any:
        token = {"authorization": f"Bearer {self.slack.token}"}
        return (await self.http.post(self.slack.base + method, json=arguments, headers=token)).json()

    async def refusal(self, method: str, **arguments: Any) -> str:
        answer = await self.call(method, **arguments)
        assert answer["ok"] is False, answer
        return str(answer["error"])

    async def uploaded(self, content: bytes = b"moving pictures") -> str:
        ticket = await self.call("files.getUploadURLExternal", filename="a.mp4", length=len(content))
        answer = await self.http.post(ticket["upload_url"], content=content)
        assert f"OK - {len(content)}" == answer.text
        return str(ticket["file_id"])


@asynccontextmanager
async def rehearsal(**options: Any) -> AsyncIterator[Client]:
    clock = FakeClock()
    async with (
        Slack(clock=clock, channels={"C1": "general", "C2": "random"}, **options) as slack,
        httpx.AsyncClient(trust_env=False, timeout=5) as http,
    ):
        slack.space.channels["C9"] = Channel("C9", "secret", private=True, member=False)
        yield Client(slack, http, clock)


async def test_a_file_is_uploaded_shared_and_seen_a_little_later() -> None:
    async with rehearsal(share_after=3.0) as it:
        file = await it.uploaded()
        await it.call("files.completeUploadExternal", files=[{"id": file, "title": "A"}], channels="C1,C2")
        early = (await it.call("files.info", file=file))["file"]["shares"]
        it.clock.forward(3)
        late = (await it.call("files.info", file=file))["file"]["shares"]["public"]

        assert {} == early
        assert {"C1": it.slack.shown("C1")[0].ts, "C2": it.slack.shown("C2")[0].ts} == {
            to: shares[0]["ts"] for to, shares in late.items()
        }


async def test_a_file_is_shared_once_only() -> None:
    async with rehearsal() as it:
        file = await it.uploaded()
        shared = {"files": [{"id": file}], "channel_id": "C1"}

        assert (await it.call("files.completeUploadExternal", **shared))["ok"]
        assert "file_not_found" == await it.refusal("files.completeUploadExternal", **shared)
        assert 1 == len(it.slack.shown())


async def test_nothing_is_shared_before_all_of_its_bytes_came() -> None:
    async with rehearsal() as it:
        ticket = await it.call("files.getUploadURLExternal", filename="a.mp4", length=10)
        answer = await it.http.post(ticket["upload_url"], content=b"short")
        files = [{"id": ticket["file_id"]}]

        assert (400, "length mismatch") == (answer.status_code, answer.text)
        assert "file_not_found" == await it.refusal("files.completeUploadExternal", files=files, channel_id="C1")
        assert "file_not_found" == await it.refusal("files.info", file=ticket["file_id"])


@pytest.mark.parametrize(
    ("method", "arguments", "error"),
    [
        ("chat.postMessage", {"channel": "C404", "text": "a"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C9", "text": "a"}, "channel_not_found"),
        ("chat.postMessage", {"channel": "C1"}, "no_text"),
        ("chat.postMessage", {"channel": "C1", "text": "a" * 4001}, "msg_too_long"),
        ("chat.postMessage", {"channel": "C1", "text": "a < b"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1", "text": "a & b"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1", "text": "<!channel>"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1", "text": "a", "txt": "b"}, "invalid_arguments"),
        ("chat.postMessage", {"channel": "C1", "text": "a", "thread_ts": "12"}, "invalid_thread_ts"),
        ("chat.postMessage", {"channel": "C1", "text": "a", "blocks": [HEADER] * 51}, "invalid_blocks"),
        ("chat.postMessage", {"channel": "C1", "text": "a", "blocks": [LONG]}, "invalid_blocks"),
        ("chat.delete", {"channel": "C1", "ts": "1.000000"}, "message_not_found"),
        ("files.getUploadURLExternal", {"filename": "a.mp4", "length": 0}, "missing_argument"),
        ("files.getUploadURLExternal", {"filename": "a.mp4", "length": 2 * 10**9}, "file_upload_size_restricted"),
        ("files.completeUploadExternal", {"files": [], "channel_id": "C1"}, "invalid_arguments"),
        ("conversations.info", {"channel": "C404"}, "channel_not_found"),
        ("files.upload", {}, "unknown_method"),
    ],
)  # fmt: skip
async def test_what_the_real_one_would_refuse_or_garble_is_refused(
    method: str, arguments: dict[str, Any], error: str
) -> None:
    async with rehearsal() as it:
        assert error == await it.refusal(method, **arguments)
        assert it.slack.refused
        assert [] == it.slack.shown()


async def test_who_has_no_right_is_told_what_is_missing() -> None:
    async with rehearsal(scopes=("files:write",)) as it:
        answer = await it.call("chat.postMessage", channel="C1", text="a")
        url = it.slack.base + "auth.test"
        without = (await it.http.post(url)).json()
        wrong = (await it.http.post(url, headers={"authorization": "Bearer x"})).json()
        leaking = (await it.http.post(f"{url}?token={it.slack.token}")).json()

        assert ("missing_scope", "chat:write") == (answer["error"], answer["needed"])
        assert ["not_authed", "invalid_auth", "invalid_arguments"] == [
            one["error"] for one in (without, wrong, leaking)
        ]


async def test_a_long_query_is_refused_as_servers_do() -> None:
    async with rehearsal() as it:
        answer = await it.http.get(it.slack.base + "files.info?file=" + "F" * 9000)

    assert 414 == answer.status_code


async def test_deleting_a_file_leaves_its_words() -> None:
    async with rehearsal() as it:
        file = await it.uploaded()
        said = {"files": [{"id": file}], "channel_id": "C1", "initial_comment": "hello"}
        await it.call("files.completeUploadExternal", **said)
        await it.call("files.delete", file=file)

        [message] = it.slack.shown()
        assert ("hello", None) == (message.text, message.file)
        assert "file_deleted" == await it.refusal("files.delete", file=file)


@pytest.mark.parametrize(("after", "seen"), [(False, 0), (True, 1)])
@pytest.mark.parametrize("what", ["drop", "reset", "garbage", "blank", 500, 429, "fatal_error"])
async def test_it_misbehaves_before_the_effect_or_after_it(what: str | int, after: bool, seen: int) -> None:
    async with rehearsal() as it:
        trouble = it.slack.fault("chat.postMessage", what, after_effect=after)
        with suppress(httpx.HTTPError, ValueError):
            await it.call("chat.postMessage", channel="C1", text="a")

        assert (1, seen) == (trouble.struck, len(it.slack.shown()))
        assert (await it.call("chat.postMessage", channel="C1", text="a"))["ok"]


@pytest.mark.parametrize("what", ["early-413", "cut"])
async def test_an_upload_is_refused_before_all_of_it_came(what: str) -> None:
    async with rehearsal() as it:
        it.slack.fault("upload", what)
        ticket = await it.call("files.getUploadURLExternal", filename="a.mp4", length=30_000_000)
        with pytest.raises(httpx.TransportError):
            await it.http.post(ticket["upload_url"], content=b"x" * 30_000_000)


def test_a_fault_at_no_method_is_a_slip() -> None:
    with pytest.raises(ValueError, match=r"'chat.post' is not one of upload"):
        Slack().fault("chat.post", "drop")
