"""A file on its way to Slack: uploaded unseen, shared by one call, found again as the messages that it became."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from broadcast.errors import Rejected, Unavailable
from broadcast.multipart import read
from broadcast.plugins import Clock, Http

from .answers import Gone, wait

if TYPE_CHECKING:
    from .client import Client

LIMIT = 1_000_000_000  #: bytes of a file: https://slack.com/help/articles/201330736
SECONDS = 540.0  #: for the bytes
LOOKS = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)  #: seconds between looks: sharing takes up to half a minute


async def upload(client: "Client", http: Http, path: Path, name: str) -> str:
    """Bring the bytes to Slack and return the file's id. Until it is shared nobody sees it."""
    if not path.is_file():
        raise Rejected(f"{path} is gone from the archive")
    if (size := path.stat().st_size) > LIMIT:
        raise Rejected(f"the video has {size / 1e6:.0f} MB; Slack takes {LIMIT / 1e6:.0f}")
    ticket = await client.files_getUploadURLExternal(filename=name, length=size)
    file, address = str(ticket.get("file_id") or ""), str(ticket.get("upload_url") or "")
    if not file or urlsplit(address).scheme not in ("https", urlsplit(client.base_url).scheme):
        raise Unavailable("Slack gave no address to upload to")
    answer = await http.send(
        "POST",
        address,
        label="Slack's upload",
        headers={"content-type": "application/octet-stream"},
        body=read(path),
        length=size,
        again=True,
        deadline=SECONDS,
        # An answer may name any address: only Slack's own host may be a private one.
        trusted=urlsplit(address).hostname == urlsplit(client.base_url).hostname,
    )
    if answer.status in (408, 429) or answer.status >= 500:
        raise Unavailable(f"Slack's upload answered {answer.status}", retry_after=wait(answer.headers))
    if answer.status != 200:
        raise Rejected(f"Slack's upload answered {answer.status}: it does not take this file")
    return file


async def share(
    client: "Client", file: str, channels: Sequence[str], *, title: str, comment: str, thread: str | None
) -> None:
    """Have the file appear in *channels*. Slack takes this call once per file, and answers before it is done."""
    body: dict[str, Any] = {"files": [{"id": file, "title": title}], "initial_comment": comment}
    body |= {"channel_id": channels[0]} if len(channels) == 1 else {"channels": ",".join(channels)}
    if thread:
        body["thread_ts"] = thread
    # Not by its own method: that puts all of it into the query, where a long comment is refused.
    await client.api_call("files.completeUploadExternal", json=body)


async def seen(
    client: "Client", clock: Clock, file: str, channel: str, *, patient: bool = True
) -> Mapping[str, Any] | None:
    """Return the file's message in *channel*, as `ts` and `permalink`, or None after half a minute without one."""
    for pause in LOOKS if patient else LOOKS[:1]:
        if pause:
            await clock.sleep(pause)
        try:
            about = (await client.files_info(file=file)).get("file") or {}
        except Gone:
            continue  # until it is shared, Slack may know no such file
        for way in (about.get("shares") or {}).values():
            for share in way.get(channel) or ():
                return {"ts": str(share.get("ts") or ""), "permalink": about.get("permalink")}
    return None
