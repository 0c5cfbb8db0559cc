"""Who can speak and how it can look: a small stock of avatars, looks, voices, styles and brand kits."""

from collections.abc import Mapping
from typing import Any

from .paging import Page, Query
from .troubles import Problem

Item = dict[str, Any]
ENGINES = ["avatar_v", "avatar_iv", "avatar_iii"]
TAGS = ("cinematic", "retro-tech", "iconic-artist", "pop-culture", "handmade", "print")
SPEAKERS = ("Ada", "Bruno", "Chiara", "Daphne", "Emil", "Fatima", "Goro", "Hana", "Ines", "Jonas", "Kiran", "Lena")
LANGUAGES = ("English", "German", "French", "Spanish", "Japanese")
PREVIEW = "https://resource.example.test"


def group(name: str, looks: int, voice: str | None, *, private: bool = False) -> Item:
    return {
        "id": f"{name.lower()}_group",
        "name": name,
        "gender": "female",
        "looks_count": looks,
        "default_voice_id": voice,
        "preview_image_url": f"{PREVIEW}/{name}.jpg",
        "preview_video_url": None,
        "created_at": 1_760_000_000,
        **({"status": "completed", "consent_status": "approved"} if private else {}),
    }


def look(id: str, kind: str, shape: str, voice: str | None, *, ready: bool = True, private: bool = False) -> Item:
    width, height = {"landscape": (1920, 1080), "portrait": (1080, 1920), "square": (1024, 1024)}[shape]
    return {
        "id": id,
        "name": id.replace("_", " "),
        "avatar_type": kind,
        "group_id": f"{id.split('_')[0].lower()}_group",
        "gender": "female",
        "default_voice_id": voice,
        "preferred_orientation": shape,
        "image_width": width if ready else 0,
        "image_height": height if ready else 0,
        "supported_api_engines": ENGINES,
        "tags": [],
        "preview_image_url": f"{PREVIEW}/{id}.jpg" if ready else None,
        "preview_video_url": None,
        **({"status": "completed" if ready else "processing"} if private else {}),
    }


def voice(id: str, name: str, language: str, gender: str, *, private: bool = False) -> Item:
    return {
        "voice_id": id,
        "name": name,
        "language": language,
        "gender": gender,
        "type": "private" if private else "public",
        "support_pause": True,
        "support_locale": language == "English",
        "preview_audio_url": None,
    }


class Catalogue:
    """What the account may use. Change it as a rehearsal needs it."""

    def __init__(self) -> None:
        self.voices: dict[str, Item] = {
            id: voice(
                id, f"{name} ({language})", language, "female" if number % 2 else "male", private=name == "Lena"
            )
            for language in LANGUAGES
            for number, name in enumerate(SPEAKERS)
            for id in (f"{name.lower()}_{language.lower()}",)
        }
        self.silent = {"lena_japanese"}  #: voices without the engine that speech needs
        self.groups: dict[str, Item] = {
            item["id"]: item
            for item in (
                group("Daphne", 3, "daphne_english"),
                group("Wayne", 1, None),
                group("Lena", 2, "lena_english", private=True),
            )
        }
        self.looks: dict[str, Item] = {
            item["id"]: item
            for item in (
                look("Daphne_public_look_1", "studio_avatar", "landscape", "daphne_english"),
                look("Daphne_public_look_2", "studio_avatar", "portrait", "daphne_english"),
                look("Daphne_photo", "photo_avatar", "square", "daphne_english"),
                look("Wayne_20240716", "digital_twin", "landscape", None),
                look("Lena_office", "digital_twin", "portrait", "lena_english", private=True),
                look("Lena_new", "digital_twin", "landscape", "lena_english", ready=False, private=True),
            )
        }
        self.styles: dict[str, Item] = {
            id: {
                "style_id": id,
                "name": f"Style {number}",
                "tags": [tag],
                "aspect_ratio": ("16:9", "9:16", None)[number % 3],
                "thumbnail_url": f"{PREVIEW}/{id}.jpg",
                "preview_video_url": None,
            }
            for number, tag in enumerate(TAGS * 4, 1)
            for id in (f"style_{number}",)
        }
        self.brands: dict[str, Item] = {
            "brand_1": {"brand_kit_id": "brand_1", "name": "Daily Signal", "colors": ["#FF4455"], "logo_url": None}
        }

    def usable(self, look_id: str, param: str = "avatar_id") -> Item:
        """Return the look, or raise what the service answers for one that cannot be used."""
        if look_id not in self.looks:
            raise Problem(404, "avatar_not_found", f"Avatar {look_id} not found", param)
        if not self.looks[look_id]["preview_image_url"]:
            raise Problem(409, "resource_not_ready", f"Avatar {look_id} is not ready", param)
        return self.looks[look_id]

    def known(self, items: Mapping[str, Item], id: str | None, code: str, param: str) -> None:
        if id is not None and id not in items:
            raise Problem(404, code, f"{param} {id} not found", param)


def avatars(stock: Catalogue, query: Query) -> Page:
    owner = query.word("ownership", ("public", "private"))
    found = [item for item in stock.groups.values() if owner in (None, "private" if "status" in item else "public")]
    return query.page(found, "id", most=50)


def looks(stock: Catalogue, query: Query) -> Page:
    owner, kind = query.word("ownership", ("public", "private")), query.word("avatar_type", AVATARS)
    of = query.text("group_id")
    found = [
        item
        for item in stock.looks.values()
        if owner in (None, "private" if "status" in item else "public")
        and kind in (None, item["avatar_type"])
        and of in (None, item["group_id"])
    ]
    return query.page(found, "id", most=50)


AVATARS = ("studio_avatar", "digital_twin", "photo_avatar")


def voices(stock: Catalogue, query: Query) -> Page:
    kind, gender = query.word("type", ("public", "private")), query.word("gender", ("male", "female"))
    language, engine = query.text("language"), query.text("engine")
    found = [
        item
        for item in stock.voices.values()
        if kind in (None, item["type"])
        and gender in (None, item["gender"])
        and (language is None or language.casefold() == item["language"].casefold())
        and (engine is None or (engine == "starfish" and item["voice_id"] not in stock.silent))
    ]
    return query.page(found, "voice_id")


def one_voice(stock: Catalogue, id: str) -> Item:
    stock.known(stock.voices, id, "voice_not_found", "voice_id")
    item = stock.voices[id]
    shown = ("voice_id", "name", "language", "gender", "preview_audio_url", "support_pause")
    return {key: item[key] for key in shown} | {"status": "complete" if item["type"] == "private" else None}


def one_look(stock: Catalogue, id: str) -> Item:
    stock.known(stock.looks, id, "avatar_not_found", "look_id")
    return stock.looks[id]


def styles(stock: Catalogue, query: Query) -> Page:
    tag = query.word("tag", TAGS)
    return query.page([item for item in stock.styles.values() if tag is None or tag in item["tags"]], "style_id")


def brands(stock: Catalogue, query: Query) -> Page:
    return query.page(list(stock.brands.values()), "brand_kit_id")
