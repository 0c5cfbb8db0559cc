"""Whether one headline says the opposite of another: "judge blocks the plan", "judge allows the plan". Pure.

What the lint holds a script against its sources by is used here as well; this adds what headlines live by. Two that
are opposites are two stories: one is news of the other, or contradicts it, and to hide either would be wrong.
"""

import re
from functools import cache

from broadcast.scripting.claims import told
from broadcast.scripting.opposites import reversals, sides

from .headlines import WORD

Pairs = dict[str, tuple[tuple[str, str], ...]]

#: By language, words of which one says what the other does not, whoever does it.
PAIRS: Pairs = {
    "en": (
        ("allow(?:s|ed)?|permit(?:s|ted)?", "block(?:s|ed)?|bans?|banned|halt(?:s|ed)?"),
        ("dies?|died|dead|killed|perish(?:es|ed)?", "rescued|saved|alive|surviv(?:es?|ed)"),
        ("holds?|held|keeps?|kept|unchanged", "raises?|raised|cuts?|lifts?|lifted|lowers?|lowered"),
        ("(?<!to )resigns?|resigned|quits?|steps? down", "refus(?:es|ed) to (?:resign|quit|go)|stays? on"),
        ("arrest(?:s|ed)?|jail(?:s|ed)?|detain(?:s|ed)?", "frees?|freed|releas(?:es|ed)|bailed"),
        ("arriv(?:es?|ed)|returns?|returned", "leaves?|left|depart(?:s|ed)?"),
        ("lands?|landed|launch(?:es|ed)|returns?", "explod(?:es?|ed)|crash(?:es|ed)?|scrubbed"),
    ),
    "de": (
        ("erlaubt|genehmigt|gestattet|billigt", "stoppt|verbietet|untersagt|blockiert"),
        ("tot|tote[rsn]?|stirbt|sterben|starb|getötet", "lebend|gerettet|überleb\\w*|unverletzt|wohlauf"),
        ("tritt zurück|zurückgetreten|rücktritt", "bleibt im amt|tritt nicht zurück"),
        ("kippt|verwirft|hebt auf|aufgehoben", "bestätigt"),
    ),
    "es": (
        ("permite|autoriza|avala|aprueba", "prohíbe|frena|paraliza|bloquea|rechaza|suspende"),
        ("mueren?|muert[oa]s?|fallecen?", "rescatad[oa]s?|sobreviven?|ilesos?"),
        ("anula|revoca|tumba", "confirma|ratifica|mantiene"),
        ("en libertad|libera|liberad[oa]s?|absuelt[oa]s?", "a prisión|encarcelad[oa]s?|condenad[oa]s?"),
        ("dimite|renuncia", "descarta dimitir|no dimitirá"),
    ),
    "fr": (
        ("autorise|permet|approuve", "interdit|bloque|suspend|rejette"),
        ("morte?s?|meurt|tuée?s?", "sauvée?s?|vivante?s?|indemnes?"),
        ("annule|casse", "confirme|maintient"),
        ("démissionne|démission", "refuse de démissionner|reste en poste"),
    ),
}
#: The same of words that may well stand in two reports of one event: they count where hardly anything else differs.
IN_PLACE: Pairs = {
    "en": (
        ("for", "against"),
        ("with", "without"),
        ("first", "second|third"),
        ("second", "third"),
        ("left", "right"),
    ),
    "de": (
        ("für", "gegen"),
        ("mit", "ohne"),
        ("erste[rsn]?", "zweite[rsn]?|dritte[rsn]?"),
        ("zweite[rsn]?", "dritte[rsn]?"),
    ),
    "es": (
        ("a favor", "en contra"),
        ("con", "sin"),
        ("izquierda", "derecha"),
        ("primer[oa]?", "segund[oa]|tercer[oa]?"),
        ("segund[oa]", "tercer[oa]?"),
    ),
    "fr": (
        ("pour", "contre"),
        ("avec", "sans"),
        ("gauche", "droite"),
        ("premier|première", "deuxième|seconde?|troisième"),
    ),
}
BESIDE = 3  #: words of either headline that the other has not, those of such a pair among them


def opposed(one: str, other: str, language: str) -> bool:
    """Say whether *one* has a word of which *other* has the opposite, and neither has both."""
    pairs = list(_pairs("PAIRS", language))
    here, there = (WORD.findall(each.casefold()) for each in (one, other))
    mine, theirs = [word for word in here if word not in there], [word for word in there if word not in here]
    if not mine or not theirs:
        return False
    if max(len(mine), len(theirs)) <= BESIDE:
        pairs += _pairs("IN_PLACE", language)
    for left, right in pairs:
        has = [(bool(left.search(each)), bool(right.search(each))) for each in (one, other)]
        if sorted(has) == [(False, True), (True, False)]:
            return True
    return _crossed(mine, theirs, language) and any(reversals(one, [other], language))


def _crossed(mine: list[str], theirs: list[str], language: str) -> bool:
    """Say whether a word of *mine* may have its opposite among *theirs*: a quick look before a thorough one."""
    left, right = (
        {found[:2] for found in sides(told(" ".join(words), language), language)} for words in (mine, theirs)
    )
    return any((pair, 1 - side) in right for pair, side in left)


@cache
def _pairs(table: str, language: str) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    found: Pairs = {"PAIRS": PAIRS, "IN_PLACE": IN_PLACE}[table]
    return tuple((_whole(one), _whole(other)) for one, other in found.get(language, ()))


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{words})\b", re.IGNORECASE)
