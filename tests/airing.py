"""Air a show of doubles, in this process."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from nursery import Child, started
from pydantic import SecretStr

from broadcast import config, runner, settings
from broadcast.cli import main
from broadcast.config import yamlfile
from broadcast.desk import Wish
from broadcast.http import Client
from broadcast.plugins import Clock
from broadcast.show import Show
from broadcast.types import Report

Call = Callable[..., tuple[int, Any]]


class Town:
    """A folder with a show in it, and a ledger of what people saw."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.folder, self.ledger = folder, folder / "ledger.txt"
        self.ledger.touch()
        self.tree: dict[str, Any] = {
            "title": "Town News",
            "seconds": 40,
            "stories": 2,
            "sources": {"wire": self.of("Wire")},
            "renderer": self.of("Studio"),
            "channels": {"chat": self.of("Chat")},
            **changes,
        }
        self.settings = settings.load(broadcast_data_dir=folder / "data", broadcast_config_dir=folder / "config")

    def of(self, double: str, **fields: Any) -> dict[str, Any]:
        return {"use": f"doubles:{double}", "ledger": str(self.ledger), **fields}

    def on(self, url: str) -> None:
        """Keep the journal at *url*."""
        self.settings = self.settings.model_copy(update={"broadcast_database_url": SecretStr(url)})

    def show(self, name: str = "town") -> Show:
        document = yamlfile.parse(written(self.tree), Path(f"{name}.yaml"), {})
        return config.build(name, document, self.settings)

    def file(self, name: str = "town") -> Path:
        path = self.folder / "config" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(written(self.tree))
        return path

    async def air(
        self,
        slot: datetime | None = None,
        *,
        now: bool = False,
        clock: Clock | None = None,
        name: str = "town",
        http: Client | None = None,
        **wishes: Any,
    ) -> Report:
        wish = Wish(**wishes)
        async with runner.on_duty(self.settings, clock=clock, rehearsal=wish.dry_run, http=http) as station:
            return await runner.run(station, self.show(name), slot, now=now, wish=wish)

    def start(self, *arguments: str, program: tuple[str, ...] = ("-m", "broadcast"), **environment: str) -> Child:
        """Start the command line in this folder, a process of its own."""
        return started((*program, *arguments), self.folder, self.environment | environment)

    @property
    def environment(self) -> dict[str, str]:
        """What a process of this town needs to know."""
        url = self.settings.database_url
        return {"BROADCAST_DATA_DIR": str(self.folder / "data"), "BROADCAST_DATABASE_URL": url}

    def lines(self, prefix: str = "") -> list[str]:
        return [line for line in self.ledger.read_text().splitlines() if line.startswith(prefix)]


def written(tree: dict[str, Any]) -> str:
    """Return *tree* as a show file has it."""
    return yaml.dump(tree, Dumper=yaml.CSafeDumper, sort_keys=False)


def caller(town: Town, capsys: pytest.CaptureFixture[str]) -> Call:
    """Return what calls the command line in this process over *town*: it returns the exit code and the data."""

    def call(*arguments: str) -> tuple[int, Any]:
        town.file()
        code = main([*arguments, "--json"])
        return code, json.loads(capsys.readouterr().out)

    return call


def described(report: Report) -> str:
    """What a failing test wants to see."""
    return json.dumps(report.model_dump(mode="json"), indent=1)
