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
SPOKEN = ("en", "de", "fr", "es", "pt", "it", "nl")
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
    found = re.findall(r"[^\W\d_]+", text.lower())
    if len(found) < WORDS:
        return False
    share = {name: sum(word in stopwords(name) for word in found) / len(found) for name in SPOKEN}
    best = max(share, key=lambda name: share[name])
    return best != language and share[best] >= 0.3 and share[language] < 0.6 * share[best]
