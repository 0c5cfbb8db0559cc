"""What the package promises is there, and what it says of itself is true."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

import broadcast
from broadcast import config, plugins, settings
from broadcast.cli.commands import COMMANDS
from broadcast.config import yamlfile
from broadcast.config.showfile import schema
from broadcast.testing import Bench, Server

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SHOWS = sorted((ROOT / "config").glob("*.yaml"))


def test_every_public_name_is_there() -> None:
    assert sorted(broadcast.__all__) == broadcast.__all__
    assert all(getattr(broadcast, name) for name in broadcast.__all__)
    with pytest.raises(AttributeError):
        _ = broadcast.no_such_name


def test_the_changelog_begins_with_this_version() -> None:
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.M)

    assert PROJECT["project"]["version"] == versions[0]


def test_every_dependency_is_justified_in_a_line_and_pinned() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    names = PROJECT["project"]["dependencies"] + PROJECT["project"]["optional-dependencies"]["newsdesk"]
    for name in names:
        bare = re.split(r"[<>=]", name)[0]
        assert re.search(rf'^ +"{re.escape(name)}", +# \w', text, re.M), name
        assert bare in pinned, name


def test_no_file_names_a_package_index() -> None:
    constraints = (ROOT / "constraints.txt").read_text()

    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.]*", line) for line in constraints.splitlines())


@pytest.mark.parametrize("path", SHOWS, ids=lambda path: path.stem)
def test_every_show_in_config_is_accepted_with_no_key(path: Path) -> None:
    show = config.build(path.stem, yamlfile.read(path, {}), settings.load())

    assert () == show.notes


def test_the_readme_shows_the_real_daily_news() -> None:
    assert (ROOT / "config" / "daily-news.yaml").read_text().strip() in README


def test_the_readme_names_every_command_variable_and_exit_code() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "broadcast", "--help"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    for command in re.findall(r"^    ([a-z]+) ", told, re.M):
        assert f"`broadcast {command}" in README, command
    example = (ROOT / ".env.example").read_text()
    for variable in ("BROADCAST_CONFIG_DIR", "BROADCAST_DATA_DIR", "BROADCAST_DATABASE_URL"):
        assert variable in README
        assert variable in example


def test_the_pictures_of_the_readme_are_there() -> None:
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README):
        assert (ROOT / picture).is_file(), picture


@pytest.mark.parametrize("page", [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")], ids=lambda page: page.name)
def test_every_page_leads_to_files_that_are_there_and_names_commands_that_exist(page: Path) -> None:
    text = page.read_text()
    links = [to for to in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in to]

    assert [] == [to for to in links if not (page.parent / to).is_file()]
    assert set() == set(re.findall(r"`broadcast ([a-z][a-z-]+)", text)) - COMMANDS.keys()


def test_the_readme_names_every_plugin() -> None:
    there = {name for role in plugins.ROLES for name in plugins.built_in(role)}

    assert set() == {name for name in there if f"`{name}`" not in README}


def test_the_sample_of_the_schema_is_json_schema() -> None:
    tree = schema()
    refs = re.findall(r"#/\$defs/([\w.-]+)", str(tree))

    assert set(refs) <= set(tree["$defs"])
    assert yaml.safe_dump(tree)


async def test_the_source_that_the_readme_shows_works_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = re.findall(r"```python\n(import json\n.*?)```", README, re.S)
    (tmp_path / "harbour.py").write_text(shown)
    monkeypatch.syspath_prepend(tmp_path)
    bench = Bench(tmp_path)
    async with Server() as server, bench.tools() as tools:
        url = server.put("/tides", '{"time": "14:20", "m": 4.1}')
        source = plugins.find("sources", "harbour:Tides")(url=url)
        (story,) = await source.fetch(tools, bench.clock.now())

    assert ("High water at 14:20", "It rises to 4.1 metres.") == (story.title, story.text)
    assert len([line for line in shown.splitlines() if line.strip()]) <= 12
