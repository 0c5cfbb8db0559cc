"""The dead man's switch hears of every run, whoever airs it, and no run suffers from it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from airing import Town, described

from broadcast import after, runner
from broadcast.errors import ConfigError
from broadcast.ping import address, ending
from broadcast.testing import FakeClock, Server
from broadcast.types import Report

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
PATH = "/ping/4f9b2d1c-secret"


def town(folder: Path, server: Server, **statuses: int) -> Town:
    for end in ("", "/start", "/fail"):
        server.put(PATH + end, b"OK", status=statuses.get(end.strip("/") or "ok", 200))
    one = Town(folder)
    one.tree["ping"] = server.url(PATH)
    return one


def heard(server: Server) -> list[tuple[str, str]]:
    return [(asked.method, asked.path.removeprefix(PATH)) for asked in server.asked]


async def test_a_run_that_airs_is_told_when_it_begins_and_when_it_is_well(tmp_path: Path) -> None:
    async with Server() as server:
        report = await town(tmp_path, server).air(SLOT, clock=FakeClock(SLOT))

        assert ("aired", 0) == (report.status, sum("switch" in note for note in report.notes)), described(report)
        assert [("GET", "/start"), ("GET", "")] == heard(server)


async def test_a_run_that_fails_says_so_and_why(tmp_path: Path) -> None:
    async with Server() as server:
        one = town(tmp_path, server)
        one.tree["sources"]["wire"] = one.of("Wire", trouble="refused")
        await one.air(SLOT, clock=FakeClock(SLOT))

        assert [("GET", "/start"), ("POST", "/fail")] == heard(server)


async def test_a_run_sent_again_by_hand_is_told_too(tmp_path: Path) -> None:
    async with Server() as server:
        one = town(tmp_path, server)
        one.tree["channels"]["chat"] |= {"trouble": "refused", "all": True}
        report = await one.air(SLOT, clock=FakeClock(SLOT))
        one.tree["channels"]["chat"]["trouble"] = ""
        async with runner.on_duty(one.settings, clock=FakeClock(SLOT)) as station:
            await after.retry(station, one.show(), report.run, None)

        assert [("GET", "/start"), ("POST", "/fail"), ("GET", "/start"), ("GET", "")] == heard(server)


async def test_what_still_renders_is_neither_well_nor_failed(tmp_path: Path) -> None:
    async with Server() as server:
        one = town(tmp_path, server)
        one.tree["renderer"] = one.of("Studio", ready_after=10_000) | {"patience": "1m"}
        report = await one.air(SLOT, clock=FakeClock(SLOT))

        assert "unfinished" == report.status
        assert [("GET", "/start")] == heard(server)


async def test_a_rehearsal_is_not_told(tmp_path: Path) -> None:
    async with Server() as server:
        await town(tmp_path, server).air(SLOT, dry_run=True)

        assert [] == heard(server)


@pytest.mark.parametrize("fault", ["drop", "gibberish", 503, 404])
async def test_a_switch_that_is_broken_leaves_a_note_and_the_show_airs(tmp_path: Path, fault: str | int) -> None:
    async with Server() as server:
        one = town(tmp_path, server)
        for end in ("", "/start"):
            if isinstance(fault, int):
                server.put(PATH + end, b"no", status=fault)
            else:
                server.put(PATH + end, b"no", fault=fault)  # type: ignore[arg-type]
        report = await one.air(SLOT, clock=FakeClock(SLOT))

        assert "aired" == report.status
        assert any("the dead man's switch could not be told" in note for note in report.notes), described(report)
        assert "4f9b2d1c" not in report.model_dump_json()


async def test_a_switch_that_hangs_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("broadcast.ping.SECONDS", 0.3)
    async with Server() as server:
        one = town(tmp_path, server)
        for end in ("", "/start"):
            server.put(PATH + end, fault="hang")
        report = await one.air(SLOT, clock=FakeClock(SLOT))

        assert "aired" == report.status
        assert ["post @town url"] == one.lines("post")


def test_what_is_no_address_is_refused(tmp_path: Path) -> None:
    one = Town(tmp_path)
    one.tree["ping"] = "hc-ping.com/abc"

    with pytest.raises(ConfigError, match="ping") as refused:
        one.show()

    assert "abc" not in str(refused.value)


@pytest.mark.parametrize(
    ("status", "kind", "said"),
    [
        ("aired", None, ""),
        ("quiet", None, ""),
        ("partial", "Refused", "/fail"),
        ("failed", "Rejected", "/fail"),
        ("unfinished", "Unconfirmed", "/fail"),
        ("unfinished", "Waiting", None),
        ("unfinished", None, None),
    ],
)
def test_what_is_said_of_each_end(status: str, kind: str | None, said: str | None) -> None:
    assert said == ending(Report(run="a@b", show="a", slot=SLOT, status=status, kind=kind))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "longer"),
    [
        ("https://hc.example/u-u-i-d", "https://hc.example/u-u-i-d/start"),
        ("https://hc.example/key/name?create=1", "https://hc.example/key/name/start?create=1"),
        ("https://hc.example/name/", "https://hc.example/name/start"),
    ],
)
def test_the_path_grows_and_the_query_stays(url: str, longer: str) -> None:
    assert (longer, url) == (address(url, "/start"), address(url, ""))
