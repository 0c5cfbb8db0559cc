"""A story named on the command line: what may stand there, and what is said of what may not."""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from broadcast.cli.storyfile import load, parse
from broadcast.errors import ConfigError, Unavailable
from broadcast.http import Client
from broadcast.testing import FakeClock, Server
from broadcast.types import Story

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
PAGE = """<!doctype html><html lang="de"><head><title>Hafen | Zeitung</title></head><body>
<nav><p>Menu with a long line that is not part of any article at all, really.</p></nav>
<article><h1>Der <em>Hafen</em> öffnet</h1>
<p>Der neue Hafen von Velmora hat am Montag nach drei Jahren geöffnet.</p>
<script>alert("never")</script><p>Teilen</p></article><footer>Imprint</footer></body></html>"""


def story(body: bytes, **more: object) -> Story:
    return parse(body, "story.txt", NOW, **more)  # type: ignore[arg-type]


def test_the_first_line_is_the_headline() -> None:
    found = story(b"\xef\xbb\xbf# Harbour opens\r\n\r\nThe harbour opened on Monday.\nSecond paragraph.\n")

    assert ("Harbour opens", "The harbour opened on Monday.\nSecond paragraph.") == (found.title, found.text)


def test_json_may_say_more() -> None:
    found = story(
        b'{"title": "Up", "text": "Ten percent.", "url": "https://x.example", "publisher": "Ops", "language": "en"}'
    )

    assert ("Up", "https://x.example", "Ops", "en") == (found.title, found.url, found.publisher, found.language)


def test_of_a_web_page_the_article_is_told() -> None:
    found = story(PAGE.encode(), html=True, url="https://zeitung.example/hafen")

    assert ("Der Hafen öffnet", "de") == (found.title, found.language)
    assert "Der neue Hafen von Velmora hat am Montag nach drei Jahren geöffnet." == found.text


def test_control_and_bidi_characters_stay_out() -> None:
    assert ("Safe title", "Safe text") == (
        (found := story("Safe\u202e \x07title\nSafe\u200b text\x1b".encode())).title,
        found.text,
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "has no headline"),
        (b"\xff\xfe", "is not UTF-8"),
        (b"{", "is not JSON"),
        (b'{"text": "no title"}', "must be an object with `title`"),
        (b'{"title": "x", "body": "y"}', "has no use for `body`; it knows image, language, publisher"),
    ],
)
def test_what_is_no_story_is_a_plain_sentence(body: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        story(body)


def test_a_hostile_page_takes_no_time() -> None:
    assert "" == story(b"<h1>t</h1>" + b"<p><article><main" * 100_000, html=True).text


async def test_a_story_is_read_from_a_file_from_standard_input_and_from_an_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.md").write_text("# From a file\ntext")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"From a pipe\ntext")))
    clock = FakeClock(NOW)
    http = Client(clock)
    async with Server() as server:
        url = server.put("/hafen", PAGE.encode(), headers={"Content-Type": "text/html; charset=utf-8"})
        places = ("a.md", "-", url)
        found = [await load(place, http, clock) for place in places]
    await http.close()

    assert ["From a file", "From a pipe", "Der Hafen öffnet"] == [one.title for one in found]
    assert url == found[2].url


async def test_an_address_without_a_story_is_a_slip_of_the_caller_s_and_one_out_of_order_is_asked_again() -> None:
    clock = FakeClock(NOW)
    http = Client(clock)
    async with Server() as server:
        server.put("/secret", status=403)
        server.put("/busy", status=503)
        server.put("/empty", b"")
        for path, said in (
            ("/nowhere?token=hidden", r"^--story \(127\.0\.0\.1\) answered 404: there is nothing at this address"),
            ("/secret", "answered 403: access denied"),
            ("/empty", r"^--story \(127\.0\.0\.1\): has no headline"),
        ):
            with pytest.raises(ConfigError, match=said) as caught:
                await load(server.url(path), http, clock)
            assert "hidden" not in str(caught.value)
        with pytest.raises(Unavailable, match="answered 503: out of order"):
            await load(server.url("/busy"), http, clock)
        assert 3 == server.count("/busy")
    await http.close()


def test_json_may_name_an_image() -> None:
    assert "https://x.example/a.png" == story(b'{"title": "Up", "image": "https://x.example/a.png"}').image
    assert "" == story(b'{"title": "Up", "image": null}').image


@pytest.mark.parametrize("image", ["a.png", "file:///etc/passwd", "javascript:1", "7", " ", "http://"])
def test_an_image_that_is_no_web_address_is_said(image: str) -> None:
    with pytest.raises(ConfigError, match="`image` that is no http or https address"):
        story(b'{"title": "Up", "image": "%s"}' % image.encode())
