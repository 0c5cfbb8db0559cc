"""In a real browser the pages of money fit a phone and a desk, and save what they offer."""

from pathlib import Path

import pytest
from airing import Town
from browser.test_console import AXE, DESK, PHONE, pytestmark, seen_well, violations
from browsing import browsing
from console.test_costs import NOW, spent
from consoles import serving
from watching import HandClock

__all__ = ["pytestmark"]  # the same as there: a browser, or a word


@pytest.mark.parametrize("window", [PHONE, DESK], ids=["phone", "desk"])
async def test_costs_fit_and_can_be_read_by_everybody(tmp_path: Path, window: tuple[int, int]) -> None:
    town = Town(tmp_path, budget={"month": 40, "day": 10})
    town.file()
    town.on(f"sqlite:///{tmp_path / 'journal.db'}")
    town.settings = town.settings.model_copy(update={"broadcast_budget_month": 10.0})
    await spent(tmp_path)
    async with serving(town, clock=HandClock(NOW)) as console, browsing(tmp_path / "browser") as tab:
        await tab.window(*window)
        for path in ("/costs", "/costs?show=town", "/costs?month=2026-10"):
            await tab.open(f"{console.address}{path}")
            await seen_well(tab)
            if AXE.exists():
                assert [] == await violations(tab)
        await tab.open(f"{console.address}/costs")
        assert "165%" in await tab.text()
        assert "an estimate" in await tab.text()
        saved = "fetch(document.querySelector('a[download]').href).then(one => one.text())"
        assert (await tab.run(saved)).startswith("at,show,run,what,key,set_aside_usd,paid_usd,counted_usd")
