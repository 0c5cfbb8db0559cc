"""Slack, on a real socket: one upload for all channels, words that fit, and what is said when it cannot be."""

import logging
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from slacks import Stage, receipts, slack_town, stage

from broadcast.errors import ConfigError, Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.reporting import exit_code
from broadcast.slack import words
from broadcast.testing import FakeClock
from broadcast.testing.slack import Slack
from broadcast.types import Destination

TWO = {"C1": "general", "C2": "random"}
THREE = {**TWO, "C3": "ops"}
HOSTILE = "<b>&\"' <!channel> <https://evil.example|Click> *bold* _it_ ~no~ `code` @everyone #general"


def destination(ref: str, url: str | None = None) -> Destination:
    return Destination(to="C1", item="deliver/main/slack/C1", status="sent", rung="file", ref=ref, url=url)


# --- one upload


async def test_three_channels_get_one_upload_by_one_call_and_a_receipt_each(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, channels=THREE, share_after=7.0) as slack:
        report = await slack_town(tmp_path, slack, channel=["C1", "C2", "C3"]).air(clock=clock)

        assert "aired" == report.status, described(report)
        assert [1, 1, 1] == [
            slack.calls[one] for one in ("files.getUploadURLExternal", "upload", "files.completeUploadExternal")
        ]
        for to, one in receipts(report).items():
            [message] = slack.shown(to)
            assert (one.ref, one.rung) == (message.ts, "file")
            assert message.file
            assert message.file in (one.url or "")
        assert [] == slack.refused


async def test_a_channel_that_is_closed_costs_the_others_nothing(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, channels=THREE) as slack:
        town = slack_town(tmp_path, slack, channel=["C1", "C2", "C3"])
        slack.space.channels["C2"].archived = True

        report = await town.air(clock=clock)
        became = receipts(report)

        assert ("partial", 5) == (report.status, exit_code(report)), described(report)
        assert ["sent", "failed", "sent"] == [became[to].status for to in ("C1", "C2", "C3")]
        assert "archived: restore it" in str(became["C2"].error)
        assert (1, 0, 1) == tuple(len(slack.shown(to)) for to in ("C1", "C2", "C3"))
        assert 1 == slack.calls["upload"]

        slack.space.channels["C2"].archived = False
        again = await town.air(report.slot, clock=clock)

        assert "aired" == again.status, described(again)
        assert (1, 1, 1) == tuple(len(slack.shown(to)) for to in ("C1", "C2", "C3"))


async def test_what_one_call_leaves_open_is_open_for_each_channel_and_asked_again_only_once(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, channels=TWO, share_after=None) as slack:
        town = slack_town(tmp_path, slack, channel=["C1", "C2"])
        slack.fault("files.completeUploadExternal", "drop", after_effect=True)

        report = await town.air(clock=clock)

        assert {"unconfirmed"} == {one.status for one in receipts(report).values()}, described(report)
        for message in slack.space.messages:  # at last Slack shows them
            message.at = clock.now()
        again = await town.air(report.slot, clock=clock)

        assert "aired" == again.status, described(again)
        assert (1, 1) == (len(slack.shown("C1")), len(slack.shown("C2")))
        assert 1 == slack.calls["upload"]


async def test_taken_and_not_shown_in_time_is_sent_with_a_note(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, share_after=120.0) as slack:
        report = await slack_town(tmp_path, slack).air(clock=clock)
        [one] = receipts(report).values()

        assert ("sent", "file") == (one.status, one.rung)
        assert one.ref.startswith("F")
        assert "does not show it in C1 yet" in one.missed[0]
        clock.forward(120)
        assert 1 == len(slack.shown())


async def test_without_files_read_it_is_sent_all_the_same(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, scopes=("chat:write", "files:write")) as slack:
        report = await slack_town(tmp_path, slack).air(clock=clock)
        [one] = receipts(report).values()

        assert "aired" == report.status
        assert "add the scope files:read" in one.missed[0]


