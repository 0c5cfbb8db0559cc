"""Who looks at a page, and how numbers and times are written for them. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import format_currency, format_decimal, format_percent

from broadcast.page.markup import Html, tag

LANGUAGES = 8  #: of a browser's list that are looked at
DEFAULT = Locale("en", "US")


@dataclass(frozen=True)
class Visit:
    """One request, as a page needs to know it."""

    user: str  #: as the audit log names them
    token: str  #: that a form of theirs must bring back
    locale: Locale = DEFAULT
    can_leave: bool = False  #: whether there is a session to end

    def number(self, value: float) -> str:
        return _number(self.locale, value)

    def money(self, usd: float) -> str:
        return _money(self.locale, usd)

    def share(self, value: float) -> str:
        return str(format_percent(round(value, 2), locale=self.locale))

    def size(self, bytes: int) -> str:
        return f"{self.number(round(bytes / 1e6, 1))} MB"

    def span(self, seconds: float) -> str:
        """Return a length of time: "0.4 s", "58 s", "4 min 10 s", "2 h 5 min"."""
        if seconds < 10:
            return f"{self.number(round(seconds, 1))} s"
        whole = round(seconds)
        if whole < 60:
            return f"{whole} s"
        if whole < 3600:
            return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
        days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
        if days:
            return f"{days} d {hours} h"
        return f"{hours} h {minutes} min"


@lru_cache(maxsize=4096)  # a page says the same few amounts again and again, and each takes long to write
def _money(locale: Locale, usd: float) -> str:
    return str(format_currency(usd, "USD", locale=locale))


@lru_cache(maxsize=4096)
def _number(locale: Locale, value: float) -> str:
    return str(format_decimal(value, locale=locale))


def when(moment: datetime | timedelta | None) -> Html | None:
    """Return a moment: in UTC, and in the reader's zone where the script may run."""
    if not isinstance(moment, datetime):
        return None
    utc = moment.astimezone(UTC)
    return tag("time", f"{utc:%a %d %b %Y, %H:%M} UTC", datetime=f"{utc:%Y-%m-%dT%H:%M:%SZ}")


def clock(moment: datetime) -> Html:
    """Return the time of a moment whose day is known, with seconds."""
    utc = moment.astimezone(UTC)
    return tag("time", f"{utc:%H:%M:%S} UTC", datetime=f"{utc:%Y-%m-%dT%H:%M:%SZ}", data_clock=True)


def locale(accepted: str) -> Locale:
    """Return what the browser's *accepted* languages ask for, as `de-AT,de;q=0.9` says it."""
    wishes: list[tuple[float, str]] = []
    for one in accepted[:1000].split(",")[:LANGUAGES]:
        name, _, weight = one.strip().partition(";q=")
        try:
            wishes.append((-float(weight or 1), name.strip()))
        except ValueError:
            continue
    for _, name in sorted(wishes, key=lambda wish: wish[0]):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
    return DEFAULT
