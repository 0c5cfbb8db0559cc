"""An outside world for tests and rehearsals: real sockets, a time of its own, things that go wrong on demand."""

from .anthropic import Anthropic
from .bench import Bench, Notebook
from .clock import FakeClock
from .detour import detour
from .feeds import rss
from .heygen import HeyGen
from .hooks import DiscordHook, SignedHook, SlackHook, TeamsHook
from .postiz import Postiz
from .servers import Fault, Server
from .slack import Slack
from .telegram import Telegram
from .wordpress import WordPress

__all__ = [
    "Anthropic",
    "Bench",
    "DiscordHook",
    "FakeClock",
    "Fault",
    "HeyGen",
    "Notebook",
    "Postiz",
    "Server",
    "SignedHook",
    "Slack",
    "SlackHook",
    "TeamsHook",
    "Telegram",
    "WordPress",
    "detour",
    "rss",
]
