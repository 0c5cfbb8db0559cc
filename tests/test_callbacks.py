"""HeyGen says that a render is done: the run that waits looks at once, and nobody else is woken."""

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from calling import HOOKS, RELEASE, Desk, called, github, heygen, plain, settle, standard
from forgers import Attempt, attempts
from journals import opened
from pydantic import SecretStr
from watching import HandClock, until, watching

from broadcast.clock import SystemClock, stopwatch
from broadcast.daemon.crew import Crew
from broadcast.daemon.watch import Watch
from broadcast.heygen import callbacks
from broadcast.journal.knocks import FRESH, Knocks
from broadcast.signed import Denied
from broadcast.testing import FakeClock, HeyGen
from broadcast.types import Order

POLL = 600.0  #: seconds, more than `until` waits: within a test nobody looks by itself
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Studio:
    """A town that renders with HeyGen, and the door where it is called back."""

    def __init__(self, town: Town, service: HeyGen, desk: Desk) -> None:
        self.town, self.service, self.desk = town, service, desk

    async def begun(self, **call: Any) -> str:
        """Ask for a run, and return it when its render is paid and it waits."""
        paid = len(self.service.renders)
        run = str((await self.desk.call({"show": "town", "now": True, **call}))[1]["run"])
        await until(lambda: len(self.service.renders) > paid and self.desk.watch.crew._sleepers, "nobody waits")
        return run

    def looks(self) -> int:
        return self.service.count("GET /v3/video-agents/{session_id}") + self.service.count(
            "GET /v3/videos/{video_id}"
        )


@contextlib.asynccontextmanager
async def studio(folder: Path, *, public: bool = True, **changes: Any) -> AsyncIterator[Studio]:
    """HeyGen's clock stands still until a test lets renders be over."""
    clock: Any = SystemClock()
    async with HeyGen() as service:
        service.render_seconds = changes.pop("render_seconds", 3600.0)
        service.thinks = changes.pop("thinks", service.thinks)
        town = settle(Town(folder, **changes))
        town.tree["renderer"] = {"use": "heygen", "key": service.key, "base": service.url, "poll": POLL}
        town.file()
        async with called(town, clock) as desk:
            if public:
                town.tree["renderer"]["public"] = desk.address
                town.file()
                desk.watch.reload()
                await until(lambda: desk.watch.shelf.shows["town"].editions[0].ways[0].renderer.public)  # type: ignore[attr-defined]
            yield Studio(town, service, desk)
        assert [] == service.refused, "the client made a mistake"


def over(service: HeyGen) -> None:
    """Let every render be over now."""
    for job in service.ledger.running:
        job.takes = 0.01


