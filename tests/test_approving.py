"""`broadcast approve`: answers what a run asks; an edited script is proven by its sources before it is accepted."""

import getpass
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from airing import Town

from broadcast.cli import main
from broadcast.scripting import editing
from broadcast.testing.slack import Slack
from broadcast.types import Report

SLOT = "2026-11-23T17:00:00Z"
RUN = f"town@{SLOT}"

Call = Callable[..., tuple[int, Any]]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    one = Town(tmp_path)
    one.tree["approval"] = {"script": True, "wait": "8760h"}
    one.file()
    for name, value in (("DATA_DIR", "data"), ("CONFIG_DIR", "config")):
        monkeypatch.setenv(f"BROADCAST_{name}", str(tmp_path / value))
    return one


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def run(*arguments: str) -> tuple[int, Any]:
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return run


def air(call: Call) -> tuple[int, Report]:
    code, data = call("run", "town", "--slot", SLOT)
    return code, Report.model_validate(data)


def test_without_a_daemon_it_asks_and_the_next_run_reads_the_answer(town: Town, call: Call) -> None:
    code, report = air(call)
    assert (4, "unfinished") == (code, report.status)
    assert f"broadcast approve {RUN} --script (or --reject)" in str(report.error)

    code, said = call("approve", RUN, "--note", "fine")
    expected = {"run": RUN, "gate": "script/main", "verdict": "approved", "who": getpass.getuser(),
                "next": f"broadcast run town --slot {SLOT}", "edited": False}  # fmt: skip
    assert (0, expected) == (code, said)
    code, report = air(call)
    assert (0, "aired") == (code, report.status)
    assert 1 == len(town.lines("pay"))


def test_what_is_rejected_is_closed_and_makes_room_for_another_run(town: Town, call: Call) -> None:
    air(call)
    assert "rejected" == call("approve", RUN, "--reject", "--note", "too thin")[1]["verdict"]
    code, report = air(call)
    assert (1, True) == (code, "too thin" in str(report.error))
    code, again = call("run", "town")
    assert again["run"] != RUN, "a fresh run, and not the rejected one again"
    assert 4 == code


def test_a_second_answer_is_told_who_was_first(town: Town, call: Call) -> None:
    air(call)
    assert 0 == call("approve", RUN)[0]
    code, said = call("approve", RUN, "--reject")
    assert (2, f"{getpass.getuser()} was first: the script was approved.") == (code, said["error"])


def test_only_the_named_may_answer_here_too(town: Town, call: Call) -> None:
    town.tree["approval"]["by"] = ["ann", "@ben"]
    town.file()
    air(call)
    code, said = call("approve", RUN)
    assert 2 == code
    assert f"{getpass.getuser()} is not among those who may answer: ann, @ben" in said["error"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("town@2020-01-01T00:00:00Z",), "there is no run"),
        (("nowhere@2020-01-01T00:00:00Z",), "nowhere"),
        ((RUN, "--video"), "asks for no answer of that kind"),
        ((RUN, "--edition", "de"), "asks for no answer of that kind"),
        ((RUN, "--video", "--edit", "x"), "is rendered already"),
        ((RUN, "--write", "x", "--note", "y"), "--write gives none"),
        ((RUN, "--edit", "missing.txt"), "missing.txt: cannot be read"),
        ((RUN, "--write", "no/such/folder"), "cannot be written"),
    ],
)
def test_what_cannot_be_answered_says_why(town: Town, call: Call, arguments: tuple[str, ...], says: str) -> None:
    air(call)
    code, said = call("approve", *arguments)
    assert (2, True) == (code, says in said["error"]), said


def edit(town: Town, call: Call, change: Callable[[str], str]) -> tuple[int, Any]:
    file = town.folder / "script.txt"
    assert 0 == call("approve", RUN, "--write", str(file))[0]
    file.write_text(change(file.read_text()))
    return call("approve", RUN, "--edit", str(file))


def test_a_sentence_is_taken_out_and_the_rest_airs(town: Town, call: Call) -> None:
    air(call)
    file = town.folder / "script.txt"
    call("approve", RUN, "--write", str(file))
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    gone = lines[2]
    code, said = edit(town, call, lambda text: text.replace(f"{gone}\n", ""))
    assert (0, True) == (code, said["edited"]), said
    code, report = air(call)
    assert "aired" == report.status, report.error
    assert any("approved, as edited" in note for note in report.editions[0].notes)
    assert report.editions[0].script
    assert report.editions[0].script.seconds < 38


