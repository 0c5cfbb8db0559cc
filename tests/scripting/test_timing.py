"""How long a text takes to say, against what the bundled voice really took."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadcast.scripting.timing import SENTENCE_PAUSE, seconds, sentence_ends, verbalise

#: Written for this table; how many sentences each has, and for how many seconds the bundled voice (hibari-tts
#: 0.2.1, "heart") can be heard over them, the silence around every sentence left out.
MEASURED = [
    (
        "The central bank cut its key interest rate by a quarter point to 3.75% on Thursday."
        " Economists had expected the move after inflation fell to 2.1%.",
        2,
        10.27,
    ),
    (
        "Northwind raised $48.5 million in new funding, valuing the battery maker at $1.2 billion."
        " The company plans to hire 340 people by 2028.",
        2,
        11.56,
    ),
    (
        "A fire in the old harbour destroyed three warehouses overnight."
        " Nobody was hurt, the fire service said, and the cause is still unknown.",
        2,
        7.38,
    ),
    (
        "Version 4.2.1 of the database fixes a bug that lost writes after a crash."
        " Users of version 4.2 should upgrade before March 3, 2027.",
        2,
        9.19,
    ),
    (
        "The museum reopened at 10:30 with 1,250 visitors in the first hour."
        " Entry stays free until the end of November.",
        2,
        7.66,
    ),
    (
        "Researchers in Lisbon say that bees remember faces for at least two days."
        " The study, published on Monday, followed 86 colonies over four years.",
        2,
        8.15,
    ),
    (
        "Train drivers will strike for 48 hours from Tuesday evening."
        " The union wants a raise of 7.5%; the railway has offered 4%.",
        2,
        8.62,
    ),
    (
        "Exports rose 12% in October, the statistics office said, helped by strong demand for machines."
        " Imports were unchanged.",
        2,
        7.57,
    ),
    (
        "The city council voted 14 to 9 to close the ring road to lorries."
        " The ban starts on 1 January and will cost about €3.4m a year.",
        2,
        9.57,
    ),
    (
        "Heavy snow closed 212 schools across the north."
        " Forecasters expect up to 30 centimetres by Wednesday, with winds of 90 kilometres an hour.",
        2,
        8.91,
    ),
    (
        "The judge ordered the company to pay £250,000 to each of the seven former employees."
        " Its lawyers said they would appeal.",
        2,
        7.50,
    ),
    (
        "Scientists found water ice at the bottom of a crater on the Moon's far side."
        " It could supply crews with oxygen and fuel, they wrote.",
        2,
        6.85,
    ),
    ("This is the Daily Signal for Monday, 23 November 2026. Here are today's stories.", 2, 5.59),
    (
        "Sources today: the Morning Post, Radio North and the Harbour Gazette. That was the Daily Signal."
        " Thanks for watching.",
        3,
        5.98,
    ),
]
GAP = 0.44  # what the local renderer leaves between what can be heard of two sentences


@pytest.mark.parametrize(("text", "sentences", "measured"), MEASURED)
def test_a_text_is_estimated_within_a_tenth(text, sentences, measured):
    took = measured + GAP * sentences
    assert abs(seconds(text, "en") / took - 1) < 0.11


def test_a_minute_is_estimated_within_a_twentieth():
    """Every run of neighbours in the table that makes about a minute."""
    errors = []
    for start in range(len(MEASURED)):
        took = said = 0.0
        for step in range(len(MEASURED)):
            text, sentences, measured = MEASURED[(start + step) % len(MEASURED)]
            took += measured + GAP * sentences
            said += seconds(text, "en")
            if took > 55:
                break
        errors.append(abs(said / took - 1))
    assert max(errors) < 0.05
    assert sum(errors) / len(errors) < 0.04


@pytest.mark.parametrize(
    ("language", "text", "said"),
    [
        ("en", "Shares fell 3.4%.", "Shares fell three point four percent."),
        ("en", "It raised $1.2bn.", "It raised one point two billion dollars."),
        ("en", "It raised $3 million.", "It raised three million dollars."),
        ("en", "A fine of €1,200", "A fine of one thousand, two hundred euros"),
        ("en", "in 1999 and 2026", "in nineteen ninety-nine and twenty twenty-six"),
        ("en", "the 21st time", "the twenty-first time"),
        ("en", "v4.2.1 is out", "four point two point one is out"),
        ("en", "at 10:30 and 9:00", "at ten thirty and nine"),
        ("en", "about -5°C", "about minus five degrees"),
        ("en", "the 14-9 vote", "the fourteen-nine vote"),
        ("en", "agent 007", "agent zero zero seven"),
        ("en", "no figures at all", "no figures at all"),
        ("de", "am 22. November", "am zweiundzwanzigste November"),
        ("de", "3,4 Mio. Euro", "drei Komma vier Millionen Euro"),
        ("de", "1.234,5 Meter", "eintausendzweihundertvierunddreißig Komma fünf Meter"),
        ("fr", "le 1er mai, 12 %", "le premier mai, douze pour cent"),
        ("fr", "1 200 €", "mille deux cents euros"),
        ("es", "el 12,5 %", "el doce coma cinco por ciento"),
        ("pt", "R$ 3,2 bilhões", "três vírgula dois bilhões reais"),
        ("it", "5 mln", "cinque milioni"),
        ("nl", "€ 3,5 miljard", "drie komma vijf miljard euro"),
        ("hi", "₹12,34,567 और १५%", "बारह लाख चौंतीस हज़ार पाँच सौ सड़सठ रुपये और पंद्रह प्रतिशत"),
        ("ja", "3.5%増の1200円", "三点五パーセント増の千二百円"),
        ("zh", "增长3.5%，达10500元", "增长百分之三点五，达一万零五百元"),
        ("sv", "12 procent", "tolv procent"),
        ("xx", "12 things", "12 things"),
    ],
)
def test_numbers_are_said_in_words(language, text, said):
    assert verbalise(text, language) == said


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("One.", 1),
        ("One. Two! Three?", 3),
        ("No mark at the end", 1),
        ("He said “no.” Then he left.", 2),
        ("東京で地震。被害はない。", 2),
        ("यह पहला है। यह दूसरा है।", 2),
    ],
)
def test_sentence_ends_are_counted(text, ends):
    assert sentence_ends(text) == ends


def test_a_measured_rate_takes_the_place_of_the_language_s():
    text = "Nobody was hurt."
    assert seconds(text, "en", rate=8.0) == pytest.approx(len(text) / 8.0 + SENTENCE_PAUSE)


def test_a_country_s_variant_is_timed_as_its_language():
    assert seconds("12 % mais", "pt-BR") == seconds("12 % mais", "pt")


def test_nothing_takes_no_time():
    assert seconds(" \n ", "en") == 0.0


def test_two_sentences_take_as_long_together_as_one_by_one():
    one, other = "Exports rose 12% in October.", "Imports were unchanged."
    assert seconds(f"{one} {other}", "en") == pytest.approx(seconds(one, "en") + seconds(other, "en"), abs=0.1)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["en", "de", "fr", "es", "pt", "it", "nl", "hi", "ja", "zh", "sv"]))
def test_any_text_can_be_timed(text, language):
    assert seconds(text, language) >= 0.0


def test_a_long_row_of_digits_is_read_digit_by_digit():
    assert verbalise("9" * 5000, "en") == " ".join(["nine"] * 5000)
