"""What every test may use. A test may be a coroutine: it gets an event loop of its own."""

import asyncio
import inspect
import os
from pathlib import Path

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the developer's, no file of the working directory, reaches a test."""
    for name in list(os.environ):
        if name.startswith(("BROADCAST_", "HEYGEN_", "ANTHROPIC_", "TELEGRAM_", "SLACK_", "SMTP_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
