"""What a dub must have in common with the script it was made from."""

import pytest

from broadcast.scripting.dubbing import corrected, deviations, dubbed
from broadcast.types import Script, Segment, Sentence

ENGLISH = (
    "Engineers in Velmora switched on the first of twelve tidal turbines on Monday.",
    "The turbine supplies about 900 homes.",
    "The project costs 48 million euros and was approved by the council in March 2025.",
    "Growth was 3.4 percent, said Maria Lopez of London.",
    "Germany and the EU agreed to 1,200 machines.",
)
DUBS = {
    "es": (
        "Ingenieros de Velmora encendieron el lunes la primera de doce turbinas mareomotrices.",
        "La turbina abastece a unos 900 hogares.",
        "El proyecto cuesta 48 millones de euros y fue aprobado por el consejo en marzo de 2025.",
        "El crecimiento fue del 3,4 por ciento, dijo María López, de Londres.",
        "Alemania y la UE acordaron 1.200 máquinas.",
    ),
    "de": (
        "Ingenieure in Velmora schalteten am Montag die erste von zwölf Gezeitenturbinen ein.",
        "Die Turbine versorgt etwa 900 Haushalte.",
        "Das Projekt kostet 48 Millionen Euro und wurde im März 2025 vom Rat genehmigt.",
        "Das Wachstum betrug 3,4 Prozent, sagte Maria Lopez aus London.",
        "Deutschland und die EU einigten sich auf 1.200 Maschinen.",
    ),
    "fr": (
        "Des ingénieurs de Velmora ont mis en marche lundi la première des douze turbines.",
        "La turbine alimente environ 900 foyers.",
        "Le projet coûte 48 millions d'euros et a été approuvé par le conseil en mars 2025.",
        "La croissance a été de 3,4 %, a déclaré Maria Lopez de Londres.",
        "L'Allemagne et l'UE se sont mises d'accord sur 1 200 machines.",
    ),
    "ja": (
        "ヴェルモラの技術者は月曜日、12基の潮力タービンの1基目を稼働させた。",
        "タービンは約900世帯に電力を供給する。",
        "事業費は4800万ユーロで、2025年3月に議会が承認した。",
        "成長率は3.4パーセントだったとロンドンのマリア・ロペス氏は述べた。",
        "ドイツとEUは1200台で合意した。",
    ),
}


def script(*sentences: str) -> Script:
    said = tuple(Sentence(text=text) for text in sentences)
    body = Segment(kind="story", sentences=said, seconds=30)
    return Script(
        title="T", kind="daily-news", language="en", segments=(body,), seconds=30, writer="extractive", dropped=()
    )


def srt(lines: tuple[str, ...]) -> str:
    cues = (f"{n}\n00:00:{n:02},000 --> 00:00:{n + 1:02},000\n{line}\n" for n, line in enumerate(lines, 1))
    return "\n".join(cues)


@pytest.mark.parametrize("language", DUBS)
def test_a_true_dub_has_nothing_to_say_against_it(language: str) -> None:
    assert [] == deviations(script(*ENGLISH), srt(DUBS[language]), language)


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("es", "48 millones", "84 millones"), ("es", "3,4 por", "4,3 por"), ("es", "1.200", "1.300"),
        ("es", "900", "800"), ("de", "48 Millionen", "49 Millionen"), ("de", "3,4 Prozent", "3,5 Prozent"),
        ("fr", "1 200", "1 400"), ("ja", "4800万", "4900万"), ("ja", "900世帯", "700世帯"),
    ],
)  # fmt: skip
def test_a_wrong_figure_is_found_and_put_right(language: str, right: str, wrong: str) -> None:
    bad = srt(DUBS[language]).replace(right, wrong)
    good = corrected(script(*ENGLISH), bad, language)

    assert {"D1"} == {finding.code for finding in deviations(script(*ENGLISH), bad, language)}
    if language == "ja" and "万" in right:
        assert good is None  # 4800 is no figure of the script, which says 48 million: nobody guesses
    else:
        assert good is not None
        assert [] == deviations(script(*ENGLISH), good, language)


@pytest.mark.parametrize(
    ("language", "right", "wrong"),
    [
        ("es", "cuesta 48 millones", "cuesta 48 mil millones"), ("de", "48 Millionen", "48 Milliarden"),
        ("de", "März 2025", "Mai 2025"), ("fr", "en mars 2025", "en mars 2026"),
        ("es", "unos 900 hogares", "muchos"),
    ],
)  # fmt: skip
def test_what_is_no_slip_of_figures_is_found_and_left_to_a_person(language: str, right: str, wrong: str) -> None:
    bad = srt(DUBS[language]).replace(right, wrong)

    assert {"D1"} == {finding.code for finding in deviations(script(*ENGLISH), bad, language)}
    assert corrected(script(*ENGLISH), bad, language) is None or "2026" in wrong


@pytest.mark.parametrize(
    ("language", "right", "wrong", "name"),
    [
        ("es", "Velmora", "Madrid", "Velmora"),
        ("de", "Lopez", "Huber", "Lopez"),
        ("fr", "Londres", "Berne", "London"),
    ],
)
def test_a_name_that_is_lost_is_found(language: str, right: str, wrong: str, name: str) -> None:
    bad = srt(DUBS[language]).replace(right, wrong)

    found = [(one.code, one.text) for one in deviations(script(*ENGLISH), bad, language)]
    assert [("D2", name)] == found


def test_a_dub_without_subtitles_cannot_be_heard() -> None:
    assert ["D0"] == [finding.code for finding in deviations(script(*ENGLISH), "", "es")]


def test_the_words_of_a_dub_are_those_of_its_subtitles() -> None:
    said = dubbed(script(*ENGLISH), srt(DUBS["es"]), "es")

    assert ("es", DUBS["es"]) == (said.language, tuple(one.text for one in said.segments[0].sentences))
