"""SIGKILL between a delivery's intention and its outcome: held where nobody can tell, found or done again else."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import boto3
import pytest
from airing import Town
from moto.server import ThreadedMotoServer

from broadcast.testing import DiscordHook, Postiz, SignedHook, SlackHook, TeamsHook, resend, youtube
from broadcast.testing.hooks import Hook

HERE = Path(__file__).parents[1]
SLOT = "2026-11-23T17:00:00Z"
LETTERS = {"from": "n@example.com", "to": ["ann@example.com"]}


@dataclass
class Wired:
    """A channel, its service, and what a test does with it."""

    fields: Mapping[str, Any]
    hang: Callable[[bool], None]  #: the next post, after it took effect or before
    hung: Callable[[], bool]
    calm: Callable[[], None]
    seen: Callable[[], int]
    before: tuple[str, int]  #: what becomes of it, and how many people see, where it was killed before the effect
    after: tuple[str, int]


@contextmanager
def troubled(double: Any, where: str, shown: Callable[[], int], **ends: Any) -> Iterator[Wired]:
    """Wire a double that keeps a list of its troubles."""
    with double:
        found: list[Any] = []
        yield Wired(
            hang=lambda after: found.append(double.fault(where, "hang", after_effect=after)),
            hung=lambda: found[0].struck == 1,
            calm=lambda: found[0].__setattr__("times", 0),
            seen=shown,
            **{**ends, "fields": ends["fields"]()},
        )


def hooked(use: str, hook: Hook, before: tuple[str, int], after: tuple[str, int]) -> Any:
    fields = lambda: {"use": use, "url": hook.url}  # noqa: E731
    return troubled(hook, "post", lambda: len(hook.shown), fields=fields, before=before, after=after)


@contextmanager
def mailed() -> Iterator[Wired]:
    with resend.Resend() as server:
        yield Wired(
            fields={"use": "resend", "key": resend.KEY, "base": server.url, **LETTERS},
            hang=lambda after: server.faults.append("hang-after" if after else "hang"),
            hung=lambda: server.asked == 1,
            calm=lambda: None,
            seen=lambda: server.seen,
            before=("sent", 1),  # under the key of the first
            after=("sent", 1),
        )


@contextmanager
def filmed() -> Iterator[Wired]:
    with youtube.YouTube() as server:
        yield Wired(
            fields={"use": "youtube", **server.fields()},
            hang=lambda after: server.faults.append("upload hang-after" if after else "begin hang-after"),
            hung=lambda: not server.faults,
            calm=lambda: None,
            seen=lambda: len(server.videos),
            before=("sent", 1),  # the upload says that there is nothing
            after=("sent", 1),  # the upload says which video it became
        )


HELD, ONCE = (("unconfirmed", 0), ("unconfirmed", 1)), (("sent", 1), ("sent", 1))


@contextmanager
def everywhere() -> Iterator[dict[str, Wired]]:
    social = Postiz()
    fields = lambda: {"use": "postiz", "key": social.key, "base": social.base, "integrations": ["x"]}  # noqa: E731
    posted = troubled(
        social, "posts", lambda: len(social.shown), fields=fields, before=("unconfirmed", 0), after=("sent", 1)
    )
    with (
        hooked("discord", DiscordHook(), *HELD) as discord,
        hooked("teams", TeamsHook(), *HELD) as teams,
        hooked("slack-webhook", SlackHook(), *HELD) as slack,
        hooked("webhook", SignedHook(), *ONCE) as webhook,
        mailed() as mail,
        filmed() as tube,
        posted as postiz,
    ):
        yield {"discord": discord, "teams": teams, "slack-webhook": slack, "webhook": webhook, "resend": mail,
               "youtube": tube, "postiz": postiz}  # fmt: skip


def start(town: Town, *program: str) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": f"{HERE}:{HERE.parent}", "PATH": os.environ["PATH"]}
    environment |= {"BROADCAST_DATA_DIR": str(town.folder / "data")}
    return subprocess.Popen(
        [sys.executable, *(program or ("-m", "broadcast")), "run", "town", "--slot", SLOT, "--json"],
        cwd=town.folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def outcomes(town: Town) -> dict[str, str]:
    """Run the show to its end; return what became of each channel."""
    out, err = start(town).communicate(timeout=60)
    assert out, err
    return {one["channel"]: one["status"] for one in json.loads(out)["editions"][0]["receipts"]}


@pytest.mark.parametrize("after", [False, True], ids=["before the effect", "after the effect"])
def test_killed_on_the_wire_no_channel_posts_twice_nor_says_what_it_cannot_know(
    tmp_path: Path, after: bool
) -> None:
    with everywhere() as channels:
        town = Town(tmp_path)
        town.tree["channels"] = {name: dict(one.fields) for name, one in channels.items()}
        town.file()
        for one in channels.values():
            one.hang(after)
        process, deadline = start(town), time.monotonic() + 40
        while not all(one.hung() for one in channels.values()) and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.kill()
        process.communicate()
        assert -signal.SIGKILL == process.returncode
        for one in channels.values():
            one.calm()

        for _ in range(2):  # and once more: what is held stays so
            found = outcomes(town)
            expected = {name: one.after if after else one.before for name, one in channels.items()}
            assert expected == {name: (found[name], one.seen()) for name, one in channels.items()}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.mark.parametrize(("number", "when"), [(17, "after"), (19, "before")])
def test_killed_at_a_commit_the_bucket_and_the_feed_hold_the_video_once(
    tmp_path: Path, endpoint: str, number: int, when: str
) -> None:
    name = f"town-{number}-{when}"
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    bucket = boto3.resource("s3", endpoint_url=endpoint, **keys).create_bucket(Bucket=name)
    town, feed = Town(tmp_path), tmp_path / "feed.xml"
    s3 = {"use": "s3", "bucket": name, "endpoint": endpoint, "key_id": "a", "secret": "b", "region": "us-east-1"}
    site = {key: f"https://news.example.com/{key}" for key in ("url", "site", "image")}
    told = {"title": "Town", "description": "The news.", "author": "Town"}
    town.tree["publish"] = {**s3, "url": "https://cdn.example.com"}
    town.tree["channels"] = {"s3": s3, "podcast": {"use": "podcast", "path": str(feed), **site, **told}}
    town.file()

    killed = start(town, str(HERE / "killed.py"), str(number), when)
    said = killed.communicate(timeout=60)
    assert -signal.SIGKILL == killed.returncode, repr(said[1])

    assert {"s3": "sent", "podcast": "sent"} == outcomes(town)
    assert 1 == len(list(bucket.objects.all()))
    assert 1 == len(xml.parse(feed).findall("channel/item"))
    bucket.meta.client.close()
