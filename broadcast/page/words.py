"""The few words that the pages add, in the languages that shows are often made in."""

from typing import NamedTuple

from babel import Locale, UnknownLocaleError


class Words(NamedTuple):
    all: str
    earlier: str
    transcript: str
    source: str
    sources: str
    more: str
    video: str
    captions: str
    script: str

    def told_by(self, several: bool) -> str:
        """Return the word before who says so."""
        return self.sources if several else self.source


WORDS = {
    "ar": Words(
        "كل النشرات",
        "نشرات سابقة",
        "النص",
        "المصدر",
        "المصادر",
        "النص والمصادر",
        "الفيديو",
        "الترجمة",
        "النص الكامل",
    ),
    "de": Words(
        "Alle Sendungen",
        "Frühere Sendungen",
        "Im Wortlaut",
        "Quelle",
        "Quellen",
        "Wortlaut und Quellen",
        "Video",
        "Untertitel",
        "Skript",
    ),
    "en": Words(
        "All broadcasts",
        "Earlier broadcasts",
        "Transcript",
        "Source",
        "Sources",
        "Transcript and sources",
        "Video",
        "Captions",
        "Script",
    ),
    "es": Words(
        "Todas las emisiones",
        "Emisiones anteriores",
        "Transcripción",
        "Fuente",
        "Fuentes",
        "Transcripción y fuentes",
        "Vídeo",
        "Subtítulos",
        "Guion",
    ),
    "fr": Words(
        "Toutes les émissions",
        "Émissions précédentes",
        "Transcription",
        "Source",
        "Sources",
        "Transcription et sources",
        "Vidéo",
        "Sous-titres",
        "Script",
    ),
    "he": Words(
        "כל המהדורות", "מהדורות קודמות", "תמליל", "מקור", "מקורות", "תמליל ומקורות", "וידאו", "כתוביות", "תסריט"
    ),
    "hi": Words(
        "सभी प्रसारण",
        "पिछले प्रसारण",
        "पूरा पाठ",
        "स्रोत",
        "स्रोत",
        "पूरा पाठ और स्रोत",
        "वीडियो",
        "कैप्शन",
        "स्क्रिप्ट",
    ),
    "it": Words(
        "Tutte le edizioni",
        "Edizioni precedenti",
        "Trascrizione",
        "Fonte",
        "Fonti",
        "Trascrizione e fonti",
        "Video",
        "Sottotitoli",
        "Testo",
    ),
    "ja": Words("すべての放送", "過去の放送", "全文", "出典", "出典", "全文と出典", "動画", "字幕", "原稿"),
    "nl": Words(
        "Alle uitzendingen",
        "Eerdere uitzendingen",
        "Transcript",
        "Bron",
        "Bronnen",
        "Transcript en bronnen",
        "Video",
        "Ondertiteling",
        "Script",
    ),
    "pt": Words(
        "Todas as edições",
        "Edições anteriores",
        "Transcrição",
        "Fonte",
        "Fontes",
        "Transcrição e fontes",
        "Vídeo",
        "Legendas",
        "Roteiro",
    ),
    "zh": Words("全部节目", "往期节目", "文字稿", "来源", "来源", "文字稿与来源", "视频", "字幕", "脚本"),
}


def words(language: str) -> tuple[str, Words]:
    """Return the words for *language*, or else the English ones, and the language that they are in."""
    known = language if language in WORDS else language.partition("-")[0].lower()
    return (language, WORDS[known]) if known in WORDS else ("en", WORDS["en"])


def direction(language: str) -> str:
    """Return which way *language* is written: `ltr` or `rtl`."""
    try:
        return Locale.parse(language, sep="-").text_direction
    except (UnknownLocaleError, ValueError, TypeError):
        return "ltr"
