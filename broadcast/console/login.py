"""How somebody shows that they know the password."""

import asyncio
import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from broadcast.page.markup import Html, joined, tag

from .access import NAME, Access, user_name
from .layout import Page
from .password import LONGEST, matches

log = logging.getLogger(__name__)

FAR = 500  #: characters of a path that a login leads back to


@dataclass(frozen=True)
class Refusal:
    """Why somebody is not let in."""

    words: str
    status: int
    wait: float = 0.0  #: seconds before the next password is looked at


class Login:
    """The door of a console that has a password."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._looking = asyncio.Lock()  # one password at a time: each takes much memory, on purpose

    async def enter(self, name: str, password: str, peer: str) -> str | Refusal:
        """Return the user who knows the password, or why nobody is let in."""
        attempts, user = self._access.attempts, user_name(name)
        async with self._looking:
            if wait := attempts.wait(peer):
                return Refusal("Too many wrong passwords; try again later.", 429, wait)
            attempts.looked()
            right = bool(self._access.hash) and await asyncio.to_thread(matches, password, self._access.hash)
            if right and user:
                attempts.right(peer)
                return user
            attempts.wrong(peer)
        log.warning("a wrong password from %s", peer)
        return Refusal("That is not the password." if not right else "Say your name.", 403)


def page(path: str, refused: Refusal | None = None) -> Page:
    """Return the page on which one signs in, to be led to *path* then."""
    form = tag(
        "form",
        _field("name", "Your name, for the log", "text", "username", NAME),
        _field("password", "Password", "password", "current-password", LONGEST),
        tag("input", type="hidden", name="next", value=here(path)),
        tag("p", tag("button", "Sign in", type="submit")),
        method="post",
        action="/login",
    )
    warning = tag("p", refused.words, class_="warning", role="alert") if refused else None
    main = tag("div", joined(tag("h1", "Sign in"), warning, form), class_="ask")
    data = {"error": refused.words if refused else "sign in first"}
    return Page("Sign in", data, main, status=refused.status if refused else 200)


def here(path: str) -> str:
    """Return a path of ours to lead to, wherever else *path* would lead."""
    try:
        parts = urlsplit(path[:FAR])
    except ValueError:
        return "/shows"
    if path.startswith("/") and not path.startswith(("//", "/\\")) and not (parts.scheme or parts.netloc):
        return "".join(one for one in path[:FAR] if one.isascii() and one.isprintable() and one != "\\")
    return "/shows"


def _field(name: str, words: str, kind: str, known_as: str, most: int) -> Html:
    entry = tag("input", id=name, name=name, type=kind, autocomplete=known_as, maxlength=most, required=True)
    return tag("p", tag("label", words, for_=name), entry)