async def test_a_callback_at_the_jobs_own_address_wakes_the_run_which_looks_and_posts(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        run = await one.begun()
        took = stopwatch()
        over(one.service)
        await until(lambda: one.town.lines("post"), "it was not woken")
        print(f"from done to the first message: {took():.2f} s")

        assert "aired" == (await one.desk.over(run))["status"]
        (asked,) = [job.asked for job in one.service.renders]
        assert asked["callback_url"].startswith(f"{one.desk.address}/callbacks/heygen/town/")
        assert [200] == [status for _, status in one.service.called]


async def test_an_event_at_a_registered_endpoint_wakes_the_run_of_that_job_alone(tmp_path: Path) -> None:
    async with studio(tmp_path, public=False) as one:
        first = await one.begun()
        second = await one.begun(
            stories=[{"title": "Velmora votes", "text": "The council of Velmora votes today."}]
        )
        job = one.service.renders[0]
        body = {
            "event_type": "video_agent.success",
            "event_data": {"session_id": job.session, "video_id": job.video},
        }
        looks = one.looks()
        job.takes = 0.01
        now = datetime.now(UTC)
        woken = await one.desk.post("/callbacks/heygen", heygen(body, now))
        await until(lambda: one.town.lines("post"), "it was not woken")
        again = [await one.desk.post("/callbacks/heygen", heygen(body, now, id=id)) for id in ("evt_1", "evt_2")]
        await one.desk.over(first, alone=False)

        assert (200, [first]) == (woken[0], woken[1]["woken"])
        assert [(200, [])] * 2 == [(status, told["woken"]) for status, told in again], "a replay woke somebody"
        assert "it is being aired" in (await one.desk.get(f"/runs/{second}"))[1]["notes"]
        assert looks < one.looks()


@contextlib.asynccontextmanager
async def lying_elsewhere(one: Studio) -> AsyncIterator[Watch]:
    """A run that another process airs, on the same journal: nothing of it is held there but its render."""
    clock: Any = SystemClock()
    async with watching(one.town, clock) as watch:
        watch.air("town", clock.now().replace(microsecond=0))
        await until(lambda: len(watch.lying) == 1, "it is not put down")
        yield watch


def event_of(service: HeyGen, number: int = 0) -> Any:
    job = service.renders[number]
    data = {"session_id": job.session, "video_id": job.video}
    return heygen({"event_type": "video_agent.success", "event_data": data}, datetime.now(UTC))


@pytest.mark.parametrize("by", ["address", "endpoint"])
async def test_a_run_that_was_put_down_is_called_by_a_callback_and_posts(tmp_path: Path, by: str) -> None:
    async with studio(tmp_path, public=by == "address", thinks=0.0) as one:
        run = await one.begun()
        await until(lambda: len(one.desk.watch.lying) == 1, "it is not put down")
        over(one.service)
        if by == "endpoint":
            await asyncio.sleep(0.05)
            assert [run] == (await one.desk.post("/callbacks/heygen", event_of(one.service)))[1]["woken"]
        await until(lambda: one.town.lines("post"), "it was not called")

        assert "aired" == (await one.desk.over(run))["status"]
        assert 1 == len(one.service.renders)


@pytest.mark.parametrize("by", ["address", "endpoint"])
async def test_a_callback_reaches_a_run_that_waits_in_another_process(tmp_path: Path, by: str) -> None:
    async with studio(tmp_path, public=by == "address", thinks=0.0) as one, lying_elsewhere(one) as elsewhere:
        looks = one.looks()
        over(one.service)
        if by == "endpoint":
            assert [] == (await one.desk.post("/callbacks/heygen", event_of(one.service)))[1]["woken"]
        await until(lambda: one.town.lines("post"), "it did not hear of it")
        await until(lambda: not elsewhere.station.airing, "it does not end")

        assert looks < one.looks()
        assert [] == await elsewhere.station.knocks.take({"town"}), "word is left behind"
        assert 1 == len(one.service.renders) == len(one.town.lines("post"))


@pytest.mark.usefixtures("database")
async def test_word_is_left_for_runs_that_somebody_airs_and_goes_stale(tmp_path: Path) -> None:
    clock = FakeClock(NOW)
    async with opened(tmp_path, clock) as journal:
        knocks, run = Knocks(journal.store, clock), await journal.claim("town", NOW)
        await knocks.leave([run.id, "town@1999-01-01T00:00:00Z"])
        await knocks.leave([run.id])
        others = await knocks.take({"another"})
        mine = [await knocks.take({run.id}), await knocks.take({run.id})]
        await run.put_down()
        await knocks.leave([run.id])
        given_back = await knocks.take({run.id})
        await journal.claim("town", NOW + timedelta(hours=1))
        await knocks.leave(["town@2026-11-23T13:00:00Z"])
        await clock.sleep(FRESH.total_seconds() + 1)
        await knocks.leave(["nobody"])
        stale = await knocks.take({"town@2026-11-23T13:00:00Z"})

    assert ([], [[run.id], []], [], []) == (others, mine, given_back, stale)


@pytest.mark.parametrize(
    "event", ["video_agent.success", "video_agent.fail", "avatar_video.success", "proofread.x"]
)
async def test_an_event_of_a_job_that_nobody_waits_for_is_thanked_for_and_wakes_nobody(
    tmp_path: Path, event: str
) -> None:
    async with studio(tmp_path) as one:
        await one.begun()
        looks = one.looks()
        body = {"event_type": event, "event_data": {"session_id": "sess_unknown", "video_id": "v_unknown"}}
        answer = await one.desk.post("/callbacks/heygen", heygen(body, datetime.now(UTC)))
        await asyncio.sleep(0.1)

        assert (200, {"woken": []}) == answer
        assert looks == one.looks()


async def test_a_forged_address_wakes_nobody_and_a_used_one_once(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        await one.begun()
        url = one.service.renders[0].asked["callback_url"]
        path, other = url.removeprefix(one.desk.address), one.desk.address
        forged = [f"{path[:-2]}AA", path.replace("/town/", "/nowhere/"), "/callbacks/heygen/town/" + "A" * 5000]
        looks = one.looks()
        wrong = [(await one.desk.post(place, (b"{}", {})))[0] for place in forged]
        right = [await one.desk.post(path, (b"not even JSON", {})) for _ in range(3)]
        await until(lambda: one.looks() > looks, "it does not look")
        await asyncio.sleep(0.2)

        assert [404, 404, 404] == wrong
        assert [1, 0, 0] == [len(told["woken"]) for _, told in right]
        assert looks + 1 == one.looks(), "what is not over is looked at once, and not awaited at once"
        async with one.desk.web.get(f"{other}/callbacks/heygen") as answer:
            assert 200 == answer.status
        async with one.desk.web.options(path) as answer:
            assert 200 == answer.status


async def test_a_callback_for_a_run_that_ended_or_was_never_here_is_thanked_for(tmp_path: Path) -> None:
    async with studio(tmp_path, render_seconds=0.05) as one:
        key = one.service.key
        order = Order.model_construct(show="town", edition="main", slot=NOW, attempt=1)
        path = callbacks.address("", key, order)
        foreign = callbacks.address("", key, order.model_copy(update={"show": "other"})).replace(
            "/other/", "/town/"
        )

        assert (200, {"woken": []}) == await one.desk.post(path, (b"{}", {}))
        assert 404 == (await one.desk.post(foreign, (b"{}", {})))[0]


async def test_without_a_callback_the_poll_is_the_net(tmp_path: Path) -> None:
    async with studio(tmp_path, public=False) as one:
        one.town.tree["renderer"]["poll"] = 0.2
        one.town.file()
        one.desk.watch.reload()
        await until(lambda: one.desk.watch.shelf.shows["town"].editions[0].ways[0].renderer.poll < 1)  # type: ignore[attr-defined]
        run = await one.begun()
        over(one.service)

        assert "aired" == (await one.desk.over(run, tries=2000))["status"]
        assert [] == one.service.called


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"Heygen-Signature": "0" * 64}, 401),
        ({"Heygen-Signature": ""}, 401),
        ({"Heygen-Signature": "\udcff"}, 401),
        ({"Heygen-Event-Id": ""}, 400),
        ({"Heygen-Event-Id": "e" * 201}, 400),
        ({"Heygen-Timestamp": ""}, 400),
        ({"Heygen-Timestamp": "-1"}, 400),
        ({"Heygen-Timestamp": f"{int((NOW - timedelta(minutes=16)).timestamp())}"}, 401),
        ({"Heygen-Timestamp": f"{int((NOW + timedelta(minutes=16)).timestamp())}"}, 401),
    ],
)
def test_an_event_that_is_not_signed_late_or_nameless_is_refused(changes: dict[str, str], status: int) -> None:
    body, headers = heygen({"event_type": "video_agent.success", "event_data": {"session_id": "s"}}, NOW)
    given = {name.lower(): value for name, value in {**headers, **changes}.items()}
    with pytest.raises(Denied) as refusal:
        callbacks.event("whsec_of-heygen-0123456789", given, body, NOW)

    assert status == refusal.value.status


