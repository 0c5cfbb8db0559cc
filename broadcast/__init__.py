"""A show that goes on air by itself: gathered, written, checked, rendered, delivered.

The public names, as a library:

    known = broadcast.Settings()
    show = broadcast.load("daily-news", known)
    async with broadcast.on_duty(known) as station:
        report = await broadcast.run(station, show)

Plugins build on `broadcast.plugins`, `broadcast.types` and `broadcast.errors`; your tests on `broadcast.testing`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .config import load as load
    from .errors import BroadcastError as BroadcastError
    from .errors import ConfigError as ConfigError
    from .runner import run as run
    from .settings import Settings as Settings
    from .station import on_duty as on_duty
    from .types import Report as Report

__all__ = ["BroadcastError", "ConfigError", "Report", "Settings", "load", "on_duty", "run"]

_PLACES = {
    "BroadcastError": ("errors", "BroadcastError"),
    "ConfigError": ("errors", "ConfigError"),
    "Report": ("types", "Report"),
    "load": ("config", "load"),
    "on_duty": ("station", "on_duty"),
    "run": ("runner", "run"),
    "Settings": ("settings", "Settings"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: `broadcast --help` needs none of them."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    module, attribute = _PLACES[name]
    return getattr(import_module(f".{module}", __name__), attribute)
