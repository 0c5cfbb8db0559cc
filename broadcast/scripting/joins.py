"""Quantities that are said in two parts: "42 dollars and 10 cents", "two hours and a half". Pure."""

import re
from decimal import Decimal
from functools import cache

from .literals import LETTERS, LITERAL, NUMBER, bare, literal, table

AND = r"(?:,? (?:and|und|et|y|con|e|en|और) |,? )"
ARTICLES = r"(?:an?|une?|una|um|uma|een|eine[rn]?)"
DEGREES = r"degrees?|grad[io]?|degres?|grados?|graus?|graden"  #: of no told scale
CENTS = r"cents?|cent|penn(?:y|ies)|pence|p|centimes?|centimos?|centavos?|centesimi|paise|पैसे|पैसा|セント|美分"


def joined(text: str, language: str, money: str, measures: str) -> str:
    """Return *text*, whose numbers are literals, with the two parts of a quantity in one.

    *money* and *measures* are the words for what is counted, as alternatives of a pattern.
    """
    halves, coins = _patterns(language, money, measures)
    text = halves.sub(_with_half, text) if halves else text
    return coins.sub(_with_cents, text) if "⟦" in text else text


@cache
def _patterns(language: str, money: str, measures: str) -> tuple[re.Pattern[str] | None, re.Pattern[str]]:
    half = table(language).get("and_half")
    unit = rf"(?P<unit>(?:{money}|{measures}|{DEGREES}))(?![{LETTERS}])"
    halves = rf"(?P<n>{LITERAL}|(?<![{LETTERS}]){ARTICLES}) {unit} (?:{bare(half or '')})(?![{LETTERS}])"
    coins = (
        rf"(?P<n>{LITERAL}) ?(?P<unit>{money})(?![{LETTERS}])(?P<and>{AND})"
        rf"(?P<m>{LITERAL})(?P<cents> ?(?:{CENTS})(?![{LETTERS}]))?(?=(?P<after>.{{0,12}}))"
    )
    return re.compile(halves) if half else None, re.compile(coins)


def _with_half(match: re.Match[str]) -> str:
    whole = NUMBER.fullmatch(match["n"])
    if whole and int(whole[2]):
        return match[0]
    return f"{literal(Decimal(whole[1] if whole else 1) + Decimal('0.5'))} {match['unit']}"


def _with_cents(match: re.Match[str]) -> str:
    """Return an amount of money with its cents; as it is where the second number may count something else."""
    whole, part = NUMBER.fullmatch(match["n"]), NUMBER.fullmatch(match["m"])
    assert whole is not None
    assert part is not None
    value, cents = Decimal(whole[1]), Decimal(part[1])
    plain = value == int(value) and cents == int(cents) and 1 <= cents < 100 and int(whole[2]) + int(part[2]) < 3
    if plain and not match["cents"]:
        # "14 euro 60" is one price, "14 euro, 60 people" is not.
        plain = (
            cents >= 10
            and match["and"] in (" ", " con ", " e ", " und ", " y ", " et ")
            and whole[3] in (part[3], "o")
        )
        plain = plain and not re.match(r"\s?[%⟦$€£\w]", _noun(match["after"]))
    if not plain:
        return match[0]
    flag = "f" if part[3] == "f" else "w"
    return f"{literal(value + cents / 100, 0, flag)} {match['unit']}"


#: What may stand behind a price without being counted by it.
LITTLE = re.compile(
    r"\s(?:a|an|per|each|for|in|on|to|and|e|et|y|from|the|pro|je|im|fur|und|par|le|la|les|au|en|el|al|por|y|o|os|no|na|il|lo"
    r"|contre|contra|statt|gegen|kostet|de|del|di|di|ogni|all'?|per|von|voor|op|met|het|since|but|un|une|una|um)(?!\w)"
)


def _noun(after: str) -> str:
    return "" if LITTLE.match(after) else after
