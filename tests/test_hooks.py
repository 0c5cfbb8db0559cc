"""`POST /hooks/SHOW`, `POST /runs`, `GET /runs/ID`: a run is begun once, is not lost, and can be followed."""

import asyncio
import contextlib
import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from calling import API, HOOKS, RELEASE, called, github, plain, settle, standard
from openapi_spec_validator import OpenAPIV31SpecValidator
from watching import NOON, HandClock, rounds


def town(folder: Path, **changes: Any) -> Town:
    one = settle(Town(folder, hooks=HOOKS, **changes))
    one.tree["alerts"] = one.of("Talk", to=["@ops"])
    one.tree["channels"]["chat"]["words"] = True
    one.file()
    return one


async def test_a_delivery_is_answered_at_once_with_its_run_which_airs_the_story(tmp_path: Path) -> None:
    one = town(tmp_path)
    async with called(one, HandClock()) as desk:
        status, told = await desk.post("/hooks/town/github", github(RELEASE))
        report = await desk.over(told["run"])

    assert (202, True) == (status, told["new"])
    assert ("town@2026-11-23T12:00:00Z", "/runs/town@2026-11-23T12:00:00Z") == (told["run"], told["url"])
    assert ("aired", ["velmora/tide v2.1.0 is out"]) == (report["status"], [s["title"] for s in report["stories"]])
    assert [] == one.lines("fetch"), "the sources were asked, though the hook brought a story"


async def test_what_comes_before_the_shows_are_read_is_asked_to_come_again_and_not_told_that_there_is_no_hook(
    tmp_path: Path,
) -> None:
    async with called(town(tmp_path), HandClock()) as desk:
        desk.watch.begun, shows = False, dict(desk.watch.shelf.shows)
        desk.watch.shelf.shows.clear()
        early = [await desk.post("/hooks/town/github", github(RELEASE)), await desk.call({"show": "town"})]
        desk.watch.begun = True
        desk.watch.shelf.shows.update(shows)
        late = await desk.post("/hooks/town/github", github(RELEASE))

    assert [503, 503] == [status for status, _ in early]
    assert 202 == late[0]


