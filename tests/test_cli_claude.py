"""What `broadcast check` asks Claude: a service of our own on a socket."""

from pathlib import Path
from typing import Any

import pytest
from airing import Town
from nursery import ran

from broadcast.cli import checking
from broadcast.logs import Redact
from broadcast.testing import Anthropic

KEY = "sk-ant-0123456789abcdef"
NOWHERE = "http://127.0.0.1:9"


def town(folder: Path, writer: Any) -> Town:
    town = Town(folder)
    town.tree["writer"] = writer
    town.file()
    return town


async def checked(
    folder: Path, base: str, writer: Any, patch: pytest.MonkeyPatch, *, key: str = KEY
) -> dict[str, Any]:
    patch.setenv("ANTHROPIC_API_KEY", key)
    patch.setenv("ANTHROPIC_BASE_URL", base)
    (found,) = await checking.check(["town"], town(folder, writer).settings, Redact(()))
    assert not key or key not in str(found)
    return found


async def test_a_show_whose_key_and_model_are_right_is_all_right_and_nothing_is_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Anthropic(key=KEY) as anthropic:
        found = await checked(tmp_path, anthropic.url, ["claude", "extractive"], monkeypatch)

    assert found["ok"]
    assert "claude, extractive" in found["said"]
    assert ["GET /v1/models/{model}"] == [asked.endpoint for asked in anthropic.asked]
    assert 0 == anthropic.spent


@pytest.mark.parametrize(
    ("model", "ok", "said"),
    [
        ("claude-sonnet-4-5", True, "writer claude: the model claude-sonnet-4-5 is deprecated"),
        ("claude-sonnet-4-20250514", False, "the model claude-sonnet-4-20250514 was retired on 2026-06-15"),
        ("claude-sonnet-9", False, "writer claude: Claude answered 404: model: claude-sonnet-9 - check `model`"),
        ("claude-sonnet-4-6", True, "the price of the model claude-sonnet-4-6 is not known: no budget can hold it"),
    ],
)
async def test_an_old_or_unknown_model_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str, ok: bool, said: str
) -> None:
    writer = [{"use": "claude", "model": model}, "extractive"]
    async with Anthropic(key=KEY) as anthropic:
        found = await checked(tmp_path, anthropic.url, writer, monkeypatch)

    assert ok == found["ok"]
    assert said in " ".join([found["said"], *found["notes"]])


async def test_a_model_that_the_service_retires_before_our_table_knows_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Anthropic(key=KEY) as anthropic:
        model = anthropic.models["claude-sonnet-5-5"]
        model.lifecycle, model.retires_at = "deprecated", "2027-03-01T00:00:00Z"
        soon = await checked(tmp_path, anthropic.url, ["claude"], monkeypatch)
        model.lifecycle = "retired"
        gone = await checked(tmp_path, anthropic.url, ["claude"], monkeypatch)

    said = "writer claude: the model claude-sonnet-5-5 is deprecated and will be retired on 2027-03-01"
    assert f"{said}; choose a newer `model`" in soon["notes"]
    assert (False, "writer claude: the model claude-sonnet-5-5 was retired; choose a newer `model`") == (
        gone["ok"],
        gone["said"],
    )


def test_a_wrong_key_is_bad_and_no_key_is_shown(tmp_path: Path) -> None:
    with Anthropic(key=KEY) as anthropic:
        environment = {"ANTHROPIC_API_KEY": "sk-ant-some-other-key", "ANTHROPIC_BASE_URL": anthropic.url}
        done = ran(("-m", "broadcast", "check", "town"), town(tmp_path, "claude").folder, environment)

    assert 0 != done.returncode
    assert "writer claude: Claude answered 401: invalid x-api-key - check ANTHROPIC_API_KEY" in done.stdout
    assert "sk-ant" not in done.stdout + done.stderr


async def test_without_a_key_a_list_leaves_it_out_and_alone_it_names_the_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = await checked(tmp_path, NOWHERE, ["claude", "extractive"], monkeypatch, key="")
    alone = await checked(tmp_path, NOWHERE, "claude", monkeypatch, key="")

    said = "ANTHROPIC_API_KEY is not set; get one at https://console.anthropic.com/settings/keys"
    assert (True, False) == (listed["ok"], alone["ok"])
    assert said in listed["notes"][0]
    assert said in alone["said"]


async def test_a_service_that_cannot_be_reached_is_a_note_and_the_table_still_speaks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = [{"use": "claude", "model": "claude-sonnet-4-5"}, "extractive"]
    found = await checked(tmp_path, NOWHERE, writer, monkeypatch)

    notes = " ".join(found["notes"])
    assert found["ok"]
    assert "writer claude could not be asked whether all is right: Claude cannot be reached" in notes
    assert 1 == notes.count("claude-sonnet-4-5 is deprecated")
