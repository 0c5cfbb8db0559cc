"""What can be done on the console: each deed asks first, is the command line's own call, and is noted."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from airing import Town
from consoles import Console, serving
from patience import PATIENCE
from watching import HandClock, rounds, until, watching

from broadcast import runner
from broadcast.cli import main
from broadcast.console import furnishing
from broadcast.console.live import Live
from broadcast.console.visit import Visit
from broadcast.daemon.door import Door
from broadcast.desk import Wish
from broadcast.logs import Redact

SLOT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "town@2026-11-23T12:00:00Z"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    one = Town(tmp_path)
    one.file()
    return one


async def log(console: Console) -> list[tuple[str, str, str | None]]:
    return [(one.who, one.deed, one.outcome) for one in await console.station.audit.newest(limit=20)]


async def test_air_now_asks_once_airs_a_fresh_run_and_leads_to_it(town: Town) -> None:
    async with serving(town) as console:
        status, page = await console.get("/shows/town/air")
        assert 200 == status
        assert "It may pay for a render by Studio. It is published on chat." in page
        assert [] == town.lines()

        status, where = await console.post("/shows/town/air")
        await console.settled()

        assert 303 == status
        run = await console.data(f"{where}.json")
        assert "aired" == run["whole"]["row"]["status"]
        assert ["post @town url"] == town.lines("post")
        assert [("local", "air", "done")] == await log(console)
        assert where == f"/runs/{(await console.station.audit.newest(limit=1))[0].run}"


async def test_a_preview_spends_nothing_and_shows_script_and_reasons(town: Town) -> None:
    async with serving(town) as console:
        status, where = await console.post("/shows/town/preview")
        assert 303 == status
        assert (303, where) == await console.post("/shows/town/preview")  # one at a time
        await console.settled()

        status, page = await console.get(where)

        assert 200 == status
        assert "word for word" in page
        assert ">chosen<" in page
        assert ">left out<" in page
        assert not town.lines("pay")
        assert not town.lines("post")
        assert [] == await console.station.runs.newest()
        assert (await console.data(f"{where}.json"))["over"]


async def test_a_paused_show_does_not_air_from_here_either_until_it_is_resumed(town: Town) -> None:
    async with serving(town) as console:
        assert (303, "/shows/town") == await console.post("/shows/town/pause")
        assert "Paused" in (await console.get("/shows/town"))[1]
        assert "by local" in (await console.get("/held"))[1].replace("<bdi>", "")
        status, page = await console.post("/shows/town/air")
        assert (400, True) == (status, "town is paused since" in page)
        assert 400 == (await console.post("/shows/town/pause"))[0]
        assert (303, "/shows/town") == await console.post("/shows/town/resume")
        assert {} == await console.station.pauses.open()
        outcomes = [("resume", "done"), ("pause", "failed"), ("air", "failed"), ("pause", "done")]
        assert outcomes == [one[1:] for one in await log(console)]


async def test_what_failed_is_sent_again_on_one_channel_and_can_be_taken_back(town: Town) -> None:
    town.tree["channels"] = {
        "chat": town.of("Talk", to=["@town"]),
        "one": town.of("Chat", to=["@one"], trouble="rejected", all=True),
        "two": town.of("Chat", to=["@two"], trouble="rejected", all=True),
    }
    await town.air(SLOT)
    for name in ("one", "two"):
        town.tree["channels"][name]["trouble"] = ""
    town.file()
    async with serving(town) as console:
        assert (303, f"/runs/{RUN}") == await console.post(f"/runs/{RUN}/retry?channel=one")
        await console.settled()
        assert ["post @one url", "post @town url"] == sorted(town.lines("post"))
        assert (303, f"/runs/{RUN}") == await console.post(
            f"/runs/{RUN}/retract?channel=chat", note="A wrong figure"
        )
        await console.settled()
        assert ["retract @town @town/1 A wrong figure"] == town.lines("retract")
        entries = await console.station.audit.newest(limit=5, run=RUN)
        assert [("retract", "chat", "A wrong figure"), ("retry", "one", "")] == [
            (one.deed, one.item, one.said) for one in entries
        ]
        assert "chat: edited" == entries[0].words
        assert "partial" in entries[1].words
        assert "A wrong figure" in (await console.get(f"/runs/{RUN}"))[1]


async def test_what_cannot_be_done_is_told_and_noted(town: Town) -> None:
    await town.air(SLOT)
    async with serving(town) as console:
        assert 303 == (await console.post(f"/runs/{RUN}/retry?channel=nowhere"))[0]
        await console.settled()
        text = (await console.get(f"/runs/{RUN}"))[1]
        assert "town has no channel" in text
        status, page = await console.post(f"/runs/{RUN}/cancel")
        assert (400, True) == (status, "there is nothing to cancel" in page)
        assert [("cancel", "failed"), ("retry", "failed")] == [one[1:] for one in await log(console)]


async def test_a_delivery_in_doubt_is_settled_once(town: Town, database: str) -> None:
    town.on(database)
    town.tree["channels"]["chat"] = town.of("Ask", trouble="unconfirmed-after", answer="unconfirmed")
    town.file()
    await town.air(SLOT)
    address = f"/runs/{RUN}/settle?item=deliver/main/chat/@town"
    async with serving(town) as console:
        assert 1 == len((await console.data("/held.json"))["doubts"])
        status, page = await console.post(address)
        assert (400, True) == (status, "say whether it happened" in page)
        assert (303, f"/runs/{RUN}") == await console.post(address, answer="sent", ref="42")
        assert [] == (await console.data("/held.json"))["doubts"]
        (end,) = (await console.data(f"/runs/{RUN}.json"))["deliveries"]
        assert ("sent", "42") == (end["end"]["status"], end["end"]["ref"])
        assert 400 == (await console.post(address, answer="not-sent"))[0]
        entries = await console.station.audit.newest(limit=5, run=RUN)
        assert [("settle", "failed"), ("settle", "done")] == [(one.deed, one.outcome) for one in entries]
        assert "sent, as 42" == entries[1].said


async def test_a_run_that_was_held_for_money_goes_on_when_somebody_says_so_and_pays_once(town: Town) -> None:
    town.tree |= {"budget": {"month": 1, "over": "hold"}, "renderer": [town.of("Priced")]}
    assert "unfinished" == (await town.air(SLOT)).status
    town.tree["budget"] = {"month": 9}
    town.file()
    address, path = f"/runs/{RUN}/go-on", f"/runs/{RUN}"
    async with serving(town) as console:
        for page in ("/held", path):
            assert f'href="{address}"' in (await console.get(page))[1]
        status, page = await console.get(address)
        assert (200, True) == (status, "what was paid or sent is not done again. It may pay for a render" in page)
        assert (403, []) == ((await console.post(address, "not-a-token"))[0], town.lines("pay"))

        await console.post("/shows/town/pause")
        assert (400, True) == ((said := await console.post(address))[0], "town is paused since" in said[1])
        await console.post("/shows/town/resume")
        assert (303, path) == await console.post(address)
        await console.settled()

        assert "aired" == (await console.data(f"{path}.json"))["whole"]["row"]["status"]
        assert (["pay main"], ["post @town url"]) == (town.lines("pay"), town.lines("post"))
        assert f'href="{address}"' not in (await console.get(path))[1]
        assert (400, True) == ((said := await console.post(address))[0], "has come to its end" in said[1])
        entries = await console.station.audit.newest(limit=9, run=RUN)
        assert [("go on", "failed"), ("go on", "done"), ("go on", "failed")] == [
            (one.deed, one.outcome) for one in entries
        ]


async def test_a_run_that_was_stopped_after_its_script_goes_on_with_what_it_was_begun_with(town: Town) -> None:
    town.tree["channels"]["other"] = town.of("Chat", to=["@other"])
    await town.air(SLOT, until="script", channels=frozenset({"chat"}))
    town.file()
    async with serving(town) as console:
        assert (303, f"/runs/{RUN}") == await console.post(f"/runs/{RUN}/go-on")
        await console.settled()
        assert ["post @town url"] == town.lines("post")


async def test_a_run_is_cancelled_while_it_waits(town: Town) -> None:
    town.tree["renderer"] = {**town.of("Studio", ready_after=10_000)}
    town.file()
    async with serving(town) as console:
        _, where = await console.post("/shows/town/air")
        await until(lambda: town.lines("look"))
        assert (303, where) == await console.post(f"{where}/cancel")
        await console.settled()
        row = (await console.data(f"{where}.json"))["whole"]["row"]
        assert ("failed", True) == (row["status"], row["closed"])
        assert "cancelled by local" in row["report"]["error"]


# --- live


async def events(console: Console, path: str) -> list[tuple[str, Any]]:
    """Follow a run to its end."""
    found = []
    async with console.session.get(console.address + path) as answer:
        assert "text/event-stream" == answer.content_type
        async for line in answer.content:
            if line.startswith(b"event: "):
                name = line.split()[1].decode()
            elif line.startswith(b"data: "):
                found.append((name, json.loads(line[6:])))
    return found


async def test_a_run_is_followed_from_its_beginning_to_its_end(town: Town, database: str) -> None:
    town.on(database)
    town.tree["channels"]["chat"] = town.of("Chat", pause=2.0)
    town.file()
    async with serving(town) as console:
        _, where = await console.post("/shows/town/air")
        run = where.removeprefix("/runs/")
        for _ in range(500):
            if await console.station.runs.find(run):
                break
            await asyncio.sleep(0.02)

        seen = await asyncio.wait_for(events(console, f"{where}/live"), PATIENCE)
        await console.settled()

        assert "over" == seen[-1][0]
        states = [data["state"] for name, data in seen if "state" in data]
        assert "on it now" in states[0]
        assert ">aired<" in states[-1]
        assert any("being sent" in data.get("deliveries", "") for _, data in seen)
        videos = [data["videos"] for _, data in seen if data.get("videos")]
        assert 1 == len(videos)  # the player is not touched while somebody watches
        assert all(
            set(data) < {"state", "videos", "deliveries", "timeline", "costs", "log"} for _, data in seen[1:]
        )


async def test_who_follows_sees_how_far_the_work_is(town: Town) -> None:
    async with serving(town) as console:
        run = await runner.take(console.station, town.show(), SLOT, Wish())
        console.station.airing[RUN] = run  # type: ignore[assignment]
        desk = console.station.desk(town.show(), run, rehearsal=False)  # type: ignore[arg-type]
        desk.progress("newsdesk", 0.25)
        text = (await console.get(f"/runs/{RUN}"))[1]
        assert 'value="0.250"' in text
        assert "25%" in text
        live = Live(console.house)
        stream = live.follow(RUN, Visit("anna", "token"))
        await anext(stream)
        desk.progress("newsdesk", 0.5)
        assert b"50%" in await asyncio.wait_for(anext(stream), PATIENCE)
        await live.close()
        with pytest.raises(StopAsyncIteration):
            await asyncio.wait_for(anext(stream), PATIENCE)
        del console.station.airing[RUN]


# --- with the daemon


async def test_the_daemon_goes_on_with_a_held_run_when_the_console_asks_it_to(town: Town) -> None:
    town.tree |= {"budget": {"month": 1, "over": "hold"}, "renderer": [town.of("Priced")]}
    await town.air(SLOT)
    town.tree["budget"] = {"month": 9}
    town.file()
    clock, address = HandClock(), f"/runs/{RUN}/go-on"
    async with watching(town, clock) as watch:
        await rounds(watch, clock)
        assert not town.lines("pay"), "a held run is nothing that the daemon takes up by itself"
        furnish = furnishing(town.settings, Redact(()), "127.0.0.1")
        async with (
            Door(watch, furnish(watch)).open("127.0.0.1", 0) as url,
            aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        ):
            async with session.get(address) as answer:
                token = (await answer.text()).partition('name="token" value="')[2][:64]
            async with session.post(address, data={"token": token}, allow_redirects=False) as answer:
                assert 303 == answer.status
            await rounds(watch, clock)
    assert (["pay main"], ["post @town url"]) == (town.lines("pay"), town.lines("post"))


async def test_the_daemon_has_the_console_on_its_port_and_airs_what_is_asked_for_there(town: Town) -> None:
    clock = HandClock()
    async with watching(town, clock) as watch:
        furnish = furnishing(town.settings, Redact(()), "127.0.0.1")
        async with Door(watch, furnish(watch)).open("127.0.0.1", 0) as address:
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as session:
                async with session.get(f"{address}/live") as answer:
                    assert {"live": True} == await answer.json()
                async with session.get(f"{address}/shows/town/air") as answer:
                    token = (await answer.text()).partition('name="token" value="')[2][:64]
                async with session.post(
                    f"{address}/shows/town/air", data={"token": token}, allow_redirects=False
                ) as answer:
                    assert 303 == answer.status
                    where = answer.headers["Location"]
                await rounds(watch, clock)
                async with session.get(f"{address}{where}.json") as answer:
                    assert "aired" == (await answer.json())["whole"]["row"]["status"]
    assert ["post @town url"] == town.lines("post")


async def test_a_daemon_that_others_reach_has_no_console_without_a_password(town: Town) -> None:
    async with watching(town, HandClock()) as watch:
        assert furnishing(town.settings, Redact(()), "0.0.0.0")(watch) is None
        async with Door(watch).open("127.0.0.1", 0) as address, aiohttp.ClientSession() as session:
            async with session.get(f"{address}/shows") as answer:
                assert 404 == answer.status
            async with session.get(f"{address}/live") as answer:
                assert 200 == answer.status


def test_the_command_line_notes_its_deeds_in_the_same_log(
    town: Town, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    town.tree["channels"] = {
        "chat": town.of("Talk"),
        "bad": town.of("Chat", to=["@b"], trouble="rejected", all=True),
    }
    town.file()
    for name, value in (("DATA_DIR", "data"), ("CONFIG_DIR", "config")):
        monkeypatch.setenv(f"BROADCAST_{name}", str(town.folder / value))
    asyncio.run(town.air(SLOT))
    assert 2 == main(["settle", RUN, "deliver/main/chat/@town", "--sent"])
    assert 5 == main(["retry", RUN, "--channel", "bad"])
    assert 0 == main(["retract", RUN, "--channel", "chat"])
    assert 0 == main(["cancel", RUN])
    assert f"{RUN}: it is closed" in capsys.readouterr().out

    async def look() -> tuple[list[tuple[str, str | None]], str]:
        async with serving(town) as console:
            entries = await console.station.audit.newest(limit=9)
            assert {"command line"} == {one.via for one in entries}
            assert {RUN} == {one.run for one in entries}
            return [(one.deed, one.outcome) for one in entries], (await console.get("/log"))[1]

    entries, page = asyncio.run(look())
    assert [("cancel", "done"), ("retract", "done"), ("retry", "done"), ("settle", "failed")] == entries
    assert "is not in doubt" in page
