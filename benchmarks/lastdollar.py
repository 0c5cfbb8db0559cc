"""Fifty runs at once against the last dollars of a month, on SQLite and PostgreSQL: nobody overspends.

    python benchmarks/lastdollar.py [ROUNDS] [SEED]

Each round has five processes with ten runs each reserve a dollar at the same moment, against a limit drawn at
random from half a dollar to fifteen: of one show, or of all shows together.
"""

import random
import sys
import tempfile
from math import floor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from journals import address, select  # noqa: E402
from servers import PostgreSQL  # noqa: E402
from test_ledger import race  # noqa: E402

from broadcast.journal.store import Store  # noqa: E402

PROCESSES, RUNS = 5, 10


def main(rounds: int, seed: int) -> int:
    chance, wrong = random.Random(seed), 0
    with tempfile.TemporaryDirectory() as folder:
        server = PostgreSQL.start()
        if isinstance(server, str):
            print(f"no PostgreSQL can be started here: {server}")
            return 1
        try:
            for number in range(rounds):
                limit, of_all = round(chance.uniform(0.5, 15), 2), chance.random() < 0.5
                for name in ("sqlite", "postgresql"):
                    with server.database() as url:
                        there = Path(folder) / f"{name}-{number}"
                        there.mkdir()
                        if name == "postgresql":
                            (there / "journal.url").write_text(url)
                        Store.open(address(there)).close()
                        got = race(there, PROCESSES, RUNS, limit, of_all=of_all)
                        spent = select(there, "SELECT coalesce(sum(reserved), 0) FROM spending")[0][0]
                    wrong += spent > limit or len(got) != floor(limit)
                    whose = "all shows" if of_all else "one show"
                    print(f"{name:<10} {whose:<9} {limit:>5.2f} USD: {len(got)} of 50 got one, {spent:.2f} spent")
        finally:
            server.stop()
    print(f"{rounds} rounds on each of two databases, {wrong} that overspent or left a dollar")
    return 1 if wrong else 0


if __name__ == "__main__":
    numbers = [int(one) for one in sys.argv[1:]]
    sys.exit(main(*(numbers + [5, 1][len(numbers) :])))
