"""After a run: sent again where it failed, settled by a person, taken back, and the test of a channel."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airing import Call, Town, caller

from broadcast.testing.mail import MailServer

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
RUN = "town@2026-11-23T17:00:00Z"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    one = Town(tmp_path)
    one.tree["channels"]["other"] = one.of("Talk", to=["@one", "@two"])
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("BROADCAST_CONFIG_DIR", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return one


@pytest.fixture
def call(town: Town, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(town, capsys)


def air(call: Call) -> tuple[int, Any]:
    return call("run", "town", "--slot", "2026-11-23T17:00:00Z")


def receipts(report: Any) -> dict[str, str]:
    return {one["channel"]: one["status"] for one in report["editions"][0]["receipts"]}


def test_a_retry_sends_only_what_failed_and_from_the_archived_file(town: Town, call: Call) -> None:
    town.tree["channels"]["other"] |= {"trouble": "rejected", "all": True}
    assert 5 == air(call)[0]
    town.tree["channels"]["other"]["trouble"] = ""

    code, report = call("retry", RUN)

    assert (0, "aired", {"chat": "sent", "other": "sent"}) == (code, report["status"], receipts(report))
    assert ["@one", "@town", "@two"] == sorted(line.split()[1] for line in town.lines("post"))
    assert 1 == len(town.lines("pay"))
    assert "aired" == call("runs", RUN)[1]["status"]


def test_a_retry_of_one_channel_leaves_what_is_known_of_the_others(town: Town, call: Call) -> None:
    town.tree["channels"]["other"] |= {"trouble": "rejected", "all": True}
    town.tree["channels"]["third"] = town.of("Chat", to=["@three"], trouble="rejected", all=True)
    air(call)
    for name in ("other", "third"):
        town.tree["channels"][name]["trouble"] = ""

    code, report = call("retry", RUN, "--channel", "other")

    assert (5, "partial") == (code, report["status"])
    assert {"chat": "sent", "other": "sent", "third": "failed"} == receipts(report)
    assert 3 == len(town.lines("post"))


def test_a_retry_where_all_was_sent_sends_nothing(town: Town, call: Call) -> None:
    aired, before = air(call)[1], town.lines()

    code, report = call("retry", RUN)

    note = "nothing of it failed: there is nothing to send again"
    assert (0, aired | {"notes": [*aired["notes"], note]}) == (code, report)
    assert before == town.lines()
    assert aired == call("runs", RUN)[1]["report"], "what was known of the video was forgotten"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("retry", "town@2026-01-01T00:00:00Z"), "there is no run"),
        (("retry", RUN, "--channel", "telegrm"), "has no channel 'telegrm'"),
        (("settle", RUN, "deliver/main/chat/@town", "--sent"), "is not in doubt"),
        (("settle", "town@2026-01-01T00:00:00Z", "deliver/main/chat/@town", "--sent"), "there is no run"),
        (("settle", RUN, "video/main", "--sent"), "no item that can be settled"),
        (("settle", RUN, "submit/main/Studio/1", "--sent"), "Name it with --ref SESSION"),
        (("retract", RUN, "--channel", "telegram"), "sent nothing there"),
        (("test", "town", "--channel", "chat"), "sends no messages"),
        (("test", "town", "--channel", "nowhere"), "has no channel 'nowhere'; there is chat, other"),
        (("retry", "nowhere@2026-01-01T00:00:00Z"), "there is no show 'nowhere'"),
    ],
)
def test_what_cannot_be_done_is_a_plain_sentence(call: Call, arguments: tuple[str, ...], said: str) -> None:
    air(call)

    code, answer = call(*arguments)

    assert 2 == code
    assert said in answer["error"]


@pytest.mark.parametrize(("answer", "status", "posts"), [("--sent", "aired", 3), ("--not-sent", "partial", 3)])
def test_a_person_settles_a_post_that_nobody_could_know_of(
    town: Town, call: Call, answer: str, status: str, posts: int
) -> None:
    town.tree["channels"]["chat"]["trouble"] = "unconfirmed"
    code, report = air(call)
    assert (4, "unfinished") == (code, report["status"])
    assert f"broadcast settle {RUN} deliver/main/chat/@town --sent (or --not-sent)" in report["error"]
    town.tree["channels"]["chat"]["trouble"] = ""

    code, settled = call("settle", RUN, "deliver/main/chat/@town", answer, "--ref", "42")

    assert (0, status) == (code, settled["status"])
    if answer == "--sent":
        assert "42" == call("runs", RUN)[1]["report"]["editions"][0]["receipts"][0]["ref"]
        assert 2 == len(town.lines("post"))
    else:
        assert f"broadcast retry {RUN}" == settled["next"]
        assert (0, "aired") == (call("retry", RUN)[0], call("runs", RUN)[1]["status"])
        assert posts == len(town.lines("post"))


def test_one_of_several_destinations_is_settled_by_itself(town: Town, call: Call) -> None:
    town.tree["channels"]["other"]["trouble"] = "unconfirmed"
    air(call)

    code, settled = call("settle", RUN, "deliver/main/other/@one", "--sent")
    assert (0, "unfinished") == (code, settled["status"])
    code, settled = call("settle", RUN, "deliver/main/other/@two", "--sent")

    assert (0, "aired", None) == (code, settled["status"], settled["next"])


def test_a_render_that_was_paid_after_all_is_taken_up_by_its_name(town: Town, call: Call) -> None:
    town.tree["renderer"]["trouble"] = "unconfirmed"
    assert 4 == air(call)[0]

    code, settled = call("settle", RUN, "submit/main/Studio/1", "--sent", "--ref", "sess_9")

    assert 0 == code
    assert "broadcast run town --slot 2026-11-23T17:00:00Z" == settled["next"]
    assert (0, "sess_9") == ((again := air(call))[0], again[1]["editions"][0]["video"]["job"])
    assert [] == town.lines("pay")


def test_a_render_that_was_not_paid_is_asked_for_again(town: Town, call: Call) -> None:
    town.tree["renderer"]["trouble"] = "unconfirmed"
    air(call)
    town.tree["renderer"]["trouble"] = ""

    call("settle", RUN, "submit/main/Studio/1", "--not-sent")

    assert 0 == air(call)[0]
    assert 1 == len(town.lines("pay"))


def test_what_was_sent_is_taken_back_once(town: Town, call: Call) -> None:
    town.tree["channels"]["chat"] = town.of("Talk")
    air(call)

    code, first = call("retract", RUN, "--note", "A wrong figure")
    again = call("retract", RUN)

    assert (0, 0) == (code, again[0])
    assert {"edited"} == {one["rung"] for one in first["receipts"]}
    taken = [f"retract {to} {to}/1 A wrong figure" for to in ("@one", "@town", "@two")]
    assert taken == sorted(town.lines("retract"))
    assert "aired" == call("runs", RUN)[1]["status"]


def test_what_cannot_be_taken_back_says_so_and_the_rest_is_taken_back(town: Town, call: Call) -> None:
    air(call)

    code, answer = call("retract", RUN)

    assert 5 == code
    said = {one["channel"]: one["error"] or one["rung"] for one in answer["receipts"]}
    assert {"chat": "it cannot take anything back: do it by hand", "other": "deleted"} == said


def test_a_retraction_in_doubt_is_not_repeated(town: Town, call: Call) -> None:
    town.tree["channels"]["other"]["clings"] = "unconfirmed"
    air(call)
    first, _ = call("retract", RUN, "--channel", "other")
    town.tree["channels"]["other"]["clings"] = ""

    again, answer = call("retract", RUN, "--channel", "other")

    assert (4, 4) == (first, again)
    assert "may have happened" in answer["receipts"][0]["error"]
    assert [] == town.lines("retract")


def test_a_folder_takes_a_run_out_of_its_index(town: Town, call: Call, tmp_path: Path) -> None:
    town.tree["channels"] = {"folder": {"use": "folder", "path": str(tmp_path / "out")}}
    air(call)
    assert (tmp_path / "out" / "index.html").is_file()

    code, _ = call("retract", RUN)

    assert 0 == code
    assert [] == [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.name != ".lock"]
    assert 0 == call("retract", RUN)[0]


@pytest.mark.parametrize(
    ("trouble", "code", "status"),
    [("", 0, "sent"), ("refused", 3, "failed"), ("unavailable", 1, "failed"), ("unconfirmed", 4, "unconfirmed")],
)
def test_a_channel_is_tried_out_with_a_message_that_says_it_is_a_test(
    town: Town, call: Call, trouble: str, code: int, status: str
) -> None:
    town.tree["channels"]["other"] |= {"mute": trouble, "to": ["@one"]}

    answer = call("test", "town", "--channel", "other")

    assert (code, status) == (answer[0], answer[1]["status"])
    if not trouble:
        assert ("77", "https://chat.example/77") == (answer[1]["ref"], answer[1]["url"])
        (said,) = town.lines("say")
        assert "a test of the channel other" in said
    assert [] == call("runs")[1]


def test_a_closed_run_that_rendered_nothing_is_not_retried(town: Town, call: Call) -> None:
    import sqlite3

    town.tree["sources"]["wire"]["trouble"] = "refused"
    air(call)
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        db.execute("UPDATE run SET closed = 1")

    code, answer = call("retry", RUN)

    assert 2 == code
    assert "nothing of it was rendered" in answer["error"]


def test_taking_back_changes_nothing_of_what_a_run_came_to(town: Town, call: Call) -> None:
    town.tree["channels"]["chat"] |= {"trouble": "rejected", "all": True}
    air(call)
    before = call("runs", RUN)[1]

    assert 0 == call("retract", RUN, "--channel", "other")[0]

    now = call("runs", RUN)[1]
    assert ("partial", before["report"]) == (now["status"], now["report"])
    fresh = call("run", "town", "--now")[1]
    assert RUN != fresh["run"]
    assert RUN != call("run", "town")[1]["run"]


def test_a_retry_leaves_out_what_the_show_posts_to_only_since(town: Town, call: Call) -> None:
    town.tree["channels"]["other"] |= {"trouble": "rejected", "all": True}
    air(call)
    town.tree["channels"]["other"]["trouble"] = ""
    town.tree["channels"]["new"] = town.of("Chat", to=["@new"])

    code, report = call("retry", RUN)

    assert (0, "aired", {"chat": "sent", "other": "sent"}) == (code, report["status"], receipts(report))
    assert ["@one", "@town", "@two"] == sorted(line.split()[1] for line in town.lines("post"))


def test_a_correction_in_doubt_that_is_settled_leaves_the_run_as_it_was(town: Town, call: Call) -> None:
    town.tree["channels"] = {"other": town.of("Talk", to=["@one"], clings="unconfirmed")}
    air(call)
    assert 4 == call("retract", RUN)[0]
    assert 4 == call("retry", RUN)[0]

    code, said = call("settle", RUN, "retract/main/other/@one", "--sent")

    assert (0, "aired", None) == (code, said["status"], said["next"])
    assert call("runs", RUN)[1]["report"]["error"] is None


def test_who_got_a_post_stays_in_the_report_when_the_channel_posts_to_others_by_now(town: Town, call: Call) -> None:
    town.tree["channels"]["chat"] |= {"trouble": "rejected", "all": True}
    air(call)
    town.tree["channels"]["other"]["to"] = ["@two", "@three"]

    report = call("retry", RUN, "--channel", "other")[1]

    [other] = [one for one in report["editions"][0]["receipts"] if one["channel"] == "other"]
    assert {"@one": "sent", "@two": "sent", "@three": "sent"} == {one["to"]: one["status"] for one in other["to"]}
    assert ["@one", "@three", "@two"] == sorted(line.split()[1] for line in town.lines("post"))


def test_who_got_a_letter_stays_in_the_report_when_the_list_cannot_be_read_any_more(
    town: Town, call: Call, tmp_path: Path
) -> None:
    members = tmp_path / "members.txt"
    members.write_text("ann@example.com\nbob@example.com\n")
    letters = {"use": "email", "from": "news@example.com", "list": str(members)}
    with MailServer() as server:
        server.fail("RCPT", "550 5.1.1 no such user", of="bob@example.com")
        town.tree["channels"] = {"email": {**letters, "url": server.url()}}
        assert 5 == air(call)[0]
        members.unlink()

        code, report = call("retry", RUN)

        [email] = report["editions"][0]["receipts"]
        assert (5, "partial", "failed") == (code, report["status"], email["status"])
        assert {"ann@example.com": "sent", "": "failed"} == {one["to"]: one["status"] for one in email["to"]}
        assert "No such file" in report["error"]
        assert 1 == server.seen
