"""HeyGen: every render paid once, never hung, never lost. Against a HeyGen of our own on a real socket."""

import asyncio
import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from airing import Town, described
from newsroom import written
from studio import SLOT, Studio, limits, studio

from broadcast.errors import ConfigError, Rejected, Unavailable
from broadcast.heygen import client
from broadcast.http import Client as Http
from broadcast.reporting import exit_code
from broadcast.scripting.heard import heard
from broadcast.testing import HeyGen
from broadcast.testing.bench import Bench
from broadcast.testing.heygen import saying
from broadcast.types import Order, Story

SUBMIT = "POST /v3/video-agents"
SESSION = "GET /v3/video-agents/{id}"
VIDEO = "GET /v3/videos/{id}"
FILE = "GET /files/video/{name}"
ME = "GET /v3/users/me"


async def test_a_show_is_rendered_paid_once_and_fetched(tmp_path: Path) -> None:
    async with studio(tmp_path, avatar_id="Daphne_public_look_1", voice_id="daphne_english") as one:
        report = await one.air()

        video = report.editions[0].video
        assert "aired" == report.status, described(report)
        assert video
        assert ("heygen", one.heygen.renders[0].session) == (video.renderer, video.job)
        assert video.path.is_file()
        assert video.srt
        assert video.poster
        assert round(one.heygen.renders[0].seconds * 0.0333, 4) == report.cost.usd
        asked = one.heygen.renders[0].asked
        assert {"generate", True, "landscape"} <= set(asked.values()), asked
        assert "hg_test" not in described(report)


async def test_the_script_is_spoken_word_for_word(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        await one.air()

        spoken = one.heygen.renders[0].spoken
        assert "The turbine supplies electricity to about 900 homes along the eastern shore of the bay." in spoken
        assert "STYLE" not in spoken
        assert len(one.heygen.renders[0].text) < 2_000


@pytest.mark.parametrize(("seconds", "warned"), [(40, False), (180, True)])
async def test_a_prompt_that_is_long_is_said_so(tmp_path: Path, seconds: int, warned: bool) -> None:
    places = [
        "Aldery",
        "Brinmoor",
        "Calder",
        "Dunvale",
        "Eastwick",
        "Fenmarsh",
        "Garrow",
        "Hollin",
        "Ivering",
        "Jarrow",
        "Kelso",
        "Lorne",
    ]
    stories = tuple(
        Story(
            id=place,
            source="story",
            title=f"The harbour of {place} opens after {number} years",
            text=f"Engineers in {place} finished the piers on Monday at a cost of {number}{number} million euros. "
            f"Ferries from {place} carry {number}00 passengers an hour across the bay in every season.",
            at=SLOT,
        )
        for number, place in enumerate(places, start=2)
    )
    async with studio(tmp_path) as one:
        one.town.tree |= {"seconds": seconds, "stories": len(stories)}

        report = await one.air(stories=stories)

        assert "aired" == report.status
        assert warned == (len(one.heygen.renders[0].text) > 2_000)
        assert warned == any("the prompt has" in note for note in report.editions[0].notes)


async def test_strict_mode_has_an_avatar_speak_and_may_be_repeated(tmp_path: Path) -> None:
    async with studio(tmp_path, via="videos", avatar_id="Daphne_public_look_1") as one:
        one.heygen.fault("POST /v3/videos", "drop", after_effect=True)

        report = await one.until_it_ends()

        assert "aired" == report.status, described(report)
        assert ["avatar"] == [job.kind for job in one.heygen.renders]


@pytest.mark.parametrize("after_effect", [True, False])
async def test_strict_mode_asks_with_the_same_key_in_the_next_call_and_pays_once(
    tmp_path: Path, after_effect: bool
) -> None:
    async with studio(tmp_path, via="videos", avatar_id="Daphne_public_look_1", attempts=2) as one:
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("OtherStudio")]
        one.heygen.fault("POST /v3/videos", "drop", after_effect=after_effect, times=3)

        first = await one.air()
        again = await one.until_it_ends()

        assert (4, "Unconfirmed") == (exit_code(first), first.editions[0].kind), described(first)
        assert "aired" == again.status, described(again)
        assert 1 == len(one.heygen.renders)
        assert [] == one.town.lines("pay"), "another renderer was paid while this one was in doubt"


