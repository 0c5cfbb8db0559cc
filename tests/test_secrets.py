"""One show on every channel at once, with every logger at DEBUG: no secret is anywhere that people or files see."""

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from airing import Town, described
from everywhere import Desk, gated

from broadcast.testing import (
    Anthropic,
    DiscordHook,
    FakeClock,
    HeyGen,
    Postiz,
    SignedHook,
    Slack,
    SlackHook,
    TeamsHook,
    Telegram,
    WordPress,
    resend,
    youtube,
)
from broadcast.testing.mail import MailServer
from broadcast.types import Report
from broadcast.webhooks import basic

SLOT = datetime(2026, 11, 23, 17, tzinfo=UTC)
SIGNING = "whsec_c2VjcmV0LW9mLXRoZS10b3duLWNyaWVy"
BUCKET = "secret-of-the-town-s-bucket"
LOGIN = ("news", "hunter2-of-the-post-office")
#: What a service says that answers with the very secret it was sent.
ECHO = "you sent {secret}"


class World:
    """All services that a show can be on, each with a secret of its own."""

    def __init__(self, folder: Path, within: ExitStack) -> None:
        enter = within.enter_context
        self.clock = FakeClock(SLOT + timedelta(seconds=5))
        self.heygen, self.claude = enter(HeyGen(clock=self.clock)), enter(Anthropic())
        self.telegram, self.slack = enter(Telegram(clock=self.clock)), enter(Slack(clock=self.clock))
        self.mail, self.resend = enter(MailServer(login=LOGIN)), enter(resend.Resend())
        self.youtube, self.postiz = enter(youtube.YouTube()), enter(Postiz())
        self.hooks = {
            "discord": enter(DiscordHook()),
            "teams": enter(TeamsHook()),
            "slack-webhook": enter(SlackHook()),
            "webhook": enter(SignedHook(SIGNING)),
        }
        self.desk, self.blog = enter(Desk()), enter(WordPress())
        self.gate, bucket, _ = gated(within, BUCKET)
        self.alarm = enter(SlackHook())
        telegram, slack = self.telegram, self.slack
        chat = telegram.group().id
        letters = {"from": "Town <news@example.com>", "to": ["ann@example.com"]}
        self.town = Town(folder)
        self.town.tree |= {
            "writer": {"use": "claude", "key": self.claude.key, "base": self.claude.url},
            "renderer": {"use": "heygen", "key": self.heygen.key, "base": self.heygen.url},
            "alerts": {"use": "slack-webhook", "url": self.alarm.url},
            "channels": {
                "telegram": {"use": "telegram", "token": telegram.token, "base": telegram.url, "chat": chat},
                "slack": {"use": "slack", "token": slack.token, "base": slack.base, "channel": "C1"},
                "email": {"use": "email", "url": self.mail.url(), **letters},
                "resend": {"use": "resend", "key": resend.KEY, "base": self.resend.url, **letters},
                "youtube": {"use": "youtube", **self.youtube.fields()},
                "postiz": {
                    "use": "postiz", "key": self.postiz.key, "base": self.postiz.base, "integrations": ["linkedin"],
                },
                "apprise": {"use": "apprise", "to": {"desk": self.desk.address}},
                "s3": bucket,
                "wordpress": {
                    "use": "wordpress", "site": self.blog.url, "user": self.blog.user,
                    "password": self.blog.password,
                    "article": self.blog.publish("Ferries", "<p>Twelve boats join.</p>"),
                },
                **{name: {"use": name, "url": hook.url} for name, hook in self.hooks.items()},
            },
        }  # fmt: skip
        self.town.tree["channels"]["webhook"]["secret"] = SIGNING

    @property
    def secrets(self) -> dict[str, str]:
        """What must be seen nowhere, by name."""
        found = {name: hook.secret for name, hook in {**self.hooks, "alerts": self.alarm}.items()}
        signed = {one.query["X-Amz-Signature"] for one in self.heygen.asked if "X-Amz-Signature" in one.query}
        assert signed, "nothing was fetched by a signed address"
        return {
            **found,
            **{f"signature {number}": one for number, one in enumerate(sorted(signed))},
            "heygen": self.heygen.key,
            "claude": self.claude.key,
            "telegram": self.telegram.token,
            "slack": self.slack.token,
            "smtp": LOGIN[1],
            "resend": resend.KEY,
            "youtube client": youtube.SECRET,
            "youtube refresh": youtube.REFRESH,
            "youtube access": youtube.ACCESS,
            "postiz": self.postiz.key,
            "signing": SIGNING,
            "apprise": self.desk.secret,
            "s3": BUCKET,
            "wordpress": self.blog.password,
            "wordpress's header": basic(self.blog.user, self.blog.password),
        }

    def break_all(self, how: str) -> None:
        """Let every channel fail: it refuses, and says back what it was sent; or it takes the post and hangs up."""
        if how == "refused":
            for hook in self.hooks.values():
                said = ECHO.format(secret=hook.secret)
                hook.fault("post", 403, times=None, body=f'{{"message": "{said}"}}'.encode())
            said = ECHO.format(secret=self.postiz.key)
            self.postiz.fault("posts", 403, times=None, body=f'{{"message": "{said}"}}'.encode())
            self.telegram.fault("sendVideo", "Forbidden: bot was kicked from the group chat", times=None)
            self.slack.fault("files.completeUploadExternal", "account_inactive", times=None)
            self.mail.fail("RCPT", f"550 5.7.1 {ECHO.format(secret=LOGIN[1])}")
            self.resend.fault("emails", 403, times=None)
            self.youtube.fault("begin", 403, times=None)
            self.desk.fault("post", 403, times=None)
            self.gate.fault("put", 403, times=None)
            for place in ("post", "upload"):
                self.blog.fault(place, 403, times=None)
        else:
            for hook in self.hooks.values():
                hook.fault("post", "drop", after_effect=True, times=None)
            self.postiz.fault("posts", "drop", after_effect=True, times=None)
            self.telegram.fault("sendVideo", "drop", after_effect=True, times=None)
            self.slack.fault("files.completeUploadExternal", "drop", after_effect=True, times=None)
            self.mail.fail(".", "drop-after")
            self.resend.fault("emails", "drop", after_effect=True, times=None)
            self.youtube.fault("upload", "drop", after_effect=True, times=None)
            self.desk.fault("post", "drop", after_effect=True, times=None)
            self.gate.fault("put", "drop", after_effect=True, times=None)
            self.blog.fault("upload", "drop", after_effect=True, times=None)
            self.blog.fault("post", "drop", after_effect=True, times=None)

    async def air(self) -> Report:
        """Call as a cron job would, until the video is there."""
        for _ in range(4):
            report = await self.town.air(SLOT, clock=self.clock)
            if report.editions and report.editions[0].receipts:
                break
            await self.clock.sleep(600)
        return report


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with ExitStack() as within:
        yield World(tmp_path, within)


