"""The tests themselves: none of them reaches anything but this machine."""

import asyncio
import socket
from pathlib import Path

import pytest
from indoors import who_left
from nursery import ran

OUTSIDE = "192.0.2.1"  # nobody's (RFC 5737), should it ever be dialled


def test_a_connection_to_the_outside_is_stopped_and_named() -> None:
    with pytest.raises(ConnectionRefusedError, match="tried to leave"), socket.socket() as line:
        line.connect((OUTSIDE, 9))
    with (
        pytest.raises(ConnectionRefusedError, match="tried to leave"),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line,
    ):
        line.sendto(b"x", (OUTSIDE, 53))

    assert [f"socket.connect {OUTSIDE}:9", f"socket.sendto {OUTSIDE}:53"] == who_left().splitlines()


async def test_so_is_one_that_a_library_makes() -> None:
    with pytest.raises(OSError, match="tried to leave"):
        await asyncio.open_connection(OUTSIDE, 9)

    assert f"socket.connect {OUTSIDE}:9" == who_left().strip()


def test_so_is_one_of_a_process_of_its_own(tmp_path: Path) -> None:
    script = tmp_path / "out.py"
    script.write_text(f"import socket\nsocket.create_connection(({OUTSIDE!r}, 9))")
    ended = ran((str(script),), tmp_path, {})

    assert "tried to leave" in ended.stderr
    assert f"socket.connect {OUTSIDE}:9" == who_left().strip()


@pytest.mark.parametrize("name", ["example.com", "news.example", "nowhere.invalid"])
def test_nobody_is_asked_what_a_name_means(name: str) -> None:
    with pytest.raises(socket.gaierror):
        socket.create_connection((name, 80))

    assert "" == who_left()


def test_this_machine_is_reached_by_all_its_names() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        for name in ("localhost", "127.0.0.1", "127.1"):
            socket.create_connection((name, server.getsockname()[1])).close()
