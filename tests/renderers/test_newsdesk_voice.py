"""The newsdesk's borrowed voice: every segment is paid once, and the film airs whatever becomes of it."""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from airing import Town, described
from nursery import Child
from patience import held_until

from broadcast.heygen.speech import understood
from broadcast.newsdesk.captions import EARLY
from broadcast.newsdesk.subrip import cues
from broadcast.testing import FakeClock, HeyGen
from broadcast.testing.heygen.saying import word_times
from broadcast.types import Report, Story

HERE = Path(__file__).parents[1]
SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
SPEECH = "POST /v3/voices/speech"
SOUND = "GET /files/audio/{name}"


class Room:
    """A town whose free renderer borrows a voice of HeyGen's, both on one clock."""

    def __init__(self, town: Town, heygen: HeyGen, clock: FakeClock) -> None:
        self.town, self.heygen, self.clock = town, heygen, clock

    async def air(self, **wishes: Any) -> Report:
        return await self.town.air(SLOT, clock=self.clock, **wishes)

    @property
    def spoken(self) -> str:
        """Return how many segments the last film had spoken."""
        return self.town.lines("spoken")[-1].removeprefix("spoken ")

    @property
    def texts(self) -> list[str]:
        """Return what was paid for."""
        return [job.text for job in self.heygen.paid]


def voiced(heygen: HeyGen, **fields: Any) -> dict[str, Any]:
    return {"use": "heygen", "voice_id": "daphne_german", "key": heygen.key, "base": heygen.url, **fields}


@asynccontextmanager
async def room(folder: Path, **fields: Any) -> AsyncIterator[Room]:
    clock = FakeClock(SLOT + timedelta(seconds=5))
    async with HeyGen(clock=clock) as heygen:
        town = Town(folder, language="de", seconds=20)
        town.tree["sources"]["wire"]["language"] = "de"
        town.tree["renderer"] = [{**town.of("Booth"), "use": "booth:Booth", "voice": voiced(heygen, **fields)}]
        yield Room(town, heygen, clock)
        assert [] == heygen.refused, "the client made a mistake"


def notes(report: Report) -> str:
    edition = report.editions[0]
    return "\n".join(dict.fromkeys([*edition.notes, *(edition.video.notes if edition.video else ())]))


async def test_every_segment_is_asked_for_once_in_the_language_of_the_show(tmp_path: Path) -> None:
    async with room(tmp_path, speed=1.25) as one:
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert "4 of 4" == one.spoken
        assert 4 == len(set(one.texts))
        asked = one.heygen.paid[1].asked
        assert ("de", 1.25, "daphne_german") == (asked["language"], asked["speed"], asked["voice_id"])
        assert one.heygen.spent == pytest.approx(report.cost.usd, abs=1e-4)
        assert 0 < report.cost.items[0].estimate < 0.1
        assert one.heygen.key not in described(report)


