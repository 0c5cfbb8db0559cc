"""How well the length of a script is estimated once a voice is known.

    python benchmarks/timing.py MEASURED.jsonl [SPLITS]

Each line of the file is a JSON object with `text` and, under the name of each voice, the seconds that it took. Half
of the texts calibrate a voice; the others are put together to scripts of about 60 s and estimated.
"""

import json
import random
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from broadcast.scripting import timing  # noqa: E402

MINUTE = 52.0  #: seconds after which a script is long enough


def rate(rows: list[dict[str, object]], voice: str) -> float:
    spoken = [timing.verbalise(str(row["text"]), "en") for row in rows]
    pauses = timing.SENTENCE_PAUSE * sum(map(timing.sentence_ends, spoken))
    took = sum(float(str(row[voice])) for row in rows)
    return sum(timing.length(text, "en") for text in spoken) / (took - pauses)


def errors(rows: list[dict[str, object]], voice: str, seed: int) -> list[float]:
    rows = random.Random(seed).sample(rows, len(rows))
    known, rest = rate(rows[: len(rows) // 2], voice), rows[len(rows) // 2 :]
    found, estimated, took = [], 0.0, 0.0
    for row in rest:
        estimated += timing.seconds(str(row["text"]), "en", rate=known)
        took += float(str(row[voice]))
        if took >= MINUTE:
            found.append(estimated / took - 1)
            estimated, took = 0.0, 0.0
    return found


def main(path: Path, splits: int) -> None:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for voice in sorted(set(rows[0]) - {"text"}):
        found = [abs(error) for seed in range(splits) for error in errors(rows, voice, seed)]
        within = sum(error <= 0.07 for error in found) / len(found)
        print(
            f"{voice:14} {len(found)} scripts: mean {sum(found) / len(found):.1%}, worst {max(found):.1%}, "
            f"within 7 %: {within:.1%}"
        )


if __name__ == "__main__":
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 20)
