"""What a stranger gets: the wheel, in an environment of its own, airs the demo. Installs from the package index."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from broadcast.archive import look

ROOT = Path(__file__).parents[1]


def done(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return subprocess.run(
        [str(one) for one in command], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment with the plain wheel: what a user of a rendering service needs."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    built = done(*pip, "wheel", "--quiet", "--no-deps", "-w", folder, ROOT, cwd=folder)
    assert 0 == built.returncode, built.stderr
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    wheel = next(folder.glob("broadcast-*.whl"))
    install(python, str(wheel), folder)
    return python


def install(python: Path, what: str, folder: Path) -> None:
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    # What is never imported need not be compiled.
    installed = done(*pip, "install", "--quiet", "--no-compile", "-c", ROOT / "constraints.txt", what, cwd=folder)
    assert 0 == installed.returncode, installed.stderr


@pytest.mark.long
def test_the_wheel_says_what_is_missing_and_with_it_airs_the_demo(python: Path, tmp_path: Path) -> None:
    broadcast = python.with_name("broadcast")
    without = done(broadcast, "demo", cwd=tmp_path)
    wheel = next(python.parents[2].glob("broadcast-*.whl"))
    install(python, f"{wheel}[newsdesk]", tmp_path)

    aired = done(broadcast, "demo", "--json", cwd=tmp_path)

    assert 2 == without.returncode
    assert "pip install 'broadcast[newsdesk]'" in without.stderr
    assert "Traceback" not in without.stderr
    assert 0 == aired.returncode, aired.stderr
    report = json.loads(aired.stdout)
    video = Path(report["editions"][0]["video"]["path"])
    assert "aired" == report["status"]
    assert 50 <= look(tmp_path / video).seconds <= 70
    assert (tmp_path / "out" / "index.html").is_file()
