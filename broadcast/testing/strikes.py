"""What the troubles of every double have in common: where, how often, and the ways in which a connection fails."""

import asyncio
from dataclasses import dataclass

from .wire import Raw, Reply

JSON = {"Content-Type": "application/json"}
FOREVER = 3600.0  #: seconds; whoever waits has given up long before


@dataclass
class Strike:
    """Something that goes wrong, and how often it did."""

    where: str  #: the endpoint or method
    what: str | int
    after_effect: bool = False
    times: int | None = 1  #: None: always
    skip: int = 0  #: requests that are spared first
    struck: int = 0
    seconds: float | None = None

    def strikes(self) -> bool:
        """Say whether it strikes now, and count it."""
        if self.times is not None and self.struck >= self.times:
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.struck += 1
        return True

    async def on_the_wire(self) -> Reply | Raw | None:
        """Return what is seen where the connection or what stands before the service fails; None: it does not."""
        match self.what:
            case "drop":
                return Raw()
            case "reset":
                return Raw(reset=True)
            case "hang":
                await asyncio.sleep(FOREVER if self.seconds is None else self.seconds)
                return Raw()
            case "garbage":
                return Reply(200, JSON, b"\x00\xff{]upstream connect error")
            case "blank":
                return Reply(200, JSON, b"")
        return None