@pytest.mark.parametrize(("after", "second"), [(True, "unconfirmed"), (False, "sent")])
async def test_a_channel_that_a_person_settled_as_not_sent_goes_alone(
    tmp_path: Path, after: bool, second: str
) -> None:
    """The call that was not answered may still be made for the other, and may not bring it to the first again."""
    async with stage(tmp_path, channels=TWO, share_after=None, channel={"channel": ["C1", "C2"]}) as it:
        it.slack.fault("files.completeUploadExternal", "drop", after_effect=after)
        async with it.tools() as tools:
            with pytest.raises(Unconfirmed):
                await it.channel.file(tools, it.post, "C1")
        it.kept.clear()  # settled: the row is gone
        it.slack.space.share_after = 0.0

        async with it.tools() as tools:
            await it.channel.file(tools, it.post, "C1")
        assert (1, 0) == (len(it.slack.shown("C1")), len(it.slack.shown("C2")))

        it.kept.clear()  # the other's own row
        async with it.tools() as tools:
            try:
                await it.channel.file(tools, it.post, "C2")
                became = "sent"
            except Unconfirmed:
                became = "unconfirmed"
        assert (1, second) == (len(it.slack.shown("C1")), became)


# --- words


async def test_a_link_is_posted_where_files_are_not_taken(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, scopes=("chat:write",)) as slack:
        town = slack_town(tmp_path, slack)
        town.tree["publish"] = {"use": "folder", "path": str(tmp_path / "site"), "url": "https://news.example/tv"}

        report = await town.air(clock=clock)
        [one], [message] = receipts(report).values(), slack.shown()

        assert ("sent", "link", message.ts) == (one.status, one.rung, one.ref), described(report)
        assert "add the scope files:write" in one.missed[0]
        assert one.url
        assert "<https://news.example/tv/" in message.text
        assert ["header", "section", "section", "context"] == [block["type"] for block in message.blocks]
        assert "<https://news.example/tv/" in message.blocks[2]["text"]["text"]


async def test_without_a_lasting_address_the_message_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        await it.channel.link(tools, it.post, "C1")

        [message] = it.slack.shown()
        assert "no lasting address" in message.text
        assert "no lasting address" in message.blocks[-2]["text"]["text"]


@pytest.mark.parametrize(
    "caption", [HOSTILE, "ข่าว" * 1250, "& " * 3000, "&" * 5000, "a " * 4000, "", "<" * 2999 + "word"]
)
async def test_words_of_any_kind_are_escaped_and_fit(tmp_path: Path, caption: str) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        video = it.post.video.model_copy(update={"page": "https://news.example/a|b>c?x=1&y=<2>"})
        long = {"caption": caption, "heading": HOSTILE * 3, "title": HOSTILE * 2, "disclosure": HOSTILE * 20}
        post = it.post.model_copy(update={**long, "video": video})

        await it.channel.file(tools, post, "C1")
        await it.channel.link(tools, post, "C1")
        await it.channel.say(tools, "C1", caption or "hello")

        assert 3 == len(it.slack.shown())
        assert [] == it.slack.refused
        assert len(words.comment(post)) <= words.TEXT
        assert "<!channel>" not in words.comment(post)
        assert words.comment(post).count("<https://news.example/a%7Cb%3Ec?x=1&amp;y=%3C2%3E|") == 1


async def test_it_replies_in_a_thread(tmp_path: Path) -> None:
    async with stage(tmp_path, channel={"thread": "1700000000.000100"}) as it, it.tools() as tools:
        await it.channel.file(tools, it.post, "C1")
        await it.channel.link(tools, it.post, "C1")

        assert ["1700000000.000100"] * 2 == [one.thread for one in it.slack.shown()]


# --- what became of it


@pytest.mark.parametrize("thread", [None, "1700000000.000100"])
async def test_a_message_whose_answer_never_came_is_found_by_its_mark(tmp_path: Path, thread: str | None) -> None:
    async with stage(tmp_path, channel={"thread": thread}) as it:
        begun = it.clock.now()
        it.slack.fault("chat.postMessage", "drop", after_effect=True)
        for number in range(450):  # others talk, too
            async with it.tools() as tools:
                if number == 3:
                    with pytest.raises(Unconfirmed):
                        await it.channel.link(tools, it.post, "C1")
            it.slack.space.messages.append(_chatter(it.slack, it.clock, thread))
        it.kept["rung"] = "link"

        async with it.tools() as tools:
            sent = await it.channel.reconcile(tools, it.post, "C1", begun)

        assert sent
        assert sent.ref == next(one.ts for one in it.slack.shown() if one.metadata)


def _chatter(slack: Slack, clock: FakeClock, thread: str | None) -> Any:
    from broadcast.testing.slack import Message

    return Message("C1", slack.space.stamp(clock.now()), "hello", thread=thread, at=clock.now())


async def test_without_the_scope_to_read_nobody_can_tell(tmp_path: Path) -> None:
    async with stage(tmp_path, scopes=("chat:write",)) as it:
        it.kept["rung"] = "link"
        async with it.tools() as tools:
            with pytest.raises(Unconfirmed, match="add the scope channels:history"):
                await it.channel.reconcile(tools, it.post, "C1", it.clock.now())


