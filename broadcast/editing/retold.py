"""What is remembered of a told story, and whether a later version of it is news. Pure.

The rule is sober, as feeds change their entries for many reasons: a story that was told is told once more, as an
update, only within 48 hours of it, and only where its headline gives a number that was not known, or where the same
outlet has given it another headline and half of its text is new.
"""

import hashlib
import re
from collections.abc import Collection, Iterable
from datetime import datetime

from broadcast.types import Story, Told

from .events import SPAN, TITLE
from .headlines import numbers

SENTENCES = 60  #: of a story that are remembered
NUMBERS = 60
NAMES = 40  #: what one story is known by, over all outlets and versions
TEXT = 20_000  #: characters that are looked at
FRESH = 2  #: sentences that must be new, and at least half of all
SENTENCE = re.compile(r"[^.!?。！？\n]+")
WORDS = re.compile(r"\w+")


def remember(
    story: Story, identities: Collection[str], before: Told | None = None, others: Iterable[Story] = ()
) -> Told:
    """Return what to remember of *story*, which is known by *identities*; *before* is what it is an update of.

    What the *others* said of the event when it was told is no news later, though it was *story* that was told.
    """
    every = (story, *others)
    names = dict.fromkeys((*(before.names if before else ()), story.key, *sorted(identities)))
    known = {number for one in every for number in _numbers(one)} | set(before.numbers if before else ())
    heard = (digest for one in every for digest in _sentences(one))
    said = dict.fromkeys((*heard, *(before.sentences if before else ())))
    return Told(
        key=story.key,
        title=story.title[:TITLE],
        at=story.at,
        language=story.language,
        publishers=story.publishers,
        names=tuple(names)[:NAMES],
        numbers=tuple(sorted(known))[:NUMBERS],
        sentences=tuple(said)[:SENTENCES],
    )


def changed(story: Story, versions: Iterable[Told], now: datetime, *, same: bool) -> str:
    """Return what is new in *story* against the *versions* of it that were told, in words, or nothing.

    *same*: it is the told outlet's own story, not another outlet's of the same event.
    """
    every = list(versions)
    if not every or not all(one.aired for one in every) or now - max(one.at for one in every) > SPAN:
        return ""
    known = {number for one in every for number in one.numbers}
    if new := sorted(numbers(story.title) - known):
        return f"its headline now says {new[0]}"
    titles = {_words(one.title) for one in every}
    said = {digest for one in every for digest in one.sentences}
    text = _sentences(story)
    fresh = [digest for digest in text if digest not in said]
    if same and said and _words(story.title) not in titles and len(fresh) >= max(FRESH, len(text) / 2):
        return f"another headline, and {len(fresh)} of {len(text)} sentences are new"
    return ""


def _numbers(story: Story) -> set[str]:
    return {*numbers(story.title), *numbers(story.text)}


def _sentences(story: Story) -> list[str]:
    """Return short digests of the sentences of the text, each once."""
    found = (_words(each) for each in SENTENCE.findall(story.text[:TEXT]))
    digests = (hashlib.sha256(each.encode("utf-8", "replace")).hexdigest()[:10] for each in found if " " in each)
    return list(dict.fromkeys(digests))[:SENTENCES]


def _words(text: str) -> str:
    return " ".join(WORDS.findall(text[:TEXT].casefold()))