def test_a_story_that_is_left_out_is_not_told(town: Town, call: Call) -> None:
    town.tree |= {"stories": 3, "seconds": 45}
    town.file()
    _, first = air(call)
    assert 3 == len(first.stories)

    def change(text: str) -> str:
        opening, one, _, three, closing = text.removeprefix(editing.HELP).split("\n\n")
        return "\n\n".join([opening, one, editing.GONE, three, closing])

    code, said = edit(town, call, change)
    assert 0 == code, said
    _, report = air(call)
    assert [first.stories[0].id, first.stories[2].id] == [story.id for story in report.stories]


def test_without_any_story_there_is_nothing_to_approve(town: Town, call: Call) -> None:
    air(call)

    def change(text: str) -> str:
        opening, *stories, closing = text.removeprefix(editing.HELP).split("\n\n")
        return "\n\n".join([opening, *(editing.GONE for _ in stories), closing])

    code, said = edit(town, call, change)
    assert (2, True) == (code, "no story is left: reject the script instead" in said["error"])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            lambda text: text.replace("48 million", "84 million").replace("900", "9,000").replace("300", "3,000"),
            "L3",
        ),
        (
            lambda text: text.replace("\n\n# Sign-off", "\nThe mayor of Quentara resigned in 1999.\n\n# Sign-off"),
            "L",
        ),
        (lambda text: "One line.", "leave a blank line between them"),
        (lambda text: "", "0 segments"),
        (lambda text: "x" * 70_000, "at most 60000 are read"),
    ],
)
def test_what_the_sources_do_not_bear_is_refused_and_nothing_is_answered(
    town: Town, call: Call, change: Callable[[str], str], says: str
) -> None:
    air(call)
    code, said = edit(town, call, change)
    assert (2, True) == (code, says in said["error"] and "nothing was answered" in said["error"]), said
    assert 4 == air(call)[0], "it still waits"


def test_every_answer_is_in_the_audit_log(town: Town, call: Call) -> None:
    import asyncio

    from broadcast import runner

    air(call)
    call("approve", RUN, "--note", "fine")

    async def log() -> list[tuple[str, ...]]:
        async with runner.on_duty(town.settings) as station:
            return [(one.who, one.via, one.deed, one.item, one.said) for one in await station.audit.newest(limit=9)]

    assert [(getpass.getuser(), "command line", "approve", "script/main", "fine")] == asyncio.run(log())


def test_what_was_written_out_is_read_back_as_it_was(
    town: Town, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    air(call)
    assert 0 == main(["approve", RUN, "--write", "-"])
    text = capsys.readouterr().out
    assert text.startswith("# One sentence a line")
    (town.folder / "same.txt").write_text(text)
    code, said = call("approve", RUN, "--edit", str(town.folder / "same.txt"))
    assert (0, False) == (code, said["edited"]), "nothing was changed"
    assert editing.HELP in text


def test_check_says_where_the_reactions_to_a_question_on_slack_cannot_be_read(town: Town, call: Call) -> None:
    with Slack() as slack:
        room = {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"}
        town.tree["approval"]["ask"] = {"room": room}
        town.file()
        assert 0 == call("check", "town")[0]

        slack.scopes.discard("reactions:read")
        code, said = call("check", "town")
        assert 2 == code
        assert "approval room: the token lacks reactions:read, by which answers are read" in said[0]["said"]


def test_check_says_what_keeps_people_from_answering(
    town: Town, call: Call, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from broadcast.testing import Telegram
    from broadcast.testing.mail import MailServer

    with Telegram() as telegram, MailServer() as mail:
        place = telegram.group(standing="left")
        bot = {"use": "telegram", "token": telegram.token, "base": telegram.url, "chat": place.id}
        letters = {"use": "email", "url": mail.url(), "from": "news@example.com", "to": "ann@example.com"}
        town.tree["approval"]["ask"] = {"bot": bot, "mail": letters}
        town.file()
        said = call("check", "town")[1]
        assert "approval bot: " in json.dumps(said)
        assert "approval mail: BROADCAST_PUBLIC_URL is not set" in json.dumps(said)

        place.standing, telegram.webhook = "member", True
        monkeypatch.setenv("BROADCAST_PUBLIC_URL", "https://news.example.com")
        said = call("check", "town")[1]
        assert "a webhook takes what is written to the bot" in json.dumps(said)
        assert "approval mail" not in json.dumps(said)
        telegram.webhook = False
        assert 0 == call("check", "town")[0]
