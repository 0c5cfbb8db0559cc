"""Many processes on one database, some of which are killed: what people saw, and what became of the runs."""

import contextlib
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airing import Town
from daemons import SWIFT, Daemon, asked, deeds_in_doubt, over, rows
from patience import held_until


@dataclass
class Fleet:
    """The processes of a town, each of one kind: the arguments that it is called with."""

    town: Town
    made: list[tuple[str, Daemon]] = field(default_factory=list)

    def start(self, kind: str, *arguments: str, **how: Any) -> Daemon:
        daemon = Daemon(self.town, *arguments, command=kind, log=f"log-{len(self.made)}.txt", **how)
        self.made.append((kind, daemon))
        return daemon

    def alive(self, kind: str) -> list[Daemon]:
        return [daemon for known, daemon in self.made if known == kind and daemon.alive]

    def until(self, true: Any, what: str) -> None:
        held_until(true, lambda: f"{what}\n" + "\n".join(self.logs()))

    def working(self, number: int) -> None:
        """Have so many workers alive, each on a machine of its own, where one that is gone is soon missed."""
        while len(self.alive("worker")) < number:
            self.start("worker", "--concurrent", "1", program=SWIFT, data=f"machine-{len(self.made)}")

    def marks(self) -> dict[Path, int]:
        """How much each has said."""
        return {daemon.log: daemon.log.stat().st_size for _, daemon in self.made}

    def begins(self, stage: str, since: dict[Path, int]) -> Daemon:
        """Wait for a worker that is alive and says, *since* then, that it begins a stage."""
        found: list[Daemon] = []

        def one_does() -> bool:
            said = ((one, one.log.read_text()[since.get(one.log, 0) :]) for one in self.alive("worker"))
            found[:] = [one for one, text in said if stage in text]
            return bool(found)

        self.until(one_does, f"no worker comes to {stage}")
        return found[0]

    def logs(self) -> list[str]:
        return [f"{daemon.log.name}:\n{daemon.log.read_text()[-4000:]}" for _, daemon in self.made]

    def end(self) -> list[int]:
        """Ask all to end that are alive, and return their exit codes."""
        return [daemon.ask_to_end()[0] for _, daemon in self.made if daemon.alive]

    def kill(self) -> None:
        for _, daemon in self.made:
            daemon.kill()


def town_of(
    folder: Path, url: str, shows: int, *, pause: float, spread: int = 0, renderer: dict[str, Any] | None = None
) -> Town:
    """*shows* shows, each with a ledger and one slot: some minutes ago, or within *spread* minutes from now.

    Their renderer, *renderer* or a double, and their channel can be asked what they did: no kill leaves a doubt.
    """
    town = Town(folder)
    town.on(url)
    for number in range(shows):
        add(town, number, pause=pause, spread=spread, renderer=renderer)
    return town


def add(town: Town, number: int, *, pause: float, spread: int = 0, renderer: dict[str, Any] | None = None) -> None:
    now = datetime.now(UTC)
    later = number % 2 and spread
    slot = now + timedelta(minutes=1 + number % spread) if later else now - timedelta(minutes=3)
    town.ledger = ledger(town, number)
    town.ledger.touch()
    town.tree["schedule"] = {"cron": f"{slot.minute} {slot.hour} * * *", "grace": "2h"}
    town.tree["sources"] = {"wire": town.of("Wire", prefix=f"s{number}")}
    town.tree["renderer"] = renderer or town.of("AskedStudio", pause=pause, ready_after=1)
    town.tree["channels"] = {"chat": town.of("AskedChat", pause=pause)}
    town.file(f"show-{number:03}")


def ledger(town: Town, number: int) -> Path:
    return town.folder / f"ledger-{number:03}.txt"


def written(town: Town, shows: int, word: str) -> Counter[int]:
    """How often each show did it."""
    return Counter({number: ledger(town, number).read_text().count(word) for number in range(shows)})


def killing(
    fleet: Fleet, kind: str, shows: int, kills: int, chance: random.Random, *, every: float = 0.0, **how: Any
) -> None:
    """Kill one of *kind* so many times, each time when something more was done, or after a time; start another."""
    if every:
        fleet.until(lambda: written(fleet.town, shows, "pay main").total() > 0, "nothing is aired")
    for kill in range(kills):
        if every:
            time.sleep(chance.uniform(0.5 * every, 1.5 * every))
        else:
            goal = (kill + 1) * shows // (kills + 2)
            fleet.until(
                lambda goal=goal: written(fleet.town, shows, "pay main").total() >= goal, "nothing is aired"
            )
            time.sleep(chance.uniform(0, 0.15))
        victim = max(fleet.alive(kind), key=lambda one: one.log.stat().st_size)  # who does the most
        victim.kill()
        fleet.start(kind, "--concurrent", "2", **how)


def outcome(town: Town, shows: int) -> str:
    """What became of the runs, in a sentence. Fails where something was done twice, or not at all."""
    paid, posted = written(town, shows, "pay main"), written(town, shows, "post @town")
    doubted = deeds_in_doubt(town)
    aired = {show for show, status, _ in rows(town) if status == "aired"}
    assert len(rows(town)) == shows == len(asked(town, "SELECT DISTINCT show FROM run")), "a slot airs once"
    for number in range(shows):
        show = f"show-{number:03}"
        assert paid[number] <= 1 >= posted[number], f"{show}: paid {paid[number]}, posted {posted[number]} times"
        assert (paid[number], posted[number]) == (1, 1) or show in doubted, f"{show} was lost"
    assert set(doubted).isdisjoint(aired)
    return (
        f"{shows} slots: {len(aired)} aired, {len(doubted)} held for a person; "
        f"paid {paid.total()} times and posted {posted.total()} times, nothing twice, nothing lost"
    )


def all_over(fleet: Fleet, shows: int) -> None:
    """Wait until every run is over, as long as something is done meanwhile."""
    done = -1
    while done != (done := done_by_now(fleet.town, shows)):
        with contextlib.suppress(AssertionError):
            return fleet.until(lambda: over(fleet.town, shows), "some show does not air")
    raise AssertionError("\n".join(["nothing is done any more, and some show has not aired", *fleet.logs()]))


def done_by_now(town: Town, shows: int) -> int:
    return written(town, shows, "\n").total()
