"""One upload for several channels: Slack shares a file once, by one call, wherever that call says.

Each channel is a delivery of its own all the same. What this record says is written down before the call, so that
no delivery shares again what another one did, or may have done.
"""

from collections.abc import Sequence
from typing import Literal

from broadcast.types import Noun


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

    def refused(self) -> "Upload":
        """Sharing it surely did not happen: the next try may, of the same file."""
        return self.model_copy(update={"state": "new", "channels": ()})

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