@pytest.mark.parametrize(
    "body",
    [[], {}, {"event_type": "video_agent.success"}, {"event_type": "x", "event_data": {"session_id": "s"}},
     {"event_type": "video_agent.fail", "event_data": {"session_id": 7, "video_id": ["v"]}}],
)  # fmt: skip
def test_a_signed_event_that_says_nothing_of_use_names_no_job(body: Any) -> None:
    sent, headers = heygen(body, NOW)
    given = {name.lower(): value for name, value in headers.items()}

    assert () == callbacks.event("whsec_of-heygen-0123456789", given, sent, NOW).ids


async def test_without_its_secret_no_event_is_believed(tmp_path: Path) -> None:
    town = settle(Town(tmp_path), heygen_webhook_secret=SecretStr(""))
    town.file()
    async with called(town, SystemClock()) as desk:  # type: ignore[arg-type]
        status, told = await desk.post("/callbacks/heygen", heygen({}, datetime.now(UTC)))

    assert (403, True) == (status, "HEYGEN_WEBHOOK_SECRET is not set" in told["error"])


async def test_a_thousand_forged_replayed_late_large_and_malformed_requests_begin_and_wake_nothing(
    tmp_path: Path,
) -> None:
    async with studio(tmp_path, public=False, hooks=HOOKS) as one:
        desk, now = one.desk, datetime.now(UTC)
        waiting = await one.begun(
            stories=[{"title": "Velmora votes", "text": "The council of Velmora votes today."}]
        )
        job = one.service.renders[0]
        genuine = [
            ("/hooks/town/github", *github(RELEASE)),
            ("/hooks/town/signups", *standard({"user": {"name": "Ann"}}, now)),
            ("/hooks/town/plain", *plain({"name": "Bob"})),
        ]
        asked_for = {waiting, *[(await desk.post(path, (body, given)))[1]["run"] for path, body, given in genuine]}
        event = heygen({"event_type": "video_agent.success", "event_data": {"session_id": job.session}}, now)
        await until(lambda: len(desk.watch.crew._sleepers) >= 4, "not all of them wait")
        looks = one.looks()
        assert [waiting] == (await desk.post("/callbacks/heygen", event))[1]["woken"]
        await until(lambda: one.looks() > looks, "it does not look")
        genuine.append(("/callbacks/heygen", *event))
        await until(lambda: len(desk.watch.crew._sleepers) >= 4, "it does not go on waiting")
        before = (await listed(desk), one.looks(), desk.watch.crew._knocks.total())

        strange: list[tuple[Attempt, int]] = []
        for attempt in attempts(20261130, 1000, now, genuine, str(job.session)):
            async with desk.web.post(
                attempt.path, data=io.BytesIO(attempt.body), headers=attempt.headers
            ) as answer:
                told = await answer.read()
                if answer.status not in attempt.statuses or b'"new": true' in told:
                    strange.append((attempt, answer.status))
        await asyncio.sleep(0.1)

        assert [] == [(one.kind, one.path, one.body[:80], one.headers, status) for one, status in strange]
        assert asked_for == {row for row, _ in before[0]}
        assert before == (await listed(desk), one.looks(), desk.watch.crew._knocks.total())


async def listed(desk: Desk) -> list[tuple[str, str | None]]:
    """The runs, and what became of them."""
    return sorted((row.id, row.status) for row in await desk.watch.station.runs.newest(limit=1000))


async def test_a_knock_while_somebody_looks_is_heard_at_their_next_rest_and_once() -> None:
    clock = HandClock()
    crew, heard = Crew(clock, 1), list[str]()

    async def one() -> None:
        async with crew.places:
            await crew.rest(600)
            heard.append("woken")
            assert crew.wake("run")
            await crew.rest(600)
            heard.append("at once")
            await crew.rest(600)
            heard.append("by the clock")

    crew.begin("run", one())
    await until(lambda: crew._sleepers, "it does not rest")
    assert crew.wake("run")
    assert not crew.wake("another")
    await until(lambda: len(heard) == 2 and crew._sleepers)
    assert ["woken", "at once"] == heard
    clock.pass_(601)
    await until(lambda: not crew.left())
    assert not crew.wake("run")
    assert "by the clock" == heard[-1]
