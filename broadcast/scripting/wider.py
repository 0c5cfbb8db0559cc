"""Whether a sentence claims more than its quotes: without their condition, or as the first of many. Pure."""

import re
from collections.abc import Iterator, Sequence

from .claims import WORD, Manner, clauses, manner, stems, told

SENTENCE = re.compile(r"[.!?।。！？]+(?=\s|$)")
MAIN = 0.7  #: share of what stands under a condition that the sentence must repeat
ASKED = re.compile(
    r"(?:ask\w*|see|know|knew|wonder\w*|clear|even|as|only|fragt\w*|ob|demand\w*|savoir|saber|meme|incluso|como|comme)\s$"
)


def wider(sentence: str, quotes: Sequence[str], language: str) -> Iterator[tuple[str, str]]:
    """Give (code, message) where *sentence* claims without a limit what its *quotes* limit."""
    own, said = manner(language), told(sentence, language)
    evidence = [told(quote, language) for quote in quotes]
    if any(_unconditional(quote, said, own) for quote in evidence):
        yield "L19", "the quote has a condition that the sentence has not"
    if any(_unranked(quote, said, own) for quote in evidence):
        yield "L19", "the quote says it of one among others"


def _unconditional(quote: str, said: str, own: Manner) -> bool:
    """Say whether *said* tells without a condition what *quote* tells with one."""
    if any(one.search(said) for one in (own.condition, own.may, own.no)):
        return False
    words = stems(said, own.language)
    for sentence in SENTENCE.split(quote):
        for match in own.condition.finditer(sentence):
            if ASKED.search(sentence[: match.start()]):
                continue
            end = next((a for a, _ in clauses(sentence, own) if a > match.start()), len(sentence))
            main = stems(sentence[: match.start()] + " " + sentence[end:], own.language)
            if len(main) > 1 and len(main & words) >= MAIN * len(main):
                return True
    return False


def _unranked(quote: str, said: str, own: Manner) -> bool:
    """Say whether *said* has "the largest" where *quote* has "the second largest" or "one of the largest"."""
    ranked = [next(filter(None, match.groupdict().values())) for match in own.ranked.finditer(quote)]
    rest, kept = own.ranked.sub(" ", quote), own.ranked.sub(" ", said)
    return any(most in WORD.findall(kept) and most not in WORD.findall(rest) for most in ranked)
