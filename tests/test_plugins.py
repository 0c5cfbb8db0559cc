"""Every built-in plugin, held to the contract."""

import inspect
import json
import subprocess
import sys
from typing import Any

import pytest
from pydantic import BaseModel

from broadcast.errors import ConfigError
from broadcast.plugins import ROLES, Plugin, built_in, find

WALK = [(role, name) for role in ROLES for name in built_in(role)]
METHODS = {
    "sources": {"fetch": ["tools", "since"]},
    "writers": {"write": ["tools", "story", "brief"]},
    "renderers": {"submit": ["tools", "order"], "check": ["tools", "order", "job"]},
    "channels": {"destinations": ["tools"], "ladder": [], "preflight": ["tools"]},
}


@pytest.mark.parametrize(("role", "name"), WALK)
def test_a_plugin_is_one_frozen_model_with_its_role_s_methods_and_a_help(role: str, name: str) -> None:
    cls: Any = find(role, name)

    assert issubclass(cls, Plugin)
    assert cls.model_config["frozen"]
    assert "forbid" == cls.model_config["extra"]
    assert cls.__doc__
    assert cls.__doc__ != Plugin.__doc__
    for method, arguments in METHODS[role].items():
        assert ["self", *arguments] == list(inspect.signature(getattr(cls, method)).parameters)


PROBE = """
import json, os, sys
from broadcast.plugins import find
heavy, walk = map(json.loads, sys.argv[1:])
for role, name in walk:
    if not os.fork():
        find(role, name)
        print(json.dumps([role, name, [one for one in heavy if one in sys.modules]]), flush=True)
        os._exit(0)
    os.wait()
"""
HEAVY = [
    "numpy",
    "PIL",
    "av",
    "onnxruntime",
    "feedparser",
    "trafilatura",
    "lxml",
    "protego",
    "pypdf",
    "docx",
    "sqlalchemy",
]


@pytest.fixture(scope="module")
def loaded() -> dict[tuple[str, str], list[str]]:
    """What of the heavy modules each plugin loads, in a fork of a process that has loaded none."""
    command = [sys.executable, "-c", PROBE, json.dumps(HEAVY), json.dumps(WALK)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {(role, name): found for role, name, found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize(("role", "name"), WALK)
def test_a_plugin_loads_nothing_heavy_before_it_works(
    role: str, name: str, loaded: dict[tuple[str, str], list[str]]
) -> None:
    assert [] == loaded[role, name]


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("nothing", "there is no source 'nothing'"),
        ("no.such.module:Class", "there is no source"),
        ("json:Missing", "has 0 sources; write `use: module:Class`"),
        ("json", "there is no source 'json'"),
    ],
)
def test_what_is_no_plugin_is_a_plain_sentence(use: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        find("sources", use)


def test_a_class_of_the_operator_s_own_is_found() -> None:
    found = find("sources", "doubles:Wire")

    assert issubclass(found, BaseModel)
    assert "Wire" == found.__name__
