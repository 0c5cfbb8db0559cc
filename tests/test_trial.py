"""A channel that takes files only is tried out with a test card, which is taken back at once."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import av
import boto3
import pytest
from airing import Call, Town, caller
from moto.server import ThreadedMotoServer

from broadcast import trial
from broadcast.testing.wordpress import WordPress
from broadcast.testing.youtube import YouTube

RUN = "town@2026-11-23T17:00:00Z"


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Town:
    one = Town(tmp_path)
    for name in ("data", "config"):
        monkeypatch.setenv(f"BROADCAST_{name.upper()}_DIR", str(tmp_path / name))
    return one


@pytest.fixture
def call(town: Town, capsys: pytest.CaptureFixture[str]) -> Call:
    return caller(town, capsys)


def test_the_card_is_a_film_that_any_service_takes_and_is_what_it_says(town: Town) -> None:
    post = trial.card(town.show(), "chat", datetime(2026, 11, 23, tzinfo=UTC))
    with av.open(str(trial.CARD)) as film:
        kinds = {stream.type: stream.codec_context.name for stream in film.streams}
        (width, height) = film.streams.video[0].width, film.streams.video[0].height
        seconds = (film.duration or 0) / 1e6

    assert {"video": "h264", "audio": "aac"} == kinds
    assert (post.video.width, post.video.height) == (width, height)
    assert abs(post.video.seconds - seconds) < 0.1
    assert hashlib.sha256(trial.CARD.read_bytes()).hexdigest() == post.video.sha256
    assert trial.CARD.stat().st_size < 20_000


def test_a_folder_shows_the_card_and_is_then_as_it_was(town: Town, call: Call, tmp_path: Path) -> None:
    town.tree["channels"] = {"folder": {"use": "folder", "path": str(tmp_path / "out"), "keep": 1}}
    assert 0 == call("run", "town", "--slot", "2026-11-23T17:00:00Z")[0]
    before = {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}

    code, answer = call("test", "town", "--channel", "folder")

    assert (0, "sent", "test, then deleted") == (code, answer["status"], answer["rung"])
    assert "town-test" in answer["ref"]
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert [RUN] == [row["run"] for row in call("runs")[1]]


def test_nobody_but_the_operator_sees_the_card_on_youtube(town: Town, call: Call) -> None:
    with YouTube() as youtube:
        town.tree["channels"] = {"tube": {"use": "youtube", **youtube.fields(), "privacy": "public"}}

        code, answer = call("test", "town", "--channel", "tube")

        ((id, film),) = youtube.videos.items()
        assert (0, id, "test, then made private") == (code, answer["ref"], answer["rung"])
        assert trial.CARD.read_bytes() == film.content
        assert "private" == film.about["status"]["privacyStatus"]
        assert ["private"] == [one.about["status"]["privacyStatus"] for one in youtube.uploads]
        assert "Test: Town News" == film.about["snippet"]["title"]
        assert "a test of the channel tube. Nothing is on air." in film.about["snippet"]["description"]
        assert [] == youtube.problems


def test_a_card_that_cannot_be_taken_back_is_said_and_one_that_is_refused_is_exit_3(town: Town, call: Call) -> None:
    with YouTube() as youtube:
        town.tree["channels"] = {"tube": {"use": "youtube", **youtube.fields()}}
        youtube.fault("update", 403, times=None)
        code, answer = call("test", "town", "--channel", "tube")
        assert (0, "test") == (code, answer["rung"])
        assert "it could not be taken back, remove it by hand: YouTube answers 403" in answer["missed"][0]

        youtube.fault("begin", 403, times=None)
        assert 3 == call("test", "town", "--channel", "tube")[0]
        assert 1 == len(youtube.videos)


def test_an_article_is_as_it_was_when_the_card_was_in_it(town: Town, call: Call) -> None:
    with WordPress() as blog:
        article = blog.publish("Ferries", "<p>Twelve boats join.</p>")
        known = {"use": "wordpress", "site": blog.url, "user": blog.user, "password": blog.password}
        town.tree["channels"] = {"blog": {**known, "article": article}}

        code, answer = call("test", "town", "--channel", "blog")

        assert (0, "test, then deleted", f"posts/{article}") == (code, answer["rung"], answer["ref"]), answer
        assert "<p>Twelve boats join.</p>" == blog.articles[article]["content"]

        town.tree["channels"] = {"blog": known}
        code, answer = call("test", "town", "--channel", "blog")
        assert (1, True) == (code, "name one with `article: ID`" in answer["error"])


def test_a_bucket_is_empty_again_when_the_card_was_in_it(town: Town, call: Call) -> None:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    known = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    resource = boto3.resource("s3", endpoint_url=f"http://{host}:{port}", **known)
    try:
        bucket = resource.create_bucket(Bucket="town")
        where = {"bucket": "town", "endpoint": f"http://{host}:{port}", "key_id": "a", "secret": "b"}
        town.tree["channels"] = {"cloud": {"use": "s3", **where, "region": "us-east-1"}}

        code, answer = call("test", "town", "--channel", "cloud")

        assert (0, "test, then deleted") == (code, answer["rung"]), answer
        assert "town-test" in answer["ref"]
        assert [] == list(bucket.objects.all())
    finally:
        resource.meta.client.close()
        server.stop()