async def test_a_delivery_that_comes_again_is_the_same_run_whoever_takes_it(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with called(one, clock) as desk:
        first = (await desk.post("/hooks/town/signups", standard({"user": {"name": "Ann"}}, NOON)))[1]["run"]
        await desk.over(first)
    clock.pass_(200)
    again = standard({"user": {"name": "Ann"}}, NOON + timedelta(seconds=200))
    async with called(one, clock) as desk, called(one, clock) as other:
        answers = await asyncio.gather(*(to.post("/hooks/town/signups", again) for to in (desk, other, desk)))

    assert [(200, first, False)] * 3 == [(status, told["run"], told["new"]) for status, told in answers]
    assert 1 == len(one.lines("post"))


async def test_two_at_once_in_two_processes_are_one_run_and_others_have_a_second_of_their_own(
    tmp_path: Path,
) -> None:
    one = town(tmp_path, schedule={"cron": "* * * * *"})
    clock = HandClock(NOON + timedelta(seconds=58))
    async with called(one, clock) as desk, called(one, clock) as other:
        same = await asyncio.gather(*(to.post("/hooks/town/plain", plain({}, id="a")) for to in (desk, other) * 3))
        rest = await asyncio.gather(
            *(to.post("/hooks/town/plain", plain({}, id=id)) for to, id in ((desk, "b"), (other, "c")))
        )

    assert 1 == [status for status, _ in same].count(202)
    slots = {told["run"].rpartition("@")[2] for _, told in (*same, *rest)}
    assert {"2026-11-23T12:00:58Z", "2026-11-23T12:00:59Z", "2026-11-23T12:01:01Z"} == slots, (
        "12:01:00 is the schedule's"
    )


async def test_what_was_accepted_airs_though_the_process_dies_before_it_begins(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with called(one, clock) as desk:
        desk.watch._begin = lambda *_: None  # type: ignore[method-assign]  # it gets no further than that
        runs = [(await desk.post("/hooks/town/plain", plain({}, id=id)))[1]["run"] for id in "abc"]
    assert [] == one.lines("post")

    async with called(one, clock) as desk:
        reports = [await desk.over(run) for run in runs]

    assert {"aired", "quiet"} >= {report["status"] for report in reports}
    assert 1 == len(one.lines("post")), "the wire tells the same to each of them"


async def test_what_a_process_that_died_had_accepted_is_taken_up_by_another_that_lives(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with called(one, clock) as living:
        async with called(one, clock) as dying:
            dying.watch._begin = lambda *_: None  # type: ignore[method-assign]
            run = (await dying.post("/hooks/town/github", github(RELEASE)))[1]["run"]
        assert "it waits for its turn" in (await living.get(f"/runs/{run}"))[1]["notes"]
        await rounds(living.watch, clock, 17)

        assert "aired" == (await living.over(run))["status"]


async def test_what_was_accepted_and_is_past_its_grace_is_missed_and_said_so(tmp_path: Path) -> None:
    one, clock = town(tmp_path), HandClock()
    async with called(one, clock) as desk:
        desk.watch._begin = lambda *_: None  # type: ignore[method-assign]
        run = (await desk.post("/hooks/town/plain", plain({})))[1]["run"]
    clock.pass_(25 * 3600)
    async with called(one, clock) as desk:
        await rounds(desk.watch, clock)
        report = (await desk.get(f"/runs/{run}"))[1]

    assert ("failed", True) == (report["status"], "was missed" in report["error"])
    assert [True] == ["was missed" in line for line in one.lines("say")]


async def test_a_call_airs_what_it_brings_where_it_says_and_once_for_a_key(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["channels"]["other"] = one.of("Chat", to=["@other"])
    one.file()
    story = {"title": "Velmora votes", "text": "The council of Velmora votes on 12 turbines on Monday."}
    async with called(one, HandClock()) as desk:
        body = {"show": "town", "stories": [story], "channels": ["chat"]}
        answers = [await desk.call(body, **{"Idempotency-Key": "vote"}) for _ in range(3)]
        report = await desk.over(answers[0][1]["run"])
        taken_up = await desk.call({"show": "town"})
        await desk.over(taken_up[1]["run"])
        own = await desk.call({"show": "town", "slot": "2026-11-23T09:00:00+01:00"})
        await desk.over("town@2026-11-23T08:00:00Z")
        other = await desk.call({"show": "town", "slot": "2026-11-23T08:00:00Z", "stories": [story]})

    assert [202, 200, 200] == [status for status, _ in answers]
    assert 1 == len({told["run"] for _, told in answers})
    assert ["Velmora votes"] == [one["title"] for one in report["stories"]]
    assert ["post @town url"] == [line for line in one.lines("post") if "@other" not in line][:1]
    assert (202, "town@2026-11-23T08:00:00Z") == (own[0], own[1]["run"])
    assert (409, True) == (other[0], "was begun for something else" in other[1]["error"])


@pytest.mark.parametrize(
    ("payload", "status", "said"),
    [
        ({"show": "twon"}, 404, "there is no show 'twon'"),
        ({"show": "town", "channels": ["chatt"]}, 422, "no channel 'chatt'; there is chat"),
        ({"show": "town", "stories": [{"text": "x"}]}, 422, "story 1 has no `title`"),
        ({"show": "town", "stories": []}, 422, "stories: list should have at least 1 item"),
        ({"show": "town", "slot": "2026-11-23T09:00:00"}, 422, "slot: input should have timezone info"),
        ({"show": "town", "slot": "1970-01-01T00:00:00Z"}, 422, "a slot lies between 2000 and 2199"),
        ({"show": "town", "slot": "2026-11-23T09:00:00Z", "now": True}, 422, "exclude each other"),
        ({"show": "town", "shwo": 1}, 422, "shwo: extra inputs are not permitted"),
        ([], 422, "the body: input should be a valid dictionary"),
    ],
)
async def test_a_call_that_does_not_fit_is_said_so(tmp_path: Path, payload: Any, status: int, said: str) -> None:
    async with called(town(tmp_path), HandClock()) as desk:
        found, told = await desk.call(payload)

    assert (status, True) == (found, said in told["error"]), told


async def test_fields_that_would_fill_nothing_are_refused_and_others_fill_the_blanks(tmp_path: Path) -> None:
    one = town(tmp_path)
    one.tree["channels"]["chat"]["to"] = ["{chat}"]
    one.file()
    del one.tree["hooks"]
    one.tree["channels"]["chat"]["to"] = ["@town"]
    one.file("plain")
    async with called(one, HandClock()) as desk:
        filled = await desk.call({"show": "town", "fields": {"chat": "@ann"}})
        await desk.over(filled[1]["run"])
        bare = await desk.call({"show": "plain", "fields": {"chat": "@ann"}})

    assert (202, ["post @ann url"]) == (filled[0], one.lines("post"))
    assert (422, True) == (bare[0], "nothing that `fields` would fill" in bare[1]["error"])


async def test_without_the_token_nothing_is_told_or_begun(tmp_path: Path) -> None:
    one = town(tmp_path)
    async with called(one, HandClock()) as desk:
        wrong = [
            await desk.call({"show": "town"}, Authorization=given) for given in ("", "Bearer x", f"Basic {API}")
        ]
        hidden = await desk.get("/runs/town@2026-11-23T12:00:00Z", token="x")
        unknown = await desk.get("/runs/town@2026-11-23T12:00:00Z")
    closed = settle(town(tmp_path), broadcast_api_token=None)
    async with called(closed, HandClock()) as desk:
        off = await desk.call({"show": "town"})

    assert [401] * 3 == [status for status, _ in wrong]
    assert (401, 404, 403) == (hidden[0], unknown[0], off[0])
    assert "BROADCAST_API_TOKEN is not set" in off[1]["error"]
    assert [] == one.lines("fetch")


async def test_more_than_the_rate_waits_and_a_body_too_large_packed_or_slow_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = {**HOOKS, "plain": {**HOOKS["plain"], "rate": 3}}
    one, clock = town(tmp_path), HandClock()
    one.tree["hooks"] = hooks
    one.file()
    async with called(one, clock) as desk:
        answers = [await desk.post("/hooks/town/plain", plain({}, id=f"{number}")) for number in range(5)]
        clock.pass_(61)
        later = await desk.post("/hooks/town/plain", plain({}, id="later"))
        large = await desk.post("/hooks/town/plain", (b" " * 1_000_001, plain({})[1]))
        packed = await desk.post("/hooks/town/plain", (b"x", {**plain({})[1], "Content-Encoding": "gzip"}))

        async def drip() -> Any:
            yield b"{"
            await asyncio.sleep(5)

        headers = plain({})[1]
        monkeypatch.setattr("broadcast.daemon.reception.READ_SECONDS", 0.2)
        async with desk.web.post("/hooks/town/plain", data=drip(), headers=headers) as answer:
            slow = answer.status

    assert [202, 202, 202, 429, 429] == [status for status, _ in answers]
    assert (202, 413, 415, 408) == (later[0], large[0], packed[0], slow)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/hooks/nowhere", "there is no such hook"),
        ("/hooks/town", "which hook? POST to /hooks/town/NAME"),
        ("/hooks/town/nobody", "there is no such hook"),
    ],
)
async def test_a_hook_that_is_not_there_is_said_so(tmp_path: Path, path: str, said: str) -> None:
    async with called(town(tmp_path), HandClock()) as desk:
        assert (404, {"error": said}) == await desk.post(path, plain({}))


async def test_a_journal_that_cannot_be_written_accepts_nothing_and_says_so(tmp_path: Path) -> None:
    one = town(tmp_path)
    async with called(one, HandClock()) as desk:
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "broadcast.db", isolation_level=None)) as db:
            db.execute("ALTER TABLE run RENAME TO gone")
            status, told = await desk.post("/hooks/town/plain", plain({}))
            db.execute("ALTER TABLE gone RENAME TO run")
        again = await desk.post("/hooks/town/plain", plain({}))

    assert (503, True) == (status, "ask again later" in told["error"]), told
    assert (202, True) == (again[0], again[1]["new"])


