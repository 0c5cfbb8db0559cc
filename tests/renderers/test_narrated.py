"""An avatar presents a report: paid once, drawn here, heard as it is, and never lost for a drawing that fails."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from airing import described
from pydantic import ValidationError
from studio import PATIENT, Studio, studio

from broadcast.errors import ConfigError
from broadcast.renderers.narrated import Narrated
from broadcast.reporting import exit_code

av = pytest.importorskip("av", reason="the extra [newsdesk] is not installed")
QUICK = {"use": "newsdesk", "frame_mode": "vfr"}
LOOK = "Daphne_public_look_1"


@asynccontextmanager
async def narrated(folder: Path, clip: dict[str, Any] | None = None, **settings: Any) -> AsyncIterator[Studio]:
    async with studio(folder) as one:
        heygen = {
            "use": "heygen",
            "key": one.heygen.key,
            "base": one.heygen.url,
            "avatar_id": LOOK,
            "voice_id": "daphne_english",
            "read_seconds": PATIENT,
            "write_seconds": PATIENT,
            **(clip or {}),
        }
        one.town.tree |= {
            "renderer": {"use": "narrated", "clip": heygen, "report": QUICK, **settings},
            "seconds": 10,
            "stories": 1,
        }
        yield one


async def test_the_clip_is_paid_once_and_stands_in_the_report(tmp_path: Path) -> None:
    async with narrated(tmp_path) as one:
        report = await one.air()
        (job,) = one.heygen.renders
        video = report.editions[0].video
        assert "aired" == report.status, described(report)
        assert video
        assert ("narrated", 1920, 1080) == (video.renderer, video.width, video.height)
        assert video.usd == pytest.approx(report.cost.usd)
        assert report.cost.usd > 0
        assert video.seconds == pytest.approx(job.seconds + 0.55 + 1.2, abs=0.1)
        with av.open(str(video.path)) as film:
            assert ["h264", "aac"] == [stream.codec_context.name for stream in film.streams]
        assert video.srt
        assert job.spoken.split()[0] in video.srt.read_text()
        assert "00:00:00,550" in video.srt.read_text()  # the clip's first words, moved to where it begins
        assert any("nothing can be heard in the clip" in note for note in report.editions[0].notes + video.notes)


async def test_what_the_clip_says_is_held_against_the_script(tmp_path: Path) -> None:
    async with narrated(tmp_path, {"verify": "required"}) as one:
        one.heygen.fault("render", "changes-digit")
        report = await one.air()
        assert "failed" == report.status
        assert "does not say what the script says" in (report.editions[0].error or "")


async def test_a_clip_whose_submit_was_not_answered_is_not_paid_again(tmp_path: Path) -> None:
    async with narrated(tmp_path) as one:
        one.heygen.fault("POST /v3/videos", "drop", after_effect=True)
        report = await one.until_it_ends()
        assert "aired" == report.status, described(report)
        assert 1 == len(one.heygen.renders)


async def test_a_clip_that_cannot_be_read_airs_alone_with_a_note(tmp_path: Path) -> None:
    async with narrated(tmp_path) as one:
        one.heygen.fault("GET /files/video/{name}", "html")
        report = await one.air()
        assert 0 == exit_code(report), described(report)
        video = report.editions[0].video
        assert video
        assert any(
            "the clip airs alone: the clip cannot be heard: it is no sound" in note for note in video.notes
        ), video.notes
        assert 1 == len(one.heygen.renders)
        assert video.srt


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"clip": {"use": "heygen", "key": "k", "via": "agent"}}, "Input should be 'videos'"),
        ({"clip": {"use": "heygen", "key": "k", "captions": "burned"}}, "the report has captions of its own"),
        (
            {"report": {"use": "newsdesk", "voice": {"use": "heygen", "voice_id": "v", "key": "k"}}},
            "the clip speaks",
        ),
        ({"corner": "middle"}, "Input should be"),
        ({"size": 0.9}, "less than or equal to 0.4"),
    ],
)
def test_settings_that_contradict_are_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        Narrated.model_validate({"clip": {"use": "heygen", "key": "k"}, **settings})


async def test_the_key_of_the_clip_comes_from_the_environment(tmp_path: Path) -> None:
    async with narrated(tmp_path) as one:
        del one.town.tree["renderer"]["clip"]["key"]
        one.town.settings.__dict__["variables"] = {}
        with pytest.raises(ConfigError, match="HEYGEN_API_KEY is not set"):
            one.town.show()
