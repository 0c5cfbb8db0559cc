"""The long tail: a hundred more services through the library Apprise, with text and a link."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any, ClassVar

from pydantic import Field, SecretStr

from broadcast.errors import ConfigError, Refused, StageError, Unconfirmed
from broadcast.plugins import Plugin, Rung, Tools
from broadcast.text import cut
from broadcast.types import Post, Sent

TITLE, TEXT = 200, 1_800  #: characters; of what Apprise serves, Discord is among the tightest with 2,000
SECONDS = 60.0
TELLTALES = ("apprise", "urllib3.connectionpool", "urllib3.util.retry")  #: loggers


class Apprise(Plugin):
    """Sends text and a link to any service that Apprise knows, one address each: Matrix, ntfy, Mattermost, Signal.

    Apprise tells little: no id of a message, and of a failure not whether it happened. Such a one is held for a
    person. For Telegram, Slack and mail, this package's own channels know more.
    """

    repeatable: ClassVar[bool] = False
    abreast: ClassVar[int] = 4

    to: dict[str, SecretStr] = Field(
        min_length=1, description="a name of yours for each, and its address: {phone: 'ntfys://my-topic'}"
    )

    def ready(self) -> None:
        if find_spec("apprise") is None:
            raise ConfigError("the channel apprise needs Apprise: run `pip install 'broadcast[apprise]'`")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return tuple(self.to)  # the names: an address is a secret

    def ladder(self) -> Sequence[Rung]:
        return (self.link,)

    async def preflight(self, tools: Tools) -> Mapping[str, StageError]:
        """Return the addresses that Apprise cannot read; raise where that is all of them. Asks nobody."""
        refused: dict[str, StageError] = {}
        for to in self.to:
            try:
                await asyncio.to_thread(self._service, to)
            except Refused as error:
                refused[to] = error
        if len(refused) == len(self.to):
            raise next(iter(refused.values()))
        return refused

    async def link(self, tools: Tools, post: Post, to: str) -> Sent:
        """Send the words of the post, and where to watch it."""
        if post.link is None:
            tools.note("link: no lasting address, so the message is text only; see `publish:`")
        end = "\n\n".join(filter(None, (post.link, post.disclosure)))
        text = "\n\n".join(filter(None, (cut(post.caption, max(TEXT - len(end), 0)), end)))
        return await self._notify(to, cut(post.heading, TITLE), text)

    async def say(self, tools: Tools, to: str, text: str) -> Sent:
        """Send *text* as it is."""
        return await self._notify(to, "", cut(text, TEXT))

    async def _notify(self, to: str, title: str, text: str) -> Sent:
        import apprise

        notifier = apprise.Apprise()
        notifier.add(await asyncio.to_thread(self._service, to))
        # Its requests run in threads that nothing can end: what comes after the time is up is doubt as well.
        done = await notifier.async_notify(
            body=text, title=title, body_format=apprise.NotifyFormat.TEXT, timeout=SECONDS
        )
        if done.status != apprise.AppriseResultStatus.SUCCESS:
            raise Unconfirmed(f"Apprise does not say whether {to} got it: look there, then `broadcast settle`")
        return Sent()

    def _service(self, to: str) -> Any:
        import apprise

        # They say addresses, which are secrets: when one is read, asked and refused. What failed, we say.
        for name in TELLTALES:
            logging.getLogger(name).setLevel(logging.CRITICAL)
        asset = apprise.AppriseAsset(storage_mode=apprise.PersistentStoreMode.MEMORY)
        service = apprise.Apprise.instantiate(self.to[to].get_secret_value(), asset=asset, suppress_exceptions=True)
        if service is None:
            raise Refused(f"the address of {to} is none that Apprise knows: see its list of services")
        # Options of its addresses: one sends again after a time-out, the other calls a failure a success.
        service.retry, service.optional = 0, False
        return service
