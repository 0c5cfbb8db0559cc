"""`broadcast serve` as a process: signals, its port, its logs, and several of them on one database."""

import json
import random
import re
import resource
import signal
import time
import urllib.request
from pathlib import Path

import pytest
from airing import Town
from daemons import Daemon, deeds_in_doubt, due, over, rows, serving, statuses
from patience import PATIENCE
from test_kill import call

from broadcast.mail.token import sign
from broadcast.testing import Server

SECRET = "4f9b2d1c-hunter2-hunter2"


def test_three_processes_on_one_database_and_kills_air_every_slot_once(tmp_path: Path) -> None:
    """What was cut off in the middle of a post is held for a person, and is not posted again."""
    choice, shows, kills = random.Random(20261123), 12, 3
    town = due(tmp_path)
    ledgers = {f"show-{number:02}": tmp_path / f"ledger-{number}.txt" for number in range(shows)}
    for show, town.ledger in ledgers.items():
        town.ledger.touch()
        town.tree["sources"] = {"wire": town.of("Wire")}
        town.tree["renderer"] = town.of("Studio", pause=0.05)
        town.tree["channels"] = {"chat": town.of("Chat", pause=0.05)}
        town.file(show)

    def written(word: str) -> dict[str, int]:
        return {show: ledger.read_text().count(word) for show, ledger in ledgers.items()}

    made = [Daemon(town, "--concurrent", "2", log=f"log-{number}.txt") for number in range(3)]
    try:
        for kill in range(kills):
            made[-1].until(lambda goal=3 * kill + 2: sum(written("pay").values()) >= goal, "nothing is aired")  # type: ignore[misc]
            time.sleep(choice.uniform(0, 0.15))
            alive = [daemon for daemon in made if daemon.alive]
            victim = max(alive, key=lambda daemon: daemon.log.stat().st_size)  # who does the most just now
            victim.kill()
            made.append(Daemon(town, "--concurrent", "2", log=f"log-{kill + 3}.txt"))
        made[-1].until(lambda: over(town, shows), "some show does not air")
        assert [0] * 3 == [daemon.ask_to_end()[0] for daemon in made if daemon.alive]
    finally:
        for daemon in made:
            daemon.kill()

    paid, posted = written("pay main"), written("post @town url")
    aired = {show for show, status, _ in rows(town) if status == "aired"}
    doubted = deeds_in_doubt(town)
    print(f"{len(aired)} of {shows} aired, the rest is held after {kills} kills")
    assert max(paid.values()) == max(posted.values()) == 1, "a show was paid or posted twice"
    for show in ledgers:  # a deed that a kill came in the middle of may have been done, or not: nobody can know
        assert paid[show] or any(key.startswith("submit/") for key in doubted[show]), "a show was never paid"
        assert posted[show] or show not in aired, "a show that aired was not posted"
    assert set(doubted) == set(ledgers) - aired
    assert shows - 2 * kills <= len(aired), "a kill cost more than what was being done right then"


def test_asked_to_end_a_post_under_way_is_finished_and_a_wait_is_gone_on_with_by_the_next(tmp_path: Path) -> None:
    town = due(tmp_path)
    town.tree["channels"] = {"chat": town.of("Chat", pause=1.0)}
    town.file("posting")
    town.tree["renderer"] = town.of("Studio", ready_after=1000)
    town.file("waiting")
    begun = "deliver/main/chat/@town"
    with serving(town) as daemon:
        daemon.until(lambda: begun in daemon.log.read_text() and 2 == len(town.lines("pay")), "nothing is posted")
        daemon.until(lambda: len(town.lines("look")) >= 2, "nobody waits")
        code, took = daemon.ask_to_end()
        print(f"it ended within {took:.1f} s")

        assert 0 == code, daemon.log.read_text()
    assert {"posting": "aired", "waiting": "unfinished"} == statuses(town)
    assert ["post @town url"] == town.lines("post")

    town.tree["renderer"], town.tree["channels"] = town.of("Studio"), {"chat": town.of("Chat")}
    town.file("waiting")
    with serving(town) as daemon:
        daemon.until(lambda: 2 == len(town.lines("post")), "it does not go on")
        assert 0 == daemon.ask_to_end(signal.SIGINT)[0]
    assert {"posting": "aired", "waiting": "aired"} == statuses(town)
    assert 2 == len(town.lines("pay"))
    assert [] == town.lines("say")


