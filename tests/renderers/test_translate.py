"""Dubs of an edition's video by HeyGen: one job a language, and no number or name that the script has not."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from airing import Town, described
from studio import PATIENT, SLOT, Studio, limits, studio

from broadcast.errors import ConfigError, Rejected
from broadcast.heygen import translations
from broadcast.reporting import exit_code
from broadcast.testing import HeyGen
from broadcast.testing.heygen.translations import translated
from broadcast.types import Report

PROOFREADS = "POST /v3/video-translations/proofreads"
GENERATE = "POST /v3/video-translations/proofreads/{id}/generate"
STATUS = "GET /v3/video-translations/{id}"
SRT = "GET /v3/video-translations/proofreads/{id}/srt"
PUT = "PUT /v3/video-translations/proofreads/{id}/srt"
SPEAKS = "GET /v3/video-translations/languages"
ASSETS = "POST /v3/assets"


@asynccontextmanager
async def dubbing(folder: Path, via: dict[str, Any] | None = None, **heygen: Any) -> AsyncIterator[Studio]:
    """Give a town that airs in English, and dubbed in Spanish on a channel of its own."""
    async with studio(folder, **heygen) as one:
        dub = {"use": "translate", "read_seconds": PATIENT, "write_seconds": PATIENT, **(via or {})}
        dub |= {"key": one.heygen.key, "base": one.heygen.url}
        one.town.tree["channels"]["other"] = one.town.of("Chat", to=["@pueblo"])
        one.town.tree["editions"] = {"main": {}, "es": {"via": dub, "language": "es", "channels": ["other"]}}
        yield one


async def called(one: Studio, **wishes: Any) -> Report:
    return await one.town.air(SLOT, clock=one.clock, http=one.abroad.client(one.clock), **wishes)


async def aired(one: Studio, calls: int = 6, pause: float = 600) -> Report:
    """Call again as a cron job would, until nothing waits."""
    for _ in range(calls):
        report = await called(one)
        if exit_code(report) != 4:
            break
        await one.clock.sleep(pause)
    return report


def kinds(heygen: HeyGen) -> list[str]:
    """Return what was taken on, in order: a script's video, and its dubs."""
    return [job.kind for job in heygen.renders]


