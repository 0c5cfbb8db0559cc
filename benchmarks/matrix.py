"""Every channel on every rung, and whatever goes wrong there: what became of the post, and how many people saw it.

    python benchmarks/matrix.py [TROUBLE...]

Each cell is a post that met the trouble, and was called for again when all was well. It shows what became of it in
the end: `sent`, or `held` for a person, where the service cannot say whether it took the post.
"""

import logging
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from everywhere import EVERYTHING, Cell, suffered  # noqa: E402

WORDS = {"unconfirmed": "held"}


def main() -> int:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    asked, begun = sys.argv[1:] or list(EVERYTHING), time.monotonic()
    rows = defaultdict[str, dict[str, Cell]](dict)
    for how in asked:
        with tempfile.TemporaryDirectory() as folder:
            for cell in suffered(Path(folder) / "town", how):
                rows[cell.stand.name][how] = cell
    print(f"{'':20}{''.join(f'{how:>13}' for how in asked)}")
    for name, row in rows.items():
        ends = (WORDS.get(row[how].became[-1], row[how].became[-1]) if how in row else "-" for how in asked)
        print(f"{name:20}{''.join(f'{end:>13}' for end in ends)}")
    cells = [cell for row in rows.values() for cell in row.values()]
    print(
        f"{len(cells)} cases in {time.monotonic() - begun:.0f} s:"
        f" {sum(max(cell.seen) > 1 for cell in cells)} seen twice,"
        f" {sum(cell.became[-1] == 'sent' and cell.seen[-1] != 1 for cell in cells)} called sent and lost,"
        f" {sum(cell.became[-1] == 'unconfirmed' for cell in cells)} held for a person"
    )
    wrong = [cell for cell in cells if cell.wrong]
    for cell in wrong:
        print(f"wrong: {cell}")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
