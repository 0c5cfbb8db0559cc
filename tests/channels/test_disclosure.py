"""With every channel's post goes who is told from, and the line that a machine made it: one table over all."""

import html
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from airing import Town, described
from everywhere import Stand, stands
from telegrams import SLOT

from broadcast.plugins import built_in
from broadcast.scripting.captions import DISCLOSURES, disclosure
from broadcast.testing import FakeClock

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SOURCE = "Sample Wire"
LINES = tuple(DISCLOSURES.values())


def letters(server: Any) -> str:
    """Return what a letter says, in that of its forms that says least."""
    (letter,) = [one for inbox in server.inboxes.values() for one in inbox]
    forms = [letter.get_body((kind,)).get_content() for kind in ("plain", "html")]
    return str(min(forms, key=lambda text: (SOURCE in text) + any(line in html.unescape(text) for line in LINES)))


def objects(bucket: Any) -> str:
    """Return what lies with the video, whose own bytes say nothing to a reader."""
    return "\n".join(unquote(json.dumps(one.Object().metadata)) for one in bucket.objects.all())


#: What people, or programs, read of a post.
READ: dict[str, Callable[[Stand], str]] = {
    "telegram": lambda one: "\n".join(
        shown.text for chat in one.fields["chat"] for shown in one.double.telegram.seen(chat)
    ),
    "slack": lambda one: str(one.double.shown("C1")),
    "slack-webhook": lambda one: str(one.double.shown),
    "discord": lambda one: str(one.double.shown),
    "teams": lambda one: str(one.double.shown),
    "webhook": lambda one: str(one.double.shown),
    "apprise": lambda one: str(one.double.shown),
    "email": lambda one: letters(one.double),
    "resend": lambda one: str(dict(one.double.inboxes)),
    "youtube": lambda one: str(one.double.videos),
    "postiz": lambda one: str(one.double.shown),
    "wordpress": lambda one: str([article["content"] for article in one.double.articles.values()]),
    "s3": lambda one: objects(one.double),
    "podcast": lambda one: Path(one.fields["path"]).read_text(),
    "folder": lambda one: "".join(page.read_text() for page in Path(one.fields["path"]).rglob("*.html")),
}


@pytest.mark.parametrize("language", ["en", "de"])
async def test_every_channel_names_the_sources_and_says_that_a_machine_made_it(
    tmp_path: Path, language: str
) -> None:
    clock = FakeClock(SLOT)
    with stands(tmp_path, clock) as (town, all_):
        town.tree["language"] = language
        town.tree["sources"]["wire"] = town.of("Wire", language=language)
        report = await town.air(SLOT, clock=clock)
        assert "aired" == report.status, described(report)
        read = {one.name: html.unescape(READ[one.channel](one)) for one in all_}

    assert set(READ) == {one.channel for one in all_} == set(built_in("channels"))
    line = disclosure(language)
    assert line == DISCLOSURES[language]
    assert [] == [name for name, text in read.items() if line not in text]
    assert [] == [name for name, text in read.items() if SOURCE not in text]


async def test_a_channel_that_is_told_to_says_nothing_of_a_machine_and_names_its_sources_still(
    tmp_path: Path,
) -> None:
    clock = FakeClock(SLOT)
    with stands(tmp_path, clock) as (town, all_):
        town = without(town)
        await town.air(SLOT, clock=clock)
        read = {one.name: html.unescape(READ[one.channel](one)) for one in all_}

    assert [] == [name for name, text in read.items() if disclosure("en") in text]
    assert [] == [name for name, text in read.items() if SOURCE not in text]


def without(town: Town) -> Town:
    for channel in town.tree["channels"].values():
        channel["disclosure"] = False
    return town