@pytest.mark.parametrize("pauses", [[25], [22, 22]], ids=["once", "asked-again-meanwhile"])
async def test_strict_mode_is_for_a_person_when_its_key_is_no_longer_known(
    tmp_path: Path, pauses: list[int]
) -> None:
    async with studio(tmp_path, via="videos", avatar_id="Daphne_public_look_1") as one:
        one.heygen.fault("POST /v3/videos", "drop", after_effect=True, times=3 * len(pauses))

        await one.air()
        for hours in pauses:
            await one.clock.sleep(hours * 3600)
            report = await one.town.air(SLOT, clock=one.clock)

        assert 4 == exit_code(report), described(report)
        assert "its idempotency key is no longer remembered" in described(report)
        assert 1 == len(one.heygen.renders)


PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


async def test_a_picture_speaks_in_place_of_an_avatar_and_is_uploaded_once(tmp_path: Path) -> None:
    picture = tmp_path / "anna.png"
    picture.write_bytes(PNG)
    async with studio(tmp_path, via="videos", image=str(picture), voice_id="daphne_english") as one:
        one.heygen.fault("POST /v3/videos", "drop", after_effect=True, times=3)

        first = await one.air()
        picture.write_bytes(PNG + b"another")  # the request must be the same: what was uploaded speaks
        report = await one.until_it_ends()

        (job,) = one.heygen.renders
        assert (4, "aired") == (exit_code(first), report.status), described(report)
        assert ("image", "asset_id") == (job.kind, job.asked["image"]["type"])
        assert 1 == one.heygen.count("POST /v3/assets")
        assert pytest.approx(job.usd, abs=0.001) == report.cost.usd, "a picture's price is its own"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image": "asset:1"}, "`image` is for `via: videos`"),
        ({"via": "videos", "image": "asset:1", "avatar_id": "look"}, "exclude each other"),
        ({"via": "videos", "image": "nowhere.png"}, "there is no file nowhere.png"),
    ],
)
def test_a_picture_that_cannot_speak_is_an_error_of_the_configuration(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    town = Town(tmp_path)
    town.tree["renderer"] = {"use": "heygen", "key": "hg_test", **settings}

    with pytest.raises(ConfigError, match=said):
        town.show()


async def test_a_picture_that_is_none_is_refused_before_anything_is_paid(tmp_path: Path) -> None:
    picture = tmp_path / "anna.png"
    picture.write_bytes(b"GIF89a")
    async with studio(tmp_path, via="videos", image=str(picture), voice_id="daphne_english") as one:
        report = await one.air()

        assert "it is neither PNG nor JPEG" in described(report)
        assert ("failed", []) == (report.status, one.heygen.renders)


async def test_a_prompt_beyond_what_the_service_takes_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        await one.town.air(SLOT, clock=one.clock, until="script")
        said = written(one.town)
        segment = said.script.segments[0]
        script = said.script.model_copy(update={"segments": (segment,) * (10_000 // len(segment.text) + 1)})
        show = one.town.show()
        order = Order(
            show=show.name, edition="main", slot=SLOT, title=show.title, date="today", script=script,
            stories=said.stories, brand=show.brand,
        )  # fmt: skip
        renderer: Any = show.editions[0].ways[0].renderer
        async with Bench(tmp_path).tools() as tools:
            with pytest.raises(Rejected, match="HeyGen takes 10000: tell less"):
                await renderer.preflight(tools, order)

        assert 0 == one.heygen.counts.total()


#: An answer that does not come, and where it leaves the run. Before the effect and after it look the same to us.
LOST = ["drop", "reset", "hang", "garbage", "truncated", "blank", "error-in-200", 500, 502, 503, 504]


@pytest.mark.parametrize("what", LOST)
async def test_a_submit_whose_answer_is_lost_is_found_again(tmp_path: Path, what: Any) -> None:
    async with studio(tmp_path, **limits(what)) as one:
        one.heygen.fault(SUBMIT, what, after_effect=True, **({"seconds": 3} if what == "hang" else {}))

        first = await one.air()
        again = await one.until_it_ends()

        assert (4, "aired") == (exit_code(first), again.status), described(again)
        assert 1 == len(one.heygen.renders)


@pytest.mark.parametrize("what", LOST)
async def test_a_submit_that_never_arrived_is_asked_again(tmp_path: Path, what: Any) -> None:
    async with studio(tmp_path, **limits(what)) as one:
        one.heygen.fault(SUBMIT, what, **({"seconds": 3} if what == "hang" else {}))

        await one.air()
        again = await one.until_it_ends()

        assert "aired" == again.status, described(again)
        assert 1 == len(one.heygen.renders)


async def test_where_prompts_are_not_shown_the_only_candidate_is_ours(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.tells_prompts = False
        one.heygen.fault(SUBMIT, "drop", after_effect=True)

        await one.air()

        assert "aired" == (await one.until_it_ends()).status
        assert 1 == len(one.heygen.renders)


async def test_several_candidates_are_for_a_person(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.tells_prompts = False
        one.heygen.fault(SUBMIT, "drop", after_effect=True)
        await one.air()
        await other_job(one)

        report = await one.town.air(SLOT, clock=one.clock)

        assert ("unfinished", 4) == (report.status, exit_code(report))
        assert "several sessions at HeyGen may be this render" in described(report)
        assert 2 == len(one.heygen.renders)


async def test_a_session_of_somebody_else_is_not_taken_for_ours(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(SUBMIT, "drop")
        await one.air()
        await other_job(one)

        report = await one.town.air(SLOT, clock=one.clock)

        assert "aired" == report.status, described(report)
        assert 2 == len(one.heygen.renders)  # theirs and ours


async def test_a_list_that_lags_is_looked_at_again(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.list_lag = 60
        one.heygen.fault(SUBMIT, "drop", after_effect=True)
        await one.air()

        assert "aired" == (await one.until_it_ends()).status
        assert 1 == len(one.heygen.renders)


@pytest.mark.parametrize("what", ["null-ids", "same-token", "garbage", "no-list", "no-items", "no-times"])
async def test_a_list_that_cannot_be_read_is_not_taken_for_one_without_our_session(
    tmp_path: Path, what: str
) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(SUBMIT, "drop", after_effect=True)
        await one.air()
        strangers(one, 101)  # ours is on the second page
        nothing = {"no-list": None, "no-items": [None], "no-times": [{"session_id": "sess_1"}]}
        if what in nothing:
            one.town.tree["renderer"]["base"] = f"http://127.0.0.1:{one.abroad.port}"
            one.abroad.put("/v3/video-agents", json.dumps({"data": nothing[what]}).encode())
        else:
            one.heygen.fault("GET /v3/video-agents", what, times=None)

        deaf = await one.town.air(SLOT, clock=one.clock)
        one.heygen.calm()
        one.heygen.refused.clear()  # it is asked with the token that it gave
        one.town.tree["renderer"]["base"] = one.heygen.url
        report = await one.town.air(SLOT, clock=one.clock)

        assert (4, "aired") == (exit_code(deaf), report.status), described(report)
        assert 1 == one.heygen.count(SUBMIT)


async def test_in_a_busy_account_the_session_is_found_a_day_later(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(SUBMIT, "drop", after_effect=True)
        await one.air()
        await one.clock.sleep(20 * 3600)
        strangers(one, 1_000)

        report = await one.town.air(SLOT, clock=one.clock)

        assert "aired" == report.status, described(report)
        assert 1 == one.heygen.count(SUBMIT)


def strangers(one: Studio, count: int) -> None:
    """Somebody with the same key has so many videos made, now."""
    one.heygen.limit, one.heygen.balance = 10_000, 10_000
    size, now = (1280, 720), one.clock.now()
    for number in range(count):
        text = f"Somebody else's video, number {number}"
        one.heygen.accept("video-agent", text=text, spoken=text, price=0.01, size=size, asked={}, now=now)


async def test_a_list_whose_pages_repeat_comes_to_an_end(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        page = {"data": [{"voice_id": "ada"}, None, "nonsense"], "has_more": True, "next_token": "same"}
        one.abroad.put("/v3/voices", json.dumps(page).encode())
        http = Http(one.clock)
        asked = client.Client(http, f"http://127.0.0.1:{one.abroad.port}", "key")
        voices = [voice["voice_id"] async for voice in asked.pages("/v3/voices")]
        await http.close()

        assert (["ada", "ada"], 2) == (voices, len(one.abroad.asked))


@pytest.mark.parametrize("data", ["[]", "7", "null", '"text"'])
async def test_a_read_that_is_no_record_is_asked_again_later(tmp_path: Path, data: str) -> None:
    async with studio(tmp_path) as one:
        one.abroad.put("/v3/users/me", b'{"data": %s}' % data.encode())
        http = Http(one.clock)
        with pytest.raises(Unavailable, match="cannot be read"):
            await client.Client(http, f"http://127.0.0.1:{one.abroad.port}", "key").get("/v3/users/me")
        await http.close()


@pytest.mark.parametrize("via", ["agent", "videos"])
async def test_more_than_the_schema_says_does_no_harm(tmp_path: Path, via: str) -> None:
    async with studio(tmp_path, via=via, avatar_id="Daphne_public_look_1") as one:
        for endpoint in (ME, "GET /v3/avatars/looks/{id}", SUBMIT, "POST /v3/videos", SESSION, VIDEO):
            one.heygen.fault(endpoint, "unknown-fields", times=None)

        assert "aired" == (await one.air()).status


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("wrong key hg_abcdef123456 here", "wrong key … here"),
        ("Authorization: Bearer eyJhbGci.oi.x-y was refused", "Authorization: … was refused"),
        ("https://files.example/v.mp4?X-Amz-Signature=abc gone", "https://files.example/v.mp4… gone"),
    ],
)
def test_what_the_service_says_is_told_without_secrets(text: str, clean: str) -> None:
    assert clean == client.clean(text)


async def other_job(one: Studio) -> None:
    """Somebody with the same key asks for a video of their own."""
    http = Http(one.clock)
    await client.Client(http, one.heygen.url, one.heygen.key).post("/v3/video-agents", {"prompt": "Our holidays"})
    await http.close()


#: A read that fails for a while: the run waits, and airs when it is over. Nothing is paid again.
READS = [
    (SESSION, what)
    for what in ("drop", "hang", "garbage", "blank", 500, 503, 429, 404, "unknown-status", "null-ids")
] + [(VIDEO, what) for what in ("drop", "hang", "garbage", "blank", 500, 503, 429, 404, "unknown-status")]


@pytest.mark.parametrize(("endpoint", "what"), READS)
@pytest.mark.parametrize("times", [1, 5])
async def test_looks_that_fail_for_a_while_cost_time_only(
    tmp_path: Path, endpoint: str, what: Any, times: int
) -> None:
    async with studio(tmp_path, **limits(what)) as one:
        details = {"seconds": 3} if what == "hang" else {"retry_after": 7} if what == 429 else {}
        if what == "unknown-status":
            details = {"word": "pondering"}
        one.heygen.fault(endpoint, what, times=times, **details)

        report = await one.until_it_ends()

        assert "aired" == report.status, described(report)
        assert 1 == len(one.heygen.renders)


@pytest.mark.parametrize("endpoint", [SESSION, VIDEO])
@pytest.mark.parametrize(("status", "times"), [(400, 1), (413, 1), (400, 6)])
async def test_a_look_that_the_service_does_not_take_loses_no_paid_job(
    tmp_path: Path, endpoint: str, status: int, times: int
) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(endpoint, status, times=times)

        report = await one.until_it_ends()

        assert "aired" == report.status, described(report)
        assert 1 == len(one.heygen.renders)
        assert pytest.approx(one.heygen.spent, abs=0.0001) == report.cost.usd


@pytest.mark.parametrize("what", ["html", "empty", "garbage", "cut"])
async def test_what_came_once_in_place_of_a_video_is_fetched_again(tmp_path: Path, what: str) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(FILE, what, times=2)

        report = await one.air()

        assert "aired" == report.status, described(report)
        assert 3 == one.heygen.count(FILE)


@pytest.mark.parametrize("what", ["drop", "expired", 404, 500, "html", "empty", "garbage"])
async def test_captions_that_a_render_must_be_held_by_are_fetched_again(tmp_path: Path, what: str | int) -> None:
    async with studio(tmp_path, verify="required") as one:
        one.heygen.fault("GET /files/subtitle/{name}", what, times=None)

        first = await one.air()
        one.heygen.calm()
        await one.clock.sleep(600)
        again = await one.air()

        assert (4, "aired") == (exit_code(first), again.status), described(again)
        assert "it cannot be held against the script: captions.srt is missing" in described(first)
        assert 1 == len(one.heygen.renders)


@pytest.mark.parametrize("part", ["subtitle", "thumbnail"])
async def test_a_page_in_place_of_captions_or_a_poster_is_not_kept(tmp_path: Path, part: str) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(f"GET /files/{part}/{{name}}", "html", times=None)

        report = await one.air()

        video = report.editions[0].video
        assert "aired" == report.status, described(report)
        assert video
        assert None is (video.srt if part == "subtitle" else video.poster)
        assert any("is missing: what came is something else" in note for note in video.notes)


@pytest.mark.parametrize("what", ["drop", "reset", "truncated", "expired", 403, 404, 500])
async def test_a_file_that_breaks_off_or_expires_is_fetched_by_a_new_address(tmp_path: Path, what: Any) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(FILE, what, times=2)

        report = await one.until_it_ends()

        assert "aired" == report.status, described(report)
        assert 1 == len(one.heygen.renders)


@pytest.mark.parametrize("what", ["html", "empty", "garbage"])
async def test_what_is_no_video_is_never_aired_and_the_next_renderer_steps_in(tmp_path: Path, what: str) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(FILE, what, times=None)
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.until_it_ends()

        assert "aired" == report.status, described(report)
        assert report.editions[0].video
        assert "FreeStudio" == report.editions[0].video.renderer


@pytest.mark.parametrize("what", ["fails", "fails-silently", "fails-early"])
async def test_a_render_that_failed_gets_one_fresh_attempt_with_a_shorter_prompt(tmp_path: Path, what: str) -> None:
    async with studio(tmp_path, attempts=2) as one:
        one.heygen.fault("render", what)

        report = await one.town.air(SLOT, clock=one.clock)

        first, second = one.heygen.renders
        assert "aired" == report.status, described(report)
        assert len(second.text) < len(first.text)
        assert 1 == len(one.heygen.paid)  # what failed costs nothing


@pytest.mark.parametrize("what", ["stuck", "no-url"])
async def test_a_render_that_never_ends_is_given_up_for_the_next_renderer(tmp_path: Path, what: str) -> None:
    async with studio(tmp_path, patience="10h", give_up="2h") as one:
        one.heygen.fault("render", what)
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert "aired" == report.status, described(report)


@pytest.mark.parametrize("what", ["lost-session", "late-url"])
async def test_a_session_that_goes_missing_and_an_address_that_comes_late_are_waited_out(
    tmp_path: Path, what: str
) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault("render", what, **({"seconds": 600} if what == "late-url" else {}))

        assert "aired" == (await one.until_it_ends()).status


async def test_patience_ends_with_the_job_kept(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        first = await one.air(patience=timedelta(0))
        await one.clock.sleep(600)
        again = await one.air()

        assert (4, "aired") == (exit_code(first), again.status)
        assert 1 == one.heygen.count(SUBMIT)


@pytest.mark.parametrize(
    ("endpoint", "status", "code"),
    [(SUBMIT, 401, 3), (SUBMIT, 402, 3), (SUBMIT, 403, 3), (SUBMIT, 400, 1), (SUBMIT, 413, 1), (ME, 401, 3)],
)
async def test_a_definite_refusal_is_said_and_pays_nothing(
    tmp_path: Path, endpoint: str, status: int, code: int
) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(endpoint, status, times=None)

        report = await one.air()

        assert ("failed", code) == (report.status, exit_code(report)), described(report)
        assert f"HeyGen answered {status}" in described(report)
        assert [] == one.heygen.renders


async def test_too_many_requests_are_waited_out(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault(SUBMIT, 429, times=2, retry_after=7)

        assert "aired" == (await one.air()).status
        assert 1 == len(one.heygen.renders)


async def test_a_balance_that_does_not_bear_it_leads_to_the_next_renderer(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.balance = 0.10
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert "aired" == report.status
        assert any("the balance of 0.10 USD does not bear this render" in note for note in report.editions[0].notes)
        assert 0 == one.heygen.count(SUBMIT)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"avatar_id": "Nobody_public"}, "GET /v3/avatars/looks"),
        ({"via": "videos"}, "needs an `avatar_id`, or an `image`"),
        ({"via": "videos", "image": "asset:asset_1"}, "`image` needs a `voice_id`"),
        ({"via": "videos", "image": "asset:asset_1", "voice_id": "daphne_english"}, "asset"),
        ({"key": "hg_wrong_key_0000"}, "check HEYGEN_API_KEY"),
    ],
)
async def test_a_wrong_setting_is_said_before_anything_is_paid(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    async with studio(tmp_path, **settings) as one:
        report = await one.air()
        one.heygen.refused.clear()

        assert "failed" == report.status
        assert said in described(report)
        assert "hg_wrong" not in described(report)
        assert 0 == one.heygen.count(SUBMIT)


@pytest.mark.parametrize(
    ("avatar", "orientation", "said"),
    [
        ("Daphne_public_look_2", "landscape", "is made for portrait, and the show is landscape"),
        ("Daphne_public_look_1", "portrait", "is made for landscape, and the show is portrait"),
        ("Daphne_public_look_1", "landscape", ""),
        ("Daphne_photo", "portrait", ""),
    ],
)
@pytest.mark.parametrize("via", ["agent", "videos"])
async def test_a_look_that_is_made_for_another_shape_is_in_the_report(
    tmp_path: Path, via: str, avatar: str, orientation: str, said: str
) -> None:
    async with studio(tmp_path, avatar_id=avatar, via=via) as one:
        one.town.tree |= {"editions": {"main": {"orientation": orientation}}}

        report = await one.air()

        notes = [note for note in report.editions[0].notes if "is made for" in note]
        assert "aired" == report.status, described(report)
        assert [f"the look {avatar!r} {said}"] * bool(said) == notes


async def test_a_journal_that_was_lost_finds_the_render_of_today(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        await one.air(patience=timedelta(0))
        one.town.settings = one.town.settings.model_copy(update={"broadcast_data_dir": tmp_path / "fresh"})
        await one.clock.sleep(1200)

        report = await one.town.air(SLOT, clock=one.clock)

        assert "aired" == report.status, described(report)
        assert 1 == len(one.heygen.renders)
        assert any("was asked for before this journal began" in note for note in report.editions[0].notes)


@pytest.mark.parametrize(("budget", "renderer"), [(0.5, "FreeStudio"), (5, "heygen")])
async def test_a_render_beyond_the_run_s_budget_leads_to_the_next_renderer(
    tmp_path: Path, budget: float, renderer: str
) -> None:
    async with studio(tmp_path) as one:
        one.town.tree["budget"] = {"run": budget}
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert report.editions[0].video
        assert ("aired", renderer) == (report.status, report.editions[0].video.renderer), described(report)


async def test_two_editions_share_one_budget(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.town.tree |= {"budget": {"run": 2.0}, "editions": {"main": {}, "second": {"channels": ["other"]}}}
        one.town.tree["channels"]["other"] = one.town.of("Chat", to=["@other"])
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.town.air(SLOT, clock=one.clock)

        assert 1 == len(one.heygen.renders)
        assert "aired" == report.status, described(report)
        assert report.cost.items[0].estimate > 0


async def test_a_renderer_of_unknown_price_is_not_asked_under_a_budget(tmp_path: Path) -> None:
    town = Town(tmp_path, budget={"run": 5})

    report = await town.air(SLOT)

    assert [] == town.lines("pay")
    assert "its price is not known, and the show has a budget" in described(report)


ALTERED = ["changes-digit", "adds-sentence", "drops-sentence", "drops-story", "reorders"]


@pytest.mark.parametrize("what", ALTERED)
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_render_that_says_something_else_is_never_aired_where_the_same_is_required(
    tmp_path: Path, what: str, seed: int
) -> None:
    async with studio(tmp_path, verify="required", attempts=2) as one:
        one.heygen.fault("render", what, seed=seed)
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert report.editions[0].video
        assert ("aired", "FreeStudio") == (report.status, report.editions[0].video.renderer), described(report)
        assert any("does not say what the script says" in note for note in report.editions[0].notes)


async def test_a_render_that_says_something_else_airs_with_a_note_by_default(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.heygen.fault("render", "changes-digit", seed=1)

        report = await one.air()

        assert "aired" == report.status
        assert any(note.startswith("heard: ") for note in report.editions[0].notes), described(report)


@pytest.mark.parametrize(("what", "aired"), [("no-subtitles", False), ("spells-numbers", True)])
async def test_without_subtitles_nothing_is_proven_and_spelled_numbers_are_the_same(
    tmp_path: Path, what: str, aired: bool
) -> None:
    async with studio(tmp_path, verify="required") as one:
        one.heygen.fault("render", what, seed=1)

        report = await one.air()

        assert aired == (report.status == "aired"), described(report)


@pytest.mark.parametrize(("captions", "file"), [("burned", "captioned"), ("sidecar", "video"), ("none", "video")])
async def test_captions_are_where_the_show_wants_them(tmp_path: Path, captions: str, file: str) -> None:
    async with studio(tmp_path, captions=captions) as one:
        report = await one.air()

        video = report.editions[0].video
        assert "aired" == report.status
        assert video
        assert 1 == one.heygen.count(f"GET /files/{file}/{{name}}")
        assert (captions == "none") == (video.srt is None)


LIMITS = pytest.mark.parametrize("limit", ["run", "day", "month"])


def accounts(town: Town) -> list[tuple[str, float | None]]:
    """What was reserved of each render, by its key, and what it did cost as far as that is known."""
    with sqlite3.connect(town.folder / "data" / "broadcast.db") as db:
        found = db.execute("SELECT key, actual FROM spending WHERE what = 'render' ORDER BY at, key").fetchall()
    db.close()
    return found


@LIMITS
async def test_a_limit_that_leads_to_the_next_renderer_is_named(tmp_path: Path, limit: str) -> None:
    async with studio(tmp_path, attempts=2) as one:
        one.town.tree["budget"] = {limit: 0.5}
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        said = [note for note in report.editions[0].notes if f"0.50 of the {limit}'s budget are left" in note]
        assert "aired" == report.status, described(report)
        assert 1 == len(said)
        assert 0 == len(one.heygen.renders)


async def test_the_next_run_of_the_day_finds_what_this_one_left(tmp_path: Path) -> None:
    async with studio(tmp_path) as one:
        one.town.tree["budget"] = {"day": 2.0}
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        renderers = []
        for hours in (0, 1, 24):
            slot = SLOT + timedelta(hours=hours)
            await one.clock.sleep(max((slot - one.clock.now()).total_seconds(), 0))
            one.town.tree["sources"]["wire"]["prefix"] = f"hour-{hours}"
            report = await one.town.air(slot, clock=one.clock)
            assert report.editions[0].video, described(report)
            renderers.append(report.editions[0].video.renderer)

        assert ["heygen", "FreeStudio", "heygen"] == renderers


async def test_a_render_that_failed_gives_its_money_back(tmp_path: Path) -> None:
    async with studio(tmp_path, attempts=2) as one:
        one.town.tree["budget"] = {"run": 2.0}
        one.heygen.fault("render", "fails", times=1)

        report = await one.town.air(SLOT, clock=one.clock)

        failed, made = one.heygen.renders
        assert "aired" == report.status, described(report)
        assert [("submit/main/heygen/1", 0.0), ("submit/main/heygen/2", report.cost.usd)] == accounts(one.town)
        assert (None, pytest.approx(report.cost.usd, abs=0.0001)) == (failed.usd, made.usd)


async def test_a_render_that_is_paid_and_not_aired_is_in_the_costs(tmp_path: Path) -> None:
    async with studio(tmp_path, verify="required") as one:
        one.heygen.fault("render", "changes-digit", seed=1)
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("FreeStudio")]

        report = await one.air()

        assert report.editions[0].video
        assert ("aired", "FreeStudio") == (report.status, report.editions[0].video.renderer), described(report)
        assert pytest.approx(one.heygen.renders[0].usd, abs=0.0001) == report.cost.usd


async def test_a_render_that_is_given_up_may_still_be_charged(tmp_path: Path) -> None:
    async with studio(tmp_path, give_up="30m") as one:
        one.heygen.fault("render", "stuck")

        report = await one.air()

        assert "failed" == report.status, described(report)
        assert [("submit/main/heygen/1", None)] == accounts(one.town)
        assert (0.0, True) == (report.cost.usd, report.cost.items[0].estimate > 1)


@LIMITS
async def test_a_submit_in_doubt_keeps_its_money_and_is_asked_again_for_it(tmp_path: Path, limit: str) -> None:
    async with studio(tmp_path) as one:
        one.town.tree |= {"budget": {limit: 2.0}, "editions": {"main": {}, "second": {"channels": ["other"]}}}
        one.town.tree["channels"]["other"] = one.town.of("Chat", to=["@other"])
        one.heygen.fault(SUBMIT, "drop", times=1)

        first = await one.town.air(SLOT, clock=one.clock)
        kept = accounts(one.town)
        await one.clock.sleep(600)
        again = await one.town.air(SLOT, clock=one.clock)

        assert {"Unconfirmed", "Rejected"} == {edition.kind for edition in first.editions}, described(first)
        assert 1 == len(kept)
        assert kept[0][1] is None
        assert 1 == len(one.heygen.renders), "the money of the submit in doubt was spent on another render"
        assert [(kept[0][0], again.cost.usd)] == accounts(one.town), described(again)


@pytest.mark.parametrize("what", [503, 429, 401, "garbage"])
async def test_a_submit_in_doubt_that_cannot_be_asked_about_is_followed_by_nothing_that_costs(
    tmp_path: Path, what: int | str
) -> None:
    async with studio(tmp_path, attempts=2) as one:
        one.town.tree["renderer"] = [one.town.tree["renderer"], one.town.of("OtherStudio")]
        one.heygen.fault(SUBMIT, "drop", after_effect=True, times=1)
        first = await one.air()
        one.heygen.fault("GET /v3/video-agents", what, times=20)
        await one.clock.sleep(600)

        deaf = await one.air()
        kept = accounts(one.town)
        one.heygen.calm()
        await one.clock.sleep(600)
        report = await one.air()

        assert [4, 4, 0] == [exit_code(each) for each in (first, deaf, report)], described(deaf)
        assert [] == one.town.lines("pay")
        assert [("submit/main/heygen/1", None)] == kept
        assert [("submit/main/heygen/1", report.cost.usd)] == accounts(one.town)


async def test_six_runs_at_once_pay_no_more_than_the_month_bears_and_all_air(tmp_path: Path) -> None:
    async with HeyGen() as heygen:
        heygen.render_seconds = 0.2
        # USD: two renders and a half. Each looks back a day: none finds that an earlier one left it nothing new.
        town = Town(tmp_path, budget={"month": 3.0}, window="24h")
        paid = {"use": "heygen", "key": heygen.key, "base": heygen.url, "poll": 0.05}
        town.tree["sources"]["wire"] = town.of("Wire", stories=40)
        town.tree["renderer"] = [paid, town.of("FreeStudio")]

        reports = await asyncio.gather(*(town.air(SLOT + timedelta(hours=hours)) for hours in range(6)))

        assert {"aired"} == {report.status for report in reports}, described(reports[0])
        assert 2 == len(heygen.renders)
        assert heygen.spent <= 3.0
        assert 4 == sum("of the month's budget are left" in described(report) for report in reports)


async def test_an_edition_has_its_own_presenter_and_voice(tmp_path: Path) -> None:
    async with studio(tmp_path, avatar_id="Daphne_public_look_1", voice_id="daphne_english") as one:
        own = {"avatar_id": "Daphne_photo", "voice_id": "lena_english", "channels": ["other"]}
        one.town.tree["editions"] = {"main": {}, "second": own}
        one.town.tree["channels"]["other"] = one.town.of("Chat", to=["@other"])

        await one.town.air(SLOT, clock=one.clock)

        asked = {(job.asked["avatar_id"], job.asked["voice_id"]) for job in one.heygen.renders}
        assert {("Daphne_public_look_1", "daphne_english"), ("Daphne_photo", "lena_english")} == asked


@pytest.mark.parametrize(
    ("tags", "avatar"),
    [
        (("Sport",), "Daphne_photo"),
        (("economy", "sport"), "Lena_office"),  # as many of both: the first of the show's
        (("weather",), "Daphne_public_look_1"),
        ((), "Daphne_public_look_1"),
    ],
)
async def test_who_presents_is_chosen_by_the_stories_tags(
    tmp_path: Path, tags: tuple[str, ...], avatar: str
) -> None:
    text = "Engineers in Aldery finished the piers on Monday at a cost of 12 million euros."
    story = Story(id="1", source="story", title="The harbour of Aldery opens", text=text, at=SLOT, tags=tags)
    async with studio(tmp_path, avatar_id="Daphne_public_look_1") as one:
        one.town.tree["presenters"] = {"economy": "Lena_office", "sport": "Daphne_photo"}

        await one.air(stories=(story,))

        assert avatar == one.heygen.renders[0].asked["avatar_id"]


@pytest.mark.parametrize("what", ALTERED)
async def test_two_hundred_altered_renders_are_all_heard(tmp_path: Path, what: str) -> None:
    async with studio(tmp_path, verify="required") as one:
        await one.town.air(SLOT, clock=one.clock, until="script")
        script = written(one.town).script
        said = "\n\n".join(segment.text for segment in script.segments)

        unheard = [
            seed
            for seed in range(40)
            if (altered := saying.ALTERED[what](said, Random(seed))) != said
            and not heard(script, saying.subrip(altered, saying.seconds(altered)))
        ]

        assert [] == unheard


async def test_a_finished_render_is_in_the_archive_within_one_interval_of_looks(tmp_path: Path) -> None:
    async with studio(tmp_path, poll=10.0) as one:
        one.heygen.render_seconds = 137

        await one.air()

        (job,) = one.heygen.renders
        looks = [asked.at for asked in one.heygen.asked if asked.endpoint.startswith("GET /v3/video")]
        late = one.clock.now() - (job.at + timedelta(seconds=137))
        assert timedelta(0) <= late <= looks[-1] - looks[-2]
        assert looks[-1] - looks[-2] <= timedelta(seconds=60)
