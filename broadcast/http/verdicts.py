"""What an answer means, and what it means that there is none: the words of HTTP libraries become ours here.

None of their own words are repeated: they may hold the address, which may hold a secret.
"""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp
import httpx

from broadcast.errors import Refused, Rejected, StageError, Unavailable

from .guard import NotPublic
from .network import SILENCE


def judge(status: int, headers: Mapping[str, str], label: str, now: datetime) -> StageError | None:
    """Return the error that an answer to reading stands for, or None where it is a good one. Pure."""
    said = f"{label} answered {status}"
    if status < 300 or status == 304:
        return None
    if status in (401, 403, 407):
        return Refused(f"{said}: access denied; check the credentials and what they are allowed to read")
    if status in (404, 410):
        return Rejected(f"{said}: there is nothing at this address; check it")
    if status in (408, 425, 429) or status >= 500:
        wait = retry_after(headers, now)
        hint = f"; it asks to wait {wait:.0f} s" if wait else ""
        return Unavailable(
            f"{said}: {'too many requests' if status == 429 else 'out of order'}{hint}", retry_after=wait
        )
    return Rejected(f"{said}: it does not take this request; check the address and the headers")


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a server asks to wait, given as seconds or as a date by its own clock."""
    value = headers.get("retry-after", "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:9])
    if due := _date(value):
        return max((due - (_date(headers.get("date", "")) or now)).total_seconds(), 0.0)
    return None


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@asynccontextmanager
async def named(label: str, deadline: float) -> AsyncIterator[asyncio.Timeout]:
    """Name what goes wrong inside, which is to be done within *deadline*, in seconds."""
    try:
        async with asyncio.timeout(deadline) as scope:
            yield scope
    except NotPublic:
        raise Rejected(
            f"{label} leads to an address that is not public; only the configuration may name one"
        ) from None
    except UnicodeEncodeError:  # its own words hold the header
        raise Refused(f"{label} got a key or header with characters that none can have; copy it again") from None
    except (httpx.InvalidURL, aiohttp.InvalidURL):
        raise Rejected(f"{label} has an address that cannot be read; check it") from None
    except (
        httpx.ConnectError,
        httpx.ConnectTimeout,
        aiohttp.ClientConnectorError,
        aiohttp.ConnectionTimeoutError,
    ) as error:
        raise Unavailable(
            f"{label} cannot be reached ({_reason(error)}); check the address and the network"
        ) from None
    except (httpx.TimeoutException, aiohttp.ServerTimeoutError):
        raise Unavailable(f"{label} fell silent for {SILENCE:g} s") from None
    except (httpx.TransportError, httpx.StreamError, aiohttp.ClientError):
        raise Unavailable(f"{label} broke off before its answer was complete") from None
    except TimeoutError:  # after those of aiohttp, which are some
        if not scope.expired():
            raise
        raise Unavailable(f"{label} did not answer in full within {deadline:g} s") from None


def _reason(error: Exception) -> str:
    """Return why a connection was not made, in words without names or addresses."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return "its name is unknown"
        if isinstance(cause, ssl.SSLCertVerificationError) and (why := getattr(cause, "verify_message", "")):
            return f"its certificate is not good: {why}"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, aiohttp.ClientError):
            return "no secure connection"
        if isinstance(cause, ConnectionRefusedError):
            return "connection refused"
        cause = cause.__cause__ or cause.__context__
    return "no connection"