async def test_the_description_is_openapi_and_names_what_is_answered(tmp_path: Path) -> None:
    async with called(town(tmp_path), HandClock()) as desk:
        async with desk.web.get("/openapi.json") as answer:
            tree = await answer.json()
        accepted = (await desk.call({"show": "town", "now": True}))[1]

    OpenAPIV31SpecValidator(tree).validate()
    routes = {
        ("post", "/runs"),
        ("get", "/runs/{run}"),
        ("post", "/hooks/{show}"),
        ("post", "/hooks/{show}/{hook}"),
    }
    assert routes <= {(method, path) for path, known in tree["paths"].items() for method in known}
    assert set(tree["components"]["schemas"]["Accepted"]["properties"]) == set(accepted)


async def test_calls_are_counted_and_no_label_is_of_the_senders_making(tmp_path: Path) -> None:
    async with called(town(tmp_path), HandClock()) as desk:
        await desk.post("/hooks/town/github", github(RELEASE))
        await desk.post("/hooks/town/github", github(RELEASE, secret="another-secret-of-somebody"))
        await desk.post("/hooks/town/evil%22", plain({}))
        await desk.post("/hooks/town/github", github(RELEASE, event="ping"))
        async with desk.web.get("/metrics") as answer:
            text = await answer.text()

    counted = [line for line in text.splitlines() if line.startswith("broadcast_calls_total{")]
    assert {
        f'broadcast_calls_total{{show="town",by="github",outcome="{outcome}"}} 1.0'
        for outcome in ("accepted", "refused", "ignored")
    } == set(counted)


async def test_a_run_is_a_page_to_a_browser_and_its_report_to_who_brings_the_token(tmp_path: Path) -> None:
    one = town(tmp_path)
    async with called(one, HandClock()) as desk:
        _, told = await desk.post("/hooks/town/github", github(RELEASE))
        await desk.over(told["run"])
        async with desk.web.get(told["url"]) as page:
            shown = page.status, page.content_type
        status, report = await desk.get(told["url"])
        wrong, _ = await desk.get(told["url"], token="another")

    assert (200, "text/html") == shown
    assert (200, told["run"]) == (status, report["run"])
    assert 401 == wrong
