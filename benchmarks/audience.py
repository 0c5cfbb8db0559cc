"""A large audience in one run, killed in the middle and called again: chats of Telegram and recipients of mail.

    python benchmarks/audience.py [CHATS] [RECIPIENTS]

What people see is counted at the doubles. Telegram's holds us to its limits: 30 messages a second, one a second and
chat. `telegrams.py` and `mail.py` measure each of them beside what a script does.
"""

import json
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "benchmarks")]

from mail import SECONDS, mailing, start  # noqa: E402

from broadcast.testing import Telegram  # noqa: E402
from broadcast.testing.mail import MailServer  # noqa: E402


def main() -> int:
    chats = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    letters = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
    members = [f"member-{number}@example.com" for number in range(letters)]
    with tempfile.TemporaryDirectory() as folder, MailServer() as server, Telegram() as telegram:
        telegram.limits = True
        places = [telegram.person().id for _ in range(chats)]
        town = mailing(Path(folder), server, members)
        known = {"token": telegram.token, "base": telegram.url, "chat": places}
        town.tree["channels"]["telegram"] = {"use": "telegram", **known}
        town.file()

        process, begun = start(town, server), time.monotonic()
        while len(telegram.everything) < chats // 2 and server.seen < letters // 2 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        there = f"{len(telegram.everything)} of {chats} posts and {server.seen} of {letters} letters"
        print(f"killed after {time.monotonic() - begun:.1f} s, with {there} there")

        process, begun = start(town, server), time.monotonic()
        out, errors = process.communicate(timeout=SECONDS)
        receipts = json.loads(out)["editions"][0]["receipts"] if out else sys.exit(errors)
        wrong = 0
        seen = {str(place): len(telegram.seen(place)) for place in places}
        seen |= {member: len(server.inboxes[member]) for member in members}
        for receipt in receipts:
            says = Counter(one["status"] for one in receipt["to"])
            lost = sum(one["status"] == "sent" and not seen[one["to"]] for one in receipt["to"])
            twice = sum(seen[one["to"]] > 1 for one in receipt["to"])
            wrong += lost + twice + says["failed"]
            print(f"{receipt['channel']:9} {dict(says)}: {twice} seen twice, {lost} called sent and lost")
        fast = telegram.counts["sendVideo"] - len(telegram.everything)
        print(
            f"called again: {time.monotonic() - begun:.1f} s; {len(telegram.uploads)} upload to Telegram,"
            f" {fast} of its requests unanswered or refused; {server.busiest} connections of mail at once"
        )
        return int(wrong > 0 or len(telegram.uploads) != 1)


if __name__ == "__main__":
    sys.exit(main())
