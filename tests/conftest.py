"""What every test may use. A test may be a coroutine: it gets an event loop of its own."""

import asyncio
import gc
import inspect
import os
from collections.abc import Iterator
from pathlib import Path

import indoors
import once
import pytest
from servers import PostgreSQL

indoors.stay()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """`-n auto`: one more than there are processors, because some test always waits."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_collection() -> None:
    gc.disable()  # nothing of what is collected is garbage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_collection_finish() -> None:
    once.remember()
    gc.enable()
    gc.collect()
    gc.freeze()  # thousands of tests, which the collector would look through again and again


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the developer's, no file of the working directory, reaches a test."""
    for name in list(os.environ):
        if name.startswith(("BROADCAST_", "HEYGEN_", "ANTHROPIC_", "TELEGRAM_", "SLACK_", "SMTP_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def nothing_goes_outside() -> Iterator[None]:
    yield
    assert "" == indoors.who_left(), "it tried to leave the machine"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """A real server, for as long as the tests run."""
    server = PostgreSQL.start()
    if isinstance(server, str):
        pytest.skip(f"no PostgreSQL can be started here: {server}")
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The journal's database, fresh for each test: `journals.opened` and `journals.address` find it."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'journal.db'}"
        return
    with request.getfixturevalue("postgresql").database() as url:
        (tmp_path / "journal.url").write_text(url)
        yield url


@pytest.fixture
def shared(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[str]:
    """A fresh PostgreSQL database, for what only many processes can do to each other."""
    with postgresql.database() as url:
        (tmp_path / "journal.url").write_text(url)
        yield url
