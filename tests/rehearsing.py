"""A rehearsed HeyGen, and a client that asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from broadcast.testing import FakeClock, HeyGen
from broadcast.testing.heygen.films import png

PROMPT = """A news broadcast. Speak this script word for word.

SCRIPT
Good evening. Here is the news.

Sales rose 42 percent in May. That is the best month since 2019.

The river Elbe fell to 51 centimetres. Ships wait in Dresden.

That was the news.

CRITICAL ON-SCREEN TEXT (display literally)
- 42 percent

STYLE: wide 16:9 news desk."""
SAID = PROMPT.partition("SCRIPT\n")[2].partition("\n\nCRITICAL")[0]
AVATAR = {"type": "avatar", "avatar_id": "Daphne_public_look_1", "script": "Hello, you 12."}
PICTURE = png((4, 4)).data


class Client:
    """Asks with the right key, and without, on a clock that stands still until it is put forward."""

    def __init__(self, heygen: HeyGen, clock: FakeClock, api: httpx.AsyncClient, plain: httpx.AsyncClient) -> None:
        self.heygen, self.clock, self.api, self.plain = heygen, clock, api, plain

    async def get(self, path: str, **options: Any) -> Any:
        answer = await self.api.get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def agent(self, prompt: str = PROMPT, **fields: Any) -> httpx.Response:
        return await self.api.post("/v3/video-agents", json={"prompt": prompt, **fields})

    async def session(self, **fields: Any) -> str:
        answer = await self.agent(**fields)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["data"]["session_id"])

    async def done(self, **fields: Any) -> dict[str, Any]:
        """Have a video made and return it."""
        session = await self.session(**fields)
        self.clock.forward(1)
        video = (await self.get(f"/v3/video-agents/{session}"))["data"]["video_id"]
        return dict((await self.get(f"/v3/videos/{video}"))["data"])

    async def file(self, url: str, **headers: str) -> httpx.Response:
        return await self.plain.get(url, headers=headers)


@asynccontextmanager
async def rehearsal(**options: Any) -> AsyncIterator[Client]:
    clock = FakeClock()
    async with HeyGen(clock=clock, **options) as heygen:
        heygen.render_seconds = 0.9
        key = {"X-Api-Key": heygen.key}
        async with (
            httpx.AsyncClient(base_url=heygen.url, headers=key, trust_env=False, timeout=5) as api,
            httpx.AsyncClient(trust_env=False, timeout=5) as plain,
        ):
            yield Client(heygen, clock, api, plain)


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]
