"""The service itself: its door, its chats as a test sees and sets them, its answers."""

import asyncio
import json
import secrets
from collections import Counter, deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Literal, Protocol

from broadcast.clock import SystemClock
from broadcast.testing.strikes import JSON
from broadcast.testing.wire import Host, Raw, Reply, Request

from .chats import Kind, Place, Shown, Stored
from .forms import Form, form
from .methods import METHODS, UPDATES
from .troubles import EARLY, KINDS, STATUSES, Problem, Trouble

SENDING = frozenset(("sendMessage", "sendVideo", "sendPhoto", "sendAnimation", "sendDocument"))


class Now(Protocol):
    def now(self) -> datetime: ...


@dataclass(frozen=True)
class Asked:
    """One request, as it came."""

    method: str
    chat: str
    size: int  #: bytes of its body
    at: datetime


@dataclass
class Press:
    """A button that somebody pressed."""

    id: str
    data: str
    told: str | None = None  #: what they were shown; None: they still wait


class Telegram(Host):
    """One Bot API server with one bot. Its attributes may be changed at any time."""

    def __init__(self, token: str = "7000000001:AAtest-token_of_the_town", *, clock: Now | None = None) -> None:
        super().__init__()
        self.token, self.clock = token, clock or SystemClock()
        self.me = {"id": 7000000001, "is_bot": True, "first_name": "Town Crier", "username": "town_crier_bot"}
        self.upload_bytes = 50_000_000  #: of a file, at most; 2 GB with a server of one's own
        self.taken_as: Kind = "video"  #: what an uploaded video becomes: without sound, an animation
        self.limits = False  #: 429 beyond 30 messages a second, 1 a second and chat, 20 a minute and group
        self.webhook = False
        self.busy = False  #: another process waits for updates at the same time
        self.allowed = UPDATES
        self.presses: dict[str, Press] = {}
        self._numbers = 99
        self.places: dict[int, Place] = {}
        self.files: dict[str, Stored] = {}
        self.updates: list[dict[str, Any]] = []
        self.asked: list[Asked] = []
        self.counts: Counter[str] = Counter()
        self.refused: list[str] = []  #: what was refused by the rules, not by a fault
        self.uploads: list[int] = []  #: bytes of each file that was uploaded to the end
        self.fetched: list[str] = []  #: addresses that were fetched
        self.unfetchable: set[str] = set()  #: what failed once fails for days
        self._troubles: list[Trouble] = []
        self._sent: dict[str, deque[datetime]] = {}

    # --- what a test does and sees

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def channel(self, name: str = "", **about: Any) -> Place:
        """Open a channel; public with a *name*, as "@townnews"."""
        return self._place("channel", -1_001_000_000_000 - len(self.places), name, about)

    def group(self, name: str = "", *, type: Literal["group", "supergroup"] = "supergroup", **about: Any) -> Place:
        number = -1_002_000_000_000 if type == "supergroup" else -4_000_000
        return self._place(type, number - len(self.places), name, {"standing": "member", **about})

    def person(self, **about: Any) -> Place:
        return self._place("private", 500_000 + len(self.places), "", {"standing": "member", **about})

    def _place(self, type: Any, number: int, name: str, about: dict[str, Any]) -> Place:
        place = Place(number, type, **{"title": f"Town {type}", "name": name.removeprefix("@"), **about})
        self.places[place.id] = place
        return place

    def seen(self, chat: int | str) -> list[Shown]:
        """Return what people see in a chat now, in order."""
        place = self.place(str(chat))
        return list(place.shown.values())

    @property
    def everything(self) -> list[Shown]:
        return [one for place in self.places.values() for one in place.shown.values()]

    def wrote(self, place: Place) -> None:
        """Let somebody write where the bot can see it."""
        kind = "channel_post" if place.type == "channel" else "message"
        said = {"message_id": 1, "date": int(self.clock.now().timestamp()), "chat": place.data, "text": "hello"}
        self._update(kind, said)

    def press(self, shown: Shown, button: str, *, by: int, username: str = "", name: str = "Ann") -> Press:
        """Let the person number *by* press a button of a message. Raises KeyError where it has none so called."""
        press = Press(secrets.token_hex(8), shown.buttons[button])
        self.presses[press.id] = press
        person = {"id": by, "is_bot": False, "first_name": name} | ({"username": username} if username else {})
        place = self.places[shown.chat]
        about = {"message_id": shown.id, "date": int(shown.at.timestamp()), "chat": place.data}
        query = {"id": press.id, "from": person, "chat_instance": "1", "data": press.data, "message": about}
        self._update("callback_query", query)
        return press

    def _update(self, kind: str, what: dict[str, Any]) -> None:
        if kind in self.allowed:
            self._numbers += 1
            self.updates.append({"update_id": self._numbers, kind: what})

    def fault(self, method: str, what: str | int, *, after_effect: bool = False, times: int | None = 1,
              skip: int = 0, **details: Any) -> Trouble:  # fmt: skip
        """Let *what* go wrong at *method* `times` times (None: always), after the first `skip` requests.

        `broadcast.testing.telegram.troubles` lists what there is. Raises ValueError for what does not exist.
        """
        if method not in METHODS:
            raise ValueError(f"{method!r} is not one of {', '.join(METHODS)}")
        if isinstance(what, int):
            if not 300 <= what <= 599:
                raise ValueError(f"{what} is no status of an error")
        elif what not in KINDS and what.partition(":")[0] not in STATUSES:
            known = f"{', '.join(sorted(KINDS))}, nor begins with one of {', '.join(STATUSES)}"
            raise ValueError(f"{what!r} is not one of {known}")
        if after_effect and (what in EARLY or what == "migrate"):
            raise ValueError(f"{what!r} comes before any effect")
        trouble = Trouble(method, what, after_effect, times, skip, **details)
        self._troubles.append(trouble)
        return trouble

    def calm(self) -> None:
        """Let nothing go wrong any more."""
        self._troubles.clear()

    # --- answering

    async def early(self, request: Request) -> Reply | Raw | None:
        method = request.path.rpartition("/")[2]
        trouble = self._struck(method, ("early", "broken", "slow"), None)
        if trouble is None:
            return None
        if trouble.what == "slow":
            await asyncio.sleep(trouble.seconds or 1.0)
            return None
        self.counts[method] += 1
        if trouble.what == "broken":
            return Raw(reset=True)
        return Reply(413, {"Content-Type": "text/html"}, b"<html>413 Request Entity Too Large</html>", close=True)

    async def respond(self, request: Request) -> Reply | Raw:
        _, _, path = request.path.partition("/bot")
        token, _, method = path.partition("/")
        if not path or not method:
            return Problem(404, "Not Found").reply
        if not secrets.compare_digest(token, self.token):
            return Problem(401, "Unauthorized").reply
        if method not in METHODS:
            return Problem(404, "Not Found: method not found").reply
        self.counts[method] += 1
        trouble = None
        try:
            said = form(request)
            chat = said.fields.get("chat_id", "")
            self.asked.append(Asked(method, chat, request.size, self.clock.now()))
            trouble = self._struck(method, None, chat)
            if trouble and trouble.replaces and not trouble.after_effect:
                return await trouble.answer()
            answer = Reply(200, JSON, json.dumps({"ok": True, "result": await self._done(method, said)}).encode())
        except Problem as problem:
            if problem.status != 429 and "migrate_to_chat_id" not in problem.parameters:
                self.refused.append(f"{method}: {problem.description}")
            return problem.reply
        if trouble and trouble.replaces:
            return await trouble.answer()
        if trouble and trouble.what == "slow":
            await asyncio.sleep(trouble.seconds or 1.0)
        return answer

    async def _done(self, method: str, said: Form) -> Any:
        do, fields = METHODS[method]
        for name in (*said.fields, *said.files):
            if name not in fields:
                raise Problem(400, f"Bad Request: there is no parameter {name!r} of {method}")
        if self.limits and method in SENDING:
            self._slowly(said.fields.get("chat_id", ""))
        return await do(self, said)

    def _struck(self, method: str, kinds: tuple[str, ...] | None, chat: str | None) -> Trouble | None:
        for one in self._troubles:
            hasty = one.what in EARLY or (one.what == "slow" and not one.after_effect)
            there = one.chat is None or chat is None or chat == str(one.chat)
            if one.where == method and hasty == (kinds is not None) and there and one.strikes():
                return one
        return None

    def _slowly(self, chat: str) -> None:
        """Refuse what comes faster than the limits allow."""
        now, group = self.clock.now(), chat.startswith(("-", "@"))
        windows = [("", 30, 1.0), (f"{chat} second", 1, 1.0), *([(f"{chat} minute", 20, 60.0)] if group else [])]
        for name, most, seconds in windows:
            sent = self._sent.setdefault(name, deque())
            while sent and now - sent[0] >= timedelta(seconds=seconds):
                sent.popleft()
            if len(sent) >= most:
                wait = ceil(seconds - (now - sent[0]).total_seconds())
                raise Problem(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait})
        for name, _, _ in windows:
            self._sent[name].append(now)

    # --- for the methods

    def place(self, chat: str) -> Place:
        """Return the chat of that number or public name, or refuse."""
        found = [
            one
            for one in self.places.values()
            if str(one.id) == chat or (one.name and f"@{one.name}".lower() == chat.lower())
        ]
        if not found:
            raise Problem(400, "Bad Request: chat not found")
        return found[0]
