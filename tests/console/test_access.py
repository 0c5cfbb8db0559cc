"""Who gets into the console, and what is sent away."""

import contextlib
import io
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from airing import Town
from consoles import HASH, PASSWORD, serving
from pydantic import SecretStr
from watching import HandClock

from broadcast import settings
from broadcast.cli import main
from broadcast.console import password
from broadcast.console.access import Access, Attempts
from broadcast.errors import ConfigError

SECRET = SecretStr(HASH)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    one = Town(tmp_path)
    one.file()
    return one


async def test_on_this_machine_there_is_no_login(town: Town) -> None:
    async with serving(town) as console:
        assert 200 == (await console.get("/shows"))[0]
        assert 404 == (await console.get("/login"))[0]


async def test_a_browser_that_was_told_another_name_for_this_machine_is_sent_away(town: Town) -> None:
    async with serving(town) as console:
        status, page = await console.get("/shows", Host="evil.example")
        assert 421 == status
        assert "BROADCAST_CONSOLE_HOSTS" in page
        assert 421 == (await console.get("/shows", Host="127.0.0.1.evil.example"))[0]
        assert 421 == (await console.get("/assets/console.js", Host="evil.example"))[0]
        for name in ("localhost:8809", "127.0.0.1", "[::1]:8809", "LOCALHOST"):
            assert 200 == (await console.get("/shows", Host=name))[0], name
    async with serving(town, hosts="news.example, tv.example") as console:
        assert 200 == (await console.get("/shows", Host="tv.example:443"))[0]


async def test_a_proxy_on_this_machine_does_not_let_everybody_in(town: Town) -> None:
    async with serving(town) as console:
        for name in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            assert 403 == (await console.get("/shows", **{name: "203.0.113.7"}))[0], name


async def test_every_answer_is_guarded_by_its_headers(town: Town) -> None:
    async with serving(town) as console:
        for path in ("/shows", "/shows.json", "/nowhere", "/shows/town/air", "/assets/console.css"):
            async with console.session.get(console.address + path) as answer:
                policy = answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert "nosniff" == answer.headers["X-Content-Type-Options"]
                assert "DENY" == answer.headers["X-Frame-Options"]
                assert "same-origin" == answer.headers["Referrer-Policy"]
                text = await answer.text()
                assert "style=" not in text
                assert " onclick" not in text


async def test_a_form_of_another_site_does_nothing(town: Town) -> None:
    async with serving(town) as console:
        await console.get("/shows")
        assert 403 == (await console.post("/shows/town/pause", token="made up"))[0]
        token = "".join((await console.get("/shows/town/pause"))[1].partition('name="token" value="')[2][:64])
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
            async with console.session.post(
                f"{console.address}/shows/town/pause", data={"token": token}, headers=headers
            ) as answer:
                assert 403 == answer.status, headers
        assert {} == await console.station.pauses.open()
        async with (
            aiohttp.ClientSession() as other,
            other.post(  # another browser's session
                f"{console.address}/shows/town/pause", data={"token": token}
            ) as answer,
        ):
            assert 403 == answer.status
        assert 303 == (await console.post("/shows/town/pause", token=token))[0]


async def test_a_form_of_ten_megabytes_is_refused(town: Town) -> None:
    async def chunks() -> AsyncIterator[bytes]:  # of which nobody knows beforehand how much it is
        for _ in range(100):
            yield b"x" * 100_000

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    async with serving(town) as console:
        became: list[int] = []
        for body in (io.BytesIO(b"x" * 10_000_000), chunks()):
            with contextlib.suppress(aiohttp.ClientConnectionError):  # it may hang up while we are still sending
                async with console.session.post(
                    f"{console.address}/shows/town/pause", data=body, headers=form
                ) as answer:
                    became.append(answer.status)
                    assert "65536 bytes" in await answer.text()
        assert {413} == set(became)
        assert {} == await console.station.pauses.open()
        assert 200 == (await console.get("/shows"))[0]


async def test_a_form_that_no_browser_sends_is_refused_in_words(town: Town) -> None:
    async with serving(town) as console:
        await console.get("/shows")
        for kind, body in (
            ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
            ("multipart/form-data", b"no boundary"),
            ("application/x-www-form-urlencoded", b"token=%ff%fe&a=%00"),
            ("application/json", b"{}"),
            ("text/plain; charset=nonsense", b"token=1"),
        ):
            headers = {"Content-Type": kind}
            async with console.session.post(
                f"{console.address}/shows/town/pause", data=body, headers=headers
            ) as answer:
                assert answer.status in (400, 403), (kind, answer.status)
        assert {} == await console.station.pauses.open()


