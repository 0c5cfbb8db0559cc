"""A folder of files, and pages that play them."""

import asyncio
import errno
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, Field

from broadcast.errors import Refused, Rejected, Unavailable
from broadcast.page import PAGE, VIDEO, Record, site
from broadcast.plugins import Plugin, Rung, Tools
from broadcast.types import Destination, Post, Published, Sent

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
PASSING = {errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.EMFILE, errno.ENFILE, errno.ESTALE, errno.ETIMEDOUT}


def _public(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("write the public address of the folder, as in https://news.example.com/shows")
    if parts.query or parts.fragment:
        raise ValueError("the address of a folder has no ? and no #")
    return url.rstrip("/")


class Folder(Plugin):
    """Files each run in a folder, with a page that plays it and an index of all runs.

    The pages are static and need no server: open `index.html`. Several shows may share a folder. With `url`,
    where the folder is served, its files have lasting addresses: good for `publish:` as well.
    """

    repeatable: ClassVar[bool] = True

    path: Path = Field(description="the folder; relative to the working directory; made where it is missing")
    url: Annotated[str, AfterValidator(_public)] | None = Field(None, description="where the folder is served")
    keep: int | None = Field(None, ge=1, description="how many runs of a show stay; all where it is not set")

    async def destinations(self, tools: Tools) -> Sequence[str]:
        return (str(self.path),)

    def ladder(self) -> Sequence[Rung]:
        return (self.file,)

    async def preflight(self, tools: Tools) -> None:
        """Raise `Refused` where the folder could not be written, or holds somebody else's page."""
        with self._plainly():
            there = next(each for each in (self._root, *self._root.parents) if os.path.lexists(each))
            if not there.is_dir():
                raise Refused(f"{there} is in the way and not a folder: move it, or choose another `path`")
            effective = os.access in os.supports_effective_ids
            if not os.access(there, os.W_OK | os.X_OK, effective_ids=effective):
                raise Refused(f"{there} cannot be written: give this user the right to, or choose another `path`")
            self._spare_others()

    async def file(self, tools: Tools, post: Post, to: str) -> Sent:
        """Put the run into the folder and bring the index up to date."""
        record, video = Record.of(post), post.video
        _still_there(video.path, video.poster, video.srt, video.vtt)
        with self._plainly():
            self._spare_others()
            left_out = await asyncio.to_thread(site.file, self._root, record, video, url=self.url, keep=self.keep)
        for folder in left_out:
            tools.note(f"{folder} holds no run that can be played: the index leaves it out")
        folder = self._root / record.place
        return Sent(ref=str(folder), url=self._address(f"{record.place}/{PAGE}") or (folder / PAGE).as_uri())

    async def publish(self, tools: Tools, post: Post) -> Published:
        """Put the run into the folder, and return its addresses, where the folder has one."""
        await self.file(tools, post, str(self.path))
        where = Record.of(post).place
        return Published(url=self._address(f"{where}/{VIDEO}"), page=self._address(f"{where}/{PAGE}"))

    async def retract(self, tools: Tools, to: str, sent: Destination, note: str) -> Sent:
        """Take the run out of the folder and out of its index."""
        with self._plainly():
            self._spare_others()
            try:
                there = await asyncio.to_thread(site.remove, self._root, Path(sent.ref), url=self.url)
            except ValueError as error:
                raise Rejected(f"{error}: the folder has moved; remove it by hand") from None
        if not there:
            tools.note(f"{sent.ref} was gone already")
        return Sent(ref=sent.ref, rung="deleted")

    @property
    def _root(self) -> Path:
        try:
            return self.path.expanduser().absolute()
        except RuntimeError:
            raise Rejected(f"{self.path} names a user that this machine does not know") from None

    def _address(self, where: str) -> str | None:
        return f"{self.url}/{quote(where)}" if self.url else None

    def _spare_others(self) -> None:
        if site.foreign(self._root):
            raise Refused(f"{self._root / PAGE} was not made by broadcast: move it, or choose another `path`")

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Say what a failing disk means for the run. All that failed is safe to do again."""
        try:
            yield
        except OSError as error:
            where = error.filename2 or error.filename or self._root
            if error.errno in FULL:
                raise Unavailable(f"no room in {self._root}: free some space, then run again") from error
            if error.errno in PASSING:
                raise Unavailable(f"{where}: {error.strerror}") from error
            raise Refused(f"{where}: {error.strerror}: make it writable, or choose another `path`") from error


def _still_there(*paths: Path | None) -> None:
    for path in paths:
        if path and not path.is_file():
            raise Rejected(f"{path} is gone from the archive: there is nothing to file")
