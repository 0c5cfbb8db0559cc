"""What every test may use: a clock of its own, an open store, a world on real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

NOW = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of the developer's, no file of the working directory, reaches a test."""
    import os

    for name in list(os.environ):
        if name.startswith(("BROADCAST_", "HEYGEN_", "ANTHROPIC_", "TELEGRAM_", "SLACK_", "SMTP_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
