"""A Telegram of our own, stricter than the real one: validates, keeps what people see, fails on demand.

async with Telegram() as telegram:                        # `with` runs it in a thread
    news = telegram.channel("@townnews")
    telegram.fault("sendVideo", "drop", after_effect=True)
    ... air a show with TELEGRAM_BASE_URL=telegram.url, TELEGRAM_TOKEN=telegram.token and chat: "@townnews" ...
    assert len(telegram.seen("@townnews")) == 1
"""

from .chats import Place, Shown
from .service import Telegram
from .troubles import Trouble

__all__ = ["Place", "Shown", "Telegram", "Trouble"]
