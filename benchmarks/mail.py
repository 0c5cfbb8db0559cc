"""A thousand letters in one run, killed in the middle and called again; and how fast they leave.

    python benchmarks/mail.py [RECIPIENTS] [MILLISECONDS]

The server's own inboxes are counted. With MILLISECONDS it answers each command that much later, as a far one does.
The naive loop is what a script does: one connection after the other, and from the top again when it was killed.
"""

import json
import os
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from airing import Town  # noqa: E402
from test_kill import SLOT  # noqa: E402

from broadcast.testing.mail import MailServer  # noqa: E402

SECONDS = 600.0  #: for a run


def mailing(folder: Path, server: MailServer, members: list[str]) -> Town:
    """Return a show that goes to *members* by mail."""
    town = Town(folder)
    (folder / "members.txt").write_text("\n".join(members))
    town.tree["channels"] = {
        "email": {"use": "email", "from": "Town News <news@example.com>", "list": str(folder / "members.txt")}
    }
    town.file()
    return town


def start(town: Town, server: MailServer) -> subprocess.Popen[str]:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": os.environ["PATH"]}
    environment |= {"BROADCAST_DATA_DIR": str(town.folder / "data"), "SMTP_URL": server.url()}
    return subprocess.Popen(
        [sys.executable, "-m", "broadcast", "run", "town", "--slot", SLOT, "--json"],
        cwd=town.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def killed_and_called_again(folder: Path, server: MailServer, members: list[str]) -> tuple[int, dict[str, int]]:
    """Kill a run when half of the letters are there, and call it again. Returns the doubles, and what it says."""
    town = mailing(folder, server, members)
    process = start(town, server)
    while server.seen < len(members) // 2 and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    process = start(town, server)
    out, errors = process.communicate(timeout=SECONDS)
    (receipt,) = json.loads(out)["editions"][0]["receipts"] if out else sys.exit(errors)
    says: dict[str, int] = {}
    for one in receipt["to"]:
        says[one["status"]] = says.get(one["status"], 0) + 1
        assert one["status"] in ("sent", "unconfirmed"), one
        assert one["status"] != "sent" or len(server.inboxes[one["to"]]) == 1, one
    return sum(len(inbox) - 1 for inbox in server.inboxes.values() if inbox), says


def naive(server: MailServer, members: list[str]) -> float:
    """Send as a script does, and return the seconds it takes."""
    started = time.monotonic()
    for number, member in enumerate(members):
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = "news@example.com", member, "Daily update"
        message["Date"], message["Message-ID"] = "Mon, 23 Nov 2026 17:00:00 +0000", f"<{number}@naive.example>"
        message.set_content("Watch it here: https://example.com/v.mp4")
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            client.send_message(message)
    return time.monotonic() - started


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    late = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.0
    members = [f"member-{number}@example.com" for number in range(count)]
    with tempfile.TemporaryDirectory() as folder, MailServer(slow=late) as server:
        town = mailing(Path(folder), server, members)
        process = start(town, server)
        while not server.seen and process.poll() is None:
            time.sleep(0.001)
        started = time.monotonic()
        _, errors = process.communicate(timeout=SECONDS)
        spent = time.monotonic() - started
        assert (count, []) == (server.seen, server.problems), (server.seen, server.problems, errors)
        print(f"{count} letters of their own: {spent:.1f} s, {count / spent:.0f}/s, {server.busiest} connections")
    few = members[: max(count // 5, 1)]
    with MailServer(slow=late) as server:
        spent = naive(server, few)
        print(f"the naive loop, a line of text: {len(few) / spent:.0f}/s; killed, it begins at the top")
    with tempfile.TemporaryDirectory() as folder, MailServer(slow=late) as server:
        doubles, says = killed_and_called_again(Path(folder), server, members)
        print(f"killed in the middle and called again: {doubles} doubles, {server.seen} of {count} there; {says}")
        assert doubles == 0


if __name__ == "__main__":
    main()
