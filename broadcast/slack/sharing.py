"""One upload for several channels: Slack shares a file once, by one call, wherever that call says.

Each channel is a delivery of its own all the same. What is written down before the call sees to it that no delivery
shares again what another one did, or may have done.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.plugins import Tools
from broadcast.text import cut
from broadcast.types import Noun, Post

from . import files, rooms, words
from .answers import Gone, Shut

if TYPE_CHECKING:
    from .client import Client


class Upload(Noun):
    """What the deliveries of one post know of their common file."""

    file: str = ""  #: Slack's id of it
    state: Literal["new", "asked", "shared"] = "new"  #: whether sharing it was asked for, and answered
    channels: tuple[str, ...] = ()  #: where that call shares it
    begun: tuple[str, ...] = ()  #: whose own delivery was begun: no later call may speak for them

    def entered(self, to: str) -> "Upload":
        return self.model_copy(update={"begun": tuple(dict.fromkeys((*self.begun, to)))})

    def asked(self, file: str, channels: Sequence[str]) -> "Upload":
        return self.model_copy(update={"file": file, "state": "asked", "channels": tuple(channels)})

    def shared(self) -> "Upload":
        return self.model_copy(update={"state": "shared"})

    def refused(self, *, gone: bool) -> "Upload":
        """Sharing it surely did not happen: the next try may, of the same file unless that is *gone*."""
        return Upload(file="" if gone else self.file, begun=self.begun)

    def without(self, to: str) -> "Upload":
        """Leave *to* out of that call, should it be made again: it goes alone."""
        return self.model_copy(update={"channels": tuple(one for one in self.channels if one != to)})

    def open_to(self, to: str, channels: Sequence[str]) -> tuple[str, ...]:
        """Return the channels that a call for *to* may speak for: its own, and those not begun."""
        return (to, *(one for one in channels if one != to and one not in self.begun))

    def settled(self, to: str, doubted: str) -> bool:
        """Say whether a person said that it did not reach *to*, though that was asked for.

        Its delivery was begun then; and it is begun anew without *doubted*, the file that a try in doubt keeps.
        """
        return self.state != "new" and to in self.begun and doubted != self.file


@dataclass(frozen=True)
class Sharing:
    """The file of one post on its way to the channels of a show."""

    client: "Client"
    tools: Tools
    post: Post
    channels: tuple[str, ...]
    thread: str | None

    async def do(self, to: str) -> str:
        """Have the file shared in *to*, where no other delivery has seen to that, and return its id."""
        tools, post = self.tools, self.post
        doubted = tools.kept.get("file", "") if tools.kept.get("rung") == "file" else ""
        place, together = f"upload/{post.run}/{post.edition}/{post.video.sha256[:12]}", self.channels
        upload = await self._recall(place)
        if upload.state != "new" and (to not in upload.channels or upload.settled(to, doubted)):
            await self._remember(place, upload.without(to))
            place, together = f"{place}/{to}", (to,)  # that call is not for this delivery: it goes alone
            upload = await self._recall(place)
            if upload.settled(to, doubted):
                upload = Upload()
        if upload.state != "new":
            await tools.keep("file", upload.file)  # before it counts as begun: see `Upload.settled`
        upload = await self._remember(place, upload.entered(to))
        if upload.state == "new":
            name = f"{post.show}-{post.slot:%Y-%m-%d}.mp4"
            file = upload.file or await files.upload(self.client, tools.http, post.video.path, name)
            await tools.keep("file", file)
            await self._first(place, to, upload.asked(file, upload.open_to(to, together)))
            return file
        if upload.state == "asked":
            await self._again(place, to, upload, patient=not doubted)
        return upload.file

    async def _first(self, place: str, to: str, upload: Upload) -> None:
        """Share the file for the first time. A definite refusal is written down as such."""
        try:
            try:
                await self._complete(await self._remember(place, upload))
            except Shut:  # one channel closes them all: those that are open need not wait for it
                able = [one for one in upload.channels if not await rooms.objection(self.client, one)]
                if to not in able or len(able) == len(upload.channels):
                    raise
                upload = upload.asked(upload.file, able)
                await self._complete(await self._remember(place, upload))
        except (Rejected, Refused, Unavailable) as error:
            await self._remember(place, upload.refused(gone=isinstance(error, Gone)))
            raise
        await self._remember(place, upload.shared())

    async def _again(self, place: str, to: str, upload: Upload, *, patient: bool) -> None:
        """Share a file for which that was asked and not answered, unless it is there. Slack does it once only."""
        try:
            if not await files.seen(self.client, self.tools.clock, upload.file, to, patient=patient):
                await self._complete(upload)
        except StageError as error:
            raise Unconfirmed(f"the file may have been shared by a call that was not answered: {error}") from None
        await self._remember(place, upload.shared())

    async def _complete(self, upload: Upload) -> None:
        title, comment = cut(self.post.heading or self.post.title, words.HEADER), words.comment(self.post)
        await files.share(
            self.client, upload.file, upload.channels, title=title, comment=comment, thread=self.thread
        )

    async def _recall(self, place: str) -> Upload:
        return Upload.model_validate(await self.tools.memory.get(place) or {})

    async def _remember(self, place: str, upload: Upload) -> Upload:
        await self.tools.memory.put(place, upload.model_dump())
        return upload
