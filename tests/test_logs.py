"""What goes to stderr: no secret, and how far long work has come."""

import io
import json
import logging

import pytest

from broadcast.logs import Progress, Redact, about, setup

SECRET = "123456:telegram-token"


def test_no_secret_is_logged_by_any_logger_nor_in_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    setup(Redact([SECRET, "abc"]), verbose=True)
    try:
        raise ValueError(f"no answer from https://api.example/bot{SECRET}/sendVideo")
    except ValueError:
        logging.getLogger("somebody.else").exception("failed with %s and abc", SECRET)
    logging.getLogger("httpx").info("GET %s", SECRET)
    logging.getLogger("broadcast.pipeline").debug("step %s", SECRET)

    said = capsys.readouterr().err
    logging.basicConfig(force=True)

    assert SECRET not in said
    assert "failed with ******** and abc" in said
    assert "ValueError: no answer from https://api.example/bot********/sendVideo" in said
    assert "step ********" in said
    assert "GET" not in said


def test_secrets_learned_later_are_taken_out_too() -> None:
    redact = Redact([])
    redact.add(["another-secret"])

    assert "a ******** here" == redact.text("a another-secret here")


def test_off_a_terminal_progress_is_a_line_at_every_quarter() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for percent in range(101):
        progress("newsdesk", percent / 100)

    assert ["25 %", "50 %", "75 %", "100 %"] == [
        line.split(": ")[1][:5].rstrip(" a") for line in stream.getvalue().splitlines()
    ]


def test_on_a_terminal_progress_is_a_bar_with_the_time_left() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    progress = Progress(stream)
    progress("newsdesk", 0.5)
    progress("newsdesk", 1.0)

    assert "\rnewsdesk ██████████████░░░░░░░░░░░░░░  50%  0 s left" in stream.getvalue()
    assert stream.getvalue().endswith("100%  0 s         \n")


def test_a_lasting_process_logs_json_with_what_it_is_about_and_no_secret(
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup(Redact([SECRET]), verbose=False, lasting=True)
    log = logging.getLogger("broadcast.daemon")
    with about(show="town", run="town@2026-11-23T17:00:00Z"):
        try:
            raise ValueError(f"bot{SECRET}")
        except ValueError:
            log.exception("failed\nwith %s", SECRET)
    log.info("ended")
    lines = capsys.readouterr().err.splitlines()
    logging.basicConfig(force=True)
    logging.getLogger("broadcast").setLevel(logging.NOTSET)

    first, second = map(json.loads, lines)
    assert ("failed\nwith ********", "town", "error") == (first["message"], first["show"], first["level"])
    assert "ValueError: bot********" in first["trace"]
    assert {"at", "level", "logger", "message"} == set(second)
