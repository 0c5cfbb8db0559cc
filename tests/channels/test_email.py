"""A letter for each recipient, once or honestly unknown; and what every answer of a mail server means."""

import asyncio
import re
import ssl
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from mailing import LINK, a_channel, a_filmed, certified
from pydantic import ValidationError

from broadcast.channels.email import Email
from broadcast.delivery import climb
from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.mail import roll, smtp
from broadcast.mail.token import read
from broadcast.plugins import Retracts, Speaks, find
from broadcast.testing import Bench
from broadcast.testing.mail import MailServer
from broadcast.types import Destination, Post
from tests.posts import a_post, a_story, a_video

ANN = "ann@example.com"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server
    assert [] == server.problems


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "work")


@pytest.fixture
def post(tmp_path: Path) -> Post:
    return a_post(a_filmed(tmp_path / "archive"), heading="Daily update · Monday")


async def send(channel: Email, bench: Bench, post: Post, to: str = ANN) -> Destination:
    """Climb the ladder as a run does."""
    rungs: list[str] = []

    async def keep(name: str, value: str) -> None:
        rungs.append(value)

    async with bench.tools() as tools:
        tools = type(tools)(**{**vars(tools), "keep": keep})
        return await climb(channel, tools, post, to, item="deliver/main/email", missed=bench.notes)


def only(server: MailServer, to: str = ANN) -> EmailMessage:
    (message,) = server.inboxes[to]
    return message


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


# --- what a letter is


async def test_a_letter_leads_to_the_video_and_says_what_it_says(
    server: MailServer, bench: Bench, post: Post
) -> None:
    done = await send(a_channel(server), bench, post)

    message = only(server)
    assert ("sent", "link", message["Message-ID"]) == (done.status, done.rung, done.ref)
    assert "Daily update · Monday" == message["Subject"]
    assert ("Daily Signal <news@example.com>", ANN) == (message["From"], message["To"])
    assert ("auto-generated", "bulk") == (message["Auto-Submitted"], message["Precedence"])
    for kind in ("plain", "html"):
        for said in (LINK, "Twelve boats join. The fleet grows to 40.", "Harbour Post", "Made by a machine."):
            assert said in body(message, kind)
    assert re.search(rf'<a href="{LINK}"[^>]*><img src="cid:poster\.', body(message, "html"))
    picture = next(part for part in message.walk() if part.get_content_type() == "image/jpeg")
    assert len(picture.get_content()) < 200_000
    assert ["broadcast.mail.poster:drawn"] == bench.calls


async def test_the_picture_is_drawn_once_for_all_recipients(server: MailServer, bench: Bench, post: Post) -> None:
    channel = a_channel(server, ANN, "bob@example.com")

    await send(channel, bench, post)
    await send(channel, bench, post, "bob@example.com")

    assert 1 == len(bench.calls)
    assert only(server)["Message-ID"] != only(server, "bob@example.com")["Message-ID"]


async def test_the_same_letter_has_the_same_id_each_time(server: MailServer, bench: Bench, post: Post) -> None:
    first = await send(a_channel(server), bench, post)
    again = await send(a_channel(server), bench, post)
    other = await send(a_channel(server), bench, post.model_copy(update={"edition": "de"}))

    assert first.ref == again.ref
    assert first.ref != other.ref


async def test_without_a_lasting_address_the_letter_says_so_and_never_shows_the_fleeting_one(
    server: MailServer, bench: Bench, tmp_path: Path
) -> None:
    video = a_filmed(tmp_path / "archive").model_copy(
        update={"page": None, "fleeting": "https://resource.example/v.mp4?Signature=hush"}
    )
    done = await send(a_channel(server), bench, a_post(video))

    assert "sent" == done.status
    assert "no lasting address" in bench.notes[0]
    assert "has no public address" in body(only(server), "plain")
    assert "has no public address" in body(only(server), "html")
    assert b"hush" not in server.raw[ANN][0]
    assert b"cid:" in server.raw[ANN][0]


