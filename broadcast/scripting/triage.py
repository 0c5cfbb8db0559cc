"""Which stories are not told at all: those that speak to a machine, or hide what they say. Pure.

No pattern finds every attack; this one finds the plain ones before money is spent on them. What holds is behind it:
one call a story, no tools, and a lint of whatever comes back.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from broadcast.text import INVISIBLE, clean, yamls
from broadcast.types import Story

from .literals import bare
from .sanitise import straight

READ = 60_000  #: characters of a story that are looked at; a writer reads fewer
SHOWN = 80  #: characters of what was found that a note repeats
#: Invisible characters in a row, more than any typography needs.
ROW = re.compile("(?:[\u200b-\u200f\u2060-\u2064\ufeff\ufe00-\ufe0f\u180b-\u180e]){8,}")
TAGS = re.compile("[\U000e0020-\U000e007f]{3,}|[\U000e0100-\U000e01ef]{4,}")
FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{3,6}\U000e007f")  #: of Scotland, and the like
OVERRIDE = re.compile("[\u202d\u202e]")
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff]")
SPACED = re.compile(r"(?<![^\W_])(?:[^\W\d_][ ._*-]{1,2}){4,}[^\W\d_](?![^\W_])")
MIXED = re.compile(r"[^\W\d_]+")
#: Letters of other alphabets that look like Latin ones.
ALIKE = str.maketrans(
    "аеорсухіјѕԁһӏАВЕКМНОРСТХІЅοανιρτυκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhlABEKMHOPCTXISoavipxukABEZHIKMNOPTYX"
)
LATIN = re.compile("[A-Za-z]")


def triage(story: Story) -> str:
    """Return why *story* is to be put aside, as a note for the report, or "" where it may be told."""
    for text in (story.title, story.publisher, story.text[:READ]):
        if ROW.search(text) or TAGS.search(FLAG.sub("", text)):
            return "put aside: it holds text that nobody can see"
        if OVERRIDE.search(text) and not RIGHT_TO_LEFT.search(text):
            return "put aside: it turns the direction of its text around"
    whole = "\n".join((story.title, story.publisher, story.text[:READ]))
    for found in orders(whole):
        return f"put aside: it speaks to a machine: {clean(found, SHOWN)}"
    return ""


def orders(text: str) -> Iterator[str]:
    """Give what in *text* speaks to a machine."""
    plain = _plainly(text)
    for pattern in _patterns():
        if match := pattern.search(plain):
            yield match[0].strip()


def _plainly(text: str) -> str:
    """Return *text* as it looks: nothing invisible, no styled or foreign look-alikes, no letters set apart."""
    text = straight(unicodedata.normalize("NFKC", INVISIBLE.sub(lambda match: match["kept"] or "", text)))
    if not text.isascii():
        text = MIXED.sub(lambda match: match[0].translate(ALIKE) if LATIN.search(match[0]) else match[0], text)
    text = SPACED.sub(lambda match: re.sub(r"[ ._*-]", "", match[0]), text)
    return bare(re.sub(r"[^\S\n]+", " ", text)).lower()


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    table = yamls.table(Path(__file__).with_name("orders.yaml"))
    found = []
    for language, patterns in table.items():
        for pattern in patterns:
            if language in ("hi", "ja", "zh"):
                pattern = bare(pattern)
            found.append(re.compile(pattern.replace("~", r"[^.!?\n。！？]{0,40}?")))
    return tuple(found)
