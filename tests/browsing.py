"""A real browser that a test drives: Debian's Chromium, spoken to by the DevTools protocol."""

import asyncio
import base64
import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
BROWSER = [
    CHROMIUM or "", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
    "--autoplay-policy=no-user-gesture-required", "--remote-debugging-port=0", "--hide-scrollbars",
]  # fmt: skip
PATIENCE = 60.0  #: seconds for what a loaded machine does late


class Tab:
    """One page of a browser."""

    def __init__(self, wire: aiohttp.ClientWebSocketResponse) -> None:
        self._wire, self._numbers = wire, itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.said: list[str] = []  #: by the browser: refused scripts, errors, alerts
        self._reading = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        async for message in self._wire:
            data = json.loads(message.data)
            if (number := data.get("id")) in self._answers:
                self._answers.pop(number).set_result(data)
            elif data.get("method") == "Log.entryAdded":
                self.said.append(data["params"]["entry"]["text"])
            elif data.get("method") == "Runtime.exceptionThrown":
                details = data["params"]["exceptionDetails"]
                self.said.append(details.get("exception", {}).get("description") or details["text"])
            elif data.get("method") == "Page.javascriptDialogOpening":
                self.said.append(f"dialog: {data['params']['message']}")
                await self._wire.send_json(
                    {"id": 0, "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
                )

    async def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._answers[number] = asyncio.get_running_loop().create_future()
        await self._wire.send_json({"id": number, "method": method, "params": params})
        answer = await asyncio.wait_for(self._answers[number], PATIENCE)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def run(self, script: str) -> Any:
        """Return what *script* comes to, promises awaited."""
        answer = await self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def until(self, script: str) -> Any:
        """Wait until *script* comes to something that is true."""
        for _ in range(int(PATIENCE / 0.1)):
            with contextlib.suppress(AssertionError):  # the page may be changing just now
                if found := await self.run(script):
                    return found
            await asyncio.sleep(0.1)
        raise AssertionError(f"never: {script}; the page says {await self.text()!r}")

    async def open(self, url: str) -> None:
        await self.run("window.before = true")
        await self.ask("Page.navigate", url=url)
        await self.until("!window.before && document.readyState == 'complete'")

    async def click(self, words: str) -> None:
        """Press the link or button that reads *words*, and wait for the page that it leads to."""
        await self.run("window.before = true")
        found = (
            "[...document.querySelectorAll('a, button')].find(one => one.textContent.trim() == "
            f"{json.dumps(words)})"
        )
        assert await self.run(f"!!{found}"), f"nothing reads {words!r}: {await self.text()}"
        await self.run(f"{found}.click()")
        await self.until("!window.before && document.readyState == 'complete'")

    async def press(self, key: str) -> None:
        """Press a key that is named, as Tab or Enter."""
        codes = {"Tab": 9, "Enter": 13}
        text = {"text": "\r"} if key == "Enter" else {}
        known = {"key": key, "code": key, "windowsVirtualKeyCode": codes[key], **text}
        await self.ask("Input.dispatchKeyEvent", type="keyDown", **known)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **known)

    async def type(self, text: str) -> None:
        await self.ask("Input.insertText", text=text)

    async def text(self) -> str:
        return str(await self.run("document.body.innerText"))

    async def window(self, width: int, height: int, *, dark: bool = False) -> None:
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        media = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        await self.ask("Emulation.setEmulatedMedia", features=media)

    async def picture(self, path: Path) -> None:
        """Write the whole page as a PNG."""
        size = (await self.ask("Page.getLayoutMetrics"))["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 4000), "scale": 1}
        answer = await self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        path.write_bytes(base64.b64decode(answer["data"]))

    async def close(self) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)


@contextlib.asynccontextmanager
async def browsing(folder: Path) -> AsyncIterator[Tab]:
    """Open a browser with one tab."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "browser.log"
    command = [*BROWSER, f"--user-data-dir={folder / 'profile'}", "about:blank"]
    with (
        log.open("wb") as out,
        subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True) as browser,  # noqa: ASYNC220
    ):
        try:
            port = 0
            for _ in range(int(PATIENCE / 0.1)):
                if found := re.search(
                    r"DevTools listening on ws://127\.0\.0\.1:(\d+)", log.read_text(errors="replace")
                ):
                    port = int(found[1])
                    break
                await asyncio.sleep(0.1)
            assert port, log.read_text(errors="replace")
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
                    pages = [one for one in await answer.json() if one["type"] == "page"]
                wire = await session.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0)
                tab = Tab(wire)
                for domain in ("Page", "Runtime", "Log"):
                    await tab.ask(f"{domain}.enable")
                try:
                    yield tab
                finally:
                    await tab.close()
                    await wire.close()
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
