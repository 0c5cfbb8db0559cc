"""Whether a text can be in the language that a show speaks. Pure, cheap, and silent when in doubt."""

import re
import unicodedata
from collections import Counter

from .ranking import stopwords

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
