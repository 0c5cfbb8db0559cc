"""Every zone of the tz database through its clock changes, against a reference that looks every minute.

    python benchmarks/slots.py [FIRST_YEAR LAST_YEAR]

Prints how many zones, changes and slots were compared, and each difference.
"""

import sys
import time
from pathlib import Path
from zoneinfo import available_timezones

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from test_schedule import differences  # noqa: E402


def main() -> int:
    first, last = (int(year) for year in sys.argv[1:3] or ("2021", "2030"))
    begun, count, changed, wrong = time.monotonic(), 0, 0, []
    zones = sorted(available_timezones() - {"localtime", "posixrules"})
    for zone in zones:
        many, slots, bad = differences(zone, first, last)
        changed, count, wrong = changed + many, count + slots, wrong + bad
    print(f"{len(zones)} zones, {changed} changes, {count} slots in {time.monotonic() - begun:.0f} s")
    print("\n".join(wrong) or "no difference: none lost, none twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
