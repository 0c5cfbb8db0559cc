"""In a real browser an operator works with the console: on a phone and at a desk, by light and in the dark."""

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from browsing import CHROMIUM, Tab, browsing
from console.test_pages import EVIL, poisoned
from consoles import HASH, PASSWORD, Console, serving, troubled
from pydantic import SecretStr

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]

AXE = Path(__file__).parents[2] / ".axe" / "node_modules" / "axe-core" / "axe.min.js"
PHONE, DESK = (360, 800), (1440, 900)
SLOT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "town@2026-11-23T12:00:00Z"
LISTS = ("/shows", "/shows/town", "/runs", "/held", "/calendar", "/costs", "/sources", "/log")
FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
SMALL = """[...document.querySelectorAll('header a, .deed, button, .tabs a, .pager a')]
    .filter(one => one.offsetParent && !one.closest('.skip') && one.getBoundingClientRect().height < 30)
    .map(one => one.textContent)"""


@pytest.fixture
def town(tmp_path: Path) -> Town:
    pytest.importorskip("av", reason="the extra [newsdesk] is not installed")
    return troubled(tmp_path, "Cinema")


async def seen_well(tab: Tab) -> None:
    """The page fits its window, a finger finds what can be pressed, and the browser refused nothing."""
    assert await tab.run(FITS), await tab.run("location.href")
    assert [] == await tab.run(SMALL)
    assert [] == tab.said


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
async def test_an_operator_follows_a_run_plays_the_video_and_settles_a_held_delivery(
    town: Town, tmp_path: Path, window: tuple[int, int]
) -> None:
    gate = tmp_path / "gate"
    town.tree["renderer"]["gate"] = str(gate)
    del town.tree["channels"]["lost"]
    town.file()
    async with serving(town) as console, browsing(tmp_path / "browser") as tab:
        await tab.window(*window)
        await tab.open(f"{console.address}/")
        await tab.click("Town News")
        await seen_well(tab)
        await tab.click("Air now")
        assert "It is published on chat, doubt." in await tab.text()
        await tab.click("Air now")
        await tab.run("window.sameDocument = true")
        assert 0.5 == await tab.until("document.querySelector('progress')?.value")
        gate.touch()
        await tab.until("document.body.innerText.includes('held for you')")
        await tab.until("document.body.innerText.includes('It may have happened: no answer came.')")
        assert await tab.run("window.sameDocument")  # nothing was loaded anew
        await seen_well(tab)

        await tab.run("video = document.querySelector('video'); video.muted = true; video.play()")
        await tab.until("video.currentTime > 0.2")
        assert ["Good evening."] == await tab.until(
            "(video.textTracks[0].mode = 'showing') && [...(video.textTracks[0].cues || [])].map(cue => cue.text)"
        )
        await tab.run("video.currentTime = 30")  # which asks for another part of the file
        await tab.until("video.currentTime >= 30 && !video.seeking")

        await tab.click("Held")
        await tab.click("Settle")
        await tab.run("document.querySelector('[value=sent]').click(); document.querySelector('#ref').value = '42'")
        await seen_well(tab)
        await tab.click("Settle")
        assert "sent, as 42" in await tab.text()
        await seen_well(tab)
        await tab.click("Held")
        assert "Nothing needs you." in await tab.text()


async def test_every_page_is_accessible_and_fits_phone_and_desk_by_light_and_in_the_dark(
    town: Town, tmp_path: Path
) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core here: npm install --prefix .axe axe-core")
    await town.air(SLOT)
    async with serving(town) as console, browsing(tmp_path / "browser") as tab:
        await console.post("/shows/town/preview")
        _, preview = await console.post("/shows/town/preview")
        await console.settled()
        await console.post("/shows/town/pause")
        paths = [
            *LISTS, preview, *(f"/runs/{RUN}{part}" for part in ("", "/stories", "/script", "/prompt")),
            f"/runs/{RUN}/settle?item=deliver/main/doubt/@who", f"/runs/{RUN}/retract", f"/runs/{RUN}/go-on",
            "/shows/town/resume", "/nowhere",
        ]  # fmt: skip
        for window, dark in ((PHONE, False), (PHONE, True), (DESK, False), (DESK, True)):
            await tab.window(*window, dark=dark)
            for path in paths:
                await tab.open(console.address + path)
                assert await tab.run(FITS), path
                assert [] == await tab.run(SMALL), path
                assert [] == await violations(tab), (path, window, dark)


