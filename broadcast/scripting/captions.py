"""What stands beside a video: the text of a post, and the line that says a machine made it. Pure."""

import re
from collections.abc import Sequence

from broadcast.errors import ConfigError
from broadcast.text import clean
from broadcast.types import Post, Script, Story

HEADLINE = 200  #: characters
#: What a caption's template may name.
FIELDS = ("title", "date", "headlines", "sources", "link", "edition", "seconds")
NAME = re.compile(r"\{([A-Za-z_][A-Za-z0-9_-]*|)\}")

DISCLOSURES = {
    "ar": "أُعدّ النص والصوت والصور آليًا من المصادر المذكورة.",
    "de": "Text, Stimme und Bild wurden automatisch aus den genannten Quellen erstellt.",
    "en": "Script, voice and pictures were made automatically from the sources named.",
    "es": "El guion, la voz y las imágenes se han generado automáticamente a partir de las fuentes citadas.",
    "fr": "Le texte, la voix et les images ont été générés automatiquement à partir des sources citées.",
    "he": "הטקסט, הקול והתמונות נוצרו באופן אוטומטי מהמקורות שצוינו.",
    "hi": "आलेख, आवाज़ और चित्र बताए गए स्रोतों से स्वचालित रूप से बनाए गए हैं।",
    "it": "Testo, voce e immagini sono stati generati automaticamente dalle fonti citate.",
    "ja": "原稿、音声、映像は、記載の出典から自動生成されました。",
    "nl": "Tekst, stem en beeld zijn automatisch gemaakt op basis van de genoemde bronnen.",
    "pt": "O texto, a voz e as imagens foram gerados automaticamente a partir das fontes citadas.",
    "zh": "文稿、配音和画面均根据所列来源自动生成。",
}

UPDATES = {
    "ar": "تحديث", "de": "Aktualisiert", "en": "Update", "es": "Actualización", "fr": "Mise à jour", "he": "עדכון",
    "hi": "अपडेट", "it": "Aggiornamento", "ja": "続報", "nl": "Update", "pt": "Atualização", "zh": "更新",
}  # fmt: skip


def caption(script: Script, stories: Sequence[Story]) -> str:
    """Return the text of a post: each story's headline with everybody who says so."""
    lines = []
    for story in stories:
        names = ", ".join(clean(name, 60) for name in story.publishers if not _begins(story.title, name))
        again = f"{update(script.language)}: " if story.update else ""
        lines.append(f"• {again}{clean(story.title, HEADLINE)}{f' ({names})' if names else ''}")
    return "\n".join(lines)


def _begins(title: str, name: str) -> bool:
    """Return whether *title* says who it is from: "broadcast: new in version 2"."""
    return title.casefold().startswith(f"{name.casefold()}: ")


def update(language: str) -> str:
    """Return the word for a story that is told once more because it changed."""
    return UPDATES.get(language[:2], UPDATES["en"])


def template(text: str) -> str:
    """Return *text*, a caption's template. Raises ValueError where a brace is no part of a name in braces."""
    rest = NAME.sub("", text)
    if "{" in rest or "}" in rest:
        raise ValueError("a brace stands for itself nowhere: write names in braces, as {title}")
    return text


def known(text: str) -> str:
    """Return *text*, a caption's template. Raises `ConfigError` where a name in braces is none of `FIELDS`."""
    if unknown := [name for name in NAME.findall(text) if name not in FIELDS]:
        raise ConfigError(f"`caption`: {{{unknown[0]}}} is not known; there is {', '.join(FIELDS)}")
    return text


def filled(text: str, post: Post) -> str:
    """Return the template *text* with what *post* says in place of the names."""
    by = dict.fromkeys(clean(name, 60) for story in post.stories for name in story.publishers)
    values = {
        "title": post.title,
        "date": post.date,
        "headlines": post.caption,
        "sources": ", ".join(by),
        "link": post.link or "",
        "edition": post.edition,
        "seconds": f"{post.video.seconds:.0f}",
    }
    return NAME.sub(lambda match: values[match[1]], text).strip()


def address(link: str, limit: int) -> str:
    """Return *link* as it is shown, in at most *limit* characters: without what nobody types."""
    bare = re.sub(r"^https?://(?:www\.)?", "", link).rstrip("/")
    return bare if len(bare) <= limit else bare.partition("/")[0][:limit]


def disclosure(language: str) -> str:
    """Return the line that says a machine made it, in English where *language* has none yet."""
    return DISCLOSURES.get(language, DISCLOSURES["en"])
