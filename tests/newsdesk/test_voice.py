from itertools import pairwise

import numpy as np
import pytest

from broadcast.newsdesk import voice
from broadcast.newsdesk.sound import loudness
from broadcast.newsdesk.voice import EnglishVoice, display_words, narrate, shared
from broadcast.scripting.timing import seconds

from .shows import short

TEXT = "The S&P 500 gained 1.4%, its best day since March."


@pytest.fixture(scope="module")
def english() -> EnglishVoice:
    return EnglishVoice()


def test_the_voice_tells_when_each_written_word_is_said(english: EnglishVoice) -> None:
    said = english.say(TEXT)
    assert said is not None
    assert [word.text for word in said.words] == TEXT.split()
    assert all(word.start < word.end <= said.seconds + 0.01 for word in said.words)
    assert all(one.end <= two.start + 0.01 for one, two in pairwise(said.words))
    times = {word.text: word.end - word.start for word in said.words}
    assert times["1.4%,"] > 1.0 > 0.3 > times["The"]  # "one point four percent"


def test_a_word_is_heard_at_its_time(english: EnglishVoice) -> None:
    said = english.say("Stop. Now we wait for it, and then we go.")
    assert said is not None
    loud = np.abs(said.samples)
    inside = [loud[round(w.start * english.rate) : round(w.end * english.rate)].max() for w in said.words]
    assert min(inside) > 0.02


def test_without_the_tensor_words_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(voice, "DURATIONS", "/no/such/tensor")
    guessing = EnglishVoice()
    said = guessing.say(TEXT)
    assert not guessing.exact
    assert said is not None
    assert [word.text for word in said.words] == TEXT.split()
    assert said.words[-1].end == pytest.approx(said.seconds)


def test_what_english_has_no_sounds_for_is_not_spoken(english: EnglishVoice) -> None:
    assert english.say("北京 今天") is None


def test_english_is_spoken_at_broadcast_loudness_without_dead_air() -> None:
    made = narrate(short("en").script, [["Good evening.", "Here is the news."], ["Prices fell by 1.4% in March."]])
    assert made.spoken
    assert made.notes == ()
    assert loudness(made.samples, 48_000) == pytest.approx(-16, abs=0.6)
    tenths = np.abs(made.samples[: len(made.samples) // 4_800 * 4_800]).reshape(-1, 4_800).max(1) > 0.01
    quiet = max(len(run) for run in "".join("x" if loud else "." for loud in tenths).split("x"))
    assert quiet <= 15


def test_other_languages_air_silently_in_their_own_time() -> None:
    made = narrate(short("de").script, [["Guten Abend.", "Es wird billiger."]])
    assert not made.samples.any()
    assert "de" in made.notes[0]
    assert "silent" in made.notes[0]
    first = made.segments[0][0]
    assert first[-1].end - first[0].start == pytest.approx(seconds("Guten Abend.", "de"), abs=0.5)
    assert made.seconds == pytest.approx(len(made.samples) / 48_000, abs=0.01)


def test_words_share_a_sentence_by_their_length() -> None:
    words = shared("a considerably longer", 1.0, 4.0)
    assert words[0].start == 1.0
    assert words[-1].end == 4.0
    assert words[1].end - words[1].start > 3 * (words[0].end - words[0].start)


def test_japanese_is_cut_into_pieces_that_belong_together() -> None:
    assert display_words("500億円の ETF") == [("500億", False), ("円の", True), ("ETF", False)]
