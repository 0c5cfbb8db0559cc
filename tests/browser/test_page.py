"""In a real browser the pages play, show captions, fit a phone, and load nothing from elsewhere."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any
from urllib.parse import unquote

import pytest

from broadcast.channels.folder import Folder
from broadcast.plugins import Tools
from tests.posts import a_post, a_story, a_video

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium"),
]

BROWSER = [
    CHROMIUM or "", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PLACE = "daily-news/20261123T170000Z"
LONG = "Unbreakable" * 12 + " and a headline of many words that goes on and on, as headlines of agencies do"
#: Waits until the video and its captions are there, and tells us what it sees by asking for an address.
LOOK = """
let tries = 200
function look(page, view) {
  const video = page.querySelector("video")
  const track = page.querySelector("track")
  if (track) track.track.mode = "showing"
  if (tries-- > 0 && !(video && video.readyState > 0 && track && track.readyState > 1)) return false
  const style = view.getComputedStyle(page.body)
  new Image().src = HOME + "/seen?" + encodeURIComponent(JSON.stringify({
    seconds: video.duration, error: video.error && video.error.message,
    cues: Array.from(track.track.cues || [], cue => cue.text),
    fits: page.documentElement.scrollWidth <= page.documentElement.clientWidth,
    styled: style.margin == "0px",
    scripts: page.scripts.length, title: page.title,
    small: Array.from(page.querySelectorAll("a:not(video a)"), a => a.getBoundingClientRect().height)
      .filter(height => height < 20),
  }))
  return true
}
"""
FRAMED = """<!doctype html>
<iframe src="{page}" style="border:0;width:{width}px;height:800px"></iframe><script>
const HOME = ""
{look}
const view = document.querySelector("iframe").contentWindow
const timer = setInterval(() => look(view.document, view) && clearInterval(timer), 50)
</script>"""


class Site:
    """A folder that is served, and what was asked of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.asked = root, list[str]()
        self.seen: Queue[dict[str, Any]] = Queue()
        site = self

        class Quiet(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                path, _, query = self.path.partition("?")
                if path == "/seen":
                    site.seen.put(json.loads(unquote(query)))
                else:
                    site.asked.append(path)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root)))
        self.home = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def look(self, page: str, folder: Path, *flags: str, width: int = 360) -> tuple[dict[str, Any], str]:
        """Return what a browser sees on *page* in a window so many pixels wide, and what it logs."""
        (self.root / "look.html").write_text(FRAMED.format(page=page, width=width, look=LOOK))
        return self.open(f"{self.home}/look.html", folder, *flags)

    def open(self, url: str, folder: Path, *flags: str) -> tuple[dict[str, Any], str]:
        command = [
            *BROWSER, f"--user-data-dir={folder / 'profile'}",
            "--enable-logging=stderr", "--remote-debugging-port=0",
            "--window-size=1600,900", *flags, url,
        ]  # fmt: skip
        folder.mkdir(exist_ok=True)
        log = folder / "browser.log"
        with (
            log.open("wb") as stderr,
            subprocess.Popen(command, stdout=stderr, stderr=stderr, start_new_session=True) as browser,
        ):
            try:
                seen = self.seen.get(timeout=60)
            except Empty:
                pytest.fail(f"the browser saw nothing in a minute: {log.read_text(errors='replace')[-2000:]}")
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
        return seen, log.read_text(errors="replace")


def moving_pictures(path: Path) -> None:
    """Write two seconds of H.264."""
    av = pytest.importorskip("av", reason="the extra [newsdesk] is not installed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame(320, 180, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([90]) * plane.buffer_size)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            file.mux(stream.encode(frame))
        file.mux(stream.encode())


def filed(root: Path, archive: Path, **fields: Any) -> Path:
    """File three runs into *root*, the newest with long and hostile words."""
    moving_pictures(archive / "video.mp4")
    video = a_video(archive, poster=None)
    nothing: Any = None
    folder = Folder(path=root, **fields)
    tools = Tools(nothing, nothing, nothing, nothing, root)
    stories = (
        a_story(title=LONG, publisher="Harbour Post " * 6),
        a_story(id="2", title="</title><script>document.title='pwned'</script>", url="javascript:alert(1)"),
    )
    for show in ("daily-news", "weekly", "monthly"):
        post = a_post(video, *stories, show=show, title=f"<b>{LONG}</b>")
        asyncio.run(folder.file(tools, post, str(root)))
    return root


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(filed(tmp_path / "out", tmp_path / "archive", url="https://news.example.com"))
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.mark.parametrize("width", [320, 360, 1440])
@pytest.mark.parametrize("page", ["index.html", f"{PLACE}/index.html"])
def test_a_page_plays_and_fits_the_screen(site: Site, tmp_path: Path, page: str, width: int) -> None:
    seen, log = site.look(page, tmp_path, width=width)
    assert (seen["seconds"], seen["error"]) == (2, None)
    assert seen["cues"] == ["Good evening."]
    assert seen["fits"]
    assert seen["styled"]
    assert seen["scripts"] == 0
    assert "pwned" not in seen["title"]
    assert seen["small"] == []  # a finger finds every link
    assert "Content Security Policy" not in log
    assert all(
        path.startswith(("/look.html", "/index.html", "/daily-news/", "/favicon.ico")) for path in site.asked
    )


@pytest.mark.parametrize(("scheme", "darkest", "lightest"), [("1", 230, 255), ("0", 0, 40)])
def test_a_page_follows_light_and_dark(
    site: Site, tmp_path: Path, scheme: str, darkest: int, lightest: int
) -> None:
    image = pytest.importorskip("PIL.Image", reason="the extra [newsdesk] is not installed")
    picture = tmp_path / "page.png"
    command = [
        *BROWSER,
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--blink-settings=preferredColorScheme={scheme}",
    ]
    command += ["--window-size=600,900", f"--screenshot={picture}", f"{site.home}/index.html"]
    subprocess.run(command, capture_output=True, timeout=60, check=True)
    with image.open(picture) as page:
        edge = page.convert("L").getpixel((2, 2))
    assert darkest <= edge <= lightest


def test_a_page_that_is_opened_as_a_file_plays_with_captions(tmp_path: Path, site: Site) -> None:
    root = filed(tmp_path / "opened", tmp_path / "archive")
    for name in ("index.html", f"{PLACE}/index.html"):
        # A file may not look into another one: so the looking is put into the page, and allowed to run.
        page = root / name
        text = page.read_text().replace("img-src", f"script-src 'unsafe-inline'; img-src {site.home}")
        script = (
            f"<script>const HOME = '{site.home}'\n{LOOK}\n"
            "const timer = setInterval(() => look(document, window) && clearInterval(timer), 50)</script>"
        )
        page.write_text(text.replace("</body>", f"{script}</body>"))
        seen, log = site.open(page.as_uri(), tmp_path)
        assert (seen["seconds"], seen["error"], seen["cues"]) == (2, None, ["Good evening."])
        assert seen["scripts"] == 1
        assert "Content Security Policy" not in log
