"""`broadcast worker`: runs in line on PostgreSQL, and whoever takes them."""

import json
import random
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from airing import Town
from daemons import SWIFT, Daemon, asked, due, over, rows, statuses
from fleet import Fleet, add, all_over, killing, outcome, town_of, written
from journals import GRACE, opened, report, select
from servers import Line, PostgreSQL
from test_kill import call
from watching import NOON, HandClock, rounds, watching

from broadcast.daemon.handing import handing_over
from broadcast.journal.store import Store
from broadcast.queue.jobs import Queue
from broadcast.queue.schema import bring_up_to_date
from broadcast.testing import HeyGen

pytestmark = pytest.mark.long

#: What a worker says when it begins a stage, in order. A pause of the doubles keeps it there for a while.
STAGES = (": gather", ": write/main", ": video/main", ": submit/main", ": deliver/main/chat")


@pytest.fixture
def town(tmp_path: Path, shared: str) -> Town:
    one = due(tmp_path)
    one.on(shared)
    return one


def test_what_the_daemon_puts_in_line_workers_air_once(town: Town) -> None:
    for number in range(4):
        town.file(f"show-{number}")
    fleet = Fleet(town)
    try:
        daemon = fleet.start("serve", "--queue")
        first, _ = fleet.start("worker"), fleet.start("worker", "--concurrent", "1")
        fleet.until(lambda: over(town, 4), "some show does not air")
        fleet.until(lambda: [] == jobs(town), "a job is left over")
        ready, numbers = first.read("/ready"), first.read("/metrics")[1]
        assert [0, 0, 0] == fleet.end()
    finally:
        fleet.kill()

    assert (200, True) == (ready[0], json.loads(ready[1])["ready"])
    assert 'broadcast_queue_jobs{state="todo"} 0' in numbers
    assert [] == asked(town, "SELECT id FROM procrastinate_workers"), "somebody is not signed off"
    assert 4 == len(town.lines("pay")) == len(town.lines("post"))
    assert "gather" not in daemon.log.read_text(), "the daemon airs nothing itself"


def test_a_run_that_waits_for_people_stands_in_no_line_until_somebody_answered(town: Town) -> None:
    panel = town.of("Panel", to=["@editors"])
    town.tree["approval"] = {"script": True, "ask": {"panel": panel}, "wait": "8760h"}
    town.file()
    fleet = Fleet(town)
    try:
        fleet.start("serve", "--queue")
        fleet.start("worker")
        fleet.until(lambda: town.lines("ask"), "nobody is asked")
        fleet.until(
            lambda: ["unfinished"] == [row[1] for row in rows(town)] and [] == jobs(town), "it stays in line"
        )
        [(run,)] = asked(town, "SELECT run FROM approval")
        assert 0 == call(town, "approve", run, "--json").returncode
        fleet.until(lambda: over(town, 1), "the answer is not heard")
        assert [0, 0] == fleet.end()
    finally:
        fleet.kill()
    assert [1, 1] == [len(town.lines("pay")), len(town.lines("post"))]


def jobs(town: Town) -> list[tuple[str, str]]:
    found = asked(town, "SELECT task_name, status, queueing_lock FROM procrastinate_jobs")
    return [(lock, status) for task, status, lock in found if task == "broadcast.air"]


def test_a_worker_killed_in_any_stage_leaves_a_run_that_another_finishes(tmp_path: Path, shared: str) -> None:
    """HeyGen and the chat can be asked what they were told, so that no kill leaves a doubt.

    Each worker has a data directory of its own, as on another machine: a video that is gone is fetched again.
    """
    shows, chance = len(STAGES), random.Random(20261130)
    with HeyGen() as heygen:
        heygen.render_seconds = 1.0
        quick = {"poll": 0.2, "look_again": [0.2, 0.4]}
        renderer = {"use": "heygen", "key": heygen.key, "base": heygen.url, **quick}
        fleet = Fleet(town_of(tmp_path, shared, 0, pause=0.2, renderer=renderer))
        try:
            fleet.start("serve", "--queue")
            fleet.working(2)
            for number, stage in enumerate(STAGES):
                since = fleet.marks()
                add(fleet.town, number, pause=0.2, renderer=renderer)
                fleet.begins(stage, since).kill_after(chance.uniform(0, 0.3))
                fleet.working(2)
            all_over(fleet, shows)
            assert [0] * 3 == fleet.end()
        finally:
            fleet.kill()

        assert [("aired", False)] * shows == [row[1:] for row in rows(fleet.town)]
        assert shows == len(heygen.renders), "one render for each show"
        assert {1} == set(written(fleet.town, shows, "post @town").values()), "one post for each show"


