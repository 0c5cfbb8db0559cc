"""The few words that a letter adds to those of the pages, in the same languages."""

from typing import NamedTuple

from broadcast.page.words import words as page_words


class Words(NamedTuple):
    watch: str
    attached: str
    unlinked: str
    unsubscribe: str


WORDS = {
    "ar": Words("شاهد الفيديو", "الفيديو مرفق.", "لا عنوان عامًّا لهذا الفيديو؛ إليك نصّه.", "إلغاء الاشتراك"),
    "de": Words(
        "Video ansehen",
        "Das Video hängt an.",
        "Das Video hat keine öffentliche Adresse; hier ist sein Wortlaut.",
        "Abbestellen",
    ),
    "en": Words(
        "Watch the video",
        "The video is attached.",
        "The video has no public address; here is what it says.",
        "Unsubscribe",
    ),
    "es": Words(
        "Ver el vídeo",
        "El vídeo va adjunto.",
        "El vídeo no tiene dirección pública; este es su texto.",
        "Darse de baja",
    ),
    "fr": Words(
        "Voir la vidéo",
        "La vidéo est jointe.",
        "La vidéo n’a pas d’adresse publique ; voici son texte.",
        "Se désabonner",
    ),
    "he": Words("לצפייה בווידאו", "הווידאו מצורף.", "לווידאו אין כתובת ציבורית; הנה הטקסט שלו.", "ביטול הרשמה"),
    "hi": Words("वीडियो देखें", "वीडियो संलग्न है।", "वीडियो का कोई सार्वजनिक पता नहीं है; यह रहा उसका पाठ।", "सदस्यता छोड़ें"),
    "it": Words(
        "Guarda il video",
        "Il video è allegato.",
        "Il video non ha un indirizzo pubblico; ecco il testo.",
        "Annulla l’iscrizione",
    ),
    "ja": Words(
        "動画を見る",
        "動画を添付しました。",
        "この動画には公開アドレスがありません。全文は以下のとおりです。",
        "配信停止",
    ),
    "nl": Words(
        "Bekijk de video",
        "De video is bijgevoegd.",
        "De video heeft geen openbaar adres; dit is de tekst.",
        "Afmelden",
    ),
    "pt": Words(
        "Ver o vídeo",
        "O vídeo está em anexo.",
        "O vídeo não tem endereço público; este é o texto.",
        "Cancelar a inscrição",
    ),
    "zh": Words("观看视频", "视频见附件。", "该视频没有公开地址，以下是文字稿。", "退订"),
}


def words(language: str) -> Words:
    """Return the words for *language*, or the English ones, as the pages choose theirs."""
    return WORDS[page_words(language)[0].partition("-")[0]]