async def test_a_dub_airs_what_the_original_says_in_another_language(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        report = await aired(one)

        main, dub = report.editions
        assert "aired" == report.status, described(report)
        assert ["video-agent", "translation"] == kinds(one.heygen)
        assert ("es", "translate") == (dub.language, dub.video and dub.video.renderer)
        assert main.stories == dub.stories
        assert "Spanish (Spain)" in str(one.heygen.renders[1].asked["output_languages"])
        assert dub.video
        assert dub.video.srt
        assert "48000000" in dub.video.srt.read_text()
        assert ["@pueblo", "@town"] == sorted(line.split()[1] for line in one.town.lines("post"))
        spent = one.heygen.renders[0].usd + one.heygen.renders[1].usd
        assert spent == pytest.approx(report.cost.usd, abs=1e-3)


async def test_what_a_channel_says_of_a_dub_are_the_words_of_the_dub(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        one.heygen.translate = spanish
        one.town.tree["channels"]["other"] = {"use": "folder", "path": str(tmp_path / "out")}
        report = await aired(one)

        assert "aired" == report.status, described(report)
        page = next(
            path.read_text() for path in (tmp_path / "out").rglob("*.html") if "hogares" in path.read_text()
        )
        assert "La turbina abastece" in page
        assert "The turbine supplies" not in page
        assert "se han generado automáticamente" in page
        assert 'lang="es"' in page


def spanish(text: str, code: str) -> str:
    """Return the town's news in Spanish, as far as it is looked at here."""
    english = "The turbine supplies electricity to about 900 homes"
    return translated(text.replace(english, "La turbina abastece a unos 900 hogares"), code)


@pytest.mark.parametrize(
    ("endpoint", "what", "after"),
    [
        (PROOFREADS, "drop", False), (PROOFREADS, "drop", True), (PROOFREADS, "hang", True),
        (PROOFREADS, 503, True),
        (PROOFREADS, 429, False), (GENERATE, "drop", False), (GENERATE, "drop", True), (GENERATE, "hang", True),
        (GENERATE, 503, True), (GENERATE, 429, False), (GENERATE, "garbage", True), (STATUS, 503, False),
        (STATUS, "unknown-status", False), (STATUS, "unknown-fields", False), (SRT, 500, False),
        (SPEAKS, "drop", False), (ASSETS, "drop", True), ("GET /files/proofread/{name}", "drop", False),
        ("GET /files/video/{name}", 403, False),
    ],
)  # fmt: skip
async def test_whatever_goes_wrong_one_dub_is_paid_and_it_airs(
    tmp_path: Path, endpoint: str, what: str | int, after: bool
) -> None:
    async with dubbing(tmp_path, limits(what)) as one:
        one.heygen.fault(endpoint, what, after_effect=after, seconds=30)
        report = await aired(one)

        assert "aired" == report.status, described(report)
        assert ["video-agent", "translation"] == kinds(one.heygen)


@pytest.mark.parametrize("pauses", [[25], [22, 22]], ids=["once", "asked-again-meanwhile"])
async def test_a_dub_is_for_a_person_when_its_key_is_no_longer_known(tmp_path: Path, pauses: list[int]) -> None:
    async with dubbing(tmp_path) as one:
        one.heygen.fault(PROOFREADS, "drop", after_effect=True, times=3 * len(pauses))

        await called(one)
        for hours in pauses:
            await one.clock.sleep(hours * 3600)
            report = await called(one)

        assert 4 == exit_code(report), described(report)
        assert "the dub may have been paid; its idempotency key is no longer remembered" in described(report)


async def test_a_wrong_figure_of_the_translation_is_put_right_before_anything_is_rendered(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        one.heygen.translate = lambda text, code: spanish(text, code).replace("900", "800")
        report = await aired(one)

        dub = report.editions[1]
        assert "aired" == report.status, described(report)
        assert "900 hogares" in one.heygen.renders[1].spoken
        assert "800 hogares" not in one.heygen.renders[1].spoken
        assert any("was put right" in note for note in dub.notes)
        assert [1] == [one.put for one in one.heygen.proofreads.values()]


async def test_what_cannot_be_put_right_is_held_and_costs_nothing_until_a_person_did_it(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        one.heygen.translate = lambda text, code: spanish(text, code).replace("Velmora", "Madrid")
        one.town.tree["alerts"] = one.town.of("Talk", to=["@operator"])
        report = await aired(one, calls=3)

        main, dub = report.editions
        assert 4 == exit_code(report), described(report)
        assert dub.held
        assert "Velmora" in str(dub.error)
        assert "sent" == main.receipts[0].status
        assert ["video-agent"] == kinds(one.heygen)
        assert 1 == sum("@operator" in line for line in one.town.lines()), one.town.lines()

        for proofread in one.heygen.proofreads.values():  # somebody reads it at the service
            proofread.srt = proofread.srt.replace("Madrid", "Velmora")
        report = await aired(one)
        assert "aired" == report.status, described(report)
        assert ["video-agent", "translation"] == kinds(one.heygen)


async def test_a_dub_that_waits_for_a_person_gives_its_place_back_and_takes_it_again(tmp_path: Path) -> None:
    async with dubbing(tmp_path, {"concurrent": 1}, concurrent=1) as one:
        one.heygen.translate = lambda text, code: spanish(text, code).replace("Velmora", "Madrid")

        def places() -> list[tuple[str, int]]:
            with sqlite3.connect(tmp_path / "data" / "broadcast.db") as db:
                found = db.execute("SELECT item, taken FROM berth").fetchall()
            db.close()
            return found

        held = await aired(one, calls=3)
        free = places()
        for proofread in one.heygen.proofreads.values():
            proofread.srt = proofread.srt.replace("Madrid", "Velmora")
        waiting = await called(one, patience=timedelta(0))
        taken = places()
        report = await aired(one)

        assert [True, False] == [one.editions[1].held for one in (held, waiting)], described(waiting)
        assert ([], [(f"{report.run}/submit/es/translate/1", True)], []) == (free, taken, places())
        assert "aired" == report.status, described(report)


async def test_a_dub_that_may_differ_says_what_differs(tmp_path: Path) -> None:
    async with dubbing(tmp_path, {"verify": "note"}) as one:
        one.heygen.translate = lambda text, code: spanish(text, code).replace("Velmora", "Madrid")
        report = await aired(one)

        assert "aired" == report.status, described(report)
        assert any("lacks a name" in note for note in report.editions[1].notes)


@pytest.mark.parametrize("change", ["changes-digit"])
async def test_a_dub_that_says_another_number_than_was_read_is_not_aired(tmp_path: Path, change: str) -> None:
    async with dubbing(tmp_path) as one:
        one.heygen.fault("render", change, skip=1)
        report = await aired(one)

        main, dub = report.editions
        assert "sent" == main.receipts[0].status
        assert () == dub.receipts
        assert "does not say what the script says" in str(dub.error)


async def test_without_proofreading_one_request_makes_the_dub(tmp_path: Path) -> None:
    async with dubbing(tmp_path, {"proofread": False, "mode": "precision"}) as one:
        one.heygen.fault("POST /v3/video-translations", "drop", after_effect=True)
        report = await aired(one)

        assert "aired" == report.status, described(report)
        assert ["video-agent", "translation"] == kinds(one.heygen)
        assert 0.0667 == one.heygen.renders[1].price
        assert {} == one.heygen.proofreads


async def test_a_dub_waits_for_a_video_that_is_still_made(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        first = await called(one, patience=timedelta(0))
        assert (4, []) == (exit_code(first), one.town.lines("post"))
        assert {"Waiting"} == {edition.kind for edition in first.editions}

        assert "aired" == (await aired(one)).status


async def test_a_dub_of_a_video_that_failed_fails_with_it(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        one.heygen.fault("render", "fails", times=None)
        report = await aired(one)

        assert "failed" == report.status
        assert "'main', which it dubs, has no video" in str(report.editions[1].error)
        assert ["video-agent"] == kinds(one.heygen)


async def test_several_dubs_of_one_video_are_one_job_a_language(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        first = one.town.tree["editions"]["es"]
        one.town.tree["channels"]["third"] = one.town.of("Chat", to=["@dorf"])
        one.town.tree["editions"]["de"] = {**first, "language": "de", "channels": ["third"]}
        report = await aired(one)

        assert "aired" == report.status, described(report)
        assert ["translation", "translation", "video-agent"] == sorted(kinds(one.heygen))
        assert 3 == len(one.town.lines("post"))


async def test_a_budget_that_does_not_bear_the_dub_airs_the_original(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        one.town.tree["budget"] = {"run": 2.0}
        report = await aired(one)

        assert ["video-agent"] == kinds(one.heygen)
        assert "of the run's budget are left" in str(report.editions[1].error)
        assert "partial" == report.status


async def test_a_language_that_the_service_does_not_dub_in_is_said_before_anything_is_paid(tmp_path: Path) -> None:
    async with dubbing(tmp_path) as one:
        one.town.tree["editions"]["es"]["language"] = "fi"
        report = await aired(one)

        assert ["video-agent"] == kinds(one.heygen)
        assert "HeyGen does not dub in 'fi'" in str(report.editions[1].error)


@pytest.mark.parametrize(
    ("language", "dialect", "name"),
    [
        ("es", None, "Spanish (Spain)"), ("es", "spanish (mexico)", "Spanish (Mexico)"), ("de", None, "German"),
        ("pt", None, "Portuguese (Brazil)"),
        ("zh", "Chinese (Mandarin, Simplified)", "Chinese (Mandarin, Simplified)"),
    ],
)  # fmt: skip
def test_a_language_is_called_as_the_service_calls_it(language: str, dialect: str | None, name: str) -> None:
    known = ["German", "Spanish (Mexico)", "Spanish (Spain)", "Portuguese (Portugal)", "Portuguese (Brazil)",
             "Chinese (Mandarin, Simplified)", "Chinese (Cantonese, Traditional)"]  # fmt: skip

    assert name == translations.named(known, language, dialect)


@pytest.mark.parametrize(("language", "dialect"), [("zh", None), ("fi", None), ("es", "Spanish (Peru)")])
def test_a_language_that_could_be_several_asks_which(language: str, dialect: str | None) -> None:
    known = ["Spanish (Spain)", "Chinese (Mandarin, Simplified)", "Chinese (Cantonese, Traditional)"]

    with pytest.raises(Rejected, match="there is "):
        translations.named(known, language, dialect)


@pytest.mark.parametrize(
    ("edition", "says"),
    [
        ({"via": "translate"}, "a dub needs a `language`"),
        ({"via": "translate", "language": "en"}, "is in 'en' already"),
        ({"via": "translate", "language": "es", "of": "other"}, "has no video of its own"),
        ({"via": "newsdesk", "language": "es"}, "makes no dub; write `via: translate`"),
        ({"via": "translate", "language": "es", "seconds": 30}, "take out `seconds`"),
        ({"of": "main"}, "say `via: translate` as well"),
    ],
)
def test_an_edition_that_cannot_be_a_dub_says_why(tmp_path: Path, edition: dict[str, Any], says: str) -> None:
    town = Town(tmp_path)
    if edition.get("via") == "translate":
        edition["via"] = {"use": "translate", "key": "k"}
    town.tree["editions"] = {"main": {"channels": ["chat"]}, "es": {"channels": ["chat"], **edition}}

    with pytest.raises(ConfigError, match=says):
        town.show()


def test_a_dub_needs_a_key_and_is_no_renderer_of_a_list(tmp_path: Path) -> None:
    town = Town(tmp_path)
    shared = {"channels": ["chat"]}
    town.tree["editions"] = {"main": shared, "es": {"via": "translate", "language": "es", **shared}}
    with pytest.raises(ConfigError, match="HEYGEN_API_KEY is not set"):
        town.show()

    town = Town(tmp_path, renderer={"use": "translate", "key": "k"})
    with pytest.raises(ConfigError, match="write `via: translate` of an edition"):
        town.show()