#: Loggers of the doubles: what a server got is not what our client said.
THEIRS = ("mail.log", "asyncio")
#: Loggers that are quiet for good, by us or from the start: at DEBUG they show requests and rows as they are.
QUIET = ("httpx", "httpcore", "telegram", "sqlalchemy")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Apprise's hundred services
@pytest.mark.parametrize("how", ["sent", "refused", "unconfirmed"])
async def test_no_secret_is_seen_wherever_one_looks(
    world: World, caplog: pytest.LogCaptureFixture, how: str
) -> None:
    if how != "sent":
        world.break_all(how)
    with caplog.at_level(logging.DEBUG), ExitStack() as until:
        for name in list(logging.root.manager.loggerDict):
            if not name.startswith(QUIET):
                until.enter_context(caplog.at_level(logging.DEBUG, name))
        report = await world.air()
        again = await world.town.air(SLOT, clock=world.clock)

    [edition] = report.editions
    statuses = {one.channel: one.status for one in edition.receipts}
    other = {
        "sent": {},
        "refused": {"apprise": "unconfirmed"},  # it does not even say that it was refused
        "unconfirmed": {
            "webhook": "failed",
            "s3": "sent",
            "wordpress": "sent",
        },  # what is repeatable is never in doubt
    }[how]
    become = {"sent": "sent", "refused": "failed", "unconfirmed": "unconfirmed"}[how]
    assert dict.fromkeys(world.town.tree["channels"], become) | other == statuses, described(report)
    assert (how != "sent") == bool(world.alarm.shown)
    with closing(sqlite3.connect(world.town.folder / "data" / "broadcast.db")) as db:
        [(kept,)] = db.execute("select report from run").fetchall()
        deeds = db.execute("select kept from item").fetchall()
        journal = "\n".join(db.iterdump())
    logged = [one for one in caplog.records if one.name not in THEIRS]
    places = {
        "the log": "\n".join(logging.Formatter().format(one) for one in logged),
        "the report": described(report) + described(again),
        "the report that is kept": kept,
        "the notes of deeds": str(deeds),
        "the names of files": "\n".join(map(str, world.town.folder.rglob("*"))),
        "the alerts": str(world.alarm.shown),
    }
    secrets = world.secrets
    assert {"broadcast.journal.run", "slack_sdk.web.async_base_client"} & {one.name for one in logged}
    assert [] == [f"{name} in {where}" for name in secrets for where in places if secrets[name] in places[where]]
    # A render's signed address waits there for whoever fetches it; no credential does.
    credentials = [name for name in secrets if not name.startswith("signature")]
    assert [] == [name for name in credentials if secrets[name] in journal]
