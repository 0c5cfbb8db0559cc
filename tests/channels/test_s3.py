"""A bucket holds each video once, under a name that stays; on moto's S3, over real sockets."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
import pytest
from airing import Town, described
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    NoCredentialsError,
    NoRegionError,
    ReadTimeoutError,
)
from moto.server import ThreadedMotoServer
from pydantic import ValidationError

from broadcast.channels.s3 import FOR_EVER, S3, judged
from broadcast.errors import Refused, Rejected, StageError, Unavailable
from broadcast.plugins import Publishes, Retracts, find
from broadcast.testing import Bench, FakeClock
from broadcast.types import Destination, Post, Published, Sent
from tests.posts import a_post, a_story, a_video

KEY = "shows/daily-news/20261123T170000Z/0000000000000000.mp4"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str) -> Iterator[Any]:
    known = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    resource = boto3.resource("s3", endpoint_url=endpoint, **known)
    bucket = resource.create_bucket(Bucket="town")
    yield bucket
    bucket.objects.all().delete()
    bucket.delete()
    resource.meta.client.close()


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return a_post(a_video(tmp_path / "archive"))


def a_channel(endpoint: str, **fields: Any) -> S3:
    known = {"bucket": "town", "prefix": "shows", "endpoint": endpoint, "key_id": "a", "secret": "b"}
    return S3.model_validate({**known, "region": "us-east-1", "url": "https://cdn.example.com/", **fields})


async def put(channel: S3, folder: Path, post: Post) -> Sent:
    async with Bench(folder).tools() as tools:
        (to,) = await channel.destinations(tools)
        return await channel.ladder()[0](tools, post, to)


async def test_a_video_lies_in_the_bucket_with_what_players_and_caches_need(
    endpoint: str, bucket: Any, post: Post, tmp_path: Path
) -> None:
    sent = await put(a_channel(endpoint), tmp_path, post)

    assert Sent(ref=f"s3://town/{KEY}", url=f"https://cdn.example.com/{KEY}") == sent
    found = bucket.Object(KEY).get()
    assert (b"moving pictures", "video/mp4") == (found["Body"].read(), found["ContentType"])
    about = {"sha256": "0" * 64, "sources": "Harbour Post", "disclosure": "Made by a machine."}
    assert (FOR_EVER, about) == (found["CacheControl"], found["Metadata"])


async def test_what_lies_with_the_video_fits_into_headers_in_any_script(
    endpoint: str, bucket: Any, tmp_path: Path
) -> None:
    names = "新华社·" * 200
    post = a_post(
        a_video(tmp_path), a_story(publisher=names), disclosure="文稿、配音和画面均根据所列来源自动生成。"
    )

    await put(a_channel(endpoint), tmp_path, post)

    (found,) = bucket.objects.all()
    about = found.Object().metadata
    assert all(text.isascii() and len(text) <= 900 for text in about.values())
    assert post.disclosure == unquote(about["disclosure"])
    assert unquote(about["sources"]).startswith("新华社·新华社")


async def test_done_twice_it_lies_there_once_and_is_uploaded_once(
    endpoint: str, bucket: Any, post: Post, tmp_path: Path
) -> None:
    channel = a_channel(endpoint)
    first = await put(channel, tmp_path, post)
    when = bucket.Object(KEY).last_modified
    assert first == await put(channel, tmp_path, post)

    assert [KEY] == [one.key for one in bucket.objects.all()]
    assert when == bucket.Object(KEY).last_modified


async def test_a_half_written_object_is_written_again(
    endpoint: str, bucket: Any, post: Post, tmp_path: Path
) -> None:
    bucket.Object(KEY).put(Body=b"half")
    await put(a_channel(endpoint), tmp_path, post)
    assert b"moving pictures" == bucket.Object(KEY).get()["Body"].read()


async def test_publishing_gives_the_lasting_address(endpoint: str, bucket: Any, post: Post, tmp_path: Path) -> None:
    channel = a_channel(endpoint)
    assert isinstance(channel, Publishes)
    async with Bench(tmp_path).tools() as tools:
        assert Published(url=f"https://cdn.example.com/{KEY}") == await channel.publish(tools, post)


async def test_a_show_that_publishes_to_a_bucket_gives_its_channels_the_address(
    endpoint: str, bucket: Any, tmp_path: Path
) -> None:
    town = Town(tmp_path)
    town.tree["publish"] = {"use": "s3", "bucket": "town", "endpoint": endpoint, "region": "us-east-1"}
    town.tree["publish"] |= {"key_id": "a", "secret": "b", "url": "https://cdn.example.com"}
    report = await town.air(datetime(2026, 11, 23, 17, 0, tzinfo=UTC), clock=FakeClock())

    assert "aired" == report.status, described(report)
    (key,) = (one.key for one in bucket.objects.all())
    video = report.editions[0].video
    assert video
    assert f"https://cdn.example.com/{key}" == video.url


async def test_a_video_can_be_taken_back(endpoint: str, bucket: Any, post: Post, tmp_path: Path) -> None:
    channel = a_channel(endpoint)
    assert isinstance(channel, Retracts)
    sent = await put(channel, tmp_path, post)
    async with Bench(tmp_path).tools() as tools:
        done = await channel.retract(
            tools, "s3://town", Destination(to="x", item="y", status="sent", ref=sent.ref), ""
        )
    assert ("deleted", []) == (done.rung, list(bucket.objects.all()))


async def test_a_bucket_that_is_not_there_is_refused_before_anything_is_paid(
    endpoint: str, post: Post, tmp_path: Path
) -> None:
    async with Bench(tmp_path).tools() as tools:
        with pytest.raises(Refused, match=r"the bucket town answers 404 NoSuchBucket: check its name and region"):
            await a_channel(endpoint).preflight(tools)
    with pytest.raises(Refused, match="NoSuchBucket"):
        await put(a_channel(endpoint), tmp_path, post)


async def test_a_service_that_is_not_there_may_be_back_later(post: Post, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await put(a_channel("http://127.0.0.1:1"), tmp_path, post)


async def test_a_video_that_is_gone_is_said_so(endpoint: str, bucket: Any, post: Post, tmp_path: Path) -> None:
    post.video.path.unlink()
    with pytest.raises(Rejected, match="is gone from the archive"):
        await put(a_channel(endpoint), tmp_path, post)


def answer(status: int, code: str) -> ClientError:
    about: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(about, "PutObject")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (answer(403, "AccessDenied"), Refused),
        (answer(403, "SignatureDoesNotMatch"), Refused),
        (answer(400, "ExpiredToken"), Refused),
        (answer(400, "EntityTooLarge"), Rejected),
        (answer(400, "RequestTimeout"), Unavailable),
        (answer(503, "SlowDown"), Unavailable),
        (answer(500, "InternalError"), Unavailable),
        (NoCredentialsError(), Refused),
        (NoRegionError(), Refused),
        (ReadTimeoutError(endpoint_url="http://secret.example"), Unavailable),
        (ConnectionClosedError(endpoint_url="http://secret.example"), Unavailable),
    ],
)
def test_each_error_says_what_may_follow(error: Exception, kind: type[StageError]) -> None:
    found = judged(error, "town")
    assert kind is type(found)
    assert "secret.example" not in str(found)


@pytest.mark.parametrize(
    "fields",
    [
        {"bucket": "A"},
        {"prefix": "/x"},
        {"prefix": "a//b"},
        {"url": "ftp://x"},
        {"url": "https://x/?a"},
        {"cache": "a\nb"},
    ],
)
def test_bad_settings_are_errors(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        a_channel("http://127.0.0.1:1", **fields)


def test_it_is_found_by_its_name() -> None:
    assert find("channels", "s3") is S3