async def test_behind_a_proxy_forms_come_from_the_name_that_was_set(town: Town) -> None:
    headers = {"X-Forwarded-User": "ben", "Origin": "https://tv.example"}
    for hosts, status in (("tv.example", 303), ("", 403)):
        async with serving(town, host="0.0.0.0", proxy="127.0.0.1", hosts=hosts) as console:
            page = (await console.get("/shows/town/preview", **{"X-Forwarded-User": "ben"}))[1]
            data = {"token": page.partition('name="token" value="')[2][:64]}
            async with console.session.post(
                f"{console.address}/shows/town/preview", data=data, headers=headers, allow_redirects=False
            ) as answer:
                assert status == answer.status
            await console.settled()


# --- a password


async def sign_in(console, user: str = "Anna", text: str = PASSWORD, path: str = "/held"):  # type: ignore[no-untyped-def]
    form = {"name": user, "password": text, "next": path}
    async with console.session.post(f"{console.address}/login", data=form, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location"), answer.headers.get("Retry-After")


async def test_who_knows_the_password_is_let_in_and_can_leave(town: Town) -> None:
    async with serving(town, password_hash=SECRET) as console:
        async with console.session.get(f"{console.address}/held?page=1", allow_redirects=False) as answer:
            assert (303, "/login?next=%2Fheld%3Fpage%3D1") == (answer.status, answer.headers["Location"])
        assert 401 == (await console.get("/held.json"))[0]
        assert 401 == (await console.post("/shows/town/pause", token="x"))[0]
        assert 200 == (await console.get("/assets/console.css"))[0]
        assert (403, None, None) == await sign_in(console, text="correct house")
        assert (403, None, None) == await sign_in(console, user=" \u202e ")
        assert (303, "/held", None) == await sign_in(console)
        status, page = await console.get("/held")
        assert 200 == status
        assert "Sign out Anna" in page
        assert 303 == (await console.post("/shows/town/pause"))[0]
        assert "Anna" == (await console.station.audit.newest(limit=1))[0].who

        cookies = {one.key: one.value for one in console.session.cookie_jar}
        token = page.partition('name="token" value="')[2][:64]
        assert (303, "/login") == await console.post("/logout", token=token)
        assert 303 == (await console.get("/held"))[0]
        console.session.cookie_jar.update_cookies(cookies, response_url=aiohttp.helpers.URL(console.address))
        assert 303 == (await console.get("/held"))[0]  # the old cookie is no key any more


async def test_a_session_outlives_the_process_and_not_its_time(town: Town) -> None:
    clock = HandClock()
    async with serving(town, password_hash=SECRET, clock=clock) as console:
        session, cookie = console.access.session("anna")
    again = Access(
        town.settings.model_copy(update={"broadcast_console_password_hash": SECRET}),
        "127.0.0.1",
        lambda: clock.now().timestamp(),
    )
    assert session == again.known(cookie)
    clock.pass_(12 * 3600)
    assert again.known(cookie) is None
    other = SecretStr(HASH.replace("c2Fs", "c2Ft"))
    changed = Access(
        town.settings.model_copy(update={"broadcast_console_password_hash": other}),
        "127.0.0.1",
        lambda: session.issued,
    )
    assert changed.known(cookie) is None
    for forged in ("", "a", "a.b.c.d", cookie[:-1] + "0", "9" + cookie, "é.é.é.é"):
        assert again.known(forged) is None


@pytest.mark.parametrize(
    "path", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]
)
async def test_a_login_leads_nowhere_else(town: Town, path: str) -> None:
    async with serving(town, password_hash=SECRET) as console:
        assert (303, "/shows", None) == await sign_in(console, path=path)