async def violations(tab: Tab) -> list[Any]:
    """Return what axe has to say against the page, with where."""
    await tab.run(AXE.read_text())
    found = await tab.run("axe.run({resultTypes: ['violations']}).then(one => JSON.stringify(one.violations))")
    return [(one["id"], one["help"], [node["html"][:200] for node in one["nodes"]]) for one in json.loads(found)]


async def test_the_login_can_be_used_by_keyboard_alone(town: Town, tmp_path: Path) -> None:
    async with serving(town, password_hash=SecretStr(HASH)) as console, browsing(tmp_path / "browser") as tab:
        await tab.window(*PHONE)
        await tab.open(f"{console.address}/costs")
        if AXE.exists():
            assert [] == await violations(tab)
        await tab.press("Tab")
        assert "Skip to the contents" == await tab.run("document.activeElement.textContent")
        await tab.press("Enter")
        await tab.until("document.activeElement.id == 'main'")
        await tab.press("Tab")
        assert "name" == await tab.run("document.activeElement.name")
        await tab.type("Anna")
        await tab.press("Tab")
        await tab.type(PASSWORD)
        await tab.press("Enter")
        await tab.until("document.title.startsWith('Costs')")
        assert "Sign out Anna" in await tab.text()
        await seen_well(tab)


async def test_times_are_told_in_the_readers_zone_and_in_utc_where_no_script_runs(
    town: Town, tmp_path: Path
) -> None:
    await town.air(SLOT)
    async with serving(town) as console, browsing(tmp_path / "browser") as tab:
        await tab.ask("Emulation.setTimezoneOverride", timezoneId="America/New_York")
        await tab.open(f"{console.address}/runs/{RUN}")
        told = await tab.run("document.querySelector('h1 + p time').textContent")
        assert "07:00" in told
        assert "12:00 UTC" in await tab.run("document.querySelector('h1 + p time').title")
        await tab.ask("Emulation.setScriptExecutionDisabled", value=True)
        await tab.ask("Page.reload")
        await tab.until("document.querySelector('h1 + p time').textContent.includes('12:00 UTC')")


async def test_hostile_text_runs_nowhere(town: Town, tmp_path: Path) -> None:
    town.tree["title"] = EVIL
    await town.air(SLOT)
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        for table, key, column in (("run", "id", "report"), ("item", "rowid", "result"), ("item", "rowid", "kept")):
            for id, text in db.execute(f"SELECT {key}, {column} FROM {table}").fetchall():
                if text:
                    hostile = json.dumps(poisoned(json.loads(text)))
                    db.execute(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", (hostile, id))
        db.execute("UPDATE run SET status = 'unfinished', held = 0, closed = 0")  # so that the page is live
    db.close()
    async with serving(town) as console, browsing(tmp_path / "browser") as tab:
        await looked_at(tab, console)
        await tab.window(*PHONE)
        await looked_at(tab, console)


async def looked_at(tab: Tab, console: Console) -> None:
    for path in (*LISTS, *(f"/runs/{RUN}{part}" for part in ("", "/stories", "/script", "/prompt"))):
        await tab.open(console.address + path)
        assert await tab.run(FITS), path
        assert not await tab.run("document.querySelector('img')"), path
        assert "pwned" not in await tab.run("document.title.replace(/<.*>/, '')"), path
        assert 1 == await tab.run("document.scripts.length"), path
    assert [] == tab.said
