"""The service calls back: once, unsigned, when a job is over. What it says is a hint and no proof."""

import asyncio
from typing import TYPE_CHECKING

import httpx

from .ledger import Job

if TYPE_CHECKING:
    from .account import Account

PAUSE = 0.01  #: seconds between looks at the clock


async def announce(heygen: "Account", job: Job) -> None:
    """Wait until *job* is over, post that to its `callback_url`, and note the status answered, 0 for none."""
    assert job.callback
    url, id = job.callback
    while not job.over(now := heygen.clock.now()):  # noqa: ASYNC110  # the clock need not be the real one
        await asyncio.sleep(PAUSE)
    kind, good = "video_agent" if job.session else "avatar_video", job.stage(now) == "completed"
    event: dict[str, str | None] = {"video_id": job.video, "callback_id": id}
    if job.session:
        event["session_id"] = job.session
    if good:
        event["url"] = heygen.signed(f"/files/video/{job.video}.mp4", now)
    body = {"event_type": f"{kind}.{'success' if good else 'fail'}", "event_data": event}
    try:
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10) as client:
            status = (await client.post(url, json=body)).status_code
    except httpx.HTTPError:
        status = 0
    heygen.called.append((url, status))