async def test_called_again_nothing_is_paid_again(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        one.town.tree["renderer"][0]["trouble"] = "rejected"  # the render fails when all is said
        assert "failed" == (await one.air()).status
        one.town.tree["renderer"][0]["trouble"] = ""
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert ("4 of 4", 4) == (one.spoken, len(one.texts))


# --- what goes wrong while it is asked for

DOUBT = "it may have been paid, and is not asked for again"


@pytest.mark.parametrize(
    ("what", "after", "paid", "spoken", "said"),
    [
        ("drop", True, 4, "3 of 4", DOUBT),
        ("reset", True, 4, "3 of 4", DOUBT),
        (503, True, 4, "3 of 4", DOUBT),
        (502, False, 3, "3 of 4", DOUBT),  # nobody can know that nothing was done
        ("garbage", True, 4, "3 of 4", DOUBT),
        ("blank", True, 4, "3 of 4", DOUBT),
        ("truncated", True, 4, "3 of 4", DOUBT),
        (429, False, 4, "4 of 4", ""),
        (400, False, 3, "3 of 4", "HeyGen answered 400 invalid_parameter"),
        ("error-in-200", False, 3, "3 of 4", DOUBT),
        (402, False, 1, "1 of 4", "insufficient_credit: Payment Required - top up the API balance"),
        (401, False, 1, "1 of 4", "check HEYGEN_API_KEY"),
        ("unknown-fields", False, 4, "4 of 4", ""),
        ("null-ids", False, 4, "4 of 4", ""),
    ],
)
async def test_a_failure_costs_one_segment_its_voice_and_never_the_film_or_a_second_payment(
    tmp_path: Path, what: str | int, after: bool, paid: int, spoken: str, said: str
) -> None:
    async with room(tmp_path) as one:
        one.heygen.fault(SPEECH, what, after_effect=after, skip=1)
        report = await one.air()
        one.heygen.refused.clear()  # the double holds our own faults against nobody

        assert "aired" == report.status, described(report)
        assert (paid, paid) == (len(one.texts), len(set(one.texts)))
        assert spoken == one.spoken
        assert said in notes(report)
        assert bool(said) == bool(notes(report)), notes(report)


@pytest.mark.parametrize(
    ("what", "spoken", "said"),
    [
        ("expired", "0 of 4", "access denied"),
        (404, "0 of 4", "there is nothing at this address"),
        ("drop", "4 of 4", ""),
        ("truncated", "4 of 4", ""),
        (503, "4 of 4", ""),
    ],
)
async def test_a_sound_that_cannot_be_fetched_is_missed_and_not_paid_again(
    tmp_path: Path, what: str | int, spoken: str, said: str
) -> None:
    async with room(tmp_path) as one:
        one.heygen.fault(SOUND, what, times=None if said else 1)
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert (spoken, 4) == (one.spoken, len(one.texts))
        assert said in notes(report)
        assert "X-Amz" not in described(report)


async def test_a_voice_that_is_not_there_is_asked_for_once(tmp_path: Path) -> None:
    async with room(tmp_path, voice_id="nobody") as one:
        report = await one.air()
        one.heygen.refused.clear()

        assert ("aired", "0 of 4") == (report.status, one.spoken)
        assert 1 == one.heygen.count(SPEECH)
        assert "voice_not_found" in notes(report)
        assert 0 == report.cost.usd


async def test_with_nobody_there_the_film_airs_mute(tmp_path: Path) -> None:
    async with room(tmp_path, base="http://127.0.0.1:9") as one:
        report = await one.air()

        assert ("aired", "0 of 4") == (report.status, one.spoken)
        assert "HeyGen cannot be reached" in notes(report)


async def test_a_budget_that_does_not_bear_the_voice_costs_the_voice_and_not_the_show(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        one.town.tree["budget"] = {"run": 0.001}
        report = await one.air()

        assert ("aired", "0 of 4", []) == (report.status, one.spoken, one.texts)
        assert "what it would pay for is left out: it would cost 0.0" in notes(report)


async def test_what_the_voice_costs_is_taken_from_the_budget(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        one.town.tree["budget"] = {"run": 0.015}
        one.town.tree["editions"] = {
            "a": {"channels": ["chat"]}, "b": {"channels": ["chat"]}, "c": {"channels": ["chat"]}
        }  # fmt: skip
        report = await one.air()

        assert "aired" == report.status, described(report)
        assert one.heygen.spent < 0.015
        assert 4 == len(one.texts)
        assert 2 == sum("left out" in note for edition in report.editions for note in edition.notes)


async def test_a_voice_that_was_paid_by_an_earlier_call_is_still_in_the_budget(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        one.town.tree["budget"] = {"run": 0.015}
        one.town.tree["renderer"][0]["trouble"] = "rejected"
        await one.air()
        one.town.tree["renderer"][0] |= {"use": "booth:Stall", "trouble": ""}
        report = await one.air()

        assert ("aired", 4) == (report.status, len(one.texts))
        assert "Stall: what it would pay for is left out" in notes(report)


@pytest.mark.parametrize("trouble", ["unconfirmed", "rejected"])
async def test_after_a_render_in_doubt_nothing_more_is_paid_and_the_show_airs(tmp_path: Path, trouble: str) -> None:
    async with room(tmp_path) as one:
        one.town.tree["renderer"].insert(0, one.town.of("Studio", trouble=trouble))
        report = await one.air()

        doubt = trouble == "unconfirmed"
        assert report.editions[0].video, described(report)
        assert (("0 of 4", 0) if doubt else ("4 of 4", 4)) == (one.spoken, len(one.texts))
        assert doubt == ("nothing more is paid for this edition: an earlier render may have been" in notes(report))


async def test_a_film_that_is_made_again_is_spoken_again_and_not_paid_again(tmp_path: Path) -> None:
    async with room(tmp_path) as one:
        for expired, spoken in ((False, "4 of 4"), (False, "4 of 4"), (True, "0 of 4")):
            if expired:
                one.heygen.expire()
            video = (await one.air(until="video")).editions[0].video
            assert video
            video.path.unlink()
            assert (spoken, 4) == (one.spoken, len(one.texts))
        assert "segment 4 is not spoken by the voice 'daphne_german': the address of" in video.notes[-1]


# --- what is answered


@pytest.mark.parametrize(
    ("answer", "state", "seconds", "words"),
    [
        ({"audio_url": "https://a/b", "duration": 2}, "said", 2.0, ()),
        ({"audio_url": "https://a/b", "duration": None}, "said", 0.0, ()),
        ({"audio_url": "https://a/b", "duration": float("nan")}, "said", 0.0, ()),
        ({"audio_url": "https://a/b", "duration": True}, "said", 0.0, ()),
        ({"audio_url": None, "duration": 2}, "asked", 0.0, ()),
        ({"audio_url": ""}, "asked", 0.0, ()),
        ([], "asked", 0.0, ()),
        (
            {"audio_url": "https://a/b", "duration": 2, "word_timestamps": [
                {"word": "<s>", "start": None, "end": None}, {"word": "ja", "start": 0, "end": 0.5, "x": 1}, 7]},
            "said", 2.0, (("ja", 0.0, 0.5),),
        ),
        (
            {"audio_url": "https://a/b", "duration": 2, "word_timestamps": [
                {"word": "b", "start": 1, "end": 2}, {"word": "a", "start": 0.5, "end": 0.7}]},
            "said", 2.0, (),
        ),
    ],
)  # fmt: skip
def test_an_answer_is_believed_as_far_as_it_makes_sense(
    answer: Any, state: str, seconds: float, words: tuple[Any, ...]
) -> None:
    said = understood(answer)

    assert (state, seconds, words) == (said.state, said.seconds, said.words)
    assert said.usd == pytest.approx(seconds * 0.000667)


# --- the film itself

TEXT = (
    "Ingenieure haben in Velmora am Montag die erste von zwölf Turbinen eingeschaltet. Die Anlage versorgt rund "
    "900 Haushalte mit Strom, das sind 1,4 Prozent mehr als geplant."
)
STORY = Story(
    id="1", source="story", title="Gezeitenkraftwerk am Netz", publisher="Blatt", language="de", at=SLOT, text=TEXT
)


@asynccontextmanager
async def desk(folder: Path, language: str = "de", seconds: float = 12, **fields: Any) -> AsyncIterator[Room]:
    clock = FakeClock(SLOT + timedelta(seconds=5))
    async with HeyGen(clock=clock) as heygen:
        town = Town(folder, language=language, seconds=seconds, stories=1)
        town.tree["renderer"] = {
            "use": "newsdesk", "frame_mode": "vfr", "crf": 30, "voice": voiced(heygen, **fields)
        }  # fmt: skip
        yield Room(town, heygen, clock)


def sound(path: Path) -> Any:
    """Return how loud the film is, a value for every 10 ms."""
    with av.open(str(path)) as file:
        samples = np.concatenate([frame.to_ndarray().reshape(-1) for frame in file.decode(audio=0)])
    return np.sqrt(np.square(samples[: len(samples) // 480 * 480]).reshape(-1, 480).mean(1))


async def test_a_german_film_is_heard_and_its_captions_keep_the_times_of_the_voice(tmp_path: Path) -> None:
    async with desk(tmp_path, seconds=24) as one:
        report = await one.air(stories=(STORY,))
        video = report.editions[0].video

        assert "aired" == report.status, described(report)
        assert video
        assert video.srt
        assert () == video.notes
        loud, at = sound(video.path), 0.55
        starts: list[float] = []
        for job in one.heygen.paid:
            times = word_times(job.spoken, job.seconds)
            for word, after in zip(times, [*times[1:], {"start": job.seconds + 0.75}], strict=True):
                start, end, after_it = (at + second for second in (word["start"], word["end"], after["start"]))
                hum = start + 0.03, start + 0.7 * (end - start)  # the service is silent at the end of every word
                assert loud[round(hum[0] * 100) : round(hum[1] * 100)].min(initial=1.0) > 0.05, word
                assert loud[round(end * 100) : round(after_it * 100) - 3].max(initial=0.0) < 0.02, word
                starts.append(start)
            at += job.seconds + 0.75
        shown = cues(video.srt.read_text(encoding="utf-8"))
        assert len(shown) > len(one.heygen.paid) + 2
        for cue in shown:
            before = " ".join(other.text for other in shown if other.start < cue.start)
            said = starts[len(before.split())]
            assert cue.start == pytest.approx(said - EARLY, abs=1 / 30), cue
        assert one.heygen.spent == pytest.approx(video.usd, abs=1e-5)


@pytest.mark.parametrize("what", ["garbage", "html", "empty", "cut"])
async def test_a_sound_that_is_none_is_a_segment_without_voice(tmp_path: Path, what: str) -> None:
    async with desk(tmp_path) as one:
        one.heygen.fault(SOUND, what)
        report = await one.air(stories=(STORY,))

        assert "aired" == report.status, described(report)
        assert "the speech of segment 1 is left out" in notes(report)
        assert "1 of 3 segments without a voice: captions only" in notes(report)
        video = report.editions[0].video
        assert video
        assert sound(video.path).max() > 0.05
        assert 3 == len(one.texts)


async def test_an_english_segment_that_is_lost_is_spoken_by_the_voice_that_comes_along(tmp_path: Path) -> None:
    async with desk(tmp_path, "en", voice_id="daphne_english") as one:
        one.heygen.fault(SPEECH, "drop", after_effect=True)
        report = await one.air(stories=(STORY.model_copy(update={"language": "en", "title": "Tidal plant opens",
            "text": "Engineers in Velmora switched on the first of twelve turbines on Monday."}),))  # fmt: skip
        video = report.editions[0].video

        assert video, described(report)
        assert sound(video.path)[60:200].max() > 0.05
        assert (1, 3) == (len(video.notes), len(one.texts))
        assert DOUBT in video.notes[0]


async def test_without_word_times_captions_follow_an_estimate(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.heygen.word_times = False
        report = await one.air(stories=(STORY,))

        said = "the voice does not tell the word times of 3 segments: captions follow an estimate"
        assert said in notes(report)


# --- a process that dies


def start(town: Town, *program: str) -> Child:
    return town.start("run", "town", "--slot", f"{SLOT:%Y-%m-%dT%H:%M:%SZ}", "--json", program=program)


def settled(town: Town, heygen: HeyGen) -> dict[str, Any]:
    out, err = start(town, "-m", "broadcast").communicate()
    report: dict[str, Any] = json.loads(out)
    assert "aired" == report["status"], out + err
    texts = [job.text for job in heygen.paid]
    assert len(texts) == len(set(texts)), "paid twice"
    return report


@contextmanager
def parlour(folder: Path) -> Iterator[tuple[Town, HeyGen]]:
    folder.mkdir(exist_ok=True)
    with HeyGen() as heygen:
        town = Town(folder, language="de", seconds=20)
        town.tree["sources"]["wire"]["language"] = "de"
        town.tree["renderer"] = {**town.of("Booth"), "use": "booth:Booth", "voice": voiced(heygen)}
        town.file()
        yield town, heygen


def test_killed_at_a_commit_no_segment_is_paid_twice(tmp_path: Path) -> None:
    for written, lost in (("asked", 1), ("said", 0)):  # that a segment is asked for, and what was answered
        with parlour(tmp_path / written) as (town, heygen):
            what = rf"""INSERT INTO item .*"state\W+{written}\W"""
            killed = start(town, str(HERE / "killed.py"), what, "after")
            killed.communicate()
            report = settled(town, heygen)

            assert (-9, lost) == (killed.returncode, 4 - len(heygen.paid))
            assert f"spoken {4 - lost} of 4" == town.lines("spoken")[-1]
            assert lost == sum(DOUBT in note for note in report["editions"][0]["video"]["notes"])


@pytest.mark.parametrize("after", [False, True])
def test_killed_while_a_segment_is_asked_for_it_is_not_asked_for_again(tmp_path: Path, after: bool) -> None:
    with parlour(tmp_path) as (town, heygen):
        heygen.fault(SPEECH, "slow" if after else "hang", after_effect=after, skip=1, seconds=10)
        process = start(town, "-m", "broadcast")
        held_until(lambda: heygen.count(SPEECH) >= 2 and len(heygen.paid) >= 1 + after)
        process.kill()
        process.communicate()
        report = settled(town, heygen)

        assert "spoken 3 of 4" == town.lines("spoken")[-1]
        assert (3 + after, 4) == (len(heygen.paid), heygen.count(SPEECH))
        assert [True] == [DOUBT in note for note in report["editions"][0]["video"]["notes"]]