# --- taken back


@pytest.mark.parametrize("rung", ["file", "link"])
async def test_a_post_is_deleted_and_so_is_its_file(tmp_path: Path, rung: str) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        sent = await getattr(it.channel, rung)(tools, it.post, "C1")

        taken = await it.channel.retract(tools, "C1", destination(sent.ref), "")
        again = await it.channel.retract(tools, "C1", destination(sent.ref), "")

        assert ("deleted", "deleted") == (taken.rung, again.rung)
        assert [] == it.slack.shown()
        assert all(file.deleted for file in it.slack.space.files.values())


async def test_a_file_that_was_not_to_be_seen_yet_is_deleted_with_its_message(tmp_path: Path) -> None:
    async with stage(tmp_path, share_after=60.0) as it, it.tools() as tools:
        sent = await it.channel.file(tools, it.post, "C1")
        it.clock.forward(60)
        assert 1 == len(it.slack.shown())

        assert "deleted" == (await it.channel.retract(tools, "C1", destination(sent.ref), "")).rung
        assert [] == it.slack.shown()


@pytest.mark.parametrize(("update", "rung", "texts"), [(False, "edited", ["Wrong."]), (True, "followed up", 2)])
async def test_what_cannot_be_deleted_is_edited_or_followed_up(
    tmp_path: Path, update: bool, rung: str, texts: Any
) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        sent = await it.channel.link(tools, it.post, "C1")
        it.slack.fault("chat.delete", "cant_delete_message")
        if update:
            it.slack.fault("chat.update", "edit_window_closed")

        taken = await it.channel.retract(tools, "C1", destination(sent.ref), "Wrong.")

        assert rung == taken.rung
        shown = it.slack.shown()
        assert texts in ([one.text for one in shown], len(shown))
        assert not update or ("Wrong.", sent.ref) == (shown[-1].text, shown[-1].thread)


# --- refused, in words that help


@pytest.mark.parametrize(
    ("trouble", "said"),
    [
        ("token", "invalid_auth: check SLACK_BOT_TOKEN"),
        ("unknown", "no such channel, or it is private and the bot is not in it"),
        ("archived", "archived: restore it, or name another"),
        ("kicked", "write `/invite @herald` there"),
        ("scope", "lacks chat:write: add it under OAuth & Permissions"),
    ],
)
async def test_what_is_wrong_is_said_before_anything_is_paid(tmp_path: Path, trouble: str, said: str) -> None:
    clock = FakeClock()
    async with Slack(clock=clock) as slack:
        town = slack_town(tmp_path, slack, **({"token": "xoxb-wrong-token"} if trouble == "token" else {}))
        town.tree["channels"]["other"] = town.of("Chat")
        match trouble:
            case "unknown":
                town.tree["channels"]["slack"]["channel"] = "C404"
            case "archived":
                slack.space.channels["C1"].archived = True
            case "kicked":
                slack.space.channels["C1"].member = False
            case "scope":
                slack.scopes = {"files:write"}

        report = await town.air(clock=clock)

        assert "partial" == report.status
        failed, other = sorted(report.editions[0].receipts, key=lambda one: one.channel, reverse=True)
        assert ("failed", "Refused", "sent") == (failed.status, failed.kind, other.status)
        assert said in str(failed.error), failed.error
        assert "xoxb-wrong" not in described(report)
        assert slack.token not in described(report)
        assert 0 == slack.calls["upload"]


@pytest.mark.parametrize("what", ["missing_scope", "method_not_supported_for_channel_type", "unknown_method"])
async def test_a_channel_of_which_nothing_can_be_read_is_tried(tmp_path: Path, what: str) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        it.slack.fault("conversations.info", what)

        assert {} == await it.channel.preflight(tools)


async def test_a_public_channel_needs_no_membership_where_the_scope_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, scopes=("chat:write", "chat:write.public", "channels:read", "files:write")) as it:
        it.slack.space.channels["C1"].member = False
        async with it.tools() as tools:
            assert {} == await it.channel.preflight(tools)
            with pytest.raises(Rejected, match="not_in_channel"):
                await it.channel.file(tools, it.post, "C1")
            await it.channel.link(tools, it.post, "C1")

        assert 1 == len(it.slack.shown())


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"channel": "#general"}, "'#general' is a name: write the id, as C0123456789"),
        ({"channel": "general"}, "is a name: write the id"),
        ({"channel": []}, "at least 1 item"),
        ({"channel": ["C1", "C2"], "thread": "1.2"}, "a thread belongs to one channel"),
        ({"thread": 1700000000.0001}, "put it in quotes"),
        ({"chanel": "C1"}, "did you mean `channel`?"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, fields: dict[str, Any], said: str) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"slack": {"use": "slack", "token": "xoxb-1", "channel": "C1", **fields}}

    with pytest.raises(ConfigError) as caught:
        town.show()

    assert said in str(caught.value)


