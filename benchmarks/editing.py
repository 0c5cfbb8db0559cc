"""How long choosing takes, and what it holds: 5,000 stories of 40 outlets, three languages, told ones among them.

    python benchmarks/editing.py [STORIES]

Prints the seconds of processor time for a run's whole decision (`sift` and two `pick`s) and the peak of memory that
it took; then the same for a pool of hostile titles.
"""

import random
import sys
import time
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from broadcast.editing import Taste, identities, pick, sift
from broadcast.editing.retold import remember
from broadcast.types import Past, Story, Window

NOW = datetime(2026, 11, 23, 17, tzinfo=UTC)
DAY = timedelta(days=1)
OUTLETS = 40
SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "bu",
    "da",
    "de",
    "di",
    "do",
    "du",
    "fa",
    "fe",
    "ga",
    "go",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "li",
    "lo",
    "ma",
    "me",
    "mi",
    "mo",
    "na",
    "ne",
    "no",
    "pa",
    "pe",
    "ra",
    "re",
    "ro",
    "sa",
    "so",
    "ta",
    "to",
    "va",
]
SHAPES = {
    "en": ("{who} {verb} {what} in {where} after {why}", "{where}: after {why}, {who} {verb} {what}"),
    "de": ("{where}: {who} {verb} {what} wegen {why}", "{who} {verb} wegen {why} {what} in {where}"),
    "es": ("{who} {verb} {what} en {where} tras {why}", "Tras {why}, {who} {verb} {what} en {where}"),
}


def words(dice: random.Random, count: int) -> list[str]:
    return ["".join(dice.choices(SYLLABLES, k=dice.randint(2, 4))) for _ in range(count)]


def pool(count: int, seed: int = 7) -> list[Story]:
    """Return *count* stories, every third of an event that another outlet tells as well."""
    dice = random.Random(seed)
    vocabulary = {language: words(dice, 4000) for language in SHAPES}
    stories: list[Story] = []
    while len(stories) < count:
        language = dice.choice(list(SHAPES))
        some = vocabulary[language]
        fields = {name: dice.choice(some) for name in ("who", "verb", "what", "where", "why")}
        fields |= {"who": fields["who"].title(), "where": fields["where"].title()}
        for _ in range(dice.choice((1, 1, 3))):
            outlet = dice.randrange(OUTLETS)
            number = len(stories)
            stories.append(
                Story(
                    id=str(number),
                    source=f"feed-{outlet}",
                    publisher=f"Outlet {outlet}",
                    title=dice.choice(SHAPES[language]).format(**fields),
                    text=" ".join(dice.choices(some, k=80)).capitalize() + ".",
                    url=f"https://outlet-{outlet}.example/{number}?utm_source=rss",
                    at=NOW - DAY * dice.random(),
                    language=language,
                )
            )
    return stories[:count]


def hostile() -> list[Story]:
    """Return titles that are there to slow it down: huge, of emoji, of one word, right to left, equal."""
    huge = "Ünïcödé überall " * 12_500
    titles = [huge, "🎬" * 200_000, "a" * 200_000, "مرحبا بالعالم " * 15_000, "1 " * 100_000, "\u202e" * 200_000]
    return [
        Story(
            id=str(n),
            source=f"s{n % 50}",
            publisher=f"P{n}",
            title=titles[n % len(titles)],
            at=NOW,
            text=huge[:9000],
        )
        for n in range(600)
    ] + [
        Story(id=f"e{n}", source=f"s{n}", title="The very same headline of everybody", at=NOW) for n in range(3000)
    ]


def measured(label: str, stories: list[Story], past: Past) -> None:
    def decide() -> int:
        sifted = sift(stories, past, Window(since=NOW - DAY), NOW)
        taste = Taste(want=("Bade",), per_source=2)
        return len(sifted.candidates) + 0 * sum(
            len(pick(sifted, limit=n, window=DAY, taste=taste).stories) for n in (5, 8)
        )

    best = min(timed(decide) for _ in range(3))
    tracemalloc.start()
    events = decide()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"{label}: {len(stories)} stories, {events} events, {best:.2f} s CPU, peak {peak / 1e6:.0f} MB")


def timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    stories = pool(count)
    before = [one.model_copy(update={"at": one.at - DAY}) for one in pool(1000, seed=8)]
    past = Past(
        told=frozenset(name for one in before for name in identities(one)),
        stories=tuple(remember(one, identities(one)) for one in before),
    )
    measured("news, 1,000 told before", stories, past)
    measured("hostile titles", hostile(), Past())


if __name__ == "__main__":
    main()
