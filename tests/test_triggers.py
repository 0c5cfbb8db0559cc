"""Who is believed, and what a payload means: pure, so that the time is an argument."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from calling import GITHUB, HOOKS, RELEASE, STANDARD, github, plain, standard
from pydantic import ValidationError

from broadcast.signed import Denied
from broadcast.triggers import Trigger, admitted, asked

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hook(name: str, **changes: Any) -> Trigger:
    return Trigger.model_validate({**HOOKS[name], **changes})


def let_in(hook: Trigger, request: tuple[bytes, dict[str, str]], now: datetime = NOW) -> Any:
    body, headers = request
    return admitted(hook, {name.lower(): value for name, value in headers.items()}, body, now)


def turned_away(hook: Trigger, request: tuple[bytes, dict[str, str]], now: datetime = NOW) -> tuple[int, str]:
    with pytest.raises(Denied) as refusal:
        let_in(hook, request, now)
    return refusal.value.status, str(refusal.value)


def without(request: tuple[bytes, dict[str, str]], name: str) -> tuple[bytes, dict[str, str]]:
    body, headers = request
    return body, {key: value for key, value in headers.items() if key != name}


def test_a_release_of_github_is_a_story() -> None:
    delivery = let_in(hook("github"), github(RELEASE))
    wanted = asked(hook("github"), delivery.payload, NOW)

    assert wanted.story is not None
    assert "velmora/tide v2.1.0 is out" == wanted.story.title
    assert RELEASE["release"]["body"] == wanted.story.text  # type: ignore[index]
    assert "https://github.com/velmora/tide/releases/tag/v2.1.0" == wanted.story.url
    assert {"repo": "velmora/tide", "tag": "v2.1.0"}.items() <= wanted.fields.items()


def test_what_github_did_not_sign_does_not_tell_deliveries_apart() -> None:
    first, again = (let_in(hook("github"), github(RELEASE, id=id)) for id in ("d-1", "d-2"))
    other = let_in(hook("github"), github({**RELEASE, "sender": "somebody"}, id="d-3"))

    assert set(first.keys) & set(again.keys), "the same body with another id is the same delivery"
    assert not set(first.keys) & set(other.keys)


@pytest.mark.parametrize(
    "request_",
    [github(RELEASE, event="ping"), github(RELEASE, event="push"), github({**RELEASE, "action": "edited"})],
)
def test_what_a_hook_does_not_ask_for_is_genuine_and_airs_nothing(request_: Any) -> None:
    assert None is let_in(hook("github"), request_)


@pytest.mark.parametrize(
    ("name", "request_", "status"),
    [
        ("github", github(RELEASE, secret="another-secret-of-somebody"), 401),
        ("github", without(github(RELEASE), "X-Hub-Signature-256"), 401),
        ("github", without(github(RELEASE), "X-GitHub-Delivery"), 400),
        ("github", (github(RELEASE)[0] + b" ", github(RELEASE)[1]), 401),
        ("github", (b"{", github("")[1]), 401),
        ("github", (github(RELEASE)[0], {**github(RELEASE)[1], "Content-Type": "text/plain"}), 415),
        ("github", (github(RELEASE)[0], {**github(RELEASE)[1], "X-Hub-Signature-256": "sha256=\udcff"}), 401),
        ("signups", standard({}, NOW, secret="whsec_" + "A" * 40), 401),
        ("signups", standard({}, NOW - HOUR), 401),
        ("signups", standard({}, NOW + HOUR), 401),
        ("signups", standard({}, NOW, id="a.1"), 400),
        ("signups", standard({}, NOW, id="a" * 201), 400),
        ("signups", without(standard({}, NOW), "webhook-id"), 400),
        ("signups", without(standard({}, NOW), "webhook-signature"), 401),
        ("signups", (standard({}, NOW)[0], {**standard({}, NOW)[1], "webhook-timestamp": "soon"}), 400),
        ("signups", (b"\xff\xfe", standard({}, NOW)[1]), 400),
        ("plain", plain({}, secret="guessed"), 401),
        ("plain", without(plain({}), "Authorization"), 401),
        ("plain", (b"{}", {**plain({})[1], "Authorization": "Basic " + "a" * 30}), 401),
        ("plain", plain({}, id=""), 400),
        ("plain", (b"[" * 100_000, plain({})[1]), 400),
        ("plain", (b"nonsense", plain({})[1]), 400),
    ],
)
def test_who_is_not_known_or_cannot_be_read_is_turned_away(name: str, request_: Any, status: int) -> None:
    found, words = turned_away(hook(name), request_)

    assert status == found, words
    for secret in (GITHUB, STANDARD):
        assert secret not in words


def test_a_standard_webhook_counts_by_its_signed_id_whenever_it_comes_again() -> None:
    first = let_in(hook("signups"), standard({}, NOW))
    later = let_in(hook("signups"), standard({}, NOW + timedelta(minutes=30)), NOW + timedelta(minutes=30))
    either = standard({}, NOW)
    either[1]["webhook-signature"] = f"v1a,abc v1,AAAA {either[1]['webhook-signature']}"

    assert first.keys == later.keys == let_in(hook("signups"), either).keys


def test_a_plain_secret_may_stand_in_a_header_of_its_own_and_the_id_in_the_payload() -> None:
    gitlab = hook("plain", header="X-Gitlab-Token", id="object.id")
    headers = {"Content-Type": "application/json", "X-Gitlab-Token": HOOKS["plain"]["secret"]}

    assert 1 == len(let_in(gitlab, (json.dumps({"object": {"id": 77}}).encode(), headers)).keys)
    assert (400, True) == ((said := turned_away(gitlab, (b"{}", headers)))[0], "object.id" in said[1])


def test_without_a_mapping_the_fields_of_the_payload_are_the_variables() -> None:
    wanted = asked(hook("plain"), {"name": "Ann\u202e", "age": 7, "on": True, "deep": {}, "no name": 1}, NOW)

    assert {"name": "Ann", "age": "7"} == wanted.fields
    assert wanted.story is None


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"user": {}}, "the field 'name' of the payload is empty"),
        ([], "the field 'name' of the payload is empty"),
        ({"user": {"name": {"first": "Ann"}}}, "the field 'name' of the payload is no number or text"),
    ],
)
def test_a_payload_without_what_the_story_needs_is_said_so(payload: Any, said: str) -> None:
    with pytest.raises(Denied, match=said) as refusal:
        asked(hook("signups"), payload, NOW)
    assert 422 == refusal.value.status


@pytest.mark.parametrize(
    ("name", "changes", "said"),
    [
        ("plain", {"secret": "short"}, "it can be guessed"),
        ("signups", {"secret": "0123456789abcdef"}, "whsec_ and 24 to 64 bytes"),
        ("plain", {"events": ["push"]}, "`events` are GitHub's"),
        ("github", {"id": "action"}, "`id` is for `verify: token`"),
        ("github", {"when": "action =="}, "is not a JMESPath"),
        ("github", {"fields": {"a b": "action"}}, "is no name for a field"),
        ("github", {"story": {"title": "{repository}"}}, "the story names {repository}; there is repo, tag"),
        ("github", {"story": {"title": "{repo.name}"}}, "only {name} may stand in braces"),
    ],
)
def test_a_hook_that_cannot_work_is_named(name: str, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as error:
        hook(name, **changes)
    assert said in str(error.value)
    assert str(HOOKS[name]["secret"]) not in str(error.value)
