"""Arguments in, one call, an exit code out; data on stdout, the rest on stderr; never a traceback."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from airing import Town
from daemons import asked
from nursery import ran, with_path
from patience import held_until
from test_kill import SLOT, call

from broadcast.cli import KINDS
from broadcast.plugins import built_in
from broadcast.scripting import kinds
from broadcast.testing import Server, rss

ROOT = Path(__file__).parents[1]


def run(town: Town, *arguments: str) -> tuple[int, str, str]:
    done = call(town, *arguments)
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = Town(tmp_path)
    town.file()
    return town


def test_help_names_every_command_and_every_command_has_an_example(town: Town) -> None:
    code, out, _ = run(town, "--help")
    names = re.findall(r"^    ([a-z]+) ", out, re.M)

    assert code == 0
    known = {"run", "serve", "demo", "check", "preview", "runs", "heygen", "telegram", "slack", "new", "plugins"}
    after = {
        "approve",
        "bundle",
        "costs",
        "pause",
        "resume",
        "cancel",
        "console",
        "worker",
        "retry",
        "settle",
        "retract",
        "test",
        "migrate",
        "schedule",
        "schema",
        "verify",
    }
    assert known | after == set(names)
    for name in names:
        assert "example:" in run(town, name, "--help")[1]


def test_without_a_command_it_says_what_there_is(town: Town) -> None:
    code, out, _ = run(town)

    assert code == 2
    assert "broadcast demo" in out


def test_the_help_loads_nothing_heavy() -> None:
    probe = (
        "import sys; from broadcast.cli import _parser; _parser().format_help();"
        "print([name for name in ('pydantic', 'sqlalchemy', 'httpx', 'yaml', 'asyncio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, cwd=ROOT)

    assert done.stdout.strip() == "[]"


def test_a_report_is_printed_as_json_on_stdout_alone(town: Town) -> None:
    code, out, err = run(town, "run", "town", "--slot", SLOT, "--json")
    report = json.loads(out)

    assert (code, err) == (0, "")
    assert {
        "run",
        "show",
        "slot",
        "status",
        "error",
        "notes",
        "sources",
        "stories",
        "editions",
        "cost",
        "seconds",
    } <= set(report)
    assert (report["run"], report["slot"], report["status"]) == ("town@2026-11-23T17:00:00Z", SLOT, "aired")
    assert {"name": "wire", "stories": 4, "error": None}.items() <= report["sources"][0].items()
    assert {"id", "title", "url", "source"} <= set(report["stories"][0])
    edition = report["editions"][0]
    assert {"name", "language", "stories", "notes", "error", "script", "video", "receipts"} <= set(edition)
    assert {"writer", "seconds", "dropped"} == set(edition["script"])
    assert {"renderer", "job", "path", "url", "sha256", "seconds", "bytes"} <= set(edition["video"])
    receipt = edition["receipts"][0]
    assert {"channel", "item", "status", "rung", "ref", "missed", "error", "to"} <= set(receipt)
    assert report["cost"] == {"usd": 0.0, "items": [], "limits": []}


def test_a_person_gets_a_few_lines(town: Town) -> None:
    code, out, _ = run(town, "run", "town", "--slot", SLOT)

    assert code == 0
    assert out.startswith("town@2026-11-23T17:00:00Z: aired")
    assert "chat: sent by url: @town/1" in out


def test_what_waits_prints_the_command_that_goes_on(town: Town) -> None:
    town.tree["renderer"]["ready_after"] = 1
    town.file()

    code, _, err = run(town, "run", "town", "--slot", SLOT, "--timeout", "0")

    assert code == 4
    assert f"go on with: broadcast run town --slot {SLOT}" in err
    assert (run(town, "run", "town", "--slot", SLOT)[0], len(town.lines("pay"))) == (0, 1)


def test_what_is_unconfirmed_is_named_and_not_called_resumable(town: Town) -> None:
    town.tree["channels"]["chat"]["trouble"] = "unconfirmed"
    town.file()

    code, out, err = run(town, "run", "town", "--slot", SLOT)

    command = f"broadcast settle town@{SLOT} deliver/main/chat/@town --sent (or --not-sent)"
    assert code == 4
    assert [f"deliver/main/chat/@town may have happened: look there, then {command}"] == err.splitlines()
    assert command not in out
    assert command in run(town, "runs", f"town@{SLOT}")[1]


def test_what_failed_is_said_once_with_the_command_that_sends_it_again(town: Town) -> None:
    town.tree["channels"] = {"chat": town.of("Chat"), "other": town.of("Chat", trouble="refused", all=True)}
    town.file()

    code, out, err = run(town, "run", "town", "--slot", SLOT)

    assert code == 5
    assert [f"when what failed is mended, send that again: broadcast retry town@{SLOT}"] == err.splitlines()
    assert 1 == out.count("the service says refused")
    assert "    other: failed: the service says refused" in out.splitlines()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("run", "twon"), "did you mean `town`?"),
        (("run", "town", "--slot", "yesterday"), "write it like 2026-11-23T17:00:00Z"),
        (("run", "town", "--slot", "2026-11-23T17:00:00"), "has no time zone"),
        (("run", "town", "--timeout", "soon"), "write it like 90s"),
        (("run", "town", "--channels", "radio"), "has no channel 'radio'; there is chat"),
        (("run", "town", "--story", "missing.txt"), "missing.txt: cannot be read"),
        (("runs", "town@2020-01-01T00:00:00Z"), "there is no run"),
        (("new", "../evil"), "cannot be a name"),
        (("new", "town"), "is there already"),
        (("new", "fresh", "--kind", "dayly-news"), "did you mean 'daily-news'?"),
        (("preview", "twon"), "did you mean `town`?"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_sentence_that_says_what_to_do(
    town: Town, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(town, *arguments, "--json")

    assert code == 2
    assert said in err
    assert {"status": "failed", "error": err.strip().removeprefix("broadcast: ")} == json.loads(out)
    assert town.lines("pay") == []


def test_argparse_s_own_errors_are_exit_2(town: Town) -> None:
    assert [run(town, *one)[0] for one in (["fly"], ["run"], ["run", "town", "--slot", SLOT, "--now"])] == [2, 2, 2]


def test_a_broken_file_is_named_by_check_beside_the_good_ones(town: Town) -> None:
    (town.folder / "config" / "broken.yaml").write_text("title: Broken\nsorces: {}\n")

    code, out, _ = run(town, "check")

    assert code == 2
    assert "ok  town: 1 source -> extractive -> Studio -> chat" in out
    assert "BAD broken: config/broken.yaml:2: there is no key `sorces`; did you mean `sources`?" in out


def test_check_names_all_mistakes_of_all_shows_in_one_go_a_line_each(town: Town) -> None:
    (town.folder / "config" / "evening.yaml").write_text("sources: {wire: rs}\nchannels: {out: foldr}\n")
    (town.folder / "config" / "morning.yaml").write_text("title: Morning\nseconds: 5\nchannels: {out: foldr}\n")

    code, out, _ = run(town, "check")

    assert code == 2
    assert [
        "BAD evening: config/evening.yaml:1: `title` is missing",
        "BAD evening: config/evening.yaml:1: there is no source 'rs'; did you mean `rss`?",
        "BAD evening: config/evening.yaml:2: there is no channel 'foldr'; did you mean `folder`?",
        "BAD morning: config/morning.yaml:1: `sources` is missing: only a show whose hooks bring a `story` can do "
        "without",
        "BAD morning: config/morning.yaml:2: `seconds`: input should be greater than or equal to 10",
        "BAD morning: config/morning.yaml:3: there is no channel 'foldr'; did you mean `folder`?",
    ] == [line for line in out.splitlines() if line.startswith("BAD")]


def test_check_says_when_a_channel_would_refuse(town: Town) -> None:
    town.tree["channels"]["chat"] |= {"trouble": "refused", "at": "preflight"}
    town.file()

    code, out, _ = run(town, "check", "town", "--json")

    assert code == 2
    assert json.loads(out)[0]["said"] == "channel chat: the service says refused"


def test_check_says_where_the_data_directory_cannot_be_and_makes_nothing(town: Town) -> None:
    data = town.folder / "data"
    before = run(town, "check", "town")
    there = data.exists()
    data.write_text("a file of somebody's")

    code, out, _ = run(town, "check", "town")

    assert (0, False) == (before[0], there), before[1]
    assert 2 == code
    assert f"BAD town: {data} is no folder" in out


def test_a_run_that_came_to_nothing_names_the_call_that_goes_on(town: Town) -> None:
    town.tree["quorum"] = 1
    town.tree["sources"] = {"gone": {"use": "notes", "path": "nowhere"}}
    town.file()

    code, out, err = run(town, "run", "town", "--slot", SLOT)
    dry = run(town, "run", "town", "--slot", SLOT, "--dry-run")

    assert code in (1, 3)
    assert "0 of 1 sources answered, 1 is needed" in out
    assert f"go on with: broadcast run town --slot {SLOT}" in err
    assert "go on with" not in dry[2]


def test_a_channel_with_a_bug_does_not_end_the_check_of_the_others(town: Town) -> None:
    (town.folder / "config" / "good.yaml").write_text(town.file().read_text())
    town.tree["channels"]["chat"] |= {"trouble": "bug", "at": "preflight"}
    town.file()

    code, out, err = run(town, "check")

    assert 2 == code
    assert "ok  good: " in out
    assert "BAD town: channel chat: chat: unexpected ZeroDivisionError" in out
    assert "hunter2" not in out + err


def test_check_without_a_config_folder_says_how_to_begin(tmp_path: Path) -> None:
    code, _, err = run(Town(tmp_path), "check")

    assert code == 2
    assert "`broadcast new NAME` makes a first show" in err


@pytest.mark.parametrize(
    "kind", ["all-hands", "article", "changelog", "daily-news", "report", "social-digest", "weekly-roundup"]
)
def test_a_new_show_is_accepted_by_check(tmp_path: Path, kind: str) -> None:
    town = Town(tmp_path)

    made = run(town, "new", "morning", "--kind", kind)
    checked = run(town, "check", "morning")

    assert (made[0], checked[0]) == (0, 0), checked[1]
    assert "broadcast preview morning" in made[1]
    assert kind == yaml.safe_load((tmp_path / "config" / "morning.yaml").read_text())["kind"]


def test_a_preview_is_written_as_a_page_that_nothing_can_break(town: Town) -> None:
    town.tree["title"] = "Town <b>&\"'"
    town.file()
    code, _, _ = run(town, "preview", "town", "--html", "preview.html")
    page = (town.folder / "preview.html").read_text()

    assert code == 0
    assert "Town &lt;b&gt;&amp;&quot;&#x27;" in page
    assert "<mark>900</mark> homes" in page
    link = '<a href="https://news.example/story/0" rel="noopener nofollow ugc">Sample Wire</a>'
    assert re.search(
        rf'<q dir="auto">The turbine .{{,200}}</q> <span class="meta">word for word, {link}</span>', page
    )
    assert town.lines() == ["fetch"]


def test_a_preview_that_cannot_be_written_says_so(town: Town) -> None:
    code, _, err = run(town, "preview", "town", "--html", "no/such/folder/preview.html")

    assert code == 2
    assert "cannot be written" in err


def test_preview_shows_each_sentence_beside_its_source_and_spends_nothing(town: Town) -> None:
    code, out, _ = run(town, "preview", "town")

    assert code == 0
    assert "[story wire/story-0" in out
    said = out.splitlines()
    assert said[0].endswith(": preview")
    at = said.index("  The turbine supplies electricity to about 900 homes along the eastern shore of the bay.")
    assert "      Sample Wire, word for word" == said[at + 1]
    assert "  from Sample Wire: Velmora opens tidal power plant story 0 https://news.example/story/0" in said
    assert town.lines() == ["fetch"]
    assert not (town.folder / "data").exists()


def test_runs_lists_runs_and_shows_one_with_its_items(town: Town) -> None:
    run(town, "run", "town", "--slot", SLOT)
    before = town.lines()

    _, listed, _ = run(town, "runs")
    _, one, _ = run(town, "runs", f"town@{SLOT}", "--json")

    assert f"town@{SLOT}  aired\n" == listed
    keys = [item["key"] for item in json.loads(one)["items"]]
    assert keys == [
        "gather",
        "choose",
        "write/main",
        "submit/main/Studio/1",
        "video/main",
        "deliver/main/chat/@town",
    ]
    assert before == town.lines()


def test_an_empty_list_of_runs_leaves_no_trace(town: Town) -> None:
    assert run(town, "runs")[1] == "no runs yet\n"
    assert not (town.folder / "data").exists()


def test_a_typing_mistake_in_a_show_is_no_empty_list_of_runs(town: Town) -> None:
    assert (0, "no runs of town yet\n") == run(town, "runs", "town")[:2]

    code, out, err = run(town, "runs", "twon")

    assert (2, "") == (code, out)
    assert "no run and no show is called 'twon'; there is town" in err


def test_the_help_names_every_kind_there_is(town: Town) -> None:
    assert {file.stem for file in kinds.FOLDER.glob("*.yaml")} == set(KINDS.split(", "))


def test_every_plugin_is_summed_up_in_a_whole_sentence_and_what_it_needs_is_marked(town: Town) -> None:
    _, out, _ = run(town, "plugins")
    heads = [line for line in out.splitlines() if not line.startswith(" ")]

    assert [] == [line for line in heads if not line.endswith(".")]
    assert "    url (needed)" in out
    assert "    keep = null  # how many runs of a show stay; all where it is not set" in out.splitlines()


def test_an_address_without_a_story_is_exit_2_as_a_file_that_is_not_there_and_one_out_of_order_exit_1(
    town: Town,
) -> None:
    with Server() as server:
        server.put("/busy", status=503, headers={"Retry-After": "900"})
        found = {path: run(town, "run", "town", "--story", server.url(path)) for path in ("/nowhere", "/busy")}

    assert {"/nowhere": 2, "/busy": 1} == {path: code for path, (code, _, _) in found.items()}
    assert "answered 404: there is nothing at this address; check it" in found["/nowhere"][2]
    assert "answered 503: out of order; it asks to wait 900 s" in found["/busy"][2]
    assert [] == town.lines("pay")


def test_a_story_may_come_from_a_file(town: Town) -> None:
    text = "Harbour opens\n\nThe new harbour of Velmora opened on Monday after three years of work on both piers.\n"
    (town.folder / "story.txt").write_text(text)

    code, out, _ = run(town, "run", "town", "--story", "story.txt", "--json")

    assert code == 0
    assert [story["title"] for story in json.loads(out)["stories"]] == ["Harbour opens"]
    assert town.lines("fetch") == []


def test_plugins_are_listed_with_their_settings(town: Town) -> None:
    _, out, _ = run(town, "plugins", "--json")
    found = {(one["role"], one["name"]): one["settings"] for one in json.loads(out)}

    assert {
        ("source", "rss"),
        ("source", "metrics"),
        ("writer", "claude"),
        ("writer", "extractive"),
        ("renderer", "heygen"),
        ("renderer", "newsdesk"),
        ("channel", "folder"),
        ("channel", "telegram"),
        ("channel", "slack"),
        ("channel", "webhook"),
    } <= set(found)
    assert found["source", "rss"]["url"]["required"]


def test_the_schema_knows_every_key_and_every_plugin(town: Town) -> None:
    _, out, _ = run(town, "schema")
    tree = json.loads(out)

    assert {"title", "sources", "channels", "schedule", "editions", "brand"} <= set(tree["properties"])
    assert not tree["additionalProperties"]
    uses = [
        form["properties"]["use"].get("const") for form in tree["$defs"]["sources"]["anyOf"] if "properties" in form
    ]
    assert uses == [*built_in("sources"), None]


def test_a_secret_is_in_no_output(town: Town) -> None:
    secret = "s3cr3t-t0ken-of-the-api"
    with Server() as server:
        url = server.put(f"/feed.xml?key={secret}", status=401)
        town.tree["sources"] = {"feed": {"use": "rss", "url": url.replace(secret, "${API_KEY}")}}
        town.file()
        done = ran(("-m", "broadcast", "run", "town", "--verbose", "--json"), town.folder, {"API_KEY": secret})

    assert done.returncode == 3
    assert secret not in done.stdout + done.stderr
    assert "check the credentials" in done.stdout


def test_an_empty_day_is_quiet_and_delivers_nothing(town: Town) -> None:
    with Server() as server:
        town.tree["sources"] = {"feed": {"use": "rss", "url": server.put("/feed.xml", rss("Quiet", []))}}
        town.file()

        code, out, _ = run(town, "run", "town", "--json")

    assert (code, json.loads(out)["status"], json.loads(out)["editions"]) == (0, "quiet", [])
    assert town.lines() == []


@pytest.mark.parametrize("where", ["a file in the way", "no right to write"])
def test_a_data_directory_that_cannot_be_written_is_a_plain_sentence(town: Town, where: str) -> None:
    data = town.folder / "data"
    if where == "a file in the way":
        data.write_text("in the way")
    else:
        data.mkdir()
        (data / "broadcast.db").mkdir()

    code, _, err = run(town, "run", "town", "--slot", SLOT)

    assert code == 2
    assert str(data) in err
    assert town.lines("pay") == []


@pytest.mark.parametrize("size", [30_000, 60_000, 90_000, 130_000, 170_000])
def test_a_full_data_directory_ends_the_run_and_loses_and_doubles_nothing(town: Town, size: int) -> None:
    """No file may grow beyond *size*: SQLite meets a full disk somewhere in the run."""
    full = call(town, "run", "town", "--slot", SLOT, program=(f"{ROOT}/tests/cramped.py", str(size)))
    code, out, _ = run(town, "run", "town", "--slot", SLOT, "--json")

    assert "Traceback" not in full.stderr
    assert full.returncode in (0, 1, 2, 4)
    if full.returncode:
        assert "free some space" in full.stdout + full.stderr
    assert (code, json.loads(out)["status"]) in {(0, "aired"), (4, "unfinished")}
    assert len(town.lines("pay")) <= 1
    assert len(town.lines("post")) <= 1


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_puts_the_run_down_and_the_next_call_goes_on(town: Town, sign: signal.Signals) -> None:
    town.tree["renderer"] = town.of("FreeStudio", trouble="hang")
    town.file()
    with town.start("run", "town", "--json") as process:
        held_until(lambda: asked(town, "SELECT key FROM item WHERE key LIKE 'submit/%'"), "it renders nothing")
        process.send_signal(sign)
        out, err = process.communicate()
    town.tree["renderer"]["trouble"] = ""
    town.file()
    again = call(town, "run", "town", "--json")

    assert (4, "unfinished") == (process.returncode, json.loads(out)["status"])
    assert "go on with: broadcast run town" in err
    assert "Traceback" not in err
    assert (0, "aired") == (again.returncode, json.loads(again.stdout)["status"])
    assert ["fetch"] == town.lines("fetch")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_a_terminal_that_lacks_a_character_does_not_end_anything(town: Town, encoding: str) -> None:
    town.tree["title"] = "町のニュース"
    town.file()
    environment = with_path({"PYTHONIOENCODING": encoding})
    for arguments in (["run", "town"], ["preview", "town"], ["--help"], ["run", "town", "--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "broadcast", *arguments],
            cwd=town.folder, env=environment, capture_output=True, check=False,
        )  # fmt: skip
        assert (0, b"") == (done.returncode, done.stderr), arguments


@pytest.mark.parametrize("arguments", ["run nope --json", "plugins", "--version", "schema", "run town --json"])
def test_output_that_cannot_be_written_is_no_traceback(town: Town, arguments: str) -> None:
    environment = with_path({})
    command = f"{sys.executable} -m broadcast {arguments} >/dev/full"
    done = subprocess.run(
        command, shell=True, cwd=town.folder, env=environment, capture_output=True, text=True, check=False
    )

    assert "Traceback" not in done.stderr
    assert "a bug" not in done.stderr


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("window", "99999999d", "longer than ten years"),
        ("schedule", {"cron": "0 1 * * *", "grace": "99999999d"}, "longer than ten years"),
        ("channels", {"folder": {"use": "folder", "path": "~nosuchuser/x"}}, "does not know"),
        ("sources", {"own": {"use": "broken:Mine"}}, "cannot be imported: SyntaxError"),
        ("sources", {"own": {"use": "absent:Mine"}}, "there is no source 'absent:Mine'"),
    ],
)
def test_an_operator_s_slip_is_never_called_a_bug(town: Town, key: str, value: object, said: str) -> None:
    (town.folder / "broken.py").write_text("class Mine(:\n")
    town.tree[key] = value
    town.file()

    code, out, err = run(town, "check", "town")

    assert 2 == code
    assert said in out + err
    assert "a bug" not in out + err


def test_a_plugin_beside_the_config_folder_is_found(town: Town) -> None:
    (town.folder / "mine.py").write_text("from doubles import Wire\n\n\nclass Mine(Wire):\n    pass\n")
    town.tree["sources"]["wire"]["use"] = "mine:Mine"
    town.file()

    assert 0 == run(town, "check", "town")[0]


def test_verbose_says_what_is_done(town: Town) -> None:
    _, _, err = run(town, "run", "town", "--slot", SLOT, "--verbose")

    assert f"town@{SLOT}: submit/main/Studio/1" in err


@pytest.mark.parametrize("arguments", ["run --json", "run town --json --bogus", "runs --json --limit x"])
def test_a_usage_error_is_json_where_json_was_asked_for(town: Town, arguments: str) -> None:
    code, out, _ = run(town, *arguments.split())

    assert (2, "failed") == (code, json.loads(out)["status"])


def test_a_dry_run_that_is_stopped_does_not_offer_to_air_for_real(town: Town) -> None:
    town.tree["sources"]["wire"]["trouble"] = "hang"
    town.file()
    with town.start("run", "town", "--dry-run") as process:
        held_until(lambda: town.lines("fetch"), "it fetches nothing")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()

    assert 4 == process.returncode
    assert "go on with: the same command" in err
