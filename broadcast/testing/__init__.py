"""An outside world for tests and rehearsals: real sockets, a time of its own, things that go wrong on demand."""

from .bench import Bench, Notebook
from .clock import FakeClock
from .feeds import rss
from .heygen import HeyGen
from .servers import Fault, Server
from .telegram import Telegram

__all__ = ["Bench", "FakeClock", "Fault", "HeyGen", "Notebook", "Server", "Telegram", "rss"]