def test_three_daemons_on_one_postgresql_and_kills_air_every_slot_once(tmp_path: Path, shared: str) -> None:
    shows = 10
    fleet = Fleet(town_of(tmp_path, shared, shows, pause=0.1))
    try:
        for _ in range(3):
            fleet.start("serve", "--concurrent", "2")
        killing(fleet, "serve", shows, 3, random.Random(20261130))
        all_over(fleet, shows)
    finally:
        fleet.kill()

    print(said := outcome(fleet.town, shows))
    assert f"{shows} aired" in said


def test_asked_to_end_a_worker_gives_back_what_waits_and_another_goes_on(town: Town) -> None:
    town.tree["renderer"] = town.of("AskedStudio", ready_after=1000)
    town.file()
    fleet = Fleet(town)
    try:
        fleet.start("serve", "--queue")
        first = fleet.start("worker")
        first.until(lambda: len(town.lines("look")) >= 2, "nobody waits")
        code, took = first.ask_to_end()
        print(f"it ended within {took:.1f} s")
        looks = len(town.lines("look"))
        with town.ledger.open("a") as ledger:
            ledger.write("look job-1\n" * 1000)
        fleet.start("worker")
        fleet.until(lambda: over(town, 1), "it does not go on")
    finally:
        fleet.kill()

    assert (0, True) == (code, looks > 0)
    assert ["pay main"] == town.lines("pay")
    assert ["post @town url"] == town.lines("post")


def test_a_run_that_is_written_down_and_in_no_line_is_found(town: Town) -> None:
    town.file()
    fleet = Fleet(town)
    try:
        daemon = fleet.start("serve", "--queue")
        daemon.until(lambda: jobs(town), "nothing is put in line")
        daemon.kill()
        change(town, "DELETE FROM procrastinate_jobs")  # as if it had died before it came to that
        worker = fleet.start("worker", program=SWIFT)
        worker.until(lambda: {"town": "aired"} == statuses(town), "it does not air")
        assert "stood in no line" in worker.log.read_text()
    finally:
        fleet.kill()


def change(town: Town, statement: str) -> None:
    import psycopg

    with psycopg.connect(town.settings.database_url) as db:
        db.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("queued", [True, False], ids=["worker", "daemon"])
def test_a_database_that_goes_away_comes_back_and_the_runs_go_on(
    tmp_path: Path, shared: str, postgresql: PostgreSQL, queued: bool
) -> None:
    line, town = Line(postgresql.socket, shared), due(tmp_path)
    town.on(line.url)
    town.tree["renderer"] = town.of("AskedStudio", ready_after=3)
    town.tree["channels"] = {"chat": town.of("AskedChat")}
    town.file()
    fleet = Fleet(town)
    try:
        worker = fleet.start("serve", *["--queue"] * queued, program=SWIFT)
        if queued:
            worker = fleet.start("worker", program=SWIFT)
        worker.until(lambda: town.lines("look"), "nobody waits")
        line.cut()
        away = "the queue cannot be reached" if queued else "the journal cannot be written"
        worker.until(lambda: away in worker.log.read_text(), "nobody says that it is away")
        assert 503 == worker.read("/ready")[0]
        line.mend()
        worker.until(lambda: {"town": "aired"} == statuses(town), "it does not go on")
        worker.until(lambda: 200 == worker.read("/ready")[0], "it is not ready again")
        assert {0} == set(fleet.end())
    finally:
        fleet.kill()
        line.cut()

    assert ["pay main"] == town.lines("pay")
    assert ["post @town url"] == town.lines("post")


def test_a_worker_takes_no_job_of_a_show_that_it_does_not_know(town: Town) -> None:
    town.file("one")
    town.file("two")
    fleet = Fleet(town)
    try:
        fleet.start("serve", "--queue")
        worker = fleet.start("worker", "--shows", "two")
        worker.until(lambda: "aired" == statuses(town).get("two"), "it does not air")
        worker.until(lambda: 1 == len(jobs(town)), "the job is not done with")

        assert [("one", "todo")] == [(lock.partition("@")[0], status) for lock, status in jobs(town)]
    finally:
        fleet.kill()


def test_of_the_shows_in_line_the_one_of_highest_priority_comes_first(town: Town) -> None:
    for number in (1, 5, 3):
        town.tree["priority"] = number
        town.ledger = town.folder / f"ledger-{number}.txt"
        town.ledger.touch()
        town.tree["channels"] = {"chat": town.of("Chat")}
        town.tree["renderer"] = town.of("Studio")
        town.file(f"p{number}")
    fleet = Fleet(town)
    try:
        fleet.start("serve", "--queue").until(lambda: 3 == len(jobs(town)), "they are not put in line")
        worker = fleet.start("worker", "--concurrent", "1")
        worker.until(lambda: over(town, 3), "some show does not air")
    finally:
        fleet.kill()

    begun = [one["run"][:2] for one in worker.said() if one["message"].endswith(": gather")]
    assert ["p5", "p3", "p1"] == begun


