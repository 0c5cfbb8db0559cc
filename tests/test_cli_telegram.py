"""`broadcast telegram chats`: real processes, a Bot API of our own on a socket."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from nursery import ran

from broadcast.testing import Telegram


@pytest.fixture
def telegram() -> Iterator[Telegram]:
    with Telegram() as service:
        yield service


def call(telegram: Telegram, folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    base = {"TELEGRAM_TOKEN": telegram.token, "TELEGRAM_BASE_URL": telegram.url}
    done = ran(("-m", "broadcast", "telegram", "chats", *arguments), folder, base | environment)
    assert "Traceback" not in done.stderr, done.stderr
    assert telegram.token.partition(":")[2] not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_chats_that_the_bot_has_seen_are_listed_and_nothing_is_consumed(
    telegram: Telegram, tmp_path: Path
) -> None:
    group = telegram.group(title="Town \x1b[31mhall")
    telegram.wrote(group)
    telegram.wrote(telegram.channel("@townnews"))
    telegram.wrote(group)
    telegram.wrote(telegram.person(title="Ada"))

    code, out, _ = call(telegram, tmp_path, "--json", "--verbose")
    table = call(telegram, tmp_path)[1].splitlines()

    assert 0 == code
    assert [
        {"chat": 500002, "type": "private", "title": "Ada", "name": None},
        {"chat": group.id, "type": "supergroup", "title": "Town [31mhall", "name": None},
        {"chat": -1001000000001, "type": "channel", "title": "Town channel", "name": "@townnews"},
    ] == json.loads(out)
    assert ["chat", "type", "title", "name"] == table[0].split()
    assert ["-1001000000001", "channel", "Town", "channel", "@townnews"] == table[3].split()
    assert 4 == len(telegram.updates)


def test_an_empty_list_says_how_to_fill_it(telegram: Telegram, tmp_path: Path) -> None:
    code, out, err = call(telegram, tmp_path, "--json")

    assert (0, []) == (code, json.loads(out))
    assert "Write something in the group" in err


def test_a_webhook_is_said_plainly(telegram: Telegram, tmp_path: Path) -> None:
    telegram.webhook = True

    code, out, _ = call(telegram, tmp_path, "--json")

    assert 1 == code
    assert "a webhook takes what is written to the bot" in json.loads(out)["error"]


@pytest.mark.parametrize(("environment", "code", "said"), [
    ({"TELEGRAM_TOKEN": ""}, 2, "TELEGRAM_TOKEN: is not set; get one at https://t.me/BotFather"),
    ({"TELEGRAM_TOKEN": "two words"}, 2, "TELEGRAM_TOKEN: is no token of a bot"),
    ({"TELEGRAM_TOKEN": "8:wrong"}, 1, "check TELEGRAM_TOKEN"),
    ({"TELEGRAM_BASE_URL": "telegram"}, 2, "TELEGRAM_BASE_URL: write the part before /bot<token>"),
])  # fmt: skip
def test_a_wrong_variable_is_named(
    telegram: Telegram, tmp_path: Path, environment: dict[str, str], code: int, said: str
) -> None:
    got, _, err = call(telegram, tmp_path, **environment)

    assert (code, True) == (got, said in err), err