async def test_a_hostile_headline_stays_text(server: MailServer, bench: Bench, tmp_path: Path) -> None:
    story = a_story(title="<b>&\"'\r\nBcc: eve@example.com", url="javascript:alert(1)", publisher="<script>")
    post = a_post(a_filmed(tmp_path / "a"), story, heading="<b>&\"'\r\nBcc: eve@example.com")
    await send(a_channel(server), bench, post)

    message = only(server)
    assert "<b>&\"' Bcc: eve@example.com" == message["Subject"]
    assert message["Bcc"] is None
    html = body(message, "html")
    assert "<b>&" not in html
    assert "&lt;b&gt;&amp;" in html
    assert "javascript:" not in html
    assert "<script" not in html


async def test_a_very_long_caption_in_thai_arrives_whole_in_lines_that_mail_allows(
    server: MailServer, bench: Bench, post: Post
) -> None:
    thai = "ข่าวประจำวันจากทั่วโลก " * 220
    await send(a_channel(server), bench, post.model_copy(update={"heading": "", "caption": thai}))

    assert thai.strip() in body(only(server), "plain")


async def test_a_line_that_is_a_dot_ends_nothing(server: MailServer, bench: Bench, post: Post) -> None:
    words = "First\n.\n..second\n.hid\x07den"
    await send(a_channel(server), bench, post.model_copy(update={"heading": "", "caption": words}))

    assert words.replace("\x07", "") in body(only(server), "plain")


async def test_it_reads_from_right_to_left_where_the_language_does(
    server: MailServer, bench: Bench, post: Post
) -> None:
    await send(a_channel(server), bench, post.model_copy(update={"language": "he"}))

    assert '<html lang="he" dir="rtl">' in body(only(server), "html")
    assert "לצפייה בווידאו" in body(only(server), "plain")


async def test_a_small_video_is_attached_when_asked(server: MailServer, bench: Bench, post: Post) -> None:
    done = await send(a_channel(server, attach=True), bench, post)

    assert "file" == done.rung
    (video,) = list(only(server).iter_attachments())
    assert ("video/mp4", b"moving pictures") == (video.get_content_type(), video.get_content())


async def test_a_large_video_is_linked(server: MailServer, bench: Bench, tmp_path: Path) -> None:
    video = a_filmed(tmp_path / "a").model_copy(update={"bytes": 7_000_001})
    done = await send(a_channel(server, attach=True), bench, a_post(video))

    assert "link" == done.rung
    assert ("file: the video has 7.0 MB; at most 7 MB are attached",) == done.missed