def test_what_no_worker_came_to_in_time_is_told_once(town: Town) -> None:
    town.file()
    fleet = Fleet(town)
    try:
        daemon = fleet.start("serve", "--queue")
        daemon.until(lambda: jobs(town), "nothing is put in line")
        daemon.kill()
        town.tree["schedule"]["grace"] = "1m"
        town.file()
        worker = fleet.start("worker")
        worker.until(lambda: town.lines("say"), "nobody tells")
        worker.until(lambda: [] == jobs(town), "the job is not done with")
        assert [0] == fleet.end()
    finally:
        fleet.kill()

    assert [] == town.lines("pay")
    assert {"town": "failed"} == statuses(town)
    (said,) = town.lines("say")
    assert "was missed: nobody aired it within 0:01:00 of its time" in said


async def test_what_stood_in_line_where_there_is_no_worker_is_told_once_by_the_daemon(
    tmp_path: Path, shared: str
) -> None:
    town = Town(tmp_path, schedule={"cron": "0 12 * * *", "grace": "30m"})
    town.tree["alerts"] = town.of("Talk", to=["@ops"])
    town.on(shared)
    town.file()
    clock = HandClock(NOON)
    Store.open(shared).close()
    bring_up_to_date(shared)
    async with Queue(shared).opened() as queue, watching(town, clock, air=handing_over(queue)) as watch:
        await rounds(watch, clock)
        in_line, untold = jobs(town), town.lines("say")
        for _ in range(3):
            clock.pass_(1500)
            await rounds(watch, clock)

    assert [("town@2026-11-23T12:00:00Z", "todo")] == in_line
    assert [] == untold == town.lines("pay")
    (said,) = town.lines("say")
    assert "was missed: nobody aired it within 0:30:00 of its time" in said
    assert [("town", "failed", False)] == rows(town)


async def test_what_is_left_is_what_has_not_ended_and_nobody_works_on(tmp_path: Path, shared: str) -> None:
    clock = HandClock(NOON)
    hours = [NOON + timedelta(hours=number) for number in range(4)]
    async with opened(tmp_path, clock) as journal:
        for slot in hours:
            await journal.runs.enrol("news", slot, grace=GRACE)
            await journal.runs.enrol("news", slot, grace=timedelta(days=9))  # it is known
        assert hours == [row.slot for row in await journal.runs.left()]
        ended, taken = [await journal.claim("news", slot) for slot in hours[:2]]
        await ended.finish(report(ended, "aired"))
        journal.runs.done(ended)

        assert hours[2:] == [row.slot for row in await journal.runs.left()]
        await taken.put_down()
        journal.runs.done(taken)
        assert hours[1:] == [row.slot for row in await journal.runs.left()]
        assert (NOON + GRACE).timestamp() == select(tmp_path, "SELECT min(closes) FROM run")[0][0]


@pytest.mark.parametrize("arguments", [("worker",), ("serve", "--queue")], ids=" ".join)
def test_a_queue_on_sqlite_is_refused_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    town = due(tmp_path)
    town.file()

    done = call(town, *arguments)

    assert 2 == done.returncode
    assert (
        "BROADCAST_DATABASE_URL: a queue needs a PostgreSQL that all machines share: postgresql://" in done.stderr
    )


@pytest.mark.parametrize("arguments", [("worker",), ("serve", "--queue")], ids=" ".join)
def test_without_its_package_it_is_named_what_to_install(town: Town, arguments: tuple[str, ...]) -> None:
    town.file()
    program = "import sys; sys.modules['procrastinate'] = None; from broadcast.cli import main; sys.exit(main())"

    done = call(town, *arguments, program=("-c", program))

    assert 2 == done.returncode, done.stderr
    assert "pip install 'broadcast[worker]'" in done.stderr


def test_what_needs_no_queue_imports_none(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.file()
    program = (
        "import sys; from broadcast.cli import main; code = main(); "
        "import broadcast.daemon; print('procrastinate' in sys.modules, code)"
    )

    done = call(town, "run", "town", program=("-c", program))

    assert "False 0" == done.stdout.splitlines()[-1], done.stderr


def test_asked_to_end_while_it_has_nothing_to_do_it_ends(town: Town) -> None:
    town.file()
    worker = Daemon(town, command="worker", fresh=True)
    try:
        worker.until(lambda: 200 == worker.read("/ready")[0], "it is not ready")
        code, _ = worker.ask_to_end(signal.SIGINT)
    finally:
        worker.kill()
    assert 0 == code
