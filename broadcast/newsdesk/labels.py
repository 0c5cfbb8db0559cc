"""What is written on screen beside the stories, in the language of the show."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Labels:
    """An empty label is left out of the picture. *counter* takes `{at}` and `{of}`."""

    edition: str
    headlines: str
    source: str
    sources: str
    counter: str
    thanks: str
    disclosure: str

    def credit(self, outlets: Iterable[str], host: str = "") -> str:
        """Return who says so: "Source  The Post · post.example", "Sources  The Post · The Wire"."""
        told = [name for name in dict.fromkeys(outlets) if name]
        named = dict.fromkeys((*told, host) if host else told)
        return f"{self.sources if len(told) > 1 else self.source}  {' · '.join(named)}".strip() if named else ""


LABELS = {
    "ar": Labels("في هذه النشرة", "العناوين", "المصدر", "المصادر", "الخبر {at} من {of}", "شكرًا لمتابعتكم",
                 "أُنتج التعليق والرسوم آليًا"),
    "de": Labels("In dieser Ausgabe", "Schlagzeilen", "Quelle", "Quellen", "Meldung {at} von {of}",
                 "Danke fürs Zuschauen", "Sprache und Grafik wurden automatisch erzeugt"),
    "en": Labels("In this edition", "Headlines", "Source", "Sources", "Story {at} of {of}",
                 "Thank you for watching", "Narration and graphics generated automatically"),
    "es": Labels("En esta edición", "Titulares", "Fuente", "Fuentes", "Noticia {at} de {of}", "Gracias por vernos",
                 "Narración y gráficos generados automáticamente"),
    "fr": Labels("Dans cette édition", "Les titres", "Source", "Sources", "Sujet {at} sur {of}",
                 "Merci de nous avoir suivis", "Narration et images générées automatiquement"),
    "he": Labels("במהדורה זו", "הכותרות", "מקור", "מקורות", "ידיעה {at} מתוך {of}", "תודה שצפיתם",
                 "הקריינות והגרפיקה נוצרו באופן אוטומטי"),
    "hi": Labels("इस बुलेटिन में", "सुर्खियाँ", "स्रोत", "स्रोत", "खबर {at} / {of}", "देखने के लिए धन्यवाद",
                 "वाचन और ग्राफ़िक्स स्वचालित रूप से बनाए गए हैं"),
    "it": Labels("In questa edizione", "I titoli", "Fonte", "Fonti", "Notizia {at} di {of}",
                 "Grazie per averci seguito", "Voce e grafica generate automaticamente"),
    "ja": Labels("今回のニュース", "ヘッドライン", "出典", "出典", "ニュース {at} / {of}",
                 "ご視聴 ありがとうございました",
                 "音声と映像は自動生成されています"),
    "nl": Labels("In deze uitzending", "Hoofdpunten", "Bron", "Bronnen", "Bericht {at} van {of}",
                 "Bedankt voor het kijken", "Stem en beeld zijn automatisch gemaakt"),
    "pt": Labels("Nesta edição", "Manchetes", "Fonte", "Fontes", "Notícia {at} de {of}", "Obrigado por assistir",
                 "Narração e gráficos gerados automaticamente"),
    "zh": Labels("本期内容", "要闻", "来源", "来源", "第 {at} 条，共 {of} 条", "感谢收看",
                 "解说与画面由程序自动生成"),
}  # fmt: skip

#: What is disclosed of a film that nobody speaks in.
SILENT = {
    "ar": "أُنتج النص والرسوم آليًا",
    "de": "Text und Grafik wurden automatisch erzeugt",
    "en": "Text and graphics generated automatically",
    "es": "Texto y gráficos generados automáticamente",
    "fr": "Texte et images générés automatiquement",
    "he": "הטקסט והגרפיקה נוצרו באופן אוטומטי",
    "hi": "पाठ और ग्राफ़िक्स स्वचालित रूप से बनाए गए हैं",
    "it": "Testo e grafica generati automaticamente",
    "ja": "文章と映像は自動生成されています",
    "nl": "Tekst en beeld zijn automatisch gemaakt",
    "pt": "Texto e gráficos gerados automaticamente",
    "zh": "文字与画面由程序自动生成",
}

#: For every other language: no words but the disclosure, which must be there.
NEUTRAL = Labels("", "", "", "", "{at} / {of}", "", LABELS["en"].disclosure)


def labels(language: str, *, spoken: bool = True) -> Labels:
    """Return the labels of *language*, an ISO 639-1 code with or without a region; *spoken*: a voice is heard."""
    code = language.lower()[:2]
    found = LABELS.get(code, NEUTRAL)
    return found if spoken else replace(found, disclosure=SILENT.get(code, SILENT["en"]))