def test_asked_to_end_what_can_be_done_again_is_cut_off(tmp_path: Path) -> None:
    town = due(tmp_path)
    town.tree["sources"] = {"wire": town.of("Wire", trouble="hang")}
    town.file()
    with serving(town) as daemon:
        daemon.until(lambda: town.lines("fetch"), "nothing is gathered")
        code, took = daemon.ask_to_end()
        print(f"it ended within {took:.1f} s")

        assert 0 == code, daemon.log.read_text()
    town.tree["sources"] = {"wire": town.of("Wire")}
    town.file()
    with serving(town) as daemon:
        daemon.until(lambda: {"town": "aired"} == statuses(town), "it does not go on")


def test_asked_to_end_while_a_post_hangs_it_ends_all_the_same_and_the_post_is_in_doubt(tmp_path: Path) -> None:
    town = due(tmp_path)
    town.tree["channels"]["chat"]["trouble"] = "hang"
    town.file()
    with serving(town) as daemon:
        daemon.until(lambda: "deliver/main/chat/@town" in deeds_in_doubt(town).get("town", ()), "nothing is posted")
        daemon.process.send_signal(signal.SIGTERM)
        daemon.until(lambda: "asked to end" in daemon.log.read_text(), "it does not hear")
        code, _ = daemon.ask_to_end()  # whoever says it twice does not want to wait

        assert 0 == code, daemon.log.read_text()
        assert "cut off: town@" in daemon.log.read_text()
    town.tree["channels"]["chat"]["trouble"] = ""
    town.file()
    with serving(town) as daemon:
        daemon.until(lambda: [("town", "unfinished", True)] == rows(town), "it is not held for a person")
        assert 1 == len(town.lines("say"))
    assert [] == town.lines("post")


def test_with_a_full_disk_nothing_is_begun_and_with_room_again_it_goes_on(tmp_path: Path) -> None:
    town = due(tmp_path)
    town.file()
    with serving(town, "--concurrent", "1") as daemon:
        daemon.until(lambda: "town is read" in daemon.log.read_text(), "it does not begin")
        process = daemon.process.pid
        _, most = resource.prlimit(process, resource.RLIMIT_FSIZE)
        resource.prlimit(process, resource.RLIMIT_FSIZE, (4096, most))  # bytes: less than any file of it has
        daemon.until(lambda: "free some space" in spoken(daemon), "it says nothing of a full disk")
        assert 503 == daemon.read("/ready")[0]
        resource.prlimit(process, resource.RLIMIT_FSIZE, (most, most))
        daemon.until(lambda: over(town, 1), "it does not go on")
        assert 200 == daemon.read("/ready")[0]
        assert 0 == daemon.ask_to_end()[0]

    assert 1 >= len(town.lines("pay"))
    assert 1 >= len(town.lines("post"))


def spoken(daemon: Daemon) -> str:
    """What it says is wrong: its log may be full as well."""
    return daemon.read("/ready")[1]


def test_its_pages_say_how_it_is_and_sighup_has_an_edit_read(tmp_path: Path) -> None:
    town = due(tmp_path)
    town.file()
    with serving(town) as daemon:
        daemon.until(lambda: town.lines("post"), "nothing is aired")
        daemon.until(lambda: 'status="aired"} 1' in daemon.read("/metrics")[1], "nothing is counted")
        live, (ready, told), (_, text) = daemon.read("/live"), daemon.read("/ready"), daemon.read("/metrics")
        town.file().write_text("titel: Town\n")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.until(lambda: '_broken{show="town"} 1' in daemon.read("/metrics")[1], "the edit is not read")

        assert (200, {"live": True}) == (live[0], json.loads(live[1]))
        assert (200, True, ["town"]) == (ready, json.loads(told)["ready"], json.loads(told)["shows"])
        assert (200, ["town"]) == (daemon.read("/ready")[0], json.loads(daemon.read("/ready")[1])["broken"])
        assert 404 == daemon.read("/nowhere")[0]
    metric = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\]*"(,[a-z]+="[^"\\]*")*\})? -?[0-9.]+(e[+-]?[0-9]+)?')
    values = [line for line in text.splitlines() if not line.startswith("#")]
    assert [] == [line for line in values if not metric.fullmatch(line)]
    kinds = dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M))
    assert set(kinds) >= {re.sub(r"(_sum|_count)?[{ ].*", "", line) for line in values}
    assert 'broadcast_deliveries_total{show="town",channel="chat",status="sent"} 1.0' in values
    assert any(re.fullmatch(r'broadcast_next_slot_timestamp_seconds\{show="town"\} \d+\.0', one) for one in values)
    assert any(one.startswith('broadcast_last_success_timestamp_seconds{show="town"} 1') for one in values)