def test_without_a_token_it_says_where_there_is_one(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"slack": {"use": "slack", "channel": "C1"}}

    with pytest.raises(ConfigError, match=r"SLACK_BOT_TOKEN is not set; get one at https://api\.slack\.com/apps"):
        town.show()


@pytest.mark.parametrize(
    ("what", "error", "said"),
    [
        (404, Rejected, "check SLACK_BASE_URL"),
        (503, Unconfirmed, "answered 503"),
        ("garbage", Unconfirmed, "nobody can read"),
        ("fatal_error", Unconfirmed, "fatal_error"),
        (429, Unavailable, "too many requests"),
        ("msg_too_long", Rejected, "msg_too_long"),
        ("token_revoked", Refused, "install the app again"),
        ("is_archived", Refused, "restore it"),
        ("new_word_of_theirs", Rejected, "new_word_of_theirs"),
        ("<script> with? words & https://x.example/?a=b", Rejected, "scriptwithwords"),
    ],
)
async def test_an_answer_is_named_for_what_to_do_next(
    tmp_path: Path, what: str | int, error: type[StageError], said: str
) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        it.slack.fault("chat.postMessage", what, retry_after=7)

        with pytest.raises(error) as caught:
            await it.channel.say(tools, "C1", "hello")

    assert said in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)
    if isinstance(caught.value, Unavailable):
        assert 7.0 == caught.value.retry_after


async def test_nobody_listening_means_that_nothing_was_said(tmp_path: Path) -> None:
    async with stage(tmp_path, channel={"base": "http://127.0.0.1:9/api"}) as it, it.tools() as tools:
        with pytest.raises(Unavailable):
            await it.channel.say(tools, "C1", "hello")


async def test_too_large_a_file_is_not_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadcast.slack.files.LIMIT", 3)
    async with stage(tmp_path) as it, it.tools() as tools:
        with pytest.raises(Rejected, match="Slack takes"):
            await it.channel.file(tools, it.post, "C1")
        assert 0 == slack_calls(it.slack)


async def test_a_workspace_that_takes_less_says_so_and_the_link_follows(tmp_path: Path) -> None:
    clock = FakeClock()
    async with Slack(clock=clock, size_limit=10) as slack:
        report = await slack_town(tmp_path, slack).air(clock=clock)
        [one] = receipts(report).values()

        assert ("sent", "link") == (one.status, one.rung)
        assert "larger than the workspace takes" in one.missed[0]


def slack_calls(slack: Slack) -> int:
    return slack.calls.total()


async def test_a_file_that_is_gone_from_the_archive_is_said_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as it, it.tools() as tools:
        it.post.video.path.unlink()
        with pytest.raises(Rejected, match="gone from the archive"):
            await it.channel.file(tools, it.post, "C1")


# --- quietly, and in little memory


async def test_the_log_of_a_whole_run_holds_no_token(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    with caplog.at_level(logging.DEBUG):
        async with Slack(clock=clock) as slack:
            slack.fault("files.completeUploadExternal", 500, after_effect=True)
            report = await slack_town(tmp_path, slack).air(clock=clock)
            await slack_town(tmp_path, slack).air(report.slot, clock=clock)

            assert slack.token not in caplog.text
            assert "/upload/v1/" not in caplog.text
            assert slack.token not in described(report)


async def test_a_large_file_is_not_held_in_memory(tmp_path: Path) -> None:
    clock = FakeClock()
    with Slack(clock=clock) as slack:
        it = Stage(tmp_path, slack, clock)
        async with it.tools() as tools:
            with it.post.video.path.open("wb") as file:
                file.truncate(12_000_000)
            await it.channel.preflight(tools)
            tracemalloc.start()
            try:
                await it.channel.file(tools, it.post, "C1")
                _, peak = tracemalloc.get_traced_memory()
            finally:
                tracemalloc.stop()

        assert 1 == len(slack.shown())
    # The server's own share, in its thread, is in it: it holds no more than a chunk and a spool of a megabyte.
    assert peak < 8_000_000
