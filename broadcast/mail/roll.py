"""Lists of members, and the list of those who get nothing more."""

import asyncio
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path

from broadcast.errors import Refused, Rejected, Unavailable

from .address import listed, mailbox, same

LIST = 10_000_000  #: bytes of a list: about 300,000 members
COMMAND_SECONDS = 60.0
SHOWN = 3  #: bad lines that a note names


def members(text: str, what: str, note: Callable[[str], None]) -> list[str]:
    """Return the addresses that a list holds, each once. Lines that are none are left out and named."""
    found: dict[str, str] = {}
    bad = []
    for number, line in listed(text):
        try:
            one = mailbox(line).address
        except ValueError:
            bad.append(str(number))
        else:
            found.setdefault(same(one), one)
    if bad:
        more = f" and {len(bad) - SHOWN} more" if len(bad) > SHOWN else ""
        note(f"{what}: no address in line {', '.join(bad[:SHOWN])}{more}: left out")
    return list(found.values())


async def of_file(path: Path, what: str) -> str:
    """Return the text of a list. Raises `Refused` where it cannot be read."""
    try:
        return await asyncio.to_thread(_text, path, what)
    except (OSError, UnicodeDecodeError) as error:
        why = "is not UTF-8 text" if isinstance(error, UnicodeDecodeError) else str(error.strerror)
        raise Refused(f"{what} {path}: {why}: make it readable, or name another") from None


async def of_command(words: Sequence[str]) -> str:
    """Return what a program of the operator's prints. No shell reads its arguments."""
    label = f"the command {words[0]}"
    try:
        process = await asyncio.create_subprocess_exec(
            *words, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
        )
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "cannot be started"
        raise Refused(f"{label} of `command`: {why}") from None
    assert process.stdout
    try:
        async with asyncio.timeout(COMMAND_SECONDS):
            said = bytearray()
            while chunk := await process.stdout.read(65536):
                said += chunk
                if len(said) > LIST:
                    raise Rejected(f"{label} prints more than {LIST / 1e6:g} MB")
            code = await process.wait()
    except TimeoutError:
        raise Unavailable(f"{label} was not done within {COMMAND_SECONDS:g} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if code:
        raise Unavailable(f"{label} ended with {code}; run it by hand to see why")
    try:
        return said.decode()
    except UnicodeDecodeError:
        raise Rejected(f"{label} prints no UTF-8 text") from None


async def suppressed(path: Path | None) -> frozenset[str]:
    """Return who gets nothing more. A file that is not there yet is an empty one."""
    if path is None or not path.expanduser().exists():
        return frozenset()
    text = await of_file(path, "the list of `suppress`")
    return frozenset(same(line) for _, line in listed(text))


def suppress(path: Path, address: str, why: str, at: datetime) -> None:
    """Add *address* to the file. One write, so that two at once do not mix."""
    path = path.expanduser()
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"{address}  # {at:%Y-%m-%d} {' '.join(why.split())}\n"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        with open(path, "rb") as file:
            whole = file.seek(0, os.SEEK_END) == 0 or (file.seek(-1, os.SEEK_END), file.read(1))[1] == b"\n"
        os.write(handle, (line if whole else f"\n{line}").encode())
    finally:
        os.close(handle)


def without(found: Iterable[str], gone: frozenset[str]) -> list[str]:
    """Return those of *found* that still get something. Pure."""
    return [one for one in found if same(one) not in gone]


def _text(path: Path, what: str) -> str:
    with path.expanduser().open("rb") as file:
        data = file.read(LIST + 1)
    if len(data) > LIST:
        raise Refused(f"{what} {path} has more than {LIST / 1e6:g} MB")
    return data.decode("utf-8-sig")
