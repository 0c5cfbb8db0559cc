"""WordPress: the video in the article that it was made from, once, and out of it again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from hooked import HOSTILE, refusal
from posts import a_post, a_story, a_video
from slacks import receipts

from broadcast.channels.wordpress import WordPress
from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.plugins import Tools
from broadcast.testing import Bench, FakeClock
from broadcast.testing.wordpress import WordPress as Site
from broadcast.types import Destination, Post, Sent

ARTICLE = "<!-- wp:paragraph -->\n<p>Twelve boats join the fleet.</p>\n<!-- /wp:paragraph -->"
LASTING = "https://cdn.example/v.mp4"


@asynccontextmanager
async def desk(folder: Path, **fields: Any) -> AsyncIterator[tuple[Site, WordPress, Tools, int]]:
    async with Site() as site, Bench(folder).tools() as tools:
        id = site.publish("Ferry line adds 12 boats", ARTICLE)
        channel = WordPress(site=site.url, user=site.user, password=site.password, **fields)  # type: ignore[arg-type]
        yield site, channel, tools, id
        assert [] == site.refused, "the client made a mistake"


def about(site: Site, folder: Path, id: int, **fields: Any) -> Post:
    post = {name: fields.pop(name) for name in ("edition", "heading", "disclosure") if name in fields}
    return a_post(a_video(folder, **fields), a_story(url=site.articles[id]["link"]), **post)


def sent(answer: Sent, edition: str = "main") -> Destination:
    item = f"deliver/{edition}/wordpress/127.0.0.1"
    return Destination(to="127.0.0.1", item=item, status="sent", ref=answer.ref)


@pytest.mark.parametrize("place", ["top", "bottom"])
async def test_a_video_stands_in_its_article_once_and_comes_out_without_a_trace(tmp_path: Path, place: str) -> None:
    async with desk(tmp_path, place=place) as (site, channel, tools, id):
        post = about(site, tmp_path, id, url=LASTING)
        answers = [await channel.url(tools, post, "site") for _ in range(3)]

        content = site.articles[id]["content"]
        assert 1 == content.count("<video") == content.count(LASTING)
        assert content.startswith("<!-- broadcast:main -->") == (place == "top")
        assert ARTICLE in content
        assert (f"posts/{id}", site.articles[id]["link"]) == (answers[0].ref, answers[0].url)
        assert 1 == site.edits, "what is there already is not written again"

        taken = await channel.retract(tools, "site", sent(answers[0]), "")
        assert ("deleted", ARTICLE) == (taken.rung, site.articles[id]["content"])


async def test_another_video_takes_the_place_of_the_first_and_editions_stand_side_by_side(tmp_path: Path) -> None:
    async with desk(tmp_path) as (site, channel, tools, id):
        await channel.url(tools, about(site, tmp_path, id, url=LASTING), "site")
        await channel.url(tools, about(site, tmp_path, id, url="https://cdn.example/2.mp4"), "site")
        answer = await channel.url(
            tools, about(site, tmp_path, id, url="https://cdn.example/s.mp4", edition="short"), ""
        )

        content = site.articles[id]["content"]
        assert (0, 1, 1) == (content.count(LASTING), content.count("/2.mp4"), content.count("/s.mp4"))
        await channel.retract(tools, "site", sent(answer, "short"), "")
        assert (1, 0) == tuple(site.articles[id]["content"].count(name) for name in ("/2.mp4", "/s.mp4"))


async def test_a_video_without_an_address_is_uploaded_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as (site, channel, tools, id):
        post = about(site, tmp_path, id)
        for _ in range(2):
            await channel.file(tools, post, "site")

        assert [b"moving pictures"] == list(site.files.values())
        assert "/wp-content/uploads/" in site.articles[id]["content"]
        with pytest.raises(Rejected, match="no lasting address"):
            await channel.link(tools, post, "site")


@pytest.mark.parametrize("heading", [HOSTILE, "--> <!-- wp:html -->", "ข่าว" * 400])
async def test_words_of_any_kind_are_no_markup_in_an_article(tmp_path: Path, heading: str) -> None:
    async with desk(tmp_path) as (site, channel, tools, id):
        post = about(site, tmp_path, id, page="https://news.example/a", heading=heading, disclosure=heading)
        answer = await channel.link(tools, post, "site")

        shown = site.articles[id]["content"].replace(ARTICLE, "")
        assert "<b>" not in shown
        assert 2 == shown.count("<!--"), shown
        await channel.retract(tools, "site", sent(answer), "")
        assert ARTICLE == site.articles[id]["content"]


@pytest.mark.parametrize(
    ("where", "what", "after"),
    [
        ("get", 503, False), ("get", "drop", False), ("post", 503, True), ("post", "drop", False),
        ("post", "drop", True), ("post", "reset", True), ("post", 429, False), ("upload", 503, True),
        ("upload", "drop", True), ("upload", "drop", False), ("upload", 413, False), ("post", "garbage", True),
        ("get", "garbage", False),
    ],
)  # fmt: skip
async def test_whatever_goes_wrong_readers_see_one_video_or_none(
    tmp_path: Path, where: str, what: str | int, after: bool
) -> None:
    async with Site() as site:
        id = site.publish("Velmora opens", ARTICLE)
        town = Town(tmp_path, stories=1)
        town.tree["channels"] = {
            "blog": {
                "use": "wordpress",
                "site": site.url,
                "user": site.user,
                "password": site.password,
                "article": id,
            }
        }
        times, skip = (None if what == 413 else 1), int(where == "get")  # the first look is the preflight's
        site.fault(where, what, after_effect=after, times=times, skip=skip)
        for _ in range(2):
            report = await town.air(FakeClock().now(), clock=FakeClock())
            [one] = receipts(report).values()
            assert site.articles[id]["content"].count("<video") <= 1

        if what == 413:
            assert "failed" == one.status
            assert "413" in " ".join(one.missed), described(report)
        else:
            assert ("sent", 1) == (one.status, site.articles[id]["content"].count("<video")), described(report)
            assert len(site.files) <= 2


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("{url}/2025/01/ferry-line-adds-12-boats/", "is no article of"),  # another of the same name
        ("{url}/nothing-like-it/", "is no article of"),
        ("https://elsewhere.example/2026/11/ferry-line-adds-12-boats/", "none of the stories is no article"),
        ("", "none of the stories is no article"),
    ],
)
async def test_a_story_from_elsewhere_has_no_article_here(tmp_path: Path, address: str, says: str) -> None:
    async with desk(tmp_path) as (site, channel, tools, id):
        post = a_post(a_video(tmp_path, url=LASTING), a_story(url=address.format(url=site.url)))
        with pytest.raises(Rejected, match=says):
            await channel.url(tools, post, "site")
        assert ARTICLE == site.articles[id]["content"]


async def test_pages_and_plain_addresses_are_found_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as (site, channel, tools, id):
        page = site.publish("About us", ARTICLE, type="pages")
        answer = await channel.url(tools, about(site, tmp_path, page, url=LASTING), "site")
        assert f"pages/{page}" == answer.ref

        plain = a_post(a_video(tmp_path, url=LASTING), a_story(url=f"{site.url}/?p={id}"))
        assert f"posts/{id}" == (await channel.url(tools, plain, "site")).ref


async def test_a_wrong_password_and_a_reader_are_refused_before_anything_is_paid(tmp_path: Path) -> None:
    async with desk(tmp_path) as (site, channel, tools, _):
        wrong = channel.model_copy(update={"password": type(channel.password)("other")})
        assert isinstance(error := await refusal(lambda: wrong.preflight(tools)), Refused)
        assert "check WORDPRESS_USER, WORDPRESS_APP_PASSWORD" in str(error)
        assert "other" not in str(error)
        site.role = "subscriber"
        with pytest.raises(Refused, match="may not edit articles"):
            await channel.preflight(tools)


async def test_a_site_without_its_interface_says_so(tmp_path: Path) -> None:
    async with desk(tmp_path) as (_, channel, tools, _):
        off = channel.model_copy(update={"site": channel.site + "/blog"})
        error: StageError = await refusal(lambda: off.preflight(tools))
        assert isinstance(error, Rejected | Unavailable)
        assert "404" in str(error)


@pytest.mark.parametrize("site", ["blog.example.com", "ftp://blog.example.com", "https://u:p@blog.example.com", ""])
def test_what_is_no_site_is_refused(site: str) -> None:
    with pytest.raises(ValueError, match="is no address of a site"):
        WordPress(site=site, user="u", password="p")  # type: ignore[arg-type]