async def test_a_server_that_takes_less_than_that_gets_a_link(bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "big.mp4"
    path.write_bytes(bytes(3_000_000))
    video = a_filmed(tmp_path / "a", path=path)
    with MailServer(size=1_000_000) as server:
        done = await send(a_channel(server, attach=True), bench, a_post(video))

    assert ("sent", "link") == (done.status, done.rung)
    assert re.search(r"file: the message has 4,\d+,\d+ bytes, 127.0.0.1:\d+ takes 1,000,000", done.missed[0])


@pytest.mark.parametrize("poster", [None, b"no picture at all"])
async def test_without_a_picture_the_letter_is_whole(
    server: MailServer, bench: Bench, tmp_path: Path, poster: bytes | None
) -> None:
    fields: dict[str, Any] = {"poster": None}
    if poster:
        fields["poster"] = tmp_path / "p.jpg"
        fields["poster"].write_bytes(poster)
    await send(a_channel(server), bench, a_post(a_video(tmp_path / "a", page=LINK, **fields)))

    assert "cid:" not in body(only(server), "html")
    assert LINK in body(only(server), "html")


async def test_a_list_can_be_left_with_one_click(server: MailServer, bench: Bench, post: Post) -> None:
    secret = "0123456789abcdef"
    channel = a_channel(
        server, unsubscribe="https://news.example.com/u/{token}", secret=secret, list_id="daily.news.example.com"
    )
    await send(channel, bench, post)

    message = only(server)
    assert "List-Unsubscribe=One-Click" == message["List-Unsubscribe-Post"]
    assert "<daily.news.example.com>" == message["List-Id"]
    found = re.fullmatch("<https://news.example.com/u/([A-Za-z0-9_-]+)>", message["List-Unsubscribe"])
    assert found
    assert ANN == read(secret, found[1], "<daily.news.example.com>")
    assert read("another secret 123", found[1], "<daily.news.example.com>") is None
    assert read(secret, found[1], "<other.example.com>") is None
    assert read(secret, found[1][:-2], "<daily.news.example.com>") is None
    assert f"https://news.example.com/u/{found[1]}" in body(message, "plain")


async def test_a_list_can_be_left_by_mail_without_one_click(server: MailServer, bench: Bench, post: Post) -> None:
    await send(a_channel(server, unsubscribe="mailto:leave@example.com"), bench, post)

    assert "<mailto:leave@example.com>" == only(server)["List-Unsubscribe"]
    assert only(server)["List-Unsubscribe-Post"] is None


async def test_addresses_beyond_ascii_reach_a_server_that_takes_them(
    server: MailServer, bench: Bench, post: Post
) -> None:
    channel = a_channel(server, "jörg@bücher.example", "ann@straße.example")
    async with bench.tools() as tools:
        found = await channel.destinations(tools)
    assert ["jörg@xn--bcher-kva.example", "ann@xn--strae-oqa.example"] == found

    await send(channel, bench, post, found[0])
    assert 1 == len(server.inboxes[found[0]])


async def test_addresses_beyond_ascii_are_refused_for_a_server_that_does_not(bench: Bench, post: Post) -> None:
    with MailServer(utf8=False) as server, pytest.raises(Rejected, match="SMTPUTF8"):
        await send(a_channel(server, "jörg@example.com"), bench, post, "jörg@example.com")


# --- what every answer means: nothing twice, nothing lost that was called sent

GREY = "451 4.7.1 greylisted, come back later"
BEFORE = [
    ("CONNECT", "421 4.3.2 too busy", Unavailable),
    ("CONNECT", "554 5.7.1 your network is blocked", Refused),
    ("CONNECT", "drop", Unavailable),
    ("CONNECT", "hang", Unavailable),
    ("EHLO", "421 4.3.2 closing", Unavailable),
    ("EHLO", "drop", Unavailable),
    ("EHLO", "hang", Unavailable),
    ("MAIL", "451 4.3.0 try later", Unavailable),
    ("MAIL", "421 4.3.2 too many connections", Unavailable),
    ("MAIL", "552 5.3.4 too large", Rejected),
    ("MAIL", "550 5.7.1 not your address", Refused),
    ("MAIL", "530 5.7.0 log in first", Refused),
    ("MAIL", "drop", Unavailable),
    ("MAIL", "hang", Unavailable),
    ("RCPT", GREY, Unavailable),
    ("RCPT", "452 4.5.3 too many recipients", Unavailable),
    ("RCPT", "421 4.7.0 rate limited", Unavailable),
    ("RCPT", "550 5.1.1 no such user", Rejected),
    ("RCPT", "550 unknown", Rejected),
    ("RCPT", "552 5.2.2 mailbox full", Rejected),
    ("RCPT", "554 5.7.1 relay access denied", Refused),
    ("RCPT", "drop", Unavailable),
    ("RCPT", "hang", Unavailable),
    ("DATA", "451 4.3.0 try later", Unavailable),
    ("DATA", "554 5.5.1 no valid recipients", Rejected),
    ("DATA", "drop", Unavailable),
    ("DATA", "hang", Unavailable),
    (".", "451 4.7.1 greylisted", Unavailable),
    (".", "421 4.3.0 going down", Unavailable),
    (".", "552 5.3.4 too large", Rejected),
    (".", "550 5.7.26 not authenticated", Rejected),
]
DOUBTFUL = [(".", "drop"), (".", "drop-after"), (".", "hang"), (".", "hang-after"), (".", "354 eh?")]


@pytest.mark.parametrize(("verb", "how", "kind"), BEFORE)
async def test_what_goes_wrong_before_the_message_is_taken_was_not_sent(
    server: MailServer,
    bench: Bench,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    how: str,
    kind: type[StageError],
) -> None:
    if how == "hang":
        monkeypatch.setattr(smtp, "CONNECT", 0.3)
        monkeypatch.setattr(smtp, "REPLY", 0.3)
    server.fail(verb, how)
    with pytest.raises(StageError) as caught:
        await send(a_channel(server), bench, post)

    assert kind is type(caught.value)
    assert 0 == server.seen

    server.mend()
    monkeypatch.undo()
    if "5.1.1" not in how and "unknown" not in how:  # a mailbox that does not exist is remembered
        assert "sent" == (await send(a_channel(server), bench, post)).status
        assert 1 == server.seen


@pytest.mark.parametrize(("verb", "how"), DOUBTFUL)
async def test_what_goes_wrong_behind_the_final_dot_is_held_for_a_person(
    server: MailServer, bench: Bench, post: Post, monkeypatch: pytest.MonkeyPatch, verb: str, how: str
) -> None:
    if how.startswith("hang"):
        monkeypatch.setattr(smtp, "VERDICT", 1.0)
    server.fail(verb, how)
    with pytest.raises(Unconfirmed, match="did not say what became of it"):
        await send(a_channel(server, attach=True), bench, post)

    assert (1 if how.endswith("after") else 0) == server.seen
    assert 1 == server.verbs.count("DATA")  # neither repeated nor sent another way


async def test_a_message_that_did_not_leave_in_full_was_not_sent(
    server: MailServer, bench: Bench, tmp_path: Path
) -> None:
    path = tmp_path / "big.mp4"
    path.write_bytes(bytes(6_900_000))  # more than the buffers of the two sockets hold
    server.fail("content", "drop", times=1)
    done = await send(a_channel(server, attach=True), bench, a_post(a_filmed(tmp_path / "a", path=path)))

    assert ("sent", "file", 2, 1) == (done.status, done.rung, server.connections, server.seen)


async def test_a_hiccup_is_tried_again_and_nobody_notices(server: MailServer, bench: Bench, post: Post) -> None:
    server.fail("MAIL", "421 4.3.2 too many connections", times=2)

    assert "sent" == (await send(a_channel(server), bench, post)).status
    assert (1, 3) == (server.seen, server.connections)


async def test_a_greylisted_letter_is_left_for_later(server: MailServer, bench: Bench, post: Post) -> None:
    server.fail("RCPT", GREY)
    with pytest.raises(Unavailable, match="greylisted") as caught:
        await send(a_channel(server), bench, post)

    assert 300 == caught.value.retry_after
    assert 1 == server.connections


async def test_an_attachment_that_is_refused_is_followed_by_a_link(
    server: MailServer, bench: Bench, post: Post
) -> None:
    server.fail(".", "552 5.7.0 no videos please", times=1)
    done = await send(a_channel(server, attach=True), bench, post)

    assert ("sent", "link", 1) == (done.status, done.rung, server.seen)


async def test_no_goodbye_changes_nothing(server: MailServer, bench: Bench, post: Post) -> None:
    server.fail(".", "250 2.0.0 taken", times=1)  # answered, and the connection is of no use from here on
    assert "sent" == (await send(a_channel(server), bench, post)).status


# --- secrets and encryption


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssl.SSLContext]:
    pem, context = certified(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    smtp._certificates.cache_clear()
    yield context
    smtp._certificates.cache_clear()


async def look(channel: Email, bench: Bench) -> None:
    async with bench.tools() as tools:
        await channel.preflight(tools)


@pytest.mark.parametrize("smtps", [False, True])
async def test_mail_goes_over_an_encrypted_connection_with_a_login(
    bench: Bench, post: Post, certificate: ssl.SSLContext, smtps: bool
) -> None:
    with MailServer(login=("news", "hunter2/&@"), tls=certificate, smtps=smtps) as server:
        channel = a_channel(server, url=server.url("" if smtps else "?starttls=require"))
        await look(channel, bench)
        await send(channel, bench, post)

    assert 1 == server.seen
    assert [] == server.problems


async def test_a_certificate_that_nobody_vouches_for_is_refused(bench: Bench, tmp_path: Path) -> None:
    _, context = certified(tmp_path)
    with MailServer(login=("news", "hunter2"), tls=context) as server:
        with pytest.raises(Refused, match="certificate that is not good"):
            await look(a_channel(server, url=server.url("?starttls=require")), bench)
        assert "AUTH" not in server.verbs


async def test_a_server_that_withdraws_starttls_gets_nothing(
    bench: Bench, post: Post, certificate: ssl.SSLContext
) -> None:
    with MailServer(login=("news", "hunter2"), tls=certificate) as server:
        server.fail("STARTTLS", "withdraw")
        channel = a_channel(server, url=server.url("?starttls=require"))
        with pytest.raises(Refused, match="offers no STARTTLS, or somebody on the way took it out"):
            await look(channel, bench)
        with pytest.raises(Refused, match="nothing is sent in clear"):
            await send(channel, bench, post)
        assert ["EHLO", "EHLO"] == server.verbs


async def test_a_server_that_speaks_no_tls_is_said_so(server: MailServer, bench: Bench) -> None:
    channel = a_channel(server, url=server.url().replace("smtp://", "smtps://"))
    with pytest.raises(Unavailable, match="no secure connection; smtps:// is for port 465"):
        await look(channel, bench)


@pytest.mark.parametrize(
    ("peer", "url", "refused"),
    [
        ("127.0.0.1", "smtp://h", ""),
        ("127.0.0.1", "smtp://u:p@h", ""),
        ("::1", "smtp://u:p@h", ""),
        ("10.1.2.3", "smtp://h", ""),
        ("10.1.2.3", "smtp://u:p@h", "offers no STARTTLS"),
        ("10.1.2.3", "smtp://u:p@h?starttls=off", "would get the password unencrypted"),
        ("10.1.2.3", "smtp://h?starttls=require", "offers no STARTTLS"),
        ("9.9.9.9", "smtp://h", "offers no STARTTLS"),
        ("9.9.9.9", "smtp://h?starttls=off", "would get mail unencrypted"),
        ("2620:fe::fe", "smtp://h", "offers no STARTTLS"),
        ("9.9.9.9", "smtps://u:p@h", ""),
    ],
)
async def test_what_must_be_encrypted_is_not_sent_in_clear(peer: str, url: str, refused: str) -> None:
    from aiosmtplib import SMTP

    from broadcast.mail.server import server as parsed

    deed = smtp._secure(parsed(url), SMTP(), peer)
    if refused:
        with pytest.raises(Refused, match=refused):
            await deed
    else:
        await deed


@pytest.mark.parametrize("how", ["", "535 5.7.8 wrong: hunter2", "534 5.7.9 use an app password"])
async def test_a_wrong_password_is_refused_and_never_shown(bench: Bench, how: str) -> None:
    with MailServer(login=("news", "right")) as server:
        if how:
            server.fail("AUTH", how)
        with pytest.raises(Refused, match=r"refuses the login: 53.*check the user name and the password") as caught:
            await look(a_channel(server, url=server.url("", "news", "hunter2")), bench)

    assert "hunter2" not in str(caught.value)


async def test_a_login_that_the_server_does_not_take_is_refused(server: MailServer, bench: Bench) -> None:
    server.fail("EHLO", "250 mx.example.test")
    with pytest.raises(Refused, match="takes no login: take user and password out"):
        await look(a_channel(server, url=server.url("", "news", "hunter2")), bench)


async def test_logs_at_debug_hold_no_password(bench: Bench, post: Post, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with MailServer(login=("news", "hunter2-secret")) as server:
        await send(a_channel(server), bench, post)
    ours = [one.getMessage() for one in caplog.records if not one.name.startswith("mail.")]
    assert not [line for line in ours if "hunter2-secret" in line]


async def test_nobody_there_is_said_so(bench: Bench) -> None:
    with MailServer() as server:
        channel = a_channel(server)
    with pytest.raises(Unavailable, match="refuses connections: check `url`"):
        await look(channel, bench)


# --- members, and those who get nothing more


async def test_members_come_from_the_show_a_file_and_a_command_each_once(
    server: MailServer, bench: Bench, tmp_path: Path
) -> None:
    (tmp_path / "members.txt").write_text(
        "# our readers\nBob <bob@example.com>  # since May\n\nANN@example.com\nnot an address\neve@example.com\r\n"
    )
    program = "print('dan@example.com'); print('BOB@example.com')"
    channel = a_channel(server, list=str(tmp_path / "members.txt"), command=[sys.executable, "-c", program])
    async with bench.tools() as tools:
        found = await channel.destinations(tools)

    assert [ANN, "bob@example.com", "eve@example.com", "dan@example.com"] == found
    assert [f"{tmp_path}/members.txt: no address in line 5: left out"] == bench.notes


@pytest.mark.parametrize(
    ("program", "kind", "said"),
    [
        ("import sys; sys.exit(3)", Unavailable, "ended with 3; run it by hand"),
        ("import time; time.sleep(60)", Unavailable, "was not done within 0.5 s"),
        ("import sys; sys.stdout.write('x' * 3000)", Rejected, "prints more than"),
        ("import sys; sys.stdout.buffer.write(b'\\xff')", Rejected, "prints no UTF-8 text"),
    ],
)
async def test_a_command_that_does_not_work_out_is_said_so(
    server: MailServer,
    bench: Bench,
    monkeypatch: pytest.MonkeyPatch,
    program: str,
    kind: type[Exception],
    said: str,
) -> None:
    monkeypatch.setattr(roll, "LIST", 2000)
    if "sleep" in program:
        monkeypatch.setattr(roll, "COMMAND_SECONDS", 0.5)
    with pytest.raises(kind, match=said):
        await look(a_channel(server, command=[sys.executable, "-c", program]), bench)


async def test_no_shell_reads_a_command(server: MailServer, bench: Bench, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="No such file or directory"):
        await look(a_channel(server, command=[f"touch {tmp_path}/owned; true"]), bench)
    assert not (tmp_path / "owned").exists()


async def test_a_list_that_cannot_be_read_is_refused_before_anything_is_paid(
    server: MailServer, bench: Bench, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=r"the list .*none.txt: No such file or directory"):
        await look(a_channel(server, list=str(tmp_path / "none.txt")), bench)


@pytest.mark.parametrize("filed", [True, False])
async def test_a_mailbox_that_does_not_exist_is_written_to_once(
    server: MailServer, bench: Bench, post: Post, tmp_path: Path, filed: bool
) -> None:
    fields = {"suppress": tmp_path / "lists" / "gone.txt"} if filed else {}
    channel = a_channel(server, ANN, "gone@example.com", **fields)
    server.fail("RCPT", "550 5.1.1 no such user", of="gone@example.com")
    with pytest.raises(Rejected, match=r"550 5.1.1 no such user; gone@example.com gets nothing more"):
        await send(channel, bench, post, "gone@example.com")

    with pytest.raises(Rejected, match="is suppressed"):
        await send(channel, bench, post, "gone@example.com")
    async with bench.tools() as tools:
        assert [ANN] == await channel.destinations(tools)
    assert 1 == server.verbs.count("RCPT")
    assert "1 suppressed: unsubscribed, or the mailbox does not exist" == bench.notes[-1]
    if filed:
        assert (tmp_path / "lists" / "gone.txt").read_text().startswith("gone@example.com  # 2026-11-23 127.0.0.1")


async def test_who_unsubscribed_while_letters_go_out_gets_none(
    server: MailServer, bench: Bench, post: Post, tmp_path: Path
) -> None:
    gone = tmp_path / "gone.txt"
    channel = a_channel(server, suppress=gone)
    await look(channel, bench)
    gone.write_text("Ann@Example.com")
    with pytest.raises(Rejected, match="is suppressed"):
        await send(channel, bench, post)
    assert 0 == server.seen


async def test_many_bounces_at_once_are_all_written_down(server: MailServer, bench: Bench, tmp_path: Path) -> None:
    gone = tmp_path / "gone.txt"
    gone.write_text("old@example.com")  # without an end of line
    channel = a_channel(server, suppress=gone)
    many = [f"member-{number}@example.com" for number in range(50)]
    async with bench.tools() as tools:
        await asyncio.gather(*(channel.remember(tools, one, "550 5.1.1 no\r\nsuch user") for one in many))

    assert {"old@example.com", *many} == set(await roll.suppressed(gone))


# --- messages, corrections


async def test_a_plain_message_arrives(server: MailServer, bench: Bench) -> None:
    channel = a_channel(server)
    assert isinstance(channel, Speaks)
    async with bench.tools() as tools:
        sent = await channel.say(tools, ANN, "The show failed\nTelegram: wrong token")

    assert ("The show failed", sent.ref) == (only(server)["Subject"], only(server)["Message-ID"])
    assert "Telegram: wrong token" in body(only(server), "plain")


async def test_a_correction_follows_the_letter_it_corrects(server: MailServer, bench: Bench, post: Post) -> None:
    channel = a_channel(server)
    assert isinstance(channel, Retracts)
    first = await send(channel, bench, post)
    async with bench.tools() as tools:
        done = await channel.retract(tools, ANN, first, "It is 14 boats, not 12.")

    _, correction = server.inboxes[ANN]
    assert ("followed up", correction["Message-ID"]) == (done.rung, done.ref)
    assert (first.ref, first.ref) == (correction["In-Reply-To"], correction["References"])
    assert "It is 14 boats, not 12." in body(correction, "plain")


# --- bad input


@pytest.mark.parametrize(
    ("fields", "where", "said"),
    [
        ({"to": ["ann@example.com\r\nBcc: eve@example.com"]}, "to", "line break"),
        ({"from": "News <news@example.com>\nBcc: eve@example.com"}, "from", "line break"),
        ({"reply_to": "a b@example.com"}, "reply_to", "is not an e-mail address"),
        ({"to": ["ann"]}, "to", "is not an e-mail address"),
        ({"to": ["ann@-example.com"]}, "to", "a domain that cannot exist"),
        ({"to": ["ann@exa\u202emple.com"]}, "to", "is not an e-mail address"),
        ({"to": ["a@example.com, b@example.com"]}, "to", "is not an e-mail address"),
        ({"to": ["x" * 65 + "@example.com"]}, "to", "is not an e-mail address"),
        ({"to": []}, "", "nobody to write to"),
        ({"unsubscribe": "http://example.com/{token}"}, "unsubscribe", "must be https"),
        ({"unsubscribe": "https://example.com/"}, "unsubscribe", "must be https"),
        ({"unsubscribe": "https://example.com/{name}"}, "unsubscribe", "is no address"),
        ({"unsubscribe": "https://example.com/{token}"}, "", "needs a `secret`"),
        ({"list_id": "My list"}, "list_id", "is no name of a list"),
        ({"url": "https://example.com"}, "url", "is not the address of a mail server"),
        ({"url": "smtp://user@example.com"}, "url", "without the other"),
        ({"url": "smtp://example.com:99999"}, "url", "no host or port"),
        ({"url": "smtp://example.com?tls=yes"}, "url", "unknown option 'tls'"),
        ({"url": "smtp://u:hunter2#x@example.com"}, "url", "as %XX"),
        ({"url": "smtps://example.com?starttls=off"}, "url", "leave starttls out"),
    ],
)
def test_bad_settings_name_the_key_and_what_to_do(
    server: MailServer, fields: dict[str, Any], where: str, said: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        a_channel(server, **{"to": [ANN], **fields})

    (error,) = caught.value.errors(include_url=False, include_input=False, include_context=False)
    assert where == (error["loc"][0] if error["loc"] else "")
    assert said in error["msg"]
    assert "hunter2" not in error["msg"]


def test_it_is_found_by_its_name() -> None:
    assert find("channels", "email") is Email
