"""Who of many feeds is asked when, and who has to wait for whom."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from patience import PATIENCE, until

from broadcast.errors import Rejected, StageError, Unavailable
from broadcast.feeds import abreast
from broadcast.feeds.abreast import ROWS, ask_abreast, by_server


class World:
    """Servers by their names: those of `silent` never answer, those of `errors` answer with what is there."""

    def __init__(self, *silent: str, **errors: StageError) -> None:
        self.silent, self.errors = silent, errors
        self.asked: list[str] = []
        self.answered: list[str] = []
        self.now: dict[str, int] = {}
        self.most: dict[str, int] = {}
        self.shared: dict[str, bool] = {}

    async def ask(self, name: str, more: bool) -> StageError | None:
        server = name.partition("/")[0]
        self.asked.append(name)
        self.shared[server] = more
        self.now[server] = self.now.get(server, 0) + 1
        self.most[server] = max(self.most.get(server, 0), self.now[server])
        try:
            await asyncio.sleep(3600 if server in self.silent or name in self.silent else 0)
        finally:
            self.now[server] -= 1
        self.answered.append(name)
        return self.errors.get(server)

    async def all_of(self, *names: str, seconds: float = PATIENCE) -> None:
        addresses = {name: f"https://{name.partition('/')[0]}.example/{name}" for name in names}
        await ask_abreast(addresses, self.ask, asyncio.get_running_loop().time() + seconds)


def of(server: str, count: int) -> list[str]:
    return [f"{server}/{number}" for number in range(count)]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(abreast, "HELD_UP", 0.05)
    return


def test_a_server_is_a_scheme_a_host_and_a_port() -> None:
    urls = [
        "http://a.example/1",
        "http://A.example/2",
        "https://a.example/3",
        "http://a.example:81/4",
        "http://b/5",
    ]

    assert [["0", "1"], ["2"], ["3"], ["4"]] == by_server({str(n): url for n, url in enumerate(urls)})


async def test_nothing_is_asked_of_nobody() -> None:
    await World().all_of()


async def test_feeds_of_one_server_stand_in_one_row_and_many_in_two() -> None:
    world = World()
    await world.all_of(*of("two", 2), *of("many", 9), "one")

    assert {"two": 1, "many": 2, "one": 1} == world.most
    assert {"two": True, "many": True, "one": False} == world.shared
    assert 12 == len(set(world.answered)) == len(world.answered)


async def test_a_hundred_feeds_of_one_server_keep_nobody_else_waiting() -> None:
    world = World()
    await world.all_of(*of("big", 100), *(f"s{n}" for n in range(ROWS - 1)), "last")

    assert world.answered.index("last") < 2 * (ROWS + 2)
    assert "big/99" == world.answered[-1]


async def test_a_feed_that_never_answers_does_not_keep_its_neighbour_waiting(hasty: None) -> None:
    world = World("pair/0", "many/0")
    asking = asyncio.create_task(world.all_of(*of("pair", 2), *of("many", 9)))
    await until(lambda: 9 == len(world.answered))
    asking.cancel()

    assert {"pair": 2, "many": 2} == world.most
    assert {"pair/0", "many/0"} == set(world.asked) - set(world.answered)


async def test_a_server_that_never_answers_is_not_asked_by_more_than_two(hasty: None) -> None:
    world = World("dead")
    await world.all_of(*of("dead", 9), *of("good", 9), seconds=0.5)

    assert 2 == world.most["dead"] == sum(name.startswith("dead") for name in world.asked)
    assert of("good", 9) == sorted(world.answered)


async def test_as_many_dead_servers_as_there_are_rows_keep_nobody_waiting_for_long(hasty: None) -> None:
    dead = [f"dead{n}" for n in range(ROWS)]
    world = World(*dead)
    asking = asyncio.create_task(world.all_of(*(f"{name}/{n}" for name in dead for n in range(2)), *of("good", 5)))
    await until(lambda: 5 == len(world.answered))
    asking.cancel()


async def test_after_a_failure_others_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abreast, "ROWS", 1)
    world = World(bad=Rejected("404"))
    await world.all_of(*of("bad", 2), *of("good", 2))

    assert ["bad/0", "good/0", "good/1", "bad/1"] == world.asked


async def test_a_server_that_asks_to_wait_is_asked_no_more() -> None:
    world = World(busy=Unavailable("429", retry_after=60.0), down=Unavailable("503"))
    await world.all_of(*of("busy", 50), *of("down", 5), *of("good", 5))

    assert 2 >= sum(name.startswith("busy") for name in world.asked)
    assert {*of("down", 5), *of("good", 5)} < set(world.answered)


async def test_past_the_end_nobody_is_asked_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(abreast, "HELD_UP", PATIENCE)
    world, begun = World("dead"), asyncio.get_running_loop().time()
    await world.all_of("dead/0", "dead/1", "good", seconds=0.05)

    assert (["dead/0", "good"], ["good"], {"dead": 0, "good": 0}) == (world.asked, world.answered, world.now)
    assert asyncio.get_running_loop().time() - begun < PATIENCE / 2


async def test_what_is_no_failure_of_a_feed_is_raised_when_the_others_are_done() -> None:
    world = World()

    async def ask(name: str, more: bool) -> Any:
        if name == "bad":
            raise OSError("the disk is full")
        return await world.ask(name, more)

    with pytest.raises(OSError, match="the disk is full"):
        await ask_abreast({name: f"https://{name}.example/" for name in ("bad", "a", "b")}, ask, 1e9)
    assert ["a", "b"] == world.answered
