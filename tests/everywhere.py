"""Every channel on every rung of its ladder, each before a double of its own, and what goes wrong there."""

import asyncio
import json
import secrets
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import boto3
import httpx
import pytest
from airing import Town, described
from moto.server import ThreadedMotoServer
from nursery import Child
from patience import held_until
from slacks import NO_FILES
from telegrams import SLOT, USELESS, WRONG, Site, told

from broadcast.testing import (
    DiscordHook,
    FakeClock,
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
from broadcast.testing.hooks import Hook
from broadcast.testing.mail import MailServer
from broadcast.testing.troubles import Faulty
from broadcast.testing.wire import Reply, Request
from broadcast.types import Destination

HERE = Path(__file__).parent
#: What goes wrong; `-after`: when the deed was done. `killed`: by SIGKILL, between intention and outcome.
DEFINITE = ("refused", "429", "early-413", "oversize")
DOUBTFUL = ("drop", "drop-after", "hang", "hang-after", "5xx", "5xx-after")
KILLED = ("killed", "killed-after")
EVERYTHING = (*DEFINITE, *DOUBTFUL, *KILLED)
LARGE = 6_000_000  #: bytes: more than the buffers between two sockets hold
IMPATIENT = {
    "broadcast.webhooks.SECONDS": 5.0, "broadcast.channels.discord.SECONDS": 5.0,
    "broadcast.channels.webhook.SECONDS": 5.0, "broadcast.channels.postiz.SECONDS": 5.0,
    "broadcast.channels.resend.SECONDS": 5.0, "broadcast.channels.apprise.SECONDS": 5.0,
    "broadcast.channels.youtube.UPLOAD": 5.0, "broadcast.channels.wordpress.UPLOAD_SECONDS": 5.0,
    "broadcast.slack.client.SECONDS": 5.0,
    "broadcast.slack.files.SECONDS": 5.0, "broadcast.mail.smtp.VERDICT": 5.0, "broadcast.buckets.READ": 5.0,
}  # fmt: skip


@dataclass
class Stand:
    """One channel on one rung."""

    channel: str
    rung: str
    fields: Mapping[str, Any]  #: as the show file says them
    seen: Callable[[], int]  #: how often people see the post, or how often it lies there
    strike: Callable[[str], Callable[[], bool] | None]  #: returns whether it struck; None: cannot happen here
    calm: Callable[[], None]
    to: str = ""  #: the destination, where there are several
    repeatable: bool = False  #: done twice it harms nobody
    tells: bool = False  #: the service says what became of a post
    mute: bool = False  #: the service does not even say that it refused
    double: Any = None  #: what stands for the service

    @property
    def name(self) -> str:
        return f"{self.channel}-{self.rung}"

    def doubtful(self, how: str) -> bool:
        """Say whether *how* leaves open what became of a post. A mail server that answers 5xx has refused it."""
        return how not in DEFINITE and not (self.channel == "email" and how == "5xx")

    def ends(self, how: str) -> str:
        """Return what must have become of the post when it was called for once more."""
        if not self.doubtful(how):
            return "unconfirmed" if self.mute else "sent"
        known = self.repeatable or self.tells or (self.channel == "postiz" and how.endswith("-after"))
        return "sent" if known else "unconfirmed"


# --- the stands


def faulty(
    channel: str,
    rung: str,
    double: Any,
    where: str,
    fields: Mapping[str, Any],
    seen: Callable[[], int],
    *,
    upload: str = "",
    refusal: str | int = 400,
    early: int = 0,
    **more: Any,
) -> Stand:
    """Return the stand of a *double* with places. *upload* is that of a file; *early* requests are spared there."""
    armed: list[Any] = []

    def strike(how: str) -> Callable[[], bool] | None:
        said = {"refused": refusal, "429": 429, "5xx": 502, "oversize": 413, "killed": "hang"}
        what = how.removesuffix("-after")
        if how == "early-413" and not upload:
            return None  # what is small has left in full before anybody answers
        if how == "early-413":
            trouble = double.fault(upload, "early" if channel == "telegram" else how, skip=early)
        else:
            trouble = double.fault(where, said.get(what, what), after_effect=how.endswith("-after"))
        armed.append(trouble)
        return lambda: bool(trouble.struck)

    def calm() -> None:
        for one in armed:
            one.times = 0

    return Stand(channel, rung, fields, seen, strike, calm, double=double, **more)


def mailed(rung: str, server: MailServer) -> Stand:
    answers = {
        "refused": ("RCPT", "554 5.7.1 relay access denied"), "429": ("RCPT", "451 4.7.1 greylisted"),
        "early-413": ("MAIL", "552 5.3.4 too large"), "oversize": (".", "552 5.3.4 too large"),
        "5xx": (".", "554 5.3.0 failed"),
    }  # fmt: skip

    def strike(how: str) -> Callable[[], bool] | None:
        if how == "5xx-after":
            return None  # whoever says 5xx has not taken it
        fault = server.fail(*answers.get(how, (".", how.replace("killed", "hang"))), times=1)
        return lambda: fault.times == 0

    fields = {"use": "email", "url": server.url(), "from": "n@example.com", "to": ["ann@example.com"]}
    attach = {"attach": rung == "file"}
    return Stand("email", rung, {**fields, **attach}, lambda: server.seen, strike, server.mend, double=server)


def local(channel: str, rung: str, fields: Mapping[str, Any], hold: Path, taken: Path, seen: Any) -> Stand:
    """Return the stand of a channel of files; *taken* is where somebody else's would be in its way."""
    hold.mkdir()

    def strike(how: str) -> Callable[[], bool] | None:
        if how == "refused":
            taken.parent.mkdir(parents=True, exist_ok=True)
            taken.write_text("<html>somebody else's</html>")
            return lambda: True
        if how not in KILLED:
            return None  # there is no wire
        (hold / how).touch()
        return (hold / "held").exists

    def calm() -> None:
        for one in hold.iterdir():
            one.unlink()
        if taken.exists() and "somebody" in taken.read_text():
            taken.unlink()

    return Stand(channel, rung, {**fields, "hold": str(hold)}, seen, strike, calm, repeatable=True)


class Gate(Faulty):
    """Stands before a real S3 server. `put` is the upload of an object."""

    places = ("read", "put")

    def __init__(self, behind: str) -> None:
        super().__init__()
        self.behind = behind

    def where(self, request: Request) -> str:
        return "put" if request.method in ("PUT", "POST") else "read"

    def take(self, request: Request) -> Reply:
        kept = {key: value for key, value in request.headers.items() if key not in ("host", "expect", "connection")}
        answer = httpx.request(
            request.method, self.behind + request.target, headers=kept, content=request.read(), timeout=20
        )
        gone = ("content-length", "transfer-encoding", "connection", "content-encoding")
        headers = {key: value for key, value in answer.headers.items() if key.lower() not in gone}
        return Reply(answer.status_code, headers, answer.content)


class Desk(Hook):
    """Takes what Apprise's own JSON format sends."""

    @property
    def address(self) -> str:
        """What Apprise calls it by."""
        return f"json://127.0.0.1:{self.port}/hooks/{self.secret}"

    def heard(self, request: Request) -> Reply:
        self.shown.append(json.loads(request.read()))
        return Reply(200)


@contextmanager
def stands(folder: Path, clock: FakeClock | None) -> Iterator[tuple[Town, list[Stand]]]:
    """Give a town that posts on every channel and rung, and the stands. Without a *clock* time is what it is."""
    with ExitStack() as within:
        town, found = Town(folder), list[Stand]()
        site = within.enter_context(Site(folder / "site"))
        town.tree["publish"] = {"use": "folder", "path": str(site.folder), "url": site.url}
        found += telegrams(within, clock)
        found += slacks(within, clock)
        found += hooks(within)
        found += mails(within)
        found += others(within)
        found += articles(within)
        found += files(within, folder)
        town.tree["channels"] = {one.name: dict(one.fields) for one in found}
        yield town, found


def telegrams(within: ExitStack, clock: FakeClock | None) -> Iterator[Stand]:
    for rung in ("url", "file", "file_id", "link"):
        double = within.enter_context(Telegram(clock=clock))
        chats = [double.group().id for _ in range(2 if rung == "file_id" else 1)]
        if rung == "file":
            double.fault("sendVideo", USELESS)
        if rung == "link":
            double.fault("sendVideo", WRONG, times=None)
        known = {"use": "telegram", "token": double.token, "base": double.url, "chat": chats, "seconds": 5}
        where = "sendMessage" if rung == "link" else "sendVideo"
        upload = {"upload": where, "early": 1} if rung == "file" else {}
        skipped = _Later(double, chats[-1])
        seen = lambda double=double, chat=chats[-1]: len(double.seen(chat))  # noqa: E731
        refusal = "Bad Request: not this"
        one = faulty("telegram", rung, skipped, where, known, seen, refusal=refusal, **upload)  # type: ignore[arg-type]
        one.to = str(chats[-1]) if rung == "file_id" else ""
        yield one


@dataclass
class _Later:
    """A Telegram where only the last chat is in trouble."""

    telegram: Telegram
    chat: int

    def fault(self, where: str, what: str | int, **how: Any) -> Any:
        return self.telegram.fault(where, what, chat=self.chat, **how)


def slacks(within: ExitStack, clock: FakeClock | None) -> Iterator[Stand]:
    for rung, where in (("file", "files.completeUploadExternal"), ("link", "chat.postMessage")):
        scopes: dict[str, Any] = {"scopes": NO_FILES} if rung == "link" else {}
        double = within.enter_context(Slack(**({"clock": clock} if clock else {}), **scopes))
        known = {"use": "slack", "token": double.token, "base": double.base, "channel": "C1"}
        seen = lambda double=double: len(double.shown("C1"))  # noqa: E731
        upload = "upload" if rung == "file" else ""
        yield faulty("slack", rung, double, where, known, seen, upload=upload, refusal="no_permission", tells=True)


def hooks(within: ExitStack) -> Iterator[Stand]:
    kinds = [
        ("slack-webhook", "link", SlackHook(), {}),
        ("discord", "file", DiscordHook(), {}),
        ("discord", "link", DiscordHook(), {"limit": 1}),
        ("teams", "link", TeamsHook(), {}),
        ("webhook", "link", SignedHook(), {}),
    ]
    for channel, rung, hook, more in kinds:
        within.enter_context(hook)
        fields = {"use": channel, "url": hook.url, **more}
        seen = lambda hook=hook: len(hook.shown)  # noqa: E731
        upload = "post" if rung == "file" else ""
        yield faulty(channel, rung, hook, "post", fields, seen, upload=upload, repeatable=channel == "webhook")
    desk = within.enter_context(Desk())
    named = {"use": "apprise", "to": {"desk": desk.address}}
    yield faulty("apprise", "link", desk, "post", named, lambda: len(desk.shown), mute=True)


def mails(within: ExitStack) -> Iterator[Stand]:
    for rung in ("file", "link"):
        yield mailed(rung, within.enter_context(MailServer()))
        double = within.enter_context(resend.Resend())
        letters = {"from": "n@example.com", "to": ["ann@example.com"], "attach": rung == "file"}
        fields = {"use": "resend", "key": resend.KEY, "base": double.url, **letters}
        seen = lambda double=double: double.seen  # noqa: E731
        upload = "emails" if rung == "file" else ""
        yield faulty("resend", rung, double, "emails", fields, seen, upload=upload, refusal=422, tells=True)


def others(within: ExitStack) -> Iterator[Stand]:
    tube = within.enter_context(youtube.YouTube())
    seen = lambda: len(tube.videos)  # noqa: E731
    fields: dict[str, Any] = {"use": "youtube", **tube.fields()}
    yield faulty("youtube", "file", tube, "upload", fields, seen, upload="upload", tells=True)
    for rung in ("file", "link"):
        social = within.enter_context(Postiz())
        if rung == "link":
            social.fault("upload", 400, times=None)
        fields = {"use": "postiz", "key": social.key, "base": social.base, "integrations": ["linkedin"]}
        seen = lambda social=social: len(social.shown)  # type: ignore[misc]  # noqa: E731
        yield faulty("postiz", rung, social, "posts", fields, seen, upload="upload" if rung == "file" else "")


def articles(within: ExitStack) -> Iterator[Stand]:
    for rung, where in (("url", "post"), ("file", "upload"), ("link", "post")):
        site = within.enter_context(WordPress())
        id = site.publish("Ferries", "<p>Twelve boats join.</p>")
        if rung != "url":
            site.fault("post", 400)
        if rung == "link":
            site.fault("upload", 400, times=None)
        login = {"site": site.url, "user": site.user, "password": site.password}
        fields = {"use": "wordpress", "article": id, **login}
        seen = lambda site=site, id=id: site.articles[id]["content"].count("<!-- broadcast:main -->")  # noqa: E731
        upload = "upload" if rung == "file" else ""
        yield faulty("wordpress", rung, site, where, fields, seen, upload=upload, repeatable=True)


def gated(within: ExitStack, secret: str = "secret-of-the-bucket") -> tuple[Gate, dict[str, Any], Any]:
    """Open a bucket behind a gate; return them, and what a show file says of it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    within.callback(server.stop)
    behind = "http://{}:{}".format(*server.get_host_and_port())
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": secret, "region_name": "us-east-1"}
    bucket = boto3.resource("s3", endpoint_url=behind, **keys).create_bucket(Bucket=f"town-{secrets.token_hex(4)}")
    within.callback(bucket.meta.client.close)
    gate = within.enter_context(Gate(behind))
    where = {"bucket": bucket.name, "endpoint": f"http://127.0.0.1:{gate.port}", "region": "us-east-1"}
    return gate, {"use": "s3", **where, "key_id": "a", "secret": secret}, bucket


def files(within: ExitStack, folder: Path) -> Iterator[Stand]:
    gate, s3, bucket = gated(within)
    lying = lambda: len(list(bucket.objects.all()))  # noqa: E731
    one = faulty("s3", "file", gate, "put", s3, lying, upload="put", refusal=403, repeatable=True)
    one.double = bucket
    yield one
    feed, out = folder / "feed.xml", folder / "out"
    web = {key: f"https://news.example.com/{key}" for key in ("url", "site", "image")}
    about = {"title": "Town", "description": "The news.", "author": "Town", "path": str(feed), **web}

    def episodes() -> int:
        ours = feed.exists() and "<rss" in feed.read_text()
        return len(xml.parse(feed).findall("channel/item")) if ours else 0

    yield local("podcast", "link", {"use": "held:HeldPodcast", **about}, folder / "hold-1", feed, episodes)
    filed, index = {"use": "held:HeldFolder", "path": str(out)}, out / "index.html"
    yield local("folder", "file", filed, folder / "hold-2", index, lambda: len(list(out.rglob("*.mp4"))))


# --- what becomes of them


@dataclass(frozen=True)
class Cell:
    """One channel on one rung in one trouble: what became of its post, and how many people saw it, in each call."""

    stand: Stand
    how: str
    became: tuple[str, ...]
    seen: tuple[int, ...]

    @property
    def wrong(self) -> str:
        """Return what must not be, in words; nothing where all is well."""
        doubt = self.stand.doubtful(self.how)
        for became, seen in zip(self.became, self.seen, strict=True):
            if seen > 1:
                return "seen twice"
            if became == "sent" and seen != 1:
                return "called sent, and nobody sees it"
            if became == "failed" and seen and not self.stand.repeatable:
                return "called failed, and people see it"
            if became == "unconfirmed" and not doubt and not self.stand.mute:
                return "held, though the service said no"
            if became not in ("sent", "failed", "unconfirmed"):
                return f"called {became}"
        if self.became[0] == "failed" and doubt and not self.stand.repeatable:
            return "called failed, and nobody can know"
        if self.became[-1] != self.stand.ends(self.how):
            return f"ends {self.became[-1]}, and not {self.stand.ends(self.how)}"
        return ""

    def __str__(self) -> str:
        found = " ".join(f"{became}/{seen}" for became, seen in zip(self.became, self.seen, strict=True))
        return f"{self.stand.name}, {self.how}: {found} {self.wrong}".strip()


def ends(receipts: Mapping[str, Destination], stand: Stand) -> str:
    return next(
        one.status for name, one in receipts.items()
        if name.split(" ", 1)[0] == stand.name and name.endswith(stand.to)
    )  # fmt: skip


async def suffer(folder: Path, how: str) -> list[Cell]:
    """Have *how* go wrong everywhere at once, and call for the run twice more when all is well again."""
    clock = FakeClock(SLOT)
    with stands(folder, clock) as (town, all_), pytest.MonkeyPatch.context() as patch:
        if how == "early-413":
            town.tree["renderer"] = {**town.of("Large", padding=LARGE), "use": "telegrams:Large"}
        if how.startswith("hang"):
            for name, seconds in IMPATIENT.items():
                patch.setattr(name, seconds)
        struck = {one.name: there for one in all_ if (there := one.strike(how))}
        tried = [one for one in all_ if one.name in struck]
        report = await town.air(SLOT, clock=clock)
        became, seen = [told(report)], [[one.seen() for one in tried]]
        missed = [name for name, there in struck.items() if not there()]
        assert not missed, f"{how} never came to pass at {missed}: {described(report)}"
        for one in all_:
            one.calm()
        patch.undo()
        for _ in range(2):
            clock.forward(3600)
            became.append(told(await town.air(SLOT, clock=clock)))
            seen.append([one.seen() for one in tried])
        return cells(tried, how, became, seen)


def killed(folder: Path, how: str) -> list[Cell]:
    """Kill a run when every post of it is on the wire, and call for it twice."""
    with stands(folder, None) as (town, all_):
        town.file()
        struck = {one.name: there for one in all_ if (there := one.strike(how))}
        with start(town) as process:

            def missed() -> list[str]:
                assert process.poll() is None, process.communicate()
                return [name for name, there in struck.items() if not there()]

            held_until(lambda: not missed(), lambda: f"{missed()} never come to the wire")
            process.kill()
        assert -signal.SIGKILL == process.returncode
        for one in all_:
            one.calm()
        became, seen = [], []
        for _ in range(2):
            out, err = start(town).communicate()
            assert out, err
            became.append(received(json.loads(out)))
            seen.append([one.seen() for one in all_])
        return cells(all_, how, became, seen)


def cells(
    tried: list[Stand], how: str, became: list[Mapping[str, Destination]], seen: list[list[int]]
) -> list[Cell]:
    return [
        Cell(one, how, tuple(ends(call, one) for call in became), tuple(call[number] for call in seen))
        for number, one in enumerate(tried)
    ]


def received(report: dict[str, Any]) -> dict[str, Destination]:
    """Return the destinations of a report that was printed, by channel and name."""
    found = {}
    for receipt in report["editions"][0]["receipts"]:
        channel, to = receipt.pop("channel"), receipt.pop("to", [])
        for one in to or [{**receipt, "to": ""}]:
            found[f"{channel} {one['to']}"] = Destination.model_validate(one)
    return found


def start(town: Town) -> Child:
    program = (str(HERE / "swift.py"), "0", "after")
    return town.start("run", "town", "--slot", f"{SLOT:%Y-%m-%dT%H:%M:%SZ}", "--json", program=program)


def suffered(folder: Path, how: str) -> list[Cell]:
    """Return what becomes of every channel and rung in one kind of trouble."""
    folder.mkdir(parents=True, exist_ok=True)
    return killed(folder, how) if how in KILLED else asyncio.run(suffer(folder, how))
