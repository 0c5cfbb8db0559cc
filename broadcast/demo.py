"""`broadcast demo`: a sample show, or your own feed, aired into a folder with no key.

The samples are served over HTTP on this machine, so the demo takes the same road as every show. What it remembers
is thrown away: it airs as often as it is called.
"""

import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from . import config, runner, sample
from .clock import SystemClock
from .config import yamlfile
from .settings import Settings
from .testing import Server
from .types import Report

FILE = Path("demo.yaml")

SHOW = """\
title: {title}
kind: daily-news
language: en
seconds: 60
stories: 3
window: {window}
sources:
{sources}
writer: extractive
renderer: {{use: newsdesk, orientation: {orientation}}}
channels:
  folder: {{use: folder, path: {out}}}
brand: {{name: {title}, colour: "#FF4455"}}
"""

SAMPLES = """\
  sample-wire: {{use: rss, url: {feed}}}
  sample-metrics:
    use: metrics
    url: {metrics}
    publisher: Sample metrics
    title: "This week: {{new_users}} new users, {{revenue}} revenue"
    summary: "Growth of {{growth_pct}}% week over week"
    figures: {{new_users: {{label: New users this week, series: signups_by_day}}}}
"""


async def air(
    known: Settings, *, out: Path, feed: str | None, portrait: bool, progress: Callable[[str, float], None]
) -> Report:
    """Air the samples, or *feed*, into the folder *out*."""
    with tempfile.TemporaryDirectory(prefix="broadcast-demo-") as folder:
        apart = {"broadcast_data_dir": Path(folder), "broadcast_database_url": None, "broadcast_state": ""}
        own = known.model_copy(update=apart)
        async with sources(feed) as (title, window, listed):
            text = SHOW.format(
                title=title,
                window=window,
                sources=listed,
                orientation="portrait" if portrait else "landscape",
                out=json.dumps(str(out)),
            )
            show = config.build("demo", yamlfile.parse(text, FILE, {}), own)
            async with runner.on_duty(own, progress=progress) as station:
                return _kept(await runner.run(station, show, now=True))


def _kept(report: Report) -> Report:
    """Name the video where it stays: the archive goes with the demo."""
    editions = []
    for edition in report.editions:
        sent = [receipt for receipt in edition.receipts if receipt.status == "sent"]
        if edition.video and sent:
            video = edition.video.model_copy(update={"path": Path(sent[0].ref) / "video.mp4"})
            edition = edition.model_copy(update={"video": video})
        editions.append(edition)
    return report.model_copy(update={"editions": tuple(editions)})


@contextlib.asynccontextmanager
async def sources(feed: str | None) -> AsyncIterator[tuple[str, str, str]]:
    """Give title, window and sources of the demo: the samples are served while it airs."""
    if feed:
        # A feed that was quiet for years is still worth looking at.
        yield "Your feed", "3650d", f"  your-feed: {{use: rss, url: {json.dumps(feed)}}}\n"
        return
    async with Server() as server:
        now = SystemClock().now()
        wire = server.put("/feed.xml", sample.feed(now), headers={"Content-Type": "application/rss+xml"})
        numbers = server.put("/metrics.json", sample.metrics(), headers={"Content-Type": "application/json"})
        yield "Daily Signal", "7d", SAMPLES.format(feed=wire, metrics=numbers)
