"""What a question may cost is reserved before it is asked, and settled by what was counted."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from newsroom import HARBOUR, SLOT, show

from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.testing import Anthropic, Bench, FakeClock
from broadcast.types import Brief
from broadcast.writers.claude import Claude

BRIEF = Brief(kind="daily-news", language="en", seconds=15)


@dataclass
class Ledger:
    """A purse with its books."""

    limit: float = 1.0
    reserved: dict[str, float] = field(default_factory=dict)
    settled: dict[str, float] = field(default_factory=dict)
    released: list[str] = field(default_factory=list)

    async def reserve(self, key: str, usd: float | None) -> None:
        if usd is None:
            raise Rejected("its price is not known, and the show has a budget")
        if sum(self.reserved.values()) + sum(self.settled.values()) + usd > self.limit:
            raise Rejected(f"it would cost {usd:.2f} USD, which the run's budget does not bear")
        assert key not in self.reserved | self.settled
        self.reserved[key] = usd

    async def settle(self, key: str, usd: float) -> None:
        assert usd <= self.reserved.pop(key)
        self.settled[key] = usd

    async def release(self, key: str) -> None:
        del self.reserved[key]
        self.released.append(key)


async def ask(folder: Path, anthropic: Anthropic, ledger: Ledger, **options: object) -> None:
    plugin = Claude.model_validate({"key": anthropic.key, "base": anthropic.url, **options})
    async with Bench(folder).tools() as tools:
        await plugin.write(replace(tools, purse=ledger), HARBOUR, BRIEF)


async def test_an_answer_is_settled_at_what_the_service_charges(tmp_path: Path) -> None:
    ledger = Ledger()
    async with Anthropic() as anthropic:
        await ask(tmp_path, anthropic, ledger)

    assert [pytest.approx(anthropic.spent)] == list(ledger.settled.values())
    assert ({}, []) == (ledger.reserved, ledger.released)


@pytest.mark.parametrize("what", [401, 404, 413, 429, 500, 529])
async def test_a_refusal_is_not_charged(tmp_path: Path, what: int) -> None:
    ledger = Ledger()
    async with Anthropic() as anthropic:
        anthropic.fault("POST /v1/messages", what)
        with pytest.raises(StageError):
            await ask(tmp_path, anthropic, ledger)

    assert ({}, {}, 1) == (ledger.reserved, ledger.settled, len(ledger.released))


@pytest.mark.parametrize("what", ["drop", "cut", "html", "garbage", "hang"])
@pytest.mark.parametrize("after_effect", [False, True])
async def test_what_was_asked_and_not_answered_counts_in_full(
    tmp_path: Path, what: str, after_effect: bool
) -> None:
    ledger = Ledger()
    async with Anthropic() as anthropic:
        anthropic.fault("POST /v1/messages", what, after_effect=after_effect)
        with pytest.raises(Unavailable):
            # Enough for a busy machine to have sent the question.
            await ask(tmp_path, anthropic, ledger, seconds=2 if what == "hang" else 30)

    assert ({}, []) == (ledger.settled, ledger.released)
    (usd,) = ledger.reserved.values()
    assert 0.04 < usd < 0.06  # the answer of 4,000 tokens that it might have been


async def test_nobody_there_is_not_charged(tmp_path: Path) -> None:
    ledger = Ledger()
    with pytest.raises(Unavailable):
        await ask(tmp_path, Anthropic(), ledger, base="http://127.0.0.1:9")

    assert ({}, {}, 1) == (ledger.reserved, ledger.settled, len(ledger.released))


async def test_over_the_limit_nothing_is_asked_and_it_is_nobody_s_fault_but_the_budget_s(tmp_path: Path) -> None:
    async with Anthropic() as anthropic:
        with pytest.raises(Refused, match="the run's budget does not bear"):
            await ask(tmp_path, anthropic, Ledger(limit=0.01))

    assert [] == anthropic.asked


async def test_a_model_without_a_price_is_not_asked_where_there_is_a_budget(tmp_path: Path) -> None:
    async with Anthropic() as anthropic:
        with pytest.raises(Refused, match="its price is not known"):
            await ask(tmp_path, anthropic, Ledger(), model="claude-sonnet-4-6")

    assert [] == anthropic.asked


async def test_over_the_run_s_budget_the_extractive_writer_steps_in_and_the_report_says_so(tmp_path: Path) -> None:
    async with Anthropic() as anthropic:
        town = show(tmp_path, anthropic)
        town.tree |= {"budget": {"run": 0.01}, "renderer": town.of("FreeStudio")}
        report = await town.air(SLOT)

    (edition,) = report.editions
    assert ("aired", "extractive") == (report.status, edition.script and edition.script.writer)
    assert (
        "because claude is not asked: it would cost 0.04 USD, and 0.01 of the run's budget are left"
        in edition.notes[0]
    )
    assert [] == anthropic.asked


async def test_a_budget_that_bears_one_question_has_one_story_told_by_claude(tmp_path: Path) -> None:
    async with Anthropic() as anthropic:
        town = show(tmp_path, anthropic)
        town.tree |= {"budget": {"day": 0.046}, "renderer": town.of("FreeStudio")}
        report = await town.air(SLOT)

    assert ("aired", "mixed") == (report.status, report.editions[0].script and report.editions[0].script.writer)
    assert 1 == len(anthropic.questions)
    assert pytest.approx(anthropic.spent, abs=1e-4) == report.cost.usd


async def test_an_answer_that_was_lost_stays_in_the_books(tmp_path: Path) -> None:
    async with Anthropic() as anthropic:
        anthropic.fault("POST /v1/messages", "drop", after_effect=True)
        report = await show(tmp_path, anthropic).air(SLOT, clock=FakeClock(SLOT), stories=(HARBOUR,))

    (item,) = report.cost.items
    known = sum(asked.usd for asked in anthropic.answered)
    assert ("script", pytest.approx(known, abs=1e-4)) == (item.what, item.usd)
    assert item.estimate > 0.08  # two questions might have cost that
