"""Whether a text can be in the language that a show speaks. Pure, cheap, and silent when in doubt."""

import re
import unicodedata
from collections import Counter
from functools import lru_cache

from broadcast.types import Brief, Story

from .ranking import stopwords
from .sanitise import base

#: The script of each language, by the first word of its characters' Unicode names.
SCRIPTS = {
    "hi": {"DEVANAGARI"}, "mr": {"DEVANAGARI"}, "ne": {"DEVANAGARI"}, "ja": {"CJK", "HIRAGANA", "KATAKANA"},
    "zh": {"CJK"}, "ko": {"HANGUL", "CJK"}, "ru": {"CYRILLIC"}, "uk": {"CYRILLIC"}, "bg": {"CYRILLIC"},
    "sr": {"CYRILLIC", "LATIN"}, "el": {"GREEK"}, "ar": {"ARABIC"}, "fa": {"ARABIC"}, "ur": {"ARABIC"},
    "he": {"HEBREW"}, "th": {"THAI"}, "bn": {"BENGALI"}, "ta": {"TAMIL"}, "te": {"TELUGU"},
}  # fmt: skip
LATIN = {"LATIN"}
#: Languages in Latin letters that are told apart by their little words.
SPOKEN = ("en", "de", "fr", "es", "pt", "it", "nl", "sv", "da", "no", "fi", "pl", "cs", "ro", "hu", "tr", "id")
LETTERS = 2000  #: that are looked at
WORDS = 12  #: fewer prove nothing
FEW = 5  #: words of a sentence that may prove it where none speaks against it


@lru_cache(maxsize=64)  # a story is told in every edition
def foreign(text: str, language: str) -> bool:
    """Say whether *text* is clearly not in *language*: another script, or the little words of another language."""
    letters = [character for character in text[: 4 * LETTERS] if character.isalpha()][:LETTERS]
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)
    expected = SCRIPTS.get(language, LATIN)
    if len(letters) >= 8 and sum(scripts[name] for name in expected) < 0.3 * len(letters):
        return True
    kana = scripts["HIRAGANA"] + scripts["KATAKANA"]
    if language == "zh" and kana > 0.2 * len(letters):
        return True
    if language == "ja" and len(letters) >= 40 and not kana:
        return True
    return language in SPOKEN and _other_words(text[: 4 * LETTERS], language)


def _other_words(text: str, language: str) -> bool:
    """Say whether the little words of *text* speak for another language; one that several share says less."""
    found = re.findall(r"[^\W\d_]+", text.lower())
    if len(found) < WORDS:
        return False
    votes: Counter[str] = Counter()
    for word in found:
        homes = [name for name in SPOKEN if word in stopwords(name)]
        for name in homes:
            votes[name] += 1 / len(homes)  # type: ignore[assignment]  # a Counter of floats
    best = max(SPOKEN, key=lambda name: votes[name])
    return best != language and votes[best] >= 0.15 * len(found) and votes[language] < 0.6 * votes[best]


def guess(text: str, otherwise: str) -> str:
    """Return the language of *text* as far as its letters and little words tell, else *otherwise*."""
    letters = [character for character in text[: 4 * LETTERS] if character.isalpha()][:LETTERS]
    scripts = Counter(unicodedata.name(letter, "?").split()[0] for letter in letters)
    if not letters:
        return otherwise
    kana, dense = scripts["HIRAGANA"] + scripts["KATAKANA"], scripts["CJK"]
    if kana + dense > 0.3 * len(letters):
        if kana:
            return "ja"
        return otherwise if otherwise in ("ja", "zh") else "zh"
    if scripts["DEVANAGARI"] > 0.3 * len(letters):
        return otherwise if "DEVANAGARI" in SCRIPTS.get(otherwise, LATIN) else "hi"
    if scripts["LATIN"] < 0.5 * len(letters):
        return otherwise
    own = otherwise if otherwise in SPOKEN else ""
    best = _mostly(re.findall(r"[^\W\d_]+", text[: 4 * LETTERS].lower()), own or "en")
    return best or own or "en"


@lru_cache(maxsize=512)
def strays(text: str, language: str) -> bool:
    """Say whether a short *text* has little words of another language, and none of *language* itself."""
    found = re.findall(r"[^\W\d_]+", text[: 4 * LETTERS].lower())
    if text.isascii() and len(set(found)) < 3:
        return False
    return foreign(text, language) or (
        language in SPOKEN and len(found) >= FEW and bool(_mostly(found, language, sure=True))
    )


def _mostly(found: list[str], own: str, *, sure: bool = False) -> str:
    """Return the language other than *own* that the little words of *found* speak for, or ""."""
    best, most = "", 0
    for name in SPOKEN[:7]:
        theirs = [word for word in found if word in stopwords(name) and word not in stopwords(own)]
        ours = sum(word in stopwords(own) and word not in stopwords(name) for word in found)
        enough = len(theirs) >= (0.3 if sure else 0.2) * len(found) and len(set(theirs)) >= 2
        if (
            name != own
            and enough
            and ours <= (0.12 * len(found) if sure else 0.5 * len(theirs))
            and len(theirs) > most
        ):
            best, most = name, len(theirs)
    return best


def spoken_in(story: Story, brief: Brief) -> str:
    """Return the language that *story* is written in, by its own word or by its letters."""
    return (
        base(story.language)
        if story.language
        else _guessed(f"{story.title}\n{story.text[:2000]}", base(brief.language))
    )


@lru_cache(maxsize=64)
def _guessed(text: str, otherwise: str) -> str:
    return guess(text, otherwise)
