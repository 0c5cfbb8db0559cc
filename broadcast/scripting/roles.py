"""Whether a sentence says who did it to whom as its quotes do. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from .claims import READ, WORD, manner, stems, told
from .facts import facts
from .literals import bare
from .names import places
from .utterance import plainly

#: German little words that tell whom something is done to, and those that may not.
PREPOSITIONS = frozenset(
    """vom zum zur im am beim in an auf aus bei bis durch fur gegen mit nach ohne seit uber um unter von vor wegen
    zu als""".split()  # noqa: SIM905
)
OBLIQUE = PREPOSITIONS | frozenset(("den", "dem", "einen", "einem", "des", "eines", "keinen", "keinem"))
SUBJECT = frozenset(("der", "die", "das", "ein", "eine", "kein", "keine"))
JOINED = {"al": "a el", "del": "de el", "au": "a le", "aux": "a les", "du": "de le", "ao": "a o", "do": "de o"}
#: Articles, which change with number and gender while a preposition stays; where things are often told before the
#: one who does it, they are looked at as well.
ARTICLES = {"en": "an? the", "es": "el la los las una?", "fr": "le la les une? l"}
PLURAL = re.compile(r"(?:en|e)$")  #: ends of German nouns in the plural
KEPT = 6  #: letters of a word that is no little one, whatever a list of those says
#: Who said it, behind what was said.
TOLD = re.compile(
    r",\s[^,]{2,50}\b(?:said|says|announced|reported|confirmed|sagte\w*|mitgeteilt|mit|berichtet\w*|dijo|inform\w*|anunci\w*"
    r"|declare\w*|annonce\w*|indique\w*|disse|ha detto|zei|zegt|meldde)[^,]{0,20}$",
    re.IGNORECASE,
)
ROOT = 5  #: letters that a country and what belongs to it begin with


@dataclass(frozen=True, slots=True)
class Place:
    """Where a word stands, and behind which little words."""

    at: int
    before: str
    name: bool
    head: bool  #: it may stand for somebody: a name, or behind a little word
    raw: str = ""


def swapped(sentence: str, quotes: Sequence[str], language: str) -> bool:
    """Say whether two words of a quote changed places around one that stands between them in both.

    Each must stand where the other stood, behind the same preposition: in many languages what is told first is a
    matter of taste, and its preposition or its article moves with it.
    """
    if language in ("ja", "zh", "hi"):
        return False
    return any(_swapped(sentence, quote, language) for quote in quotes)


def _swapped(sentence: str, quote: str, language: str) -> bool:
    own, here, there = manner(language), told(sentence, language), told(quote, language)
    if bool(own.passive.search(here)) != bool(own.passive.search(there)):
        return False
    one, other = _order(sentence, language), _order(quote, language)
    other = {_like(word, place, one): place for word, place in other.items()}
    shared = [word for word in one if word in other]
    both = (*own.converses, *(pair[::-1] for pair in own.converses))
    if any(_only(a, b, here) and _only(b, a, there) for a, b in both):
        # Who "sold" what another one "bought" is named first in both.
        return len(shared) > 0 and shared[0] == next(word for word in other if word in one) and one[shared[0]].name
    if len(shared) < 3 or len(shared) < 0.6 * len(one):
        return False
    for place, first in enumerate(shared):
        for last in shared[place + 2 :]:
            low, high = other[last].at, other[first].at
            if low >= high:
                continue
            between = [
                word
                for word in shared
                if one[first].at < one[word].at < one[last].at and low < other[word].at < high
            ]
            if _other_deed(one, other, (first, last)):
                continue
            agrees = all(one[word].raw == other[word].raw for word in between)
            if between and _exchanged((one[first], other[first]), (one[last], other[last]), language, agrees):
                return True
    return False


def _only(one: re.Pattern[str], other: re.Pattern[str], text: str) -> bool:
    return bool(one.search(text)) and not other.search(text)


def _other_deed(one: Mapping[str, Place], other: Mapping[str, Place], ends: tuple[str, str]) -> bool:
    """Say whether between two words both texts have a word that the other has not: "compra a" and "vende a"."""
    return all(
        any(
            min(here[end].at for end in ends) < place.at < max(here[end].at for end in ends) and word not in there
            for word, place in here.items()
        )
        for here, there in ((one, other), (other, one))
    )


def _like(word: str, place: Place, others: Mapping[str, Place]) -> str:
    """Return the name among *others* of which *word* is another form: "Russia" for "Russian"; else *word*."""
    if word in others or not place.name or len(word) <= ROOT:
        return word
    return next((one for one in others if one[:ROOT] == word[:ROOT] and others[one].name), word)


def _exchanged(first: tuple[Place, Place], last: tuple[Place, Place], language: str, agrees: bool) -> bool:
    """Say whether two words, each as (now, then), stand where the other stood.

    *agrees* says that the words between them have kept their endings.
    """
    every = (*first, *last)
    if not all(place.head or place.name for place in every):
        return False
    if language == "de":
        kept = [now.before for now, then in (first, last) if now.before == then.before]
        # One that has kept a case that no subject has is told first, and no more.
        if any(set(before.split()) & OBLIQUE for before in kept):
            return False
        if _prepositions(first[0], last[0]) != _prepositions(first[1], last[1]):
            return False  # "an Bosch" is "von Siemens" of the other side
        if len(kept) < 2:
            changed = [(set(now.before.split()), set(then.before.split())) for now, then in (first, last)]
            return any(
                ((now and then) or (now | then) & PREPOSITIONS) and bool(now & OBLIQUE) != bool(then & OBLIQUE)
                for now, then in changed
            )
        if not agrees:
            return True  # another one is the subject when the verb changes its number
        return all(_proper(place) for place in every)
    befores = [place.before for place in every]
    if (
        language == "es"
        and not any(befores)
        and not all(any(one.name and one.at for one in two) for two in (first, last))
    ):
        return False  # a thing may be told first; a person to whom it is done has its "a"
    return befores[0] == befores[3] and befores[1] == befores[2]


def _proper(place: Place) -> bool:
    """Say whether a German word is a name: "Waffen liefert China" is no other claim than "China liefert Waffen"."""
    if bare(place.raw).lower() in places("de"):
        return set(place.before.split()) <= SUBJECT
    return place.name and not place.before and not PLURAL.search(place.raw)


def _prepositions(*places: Place) -> list[str]:
    return sorted(word for place in places for word in place.before.split() if word in PREPOSITIONS)


@lru_cache(maxsize=256)
def _order(text: str, language: str) -> dict[str, Place]:
    """Return the first place of each stem of *text*."""
    found: dict[str, Place] = {}
    little: list[str] = []
    last: Place | None = None
    articles = re.compile(rf"(?:{ARTICLES.get(language, '(?!)').replace(' ', '|')})")
    dated = " ".join(fact.raw.lower() for fact in facts(text[:READ], language) if fact.kind != "amount")
    plain = TOLD.sub("", plainly(text[:READ]))
    if language in ("fr", "it"):
        plain = re.sub(r"\b(\w{1,4})'(?=\w)", r"\1 ", plain)
    for place, raw in enumerate(WORD.findall(plain)):
        word = bare(raw).lower()
        own = stems(word, language)
        led = bool(little) and bool(articles.fullmatch(JOINED.get(little[-1], little[-1]).split()[-1]))
        if (
            not own
            and len(word) >= KEPT
            and (led or (raw[0].isupper() and place == 0) or (raw[0].isupper() and place))
        ):
            own = frozenset((word,))  # "the general", "Microsoft"
        if not own and language in ("es", "fr", "it", "pt") and raw.lower() != word and len(word) > 4:
            own = frozenset((word,))  # "salvó" is not "salvo"
        if not own:
            little.append(word)
            continue
        if language == "de":
            before = " ".join(one for one in little if one in OBLIQUE or one in SUBJECT)
        else:
            spread = " ".join(JOINED.get(one, one) for one in little).split()
            before = " ".join(one for one in spread if not articles.fullmatch(one))
        name = raw[0].isupper()
        if not little and name and last is not None and last.at == place - 1 and last.name and language == "de":
            before = last.before  # "von Juli Zeh"
        head = bool(little) or place == 0 or (language == "en" and word.endswith("s"))
        for stem in own:
            if not stem[0].isdigit() and word not in dated:
                found.setdefault(stem, Place(place, before, name, head, raw))
        little, last = [], Place(place, before, name, head, raw)
    return found
