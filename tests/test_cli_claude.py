"""What `broadcast check` asks Claude: real processes, a service of our own on a socket."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airing import Town

from broadcast.testing import Anthropic

HERE = Path(__file__).parent
KEY = "sk-ant-0123456789abcdef"


@pytest.fixture
def anthropic() -> Iterator[Anthropic]:
    with Anthropic(key=KEY) as service:
        yield service


def check(folder: Path, base: str, writer: Any, *flags: str, key: str = KEY) -> tuple[int, str]:
    town = Town(folder)
    town.tree["writer"] = writer
    town.file()
    environment = {
        "PYTHONPATH": f"{HERE}:{HERE.parent}",
        "PATH": os.environ["PATH"],
        "BROADCAST_DATA_DIR": str(folder / "data"),
        "ANTHROPIC_API_KEY": key,
        "ANTHROPIC_BASE_URL": base,
    }
    done = subprocess.run(
        [sys.executable, "-m", "broadcast", "check", "town", *flags],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert not key or key not in done.stdout + done.stderr
    return done.returncode, done.stdout


def checked(folder: Path, base: str, writer: Any, **options: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(check(folder, base, writer, "--json", **options)[1])[0]
    return found


def test_a_show_whose_key_and_model_are_right_is_all_right_and_nothing_is_paid(
    anthropic: Anthropic, tmp_path: Path
) -> None:
    found = checked(tmp_path, anthropic.url, ["claude", "extractive"])

    assert found["ok"]
    assert "claude, extractive" in found["said"]
    assert ["GET /v1/models/{model}"] == [asked.endpoint for asked in anthropic.asked]
    assert 0 == anthropic.spent


@pytest.mark.parametrize(
    ("model", "ok", "said"),
    [
        (
            "claude-sonnet-4-5",
            True,
            "writer claude: the model claude-sonnet-4-5 is deprecated and will be retired on",
        ),
        ("claude-sonnet-4-20250514", False, "the model claude-sonnet-4-20250514 was retired on 2026-06-15"),
        ("claude-sonnet-9", False, "writer claude: Claude answered 404: model: claude-sonnet-9 - check `model`"),
        ("claude-sonnet-4-6", True, "the price of the model claude-sonnet-4-6 is not known: no budget can hold it"),
    ],
)
def test_an_old_or_unknown_model_is_named(
    anthropic: Anthropic, tmp_path: Path, model: str, ok: bool, said: str
) -> None:
    found = checked(tmp_path, anthropic.url, [{"use": "claude", "model": model}, "extractive"])

    assert ok == found["ok"]
    assert said in " ".join([found["said"], *found["notes"]])


def test_a_model_that_the_service_retires_before_our_table_knows_is_named(
    anthropic: Anthropic, tmp_path: Path
) -> None:
    model = anthropic.models["claude-sonnet-5-5"]
    model.lifecycle, model.retires_at = "deprecated", "2027-03-01T00:00:00Z"

    notes = " ".join(checked(tmp_path, anthropic.url, ["claude"])["notes"])

    assert "claude-sonnet-5-5 is deprecated and will be retired on 2027-03-01; choose a newer `model`" in notes


def test_a_wrong_key_is_bad(anthropic: Anthropic, tmp_path: Path) -> None:
    code, out = check(tmp_path, anthropic.url, "claude", key="sk-ant-some-other-key")

    assert 0 != code
    assert "writer claude: Claude answered 401: invalid x-api-key - check ANTHROPIC_API_KEY" in out


def test_without_a_key_a_list_leaves_it_out_and_alone_it_names_the_variable(tmp_path: Path) -> None:
    listed = checked(tmp_path, "http://127.0.0.1:9", ["claude", "extractive"], key="")
    alone = checked(tmp_path, "http://127.0.0.1:9", "claude", key="")

    said = "ANTHROPIC_API_KEY is not set; get one at https://console.anthropic.com/settings/keys"
    assert (True, False) == (listed["ok"], alone["ok"])
    assert said in listed["notes"][0]
    assert said in alone["said"]


def test_a_service_that_cannot_be_reached_is_a_note_and_the_table_still_speaks(tmp_path: Path) -> None:
    writer = [{"use": "claude", "model": "claude-sonnet-4-5"}, "extractive"]
    found = checked(tmp_path, "http://127.0.0.1:9", writer)

    notes = " ".join(found["notes"])
    assert found["ok"]
    assert "writer claude could not be asked whether all is right: Claude cannot be reached" in notes
    assert "claude-sonnet-4-5 is deprecated" in notes
