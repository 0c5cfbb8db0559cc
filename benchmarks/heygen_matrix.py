"""Every endpoint of HeyGen that a run asks, and whatever goes wrong there, once and lasting: what the run comes to.

    python benchmarks/heygen_matrix.py [WAY...]

Each case is a run that is called again until it ends; the table of `tests/renderers/test_heygen_matrix.py` says how
it must. It prints a line an endpoint, and what was paid twice, posted twice or ended otherwise.
"""

import asyncio
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "renderers")]

from mishaps import IMPATIENT, PATIENT, WAYS, Outcome, cases, directly, ground, impatience  # noqa: E402
from test_heygen_matrix import expected, told  # noqa: E402

LARGE = "large picture"  #: how uploads go is a limit of the whole process


async def suffered(way: str, *, hang: bool) -> list[Outcome]:
    found: list[Outcome] = []
    for where in WAYS[way]:
        some = [case for case in cases(way) if case.where == where and (case.what == "hang") == hang]
        if not some:
            continue
        with tempfile.TemporaryDirectory() as folder, directly() if way == LARGE else nullcontext():
            async with ground(Path(folder), way, seconds=IMPATIENT if hang else PATIENT) as one:
                found += [await one.suffer(case) for case in some]
        if not hang:
            print(f"{way:18} {where:71} {told(found[-len(some) :])}", flush=True)
    return found


async def everything(ways: list[str]) -> list[Outcome]:
    found = [one for way in ways for one in await suffered(way, hang=False)]
    with impatience():
        sides = await asyncio.gather(*(suffered(way, hang=True) for way in ways if way != LARGE))
        if LARGE in ways:
            sides.append(await suffered(LARGE, hang=True))
    silent = [one for some in sides for one in some]
    print(f"{'without an answer':90} {told(silent)}")
    return found + silent


def main() -> int:
    begun, busy = time.monotonic(), time.process_time()
    found = asyncio.run(everything(sys.argv[1:] or list(WAYS)))
    wrong = [f"{one.case}: {one.wrong}" for one in found if one.wrong]
    # Where no answer is waited for long, another may be late too: there, only the end counts.
    ends = [(one, one.end if one.case.what != "hang" else one.ends[-1]) for one in found]
    other = [f"{one.case}: {end}" for one, end in ends if not expected(one.case).endswith(end)]
    print("\n".join([*wrong, *other]))
    print(
        f"{told(found)}; {sum('paid twice' in one for one in wrong)} paid twice, {len(other)} ended otherwise;"
        f" {time.monotonic() - begun:.0f} s, CPU {time.process_time() - busy:.0f} s"
    )
    return bool(wrong or other)


if __name__ == "__main__":
    sys.exit(main())