def test_its_log_is_json_with_run_and_show_and_without_secrets(tmp_path: Path) -> None:
    with Server() as server:
        town = due(tmp_path)
        town.tree["ping"] = "${PING_URL}"
        town.tree["channels"]["hook"] = town.of("Leak", secret="${LEAK_TOKEN}")
        town.file()
        url = server.put(f"/{SECRET}", fault="drop")
        with serving(town, "--verbose", fresh=True, PING_URL=url, LEAK_TOKEN=SECRET) as daemon:
            daemon.until(lambda: town.lines("say"), "nothing is aired")
            daemon.until(lambda: "partial" in daemon.log.read_text(), "nothing is said of its end")
            assert 0 == daemon.ask_to_end()[0]
            ready = daemon.log.read_text()

    assert SECRET not in ready
    assert "********" in ready
    said = daemon.said()
    assert len(ready.splitlines()) == len(said), "a line is no JSON"
    of_run = [one for one in said if "partial" in one["message"]]
    assert {("town", "warning")} == {(one["show"], one["level"]) for one in of_run}
    assert all(re.fullmatch(r"town@\d{4}-.*Z", one["run"]) for one in of_run)
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", one["at"]) for one in said)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--port", "0", "--shows", "twon"), "there is no show 'twon'; there is town"),
        (("--port", "0", "--shows", ","), "--shows: names no show; leave it out for all of them"),
        (("--port", "99999"), "'99999' is not a port: 0 to 65535"),
        (("--port", "0", "--concurrent", "0"), "'0' is not a whole number above 0"),
        (("--host", "192.0.2.1"), "192.0.2.1:8808: cannot listen there"),
    ],
)
def test_what_cannot_be_served_is_exit_2_and_a_sentence(
    tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    town = due(tmp_path)
    town.file()

    done = call(town, "serve", *arguments)

    assert 2 == done.returncode, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recipient_leaves_a_list_by_the_signed_link_and_by_nothing_else(tmp_path: Path) -> None:
    town = Town(tmp_path)
    gone = tmp_path / "gone.txt"
    url = "https://news.example.com/unsubscribe/town/mail/{token}"
    town.tree["channels"]["mail"] = {
        "use": "email", "url": "smtp://127.0.0.1:9", "from": "news@example.com", "to": ["ann@example.com"],
        "suppress": str(gone), "unsubscribe": url, "secret": SECRET,
    }  # fmt: skip
    town.file()
    token = sign(SECRET, "ann@example.com", "news@example.com")
    forged = sign("another-secret-of-somebody", "ann@example.com", "news@example.com")

    with serving(town) as daemon:
        daemon.until(lambda: daemon.read("/ready")[0] == 200, "it never got ready")
        asked = daemon.read(f"/unsubscribe/town/mail/{token}")
        assert (200, False) == (asked[0], gone.exists()), "a program that opens links takes nobody off"
        wrong = [(forged, "mail"), (token[:-4], "mail"), ("x" * 5000, "mail"), (token, "chat"), (token, "nowhere")]
        assert [404] * 5 == [daemon.read(f"/unsubscribe/town/{to}/{one}", b"")[0] for one, to in wrong]
        assert not gone.exists()
        clicks = [
            daemon.read(f"/unsubscribe/town/mail/{token}", b"List-Unsubscribe=One-Click")[0] for _ in range(2)
        ]

    assert [200, 200] == clicks
    (line,) = gone.read_text().splitlines()
    assert line.startswith("ann@example.com  # ")


def test_what_was_accepted_airs_once_though_the_process_is_killed_right_after_its_answer(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.tree["channels"] = {"chat": town.of("Ask")}
    town.file()
    asked = []
    for number in range(2):
        with serving(town, log=f"log-{number}.txt", BROADCAST_API_TOKEN=SECRET) as daemon:
            daemon.until(lambda: daemon.read("/ready")[0] == 200, "it never got ready")
            address = re.findall(r"keeping watch; (http://127\.0\.0\.1:\d+)/", daemon.log.read_text())[-1]
            story = {"title": f"Velmora votes {number}", "text": "The council of Velmora votes on Monday."}
            headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
            body = json.dumps({"show": "town", "stories": [story]}).encode()
            request = urllib.request.Request(f"{address}/runs", body, {**headers, "Idempotency-Key": f"{number}"})
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                assert 202 == answer.status
                asked.append(json.loads(answer.read())["run"])
            daemon.process.kill()
    with serving(town, log="last.txt", BROADCAST_API_TOKEN=SECRET) as daemon:
        over = lambda: [status in ("aired", "unfinished") for _, status, _ in rows(town)] == [True] * 2  # noqa: E731
        daemon.until(over, "something that was accepted is lost")
        assert SECRET not in daemon.log.read_text()
        assert 0 == daemon.ask_to_end()[0]

    assert 2 == len(set(asked))
    assert 2 >= len(town.lines("pay")), "something was paid twice"
    assert 2 >= len(town.lines("post")), "something was posted twice"