async def test_a_thousand_wrong_passwords_are_not_looked_at(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = HandClock()
    async with serving(town, password_hash=SECRET, clock=clock) as console:
        answers = [await sign_in(console, text=f"guess {n}") for n in range(1000)]
        statuses = [status for status, _, _ in answers]
        assert ([403] * 5, {429}) == (statuses[:5], set(statuses[5:]))
        assert "30" <= str(answers[-1][2]) <= "31"
        assert 429 == (await sign_in(console))[0]  # not even the right one
        clock.pass_(31)
        assert 403 == (await sign_in(console, text="one more"))[0]
        clock.pass_(31)
        assert 429 == (await sign_in(console))[0]  # the wait has doubled
        clock.pass_(31)
        assert 303 == (await sign_in(console))[0]


def test_many_addresses_together_wait_as_well() -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    looked = 0
    for number in range(20_000):
        if not attempts.wait(f"address {number}"):
            attempts.looked()
            attempts.wrong(f"address {number}")
            looked += 1
    assert 30 == looked
    now = 61.0
    assert 0 == attempts.wait("a new one")


async def test_away_from_this_machine_a_password_is_needed(town: Town) -> None:
    def access(host: str, **known: object) -> Access:
        changes = {f"broadcast_console_{name}": one for name, one in known.items()}
        return Access(town.settings.model_copy(update=changes), host, lambda: 0)

    with pytest.raises(ConfigError, match="BROADCAST_CONSOLE_PASSWORD_HASH: is needed"):
        access("0.0.0.0").demand()
    assert not access("192.0.2.1").possible
    assert access("localhost").possible
    assert access("::1").possible
    assert access("0.0.0.0", password_hash=SECRET).possible
    assert access("0.0.0.0", proxy="10.0.0.5").possible
    for wrong in (
        "1234",
        "scrypt:1:8:1:c2Fs:c2Fs",
        HASH.replace("16384", str(2**30)),
        HASH.replace("scrypt", "md5"),
    ):
        with pytest.raises(ConfigError, match="broadcast console --hash-password"):
            access("localhost", password_hash=SecretStr(wrong))
    with pytest.raises(ConfigError, match=r"'proxy.example' is not an address"):
        access("localhost", proxy="proxy.example")


async def test_a_named_proxy_says_who_somebody_is_and_nobody_else_does(town: Town) -> None:
    async with serving(town, host="0.0.0.0", proxy="127.0.0.1", user_header="X-User") as console:
        assert 403 == (await console.get("/shows"))[0]
        assert 200 == (await console.get("/shows", **{"X-User": "ben"}))[0]
        token = (await console.get("/shows/town/pause", **{"X-User": "ben"}))[1].partition('value="')[2][:64]
        async with console.session.post(
            f"{console.address}/shows/town/pause",
            data={"token": token},
            headers={"X-User": "ben"},
            allow_redirects=False,
        ) as answer:
            assert 303 == answer.status
        assert "ben" == (await console.station.audit.newest(limit=1))[0].who
        async with console.session.post(  # the session is ben's, the proxy says otherwise
            f"{console.address}/shows/town/resume", data={"token": token}, headers={"X-User": "eve"}
        ) as answer:
            assert 403 == answer.status
    async with serving(town, host="0.0.0.0", proxy="192.0.2.9", user_header="X-User") as console:
        assert 403 == (await console.get("/shows", **{"X-User": "ben"}))[0]


async def test_a_cookie_is_kept_from_scripts_and_behind_tls_from_the_open_net(town: Town) -> None:
    async with serving(town, host="0.0.0.0", proxy="127.0.0.1") as console:
        headers = {"X-Forwarded-User": "ben", "X-Forwarded-Proto": "https"}
        async with console.session.get(f"{console.address}/shows", headers=headers) as answer:
            assert "Secure" in answer.headers["Set-Cookie"]
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            assert "SameSite=Lax" in answer.headers["Set-Cookie"]


# --- the hash


def test_a_hash_is_made_and_recognised() -> None:
    made = password.hashed("correct horse")

    assert password.matches("correct horse", made)
    assert not password.matches("correct horse ", made)
    assert "correct" not in made
    assert made != password.hashed("correct horse")
    password.check(made)
    with pytest.raises(ConfigError, match="8 to 1024"):
        password.hashed("short")


def test_the_command_prints_a_hash(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("correct horse\n"))
    assert 0 == main(["console", "--hash-password", "--json"])
    made = json.loads(capsys.readouterr().out)["BROADCAST_CONSOLE_PASSWORD_HASH"]
    assert password.matches("correct horse", made)


def test_over_no_database_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROADCAST_DATA_DIR", str(tmp_path / "nothing"))
    assert 2 == main(["console"])
    assert "there is no journal: air a show first" in capsys.readouterr().err
    assert not (tmp_path / "nothing").exists()
    assert settings.load().broadcast_console_password_hash is None
