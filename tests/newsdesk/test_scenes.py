from dataclasses import replace

import pytest

from broadcast.newsdesk.compositor import Box
from broadcast.newsdesk.fonts import Face
from broadcast.newsdesk.labels import LABELS, labels
from broadcast.newsdesk.look import WHITE, palette
from broadcast.newsdesk.pieces import kicker, placed
from broadcast.newsdesk.scenes import Scenery, bill
from broadcast.newsdesk.stage import Still, stage
from broadcast.newsdesk.typesetting import Typesetter
from broadcast.types import Orientation

from .shows import short

TITLES = {
    "short": "Rain",
    "140 characters": (
        "Ministers agree on a far reaching plan for rail, roads and ports after a night of talks " * 2
    )[:140],
    "one word": "W" * 60,
    "arabic": "قالت BBC News (العالمية) إن الأسهم ارتفعت بنسبة 38% و1,250 نقطة في يوم واحد",
    "hindi": "प्रधानमंत्री ने संसद में 500 करोड़ रुपये की नई योजना की घोषणा की, विपक्ष ने विरोध किया",
    "japanese": "日本銀行は500億円のETFを購入し、マーケットは1.4%上昇した「トヨタ自動車」も最高値を更新",
}


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("title", TITLES.values(), ids=TITLES.keys())
def test_nothing_of_a_story_leaves_the_frame_or_stands_under_the_captions(
    orientation: Orientation, language: str, title: str
) -> None:
    set_ = stage(orientation, language == "ar")
    type_ = Typesetter(language)
    order = short(language, title)
    scenery = Scenery(set_, type_, palette("#FF4455"), bill(order, type_), language)
    allowed = Box(0, 0, set_.width, set_.caption)
    for piece in scenery.pieces(1):
        for layer in piece.layers(200):
            image = layer.sprite
            box = Box(layer.x, layer.y, layer.x + image.width, layer.y + image.height)
            # Sheets have empty margins of up to 36 pixels, for shadows and tall letters.
            assert box.left >= allowed.left - 1
            assert box.right <= allowed.right + 1
            assert box.bottom <= allowed.bottom + 45, (piece, box)


def test_headline_and_card_do_not_meet() -> None:
    set_ = stage("landscape", False)
    type_ = Typesetter("en")
    scenery = Scenery(set_, type_, palette("#FF4455"), bill(short("en", "W" * 140), type_), "en")
    pieces = scenery.pieces(1)
    headline = max((p for p in pieces if isinstance(p, Still) and p.x < 200), key=lambda p: p.sprite.height)
    plate = next(p for p in pieces if isinstance(p, Still) and p.x > set_.width // 2)
    assert headline.x + headline.sprite.width < plate.x + 36  # the plate's sheet has room for its shadow


@pytest.mark.parametrize("language", sorted(LABELS))
def test_every_label_can_be_drawn(language: str) -> None:
    type_, found = Typesetter(language), labels(language)
    for text in (found.edition, found.headlines, found.source, found.sources, found.thanks, found.disclosure):
        assert text
        assert type_.clean(text) == text
    assert "1" in found.counter.format(at=1, of=3)


@pytest.mark.parametrize("language", [*sorted(LABELS), "sv"])
def test_a_film_that_nobody_speaks_in_does_not_disclose_a_voice(language: str) -> None:
    spoken, silent = labels(language), labels(language, spoken=False)

    assert Typesetter(language).clean(silent.disclosure) == silent.disclosure != spoken.disclosure
    assert spoken == replace(silent, disclosure=spoken.disclosure)


def test_one_source_is_credited_in_the_singular_and_several_in_the_plural() -> None:
    found = labels("de")

    assert "Quelle  Hafenpost" == found.credit(["Hafenpost", "Hafenpost", ""])
    assert "Quelle  Hafenpost · hafen.example" == found.credit(["Hafenpost"], "hafen.example")
    assert "Quellen  Hafenpost · Der Bote" == found.credit(["Hafenpost", "Der Bote"])
    assert "" == found.credit([])


@pytest.mark.parametrize("language", ["ar", "hi", "de"])
def test_the_line_over_a_headline_is_whole_and_does_not_touch_it(language: str) -> None:
    headline = {"ar": "أخبار الميناء", "hi": "ऐतिहासिक बंदरगाह", "de": "Änderungen im Hafen"}[language]
    type_, set_ = Typesetter(language), stage("landscape", language == "ar")
    line = kicker(type_, set_, palette("#FF4455"), labels(language).edition, 200, 900, over=headline)
    block = type_.fit(headline, 900, [Face(104, 800)], [1])
    below = placed(type_, set_, block, set_.margin, 200 + 78, WHITE, room=900)

    ink, under = (piece.sprite._image.getchannel("A").getbbox() for piece in (line, below))
    assert ink is not None
    assert under is not None
    assert ink[3] < line.sprite.height  # nothing is cut off
    assert line.y + ink[3] <= below.y + under[1]


def test_a_language_without_labels_still_counts_and_discloses() -> None:
    found = labels("sv")
    assert found.counter.format(at=1, of=3) == "1 / 3"
    assert found.disclosure == LABELS["en"].disclosure
    assert found.headlines == ""


@pytest.mark.parametrize("orientation", ["landscape", "portrait"])
@pytest.mark.parametrize("number", [0, 3])
def test_intro_and_sign_off_leave_the_ticker_alone(orientation: Orientation, number: int) -> None:
    set_, type_ = stage(orientation, False), Typesetter("de")
    scenery = Scenery(set_, type_, palette("#FF4455"), bill(short(), type_), "de")
    bottoms = [layer.box().bottom for piece in scenery.pieces(number) for layer in piece.layers(200)]
    assert max(bottoms) <= set_.ticker
