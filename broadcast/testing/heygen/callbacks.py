"""The service calls back when a job is over: once, unsigned, at the job's own address, and signed at each endpoint,
again where that did not answer well. What it says is a hint and no proof."""

import asyncio
import json
import secrets
from datetime import UTC
from typing import TYPE_CHECKING

import httpx

from . import webhooks
from .ledger import Job

if TYPE_CHECKING:
    from .account import Account

PAUSE = 0.01  #: seconds between looks at the clock
JSON = {"Content-Type": "application/json"}
AGAIN = (0.1, 0.4, 1.6)  #: seconds before an endpoint is told again; HeyGen goes on for a day


async def announce(heygen: "Account", job: Job) -> None:
    """Wait until *job* is over, tell everybody who wants to know, and note the statuses answered, 0 for none."""
    while not job.over(now := heygen.clock.now()):  # noqa: ASYNC110  # the clock need not be the real one
        await asyncio.sleep(PAUSE)
    url, id = job.callback or ("", None)
    kind, good = "video_agent" if job.session else "avatar_video", job.stage(now) == "completed"
    event: dict[str, str | None] = {"video_id": job.video, "callback_id": id}
    if job.session:
        event["session_id"] = job.session
    if good:
        event["url"] = heygen.signed(f"/files/video/{job.video}.mp4", now)
    name = f"{kind}.{'success' if good else 'fail'}"
    body = json.dumps({"event_type": name, "event_data": event}).encode()
    told = {"event_id": f"evt_{secrets.token_hex(8)}", "event_type": name, "event_data": event}
    heygen.events.append({**told, "created_at": now.astimezone(UTC).isoformat()})
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10) as client:
        if url:
            await post(heygen, client, url, body, JSON)
        for one in webhooks.told(heygen, name):
            headers = {
                **JSON,
                "Heygen-Signature": one.signature(body),
                "Heygen-Timestamp": f"{int(now.timestamp())}",
                "Heygen-Event-Id": str(told["event_id"]),
            }
            for pause in (*AGAIN, None):
                if 200 <= await post(heygen, client, one.url, body, headers) < 300 or pause is None:
                    break
                await asyncio.sleep(pause)


async def post(heygen: "Account", client: httpx.AsyncClient, url: str, body: bytes, headers: dict[str, str]) -> int:
    try:
        status = (await client.post(url, content=body, headers=headers)).status_code
    except httpx.HTTPError:
        status = 0
    heygen.called.append((url, status))
    return status
