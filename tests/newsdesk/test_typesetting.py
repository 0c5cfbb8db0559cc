import pytest

from broadcast.newsdesk import fonts
from broadcast.newsdesk.fonts import Face
from broadcast.newsdesk.typesetting import Typesetter, breaks, clusters

HEADLINES = {
    "en": "Chip stocks lift Wall Street to its best day since March as ₹5 and €3 trade",
    "ar": "قالت BBC News (العالمية) إن الأسهم ارتفعت بنسبة 38% و1,250 نقطة في يوم واحد",
    "he": "ראש הממשלה אמר כי NASA תשגר 3 לוויינים (בשנת 2027)",
    "hi": "प्रधानमंत्री ने संसद में 500 करोड़ रुपये की नई योजना की घोषणा की",
    "ja": "日本銀行は500億円のETFを購入し、マーケットは1.4%上昇した「トヨタ自動車」も最高値を更新",
    "zh": "中国人民银行宣布下调存款准备金率0.5个百分点，释放长期资金约1万亿元",
    "ko": "한국은행이 기준금리를 3.25%로 동결했다고 발표했습니다",
    "th": "นายกรัฐมนตรีประกาศมาตรการกระตุ้นเศรษฐกิจมูลค่า 500 ล้านบาท เพื่อช่วยเหลือประชาชนทั่วประเทศ",
    "ru": "Центральный банк повысил ключевую ставку до 21%",
    "el": "Η κυβέρνηση ανακοίνωσε νέα μέτρα",
    "vi": "Thủ tướng Chính phủ họp về kinh tế",
}
FACES = [Face(size, 800) for size in (84, 64, 48)]


@pytest.mark.parametrize(("language", "text"), HEADLINES.items())
def test_every_character_of_a_headline_has_a_glyph(language: str, text: str) -> None:
    type_ = Typesetter(language)
    line = type_.line(type_.clean(text), Face(60))
    missing = [c for run in line.runs for c in run.text if not fonts.covers(run.source, ord(c)) and c != "\u200d"]
    assert missing == []
    assert "".join(type_.clean(text).split()) == "".join(text.split())


@pytest.mark.parametrize(("language", "text"), HEADLINES.items())
@pytest.mark.parametrize("width", [380, 950, 1600])
def test_no_line_is_wider_than_its_column(language: str, text: str, width: int) -> None:
    block = Typesetter(language).fit(text, width, FACES, [3, 3, 4])
    assert block.width <= width
    assert len(block.lines) <= 4


def test_a_headline_that_fits_loses_nothing() -> None:
    block = Typesetter("en").fit(HEADLINES["en"], 1600, FACES, [3, 3, 4])
    assert " ".join(line.text for line in block.lines) == HEADLINES["en"]


def test_a_headline_of_140_characters_is_shown_whole() -> None:
    text = ("Ministers agree on a far reaching plan for rail, roads and ports after a night of talks " * 2)[
        :140
    ].strip()
    block = Typesetter("en").fit(text, 1010, [Face(size, 800) for size in (84, 60, 54, 48)], [3, 4, 5, 5])
    assert " ".join(line.text for line in block.lines) == text


def test_one_endless_word_is_broken_with_hyphens_and_digits_without() -> None:
    word, number = (Typesetter("de").fit(text, 500, FACES, [3, 3, 8]) for text in ("W" * 60, "7" * 60))

    *broken, last = (line.text for line in word.lines)
    assert {"-"} == {line[-1] for line in broken}
    assert "W" * 60 == "".join(line.removesuffix("-") for line in (*broken, last))
    assert "7" * 60 == "".join(line.text for line in number.lines)
    assert max(word.width, number.width) <= 500


def test_capitals_with_accents_are_spaced_out_as_those_without_are() -> None:
    type_, tight, wide = Typesetter("fr"), Face(36, 700, "label"), Face(36, 700, "label", 2.5)

    for text in ("DANS CETTE EDITION", "DANS CETTE ÉDITION"):
        assert type_.width(text, wide) > type_.width(text, tight) + 2 * len(text)


def test_what_does_not_fit_ends_with_an_ellipsis_behind_a_whole_word() -> None:
    block = Typesetter("en").fit("several words " * 40, 400, FACES, [2, 2, 2])
    assert block.lines[-1].text.endswith(("several…", "words…"))
    assert block.width <= 400


def test_lines_are_about_even() -> None:
    block = Typesetter("en").fit("Measles cases fall for a second week, says WHO", 1000, [Face(84, 800)], [3])
    assert [line.text for line in block.lines] == ["Measles cases fall for a", "second week, says WHO"]


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("two words", ["two ", "words"]),
        ("500億円のETF", ["500億", "円の", "ETF"]),  # a number keeps its counter, an ending its word
        ("「東京」、京都", ["「東", "京」、", "京", "都"]),  # nothing begins with a closing mark
        ("マーケット", ["マーケット"]),
        ("S&P 500", ["S&P ", "500"]),
        ("well-known", ["well-", "known"]),
        ("−38%", ["−38%"]),
        ("ไทยและโลก", ["ไทย", "และ", "โลก"]),
        ("", []),
    ],
)
def test_lines_break_where_the_script_allows(text: str, units: list[str]) -> None:
    assert breaks(text) == units


def test_a_letter_keeps_its_marks() -> None:
    assert list(clusters("क्षेत्र")) == ["क्षे", "त्र"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb\x07c\nd", "abc d"),
        ("Good 👍🏽 news 🇩🇪 today", "Good news today"),
        ("\u2066hidden\u2069", "hidden"),
        ("   ", ""),
    ],
)
def test_control_characters_and_emoji_never_reach_the_screen(text: str, shown: str) -> None:
    assert Typesetter("en").clean(text) == shown


def test_a_character_that_no_font_has_is_left_out() -> None:
    assert Typesetter("en").clean("old \U00012000 sign") == "old sign"


def test_an_arabic_line_that_begins_with_a_latin_word_still_reads_from_the_right() -> None:
    line = Typesetter("ar").line("BBC قالت", Face(40))
    assert [run.text for run in line.runs if run.text.strip()] == ["قالت", "BBC"]


def test_without_fribidi_a_line_still_reads_from_the_right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "shapes", lambda: False)
    fonts.load.cache_clear()
    line = Typesetter("he").line("שלום (NASA)", Face(40))
    fonts.load.cache_clear()
    assert "".join(run.text for run in line.runs) == "(NASA) םולש"


def test_a_bare_number_keeps_its_sign_in_front_in_an_arabic_show() -> None:
    assert "".join(run.text for run in Typesetter("ar").line("+38%", Face(40)).runs) == "+38%"


def test_chinese_and_japanese_are_drawn_by_their_own_faces() -> None:
    faces = {
        language: Typesetter(language).line("直", Face(40)).runs[0].source.index for language in ("ja", "zh", "ko")
    }
    assert faces == {"ja": 0, "zh": 2, "ko": 1}
