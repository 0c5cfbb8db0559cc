"""`broadcast slack channels`: where the bot can post."""

import json
from typing import Any

import pytest

from broadcast.cli import main
from broadcast.testing import Slack
from broadcast.testing.slack import Channel


def listed(monkeypatch: pytest.MonkeyPatch, slack: Slack, *arguments: str) -> int:
    monkeypatch.setenv("SLACK_BOT_TOKEN", slack.token)
    monkeypatch.setenv("SLACK_BASE_URL", slack.base.rstrip("/"))
    return main(["slack", "channels", *arguments])


def test_channels_are_listed_those_of_the_bot_first(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    with Slack(channels={"C1": "zebra"}) as slack:
        slack.space.channels["C2"] = Channel("C2", "apple", member=False)
        slack.space.channels["C3"] = Channel("C3", "old", archived=True)
        slack.space.channels["C4"] = Channel("C4", "board", private=True)

        assert 0 == listed(monkeypatch, slack, "--json")

    rows = json.loads(capsys.readouterr().out)
    assert [("C4", True, True), ("C1", False, True), ("C2", False, False)] == [
        (row["channel"], row["private"], row["member"]) for row in rows
    ]


def test_a_long_list_is_read_page_by_page_and_cut_with_a_word(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    with Slack(channels={f"C{number}": f"room-{number:03}" for number in range(450)}) as slack:
        assert 0 == listed(monkeypatch, slack, "--limit", "430")
        assert 3 == slack.calls["conversations.list"]

    said = capsys.readouterr()
    assert 430 == len(said.out.splitlines())
    assert "C0            public   in it  #room-000" == said.out.splitlines()[0]
    assert "there are more channels than these 430" in said.err


def test_without_the_scope_private_channels_are_left_out_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    with Slack(scopes=("channels:read",)) as slack:
        assert 0 == listed(monkeypatch, slack)

    said = capsys.readouterr()
    assert "#general" in said.out
    assert "private channels are left out: they take the scope groups:read" in said.err


def test_what_is_wrong_is_a_plain_sentence(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    assert 2 == main(["slack", "channels"])
    assert "SLACK_BOT_TOKEN: is not set; get one at https://api.slack.com/apps" in capsys.readouterr().err
    with Slack() as slack:
        slack.scopes = set()
        assert 0 != listed(monkeypatch, slack)
        said = capsys.readouterr().err

    assert "add the scope channels:read" in said
    assert slack.token not in said
