"""`broadcast heygen` and what `broadcast check` asks HeyGen: real processes, a service of our own on a socket."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from airing import Town
from nursery import ran

from broadcast.testing import HeyGen

KEY = "hg_test_0123456789abcdef"


@pytest.fixture
def heygen() -> Iterator[HeyGen]:
    with HeyGen(KEY) as service:
        yield service


def call(heygen: HeyGen | str, folder: Path, *arguments: str, **environment: str) -> tuple[int, str, str]:
    base = {
        "BROADCAST_DATA_DIR": str(folder / "data"),
        "HEYGEN_API_KEY": KEY,
        "HEYGEN_BASE_URL": heygen if isinstance(heygen, str) else heygen.url,
    }
    done = ran(("-m", "broadcast", *arguments), folder, base | environment)
    assert "Traceback" not in done.stderr, done.stderr
    assert KEY not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def listed(heygen: HeyGen, folder: Path, *arguments: str) -> list[dict[str, Any]]:
    code, out, _ = call(heygen, folder, "heygen", *arguments, "--json")
    assert code == 0
    found: list[dict[str, Any]] = json.loads(out)
    return found


# --- lists


def test_looks_are_a_table_whose_first_column_goes_into_a_show(heygen: HeyGen, tmp_path: Path) -> None:
    code, out, err = call(heygen, tmp_path, "heygen", "looks", "--ownership", "private")

    assert (0, "") == (code, err)
    assert [
        ["avatar_id", "name", "type", "orientation", "group", "voice", "ready"],
        ["Lena_office", "Lena office", "digital_twin", "portrait", "lena_group", "lena_english", "yes"],
        ["Lena_new", "Lena new", "digital_twin", "landscape", "lena_group", "lena_english", "no"],
    ] == [re.split(" {2,}", line) for line in out.splitlines()]
    starts = [line.index(word) for line, word in zip(out.splitlines(), ("name", "Lena o", "Lena n"), strict=True)]
    assert 1 == len(set(starts))


def test_an_id_is_never_cut(heygen: HeyGen, tmp_path: Path) -> None:
    id = "look_" + "0123456789" * 12
    heygen.catalogue.looks = {id: dict(heygen.catalogue.looks["Daphne_photo"], id=id, name="n" * 120)}

    line = call(heygen, tmp_path, "heygen", "looks")[1].splitlines()[1]
    assert line.startswith(f"{id}  {'n' * 59}…  photo_avatar")


@pytest.mark.parametrize(
    ("arguments", "ids"),
    [
        (("looks", "--group", "daphne_group", "--type", "photo_avatar"), ["Daphne_photo"]),
        (("looks", "--type", "digital_twin", "--ownership", "public"), ["Wayne_20240716"]),
        (("voices", "--language", "German", "--gender", "male", "--limit", "2"), ["ada_german", "chiara_german"]),
        (("voices", "--type", "private", "--language", "japanese"), ["lena_japanese"]),
        (("avatars", "--ownership", "private"), ["lena_group"]),
        (("styles", "--tag", "print"), ["style_6", "style_12", "style_18", "style_24"]),
    ],
)
def test_a_filter_narrows_a_list(
    heygen: HeyGen, tmp_path: Path, arguments: tuple[str, ...], ids: list[str]
) -> None:
    assert ids == [next(iter(row.values())) for row in listed(heygen, tmp_path, *arguments)]
    assert [] == heygen.refused


def test_pages_are_read_until_the_limit_and_more_is_said(heygen: HeyGen, tmp_path: Path) -> None:
    for number in range(120):
        look = dict(heygen.catalogue.looks["Daphne_photo"], id=f"look_{number}")
        heygen.catalogue.looks[look["id"]] = look

    code, out, err = call(heygen, tmp_path, "heygen", "looks", "--limit", "110", "--json")
    assert (0, 110) == (code, len(json.loads(out)))
    assert "there are more looks than these 110: raise --limit" in err
    assert 3 == heygen.count("GET /v3/avatars/looks")

    code, out, err = call(heygen, tmp_path, "heygen", "looks", "--limit", "126", "--json")
    assert (0, 126, "") == (code, len(json.loads(out)), err)


def test_a_list_is_data_with_json_wherever_json_is_said(heygen: HeyGen, tmp_path: Path) -> None:
    code, out, _ = call(heygen, tmp_path, "heygen", "--json", "styles", "--limit", "1")

    assert 0 == code
    assert [{"style_id": "style_1", "name": "Style 1", "shape": "9:16", "tags": ["cinematic"]}] == json.loads(out)


def test_hostile_names_are_shown_as_plain_text(heygen: HeyGen, tmp_path: Path) -> None:
    voice = heygen.catalogue.voices["ada_english"]
    voice["name"] = "Ada\x1b[2J\nINJECTED \u202eeno\u200b" + "x" * 5000
    voice["gender"] = {"not": "a word"}
    heygen.catalogue.looks["Daphne_photo"]["name"] = "東京のキャスター"

    _, out, _ = call(heygen, tmp_path, "heygen", "voices", "--language", "English", "--limit", "1")
    row = listed(heygen, tmp_path, "voices", "--language", "English", "--limit", "1")[0]
    assert 2 == len(out.splitlines())
    assert not {"\x1b", "\u202e", "\u200b"} & set(out + row["name"])
    assert "Ada[2J INJECTED eno" in out
    assert max(map(len, out.splitlines())) < 160
    assert len(row["name"]) <= 300
    assert "東京のキャスター" in call(heygen, tmp_path, "heygen", "looks")[1]


def test_an_empty_list_says_so(heygen: HeyGen, tmp_path: Path) -> None:
    assert (0, "no voices\n", "") == call(heygen, tmp_path, "heygen", "voices", "--language", "Klingon")
    assert [] == listed(heygen, tmp_path, "voices", "--language", "Klingon")


def test_without_a_key_it_says_where_to_get_one(heygen: HeyGen, tmp_path: Path) -> None:
    code, out, err = call(heygen, tmp_path, "heygen", "voices", HEYGEN_API_KEY="")

    assert (2, "") == (code, out)
    assert "broadcast: HEYGEN_API_KEY: is not set; get one at https://app.heygen.com/settings\n" == err
    assert 0 == len(heygen.asked)


def test_a_wrong_key_is_named(heygen: HeyGen, tmp_path: Path) -> None:
    code, out, err = call(heygen, tmp_path, "heygen", "voices", "--json", HEYGEN_API_KEY="hg_wrong_123456")

    assert 1 == code
    assert "check HEYGEN_API_KEY" in json.loads(out)["error"]
    assert "hg_wrong_123456" not in out + err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("heygen",), "LIST"),
        (("heygen", "robots"), "invalid choice: 'robots'"),
        (("heygen", "styles", "--gender", "male"), "unrecognized arguments: --gender male"),
        (("heygen", "voices", "--limit", "0"), "not a whole number above 0"),
        (("heygen", "looks", "--type", "hologram"), "invalid choice: 'hologram'"),
    ],
)
def test_a_slip_of_the_operator_is_named(
    heygen: HeyGen, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = call(heygen, tmp_path, *arguments)

    assert 2 == code
    assert said in err


def test_every_list_has_an_example(heygen: HeyGen, tmp_path: Path) -> None:
    for name in ("avatars", "looks", "voices", "styles"):
        assert f"example:\n  broadcast heygen {name} --" in call(heygen, tmp_path, "heygen", name, "--help")[1]


def test_what_the_service_refuses_is_said_in_its_words(heygen: HeyGen, tmp_path: Path) -> None:
    code, _, err = call(heygen, tmp_path, "heygen", "styles", "--tag", "baroque")

    assert 1 == code
    assert "invalid_parameter: tag must be one of" in err


def test_a_busy_service_is_asked_again(heygen: HeyGen, tmp_path: Path) -> None:
    heygen.fault("GET /v3/voices", 503)

    assert 60 == len(listed(heygen, tmp_path, "voices", "--limit", "100"))


# --- check


def check(heygen: HeyGen | str, folder: Path, *more: str, **options: Any) -> tuple[int, dict[str, Any]]:
    """Check a show that is rendered with HeyGen as *options* say."""
    show = {key: options.pop(key) for key in ("seconds", "editions") if key in options}
    town = Town(folder, renderer={"use": "heygen", **options}, **show)
    town.file()
    code, out, _ = call(heygen, folder, "check", "town", "--json", *more)
    found: dict[str, Any] = json.loads(out)[0]
    return code, found


GOOD = {"avatar_id": "Daphne_public_look_1", "voice_id": "daphne_english", "style_id": "style_3"}


def test_a_show_whose_choice_is_there_is_all_right(heygen: HeyGen, tmp_path: Path) -> None:
    code, found = check(heygen, tmp_path, **GOOD)

    assert (0, True) == (code, found["ok"])
    assert ([], []) == (heygen.jobs, heygen.refused)
    assert {"GET"} == {asked.method for asked in heygen.asked}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"avatar_id": "Nobody"}, "there is no look 'Nobody'; `broadcast heygen looks` lists them"),
        ({"avatar_id": "daphne_group"}, "a look's id, not an avatar's"),
        ({"avatar_id": "Lena_new"}, "the look 'Lena_new' cannot be used: its status is processing"),
        (
            {"avatar_id": "Lena_office"},
            "the look 'Lena_office' is made for portrait, and the show is landscape",
        ),
        (
            {"avatar_id": "Daphne_public_look_1", "orientation": "portrait"},
            "the look 'Daphne_public_look_1' is made for landscape, and the show is portrait",
        ),
        ({"voice_id": "nobody_german"}, "there is no voice 'nobody_german'; `broadcast heygen voices` lists them"),
        ({"style_id": "style_99"}, "there is no style 'style_99'; `broadcast heygen styles` lists them"),
        ({"style_id": "style_1"}, "the style 'style_1' is made for portrait, and the show is landscape"),
        ({"via": "videos"}, "`via: videos` needs an `avatar_id`"),
    ],
)
def test_a_wrong_choice_is_bad(heygen: HeyGen, tmp_path: Path, options: dict[str, str], said: str) -> None:
    code, found = check(heygen, tmp_path, **options)

    assert (2, False) == (code, found["ok"])
    assert found["said"].startswith("renderer heygen: ")
    assert said in found["said"]


def test_a_square_look_and_a_style_without_a_shape_fit_any_show(heygen: HeyGen, tmp_path: Path) -> None:
    for orientation in ("landscape", "portrait"):
        options = {"avatar_id": "Daphne_photo", "style_id": "style_2", "orientation": orientation}
        assert (0, True) == (check(heygen, tmp_path, **options)[0], heygen.refused == [])


def test_every_finding_is_told_at_once(heygen: HeyGen, tmp_path: Path) -> None:
    heygen.balance = 0.5

    said = check(heygen, tmp_path, avatar_id="Nobody", voice_id="Nobody", style_id="Nobody")[1]["said"]
    assert ["the balance", "there is no look", "there is no voice", "there is no style"] == [
        part.removeprefix("renderer heygen: ").partition(" of")[0].partition(" '")[0] for part in said.splitlines()
    ]


def test_too_little_credit_for_one_show_is_bad_and_enough_is_not(heygen: HeyGen, tmp_path: Path) -> None:
    heygen.balance = 3.49
    code, found = check(heygen, tmp_path, seconds=60)
    assert (2, "renderer heygen: the balance of 3.49 USD does not bear one show, which may cost 3.50") == (
        code, found["said"],
    )  # fmt: skip

    heygen.balance = 3.5
    assert 0 == check(heygen, tmp_path, seconds=60)[0]


def test_a_wrong_key_is_bad_and_nothing_else_is_asked(heygen: HeyGen, tmp_path: Path) -> None:
    heygen.key = "hg_another_0123456789"

    code, found = check(heygen, tmp_path, **GOOD)
    assert (2, 1) == (code, len(heygen.asked))
    assert "check HEYGEN_API_KEY" in found["said"]


@pytest.mark.parametrize(
    ("auth", "credential", "code"), [("key", "key", 0), ("bearer", "token", 0), ("bearer", "key", 2)]
)
def test_a_check_speaks_as_the_show_does(
    heygen: HeyGen, tmp_path: Path, auth: str, credential: str, code: int
) -> None:
    Town(tmp_path, renderer={"use": "heygen", "auth": auth, **GOOD}).file()

    assert code == call(heygen, tmp_path, "check", "town", HEYGEN_API_KEY=getattr(heygen, credential))[0]
    header, other = ("x-api-key", "authorization") if auth == "key" else ("authorization", "x-api-key")
    assert {(True, False)} == {(header in one.headers, other in one.headers) for one in heygen.asked}


def test_each_edition_is_checked_with_its_own_orientation(heygen: HeyGen, tmp_path: Path) -> None:
    editions = {"wide": {"channels": ["chat"]}, "tall": {"channels": ["chat"], "orientation": "portrait"}}

    code, found = check(heygen, tmp_path, avatar_id="Daphne_public_look_1", editions=editions)
    assert 2 == code
    assert (
        "renderer heygen: the look 'Daphne_public_look_1' is made for landscape, and the show is portrait"
        == found["said"]
    )


def test_a_service_that_cannot_be_reached_is_a_note(tmp_path: Path) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        code, found = check(f"http://127.0.0.1:{nobody.getsockname()[1]}", tmp_path, **GOOD)

    assert (0, True) == (code, found["ok"])
    assert "renderer heygen could not be asked whether all is right" in found["notes"][0]


def test_a_person_reads_bad_and_why(heygen: HeyGen, tmp_path: Path) -> None:
    Town(tmp_path, renderer={"use": "heygen", "voice_id": "nobody"}).file()
    code, out, _ = call(heygen, tmp_path, "check")

    assert 2 == code
    assert "BAD town: renderer heygen: there is no voice 'nobody'" in out


# --- check of a borrowed voice


def check_voice(heygen: HeyGen | str, folder: Path, voice: str, **fields: Any) -> tuple[int, dict[str, Any]]:
    Town(folder, renderer={"use": "newsdesk", "voice": {"use": "heygen", "voice_id": voice, **fields}}).file()
    code, out, _ = call(heygen, folder, "check", "town", "--json")
    found: dict[str, Any] = json.loads(out)[0]
    return code, found


@pytest.mark.parametrize(
    ("voice", "balance", "said"),
    [
        ("daphne_german", 100, None),
        ("nobody_german", 100, "there is no voice 'nobody_german'; `broadcast heygen voices` lists them"),
        (
            "lena_japanese",
            100,
            "the voice 'lena_japanese' cannot be used for speech alone: it lacks the engine starfish",
        ),
        ("daphne_german", 0.01, "the balance of 0.01 USD does not bear the speech of one show, 0.03"),
    ],
)
def test_a_borrowed_voice_is_checked_by_reading(
    heygen: HeyGen, tmp_path: Path, voice: str, balance: float, said: str | None
) -> None:
    heygen.balance = balance
    code, found = check_voice(heygen, tmp_path, voice)

    assert (2 if said else 0) == code
    assert f"renderer newsdesk: {said}" == found["said"] if said else found["ok"]
    assert [] == heygen.jobs
    assert {"GET"} == {asked.method for asked in heygen.asked}


def test_a_borrowed_voice_with_a_wrong_key_is_bad(heygen: HeyGen, tmp_path: Path) -> None:
    heygen.key = "hg_another_0123456789"
    code, found = check_voice(heygen, tmp_path, "daphne_german")

    assert 2 == code
    assert "renderer newsdesk: the voice: HeyGen answered 401" in found["said"]


# --- webhooks


def test_an_endpoint_is_registered_once_and_its_secret_is_printed_once(heygen: HeyGen, tmp_path: Path) -> None:
    at = {"BROADCAST_PUBLIC_URL": "https://news.example.com/"}
    code, out, _ = call(heygen, tmp_path, "heygen", "webhooks", "add", **at)
    (one,) = heygen.endpoints.values()

    assert 0 == code
    assert f"HEYGEN_WEBHOOK_SECRET={one.secret}" == out.splitlines()[-1]
    assert "https://news.example.com/callbacks/heygen" == one.url
    assert ["video_agent.success", "video_agent.fail", "avatar_video.success", "avatar_video.fail"] == one.events
    code, out, err = call(heygen, tmp_path, "heygen", "webhooks", "add", **at)
    assert (2, True) == (code, f"`broadcast heygen webhooks rotate {one.id}`" in err)
    assert 1 == len(heygen.endpoints)
    secret = one.secret
    assert [("enabled", one.url)] == [
        (row["status"], row["url"]) for row in listed(heygen, tmp_path, "webhooks", "list")
    ]
    assert secret not in call(heygen, tmp_path, "heygen", "webhooks", "list")[1]


def test_a_secret_is_rotated_and_an_endpoint_taken_away(heygen: HeyGen, tmp_path: Path) -> None:
    call(heygen, tmp_path, "heygen", "webhooks", "add", "https://news.example.com/hooks")
    (one,) = heygen.endpoints.values()
    before = one.secret
    code, out, _ = call(heygen, tmp_path, "heygen", "webhooks", "rotate", one.id, "--json")

    assert (0, one.secret) == (code, json.loads(out)["secret"])
    assert before != one.secret
    assert 0 == call(heygen, tmp_path, "heygen", "webhooks", "remove", one.id)[0]
    assert {} == heygen.endpoints
    assert "no webhooks" in call(heygen, tmp_path, "heygen", "webhooks", "list")[1]


def test_a_lost_answer_registers_no_second_endpoint(heygen: HeyGen, tmp_path: Path) -> None:
    heygen.fault("POST /v3/webhooks/endpoints", "drop", after_effect=True)
    code, out, _ = call(heygen, tmp_path, "heygen", "webhooks", "add", "https://news.example.com/hooks")

    (one,) = heygen.endpoints.values()
    assert (0, True) == (code, one.secret in out)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add",), "BROADCAST_PUBLIC_URL: is not set"),
        (("add", "http://news.example.com/hooks"), "is no https address"),
        (("rotate", "we_unknown"), "Webhook endpoint we_unknown not found"),
        (("remove", "we_unknown"), "Webhook endpoint we_unknown not found"),
    ],
)
def test_a_webhook_that_cannot_be_is_said_so(
    heygen: HeyGen, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, _, err = call(heygen, tmp_path, "heygen", "webhooks", *arguments)

    assert code in (1, 2)
    assert said in err
