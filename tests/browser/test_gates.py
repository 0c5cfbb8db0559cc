"""In a real browser an operator reads, edits and approves a script, and watches a video before it airs."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from airing import Town
from browser.test_console import AXE, DESK, PHONE, seen_well, violations
from browsing import CHROMIUM, browsing
from consoles import serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]

SLOT = datetime(2026, 11, 23, 12, tzinfo=UTC)
RUN = "town@2026-11-23T12:00:00Z"
FIELD = "[...document.querySelectorAll('textarea')].find(one => one.value.includes('48 million'))"


@pytest.fixture
def town(tmp_path: Path) -> Town:
    pytest.importorskip("av", reason="the extra [newsdesk] is not installed")
    one = Town(tmp_path, title="Town News")
    one.tree["renderer"] = one.of("Cinema")
    one.tree["approval"] = {"script": True, "video": True, "wait": "8760h"}
    one.file()
    return one


@pytest.mark.parametrize(("window", "dark"), [(PHONE, False), (DESK, True)], ids=["phone", "desk"])
async def test_an_operator_edits_a_script_approves_it_and_watches_the_video(
    town: Town, tmp_path: Path, window: tuple[int, int], dark: bool
) -> None:
    async with serving(town) as console, browsing(tmp_path / "browser") as tab:
        console.house.air("town", SLOT)
        await console.settled()
        await tab.window(*window, dark=dark)
        await tab.open(f"{console.address}/held")
        assert "Waits for your answer" in await tab.text()
        await tab.click("Read and answer")
        await seen_well(tab)
        await tab.picture(tmp_path / "asked.png")

        await tab.run(f"{FIELD}.value = 'The project costs 84 million euros.'")
        await tab.click("Approve")
        assert "The sources do not bear this; nothing was answered." in await tab.text()
        assert "The project costs 84 million euros." in await tab.run("document.body.innerHTML")
        tab.said = [one for one in tab.said if "400" not in one]  # the browser's word on the status of that page
        await seen_well(tab)
        await tab.picture(tmp_path / "refused.png")

        wrong = FIELD.replace("48", "84")
        await tab.run(f"{wrong}.value = 'The project costs 48 million euros.'")
        await tab.click("Check the changes")
        assert "The sources bear it: approve it now." in await tab.text()
        await seen_well(tab)
        await tab.picture(tmp_path / "checked.png")
        await tab.click("Approve")
        await console.settled()

        await tab.open(f"{console.address}/held")
        await tab.click("Read and answer")
        assert "may this video be published?" in await tab.text()
        await tab.run("video = document.querySelector('video'); video.muted = true; video.play()")
        await tab.until("video.currentTime > 0.2")
        await seen_well(tab)
        await tab.picture(tmp_path / "video.png")
        await tab.run("document.querySelector('#note').value = 'well done'")
        await tab.click("Approve")
        await console.settled()
        await tab.open(f"{console.address}/runs/{RUN}")
        text = await tab.text()
        assert "aired" in text
        assert "well done" in text
        await seen_well(tab)
        await tab.open(f"{console.address}/held")
        assert "Nothing needs you." in await tab.text()


async def test_the_page_of_a_gate_is_accessible(town: Town, tmp_path: Path) -> None:
    if not AXE.exists():
        pytest.skip("no axe-core here: npm install --prefix .axe axe-core")
    async with serving(town) as console, browsing(tmp_path / "browser") as tab:
        console.house.air("town", SLOT)
        await console.settled()
        for window, dark in ((PHONE, False), (DESK, True)):
            await tab.window(*window, dark=dark)
            await tab.open(f"{console.address}/runs/{RUN}/gates/script/main")
            assert [] == await violations(tab)
