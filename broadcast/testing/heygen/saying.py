"""What a render says: taken from the prompt or the script, altered on demand, timed and captioned. Pure."""

import re
from collections.abc import Callable, Mapping
from random import Random
from types import MappingProxyType
from typing import Any

from num2words import num2words
from sentencex import segment

WORDS_A_MINUTE = 150  #: the service's own rule of thumb
PAUSE = 8  #: letters' time between sentences
CUE = 80  #: characters of one caption
HEADINGS = (
    "ATTACHED|AVATAR|CRITICAL|DISPLAY|END|FORMAT|FRAMING|MUSIC|NARRATOR|NOTES?|ON-SCREEN|PRESENTER|SCENES?|SOURCES?|STYLE"
    "|TONE|VISUALS?"
)
SCRIPT = "(?:THE |FINAL |FULL )?(?:SCRIPT|NARRATION|VOICE-?OVER|SPOKEN TEXT)"
BEGINS = re.compile(rf"^\W*{SCRIPT}\b(?:[^a-z\n]*|\W*\(.*\)\W*)$", re.M)
ENDS = re.compile(
    rf"^\W*(?:END OF SCRIPT|{HEADINGS})\b|^(?:Show the source|Motion graphics for|Use the attached)\b", re.M
)
NUMBER_WORDS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fifteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand",
    "million", "billion",
)  # fmt: skip
INVENTED = (
    "Officials expect the figure to double by 2031.",
    "Nobody was hurt.",
    "Markets welcomed the news.",
    "A spokesman called it a turning point.",
)


def heard(prompt: str) -> str:
    """Return what a prompt wants said: what stands under its heading SCRIPT, else all of it."""
    begin = BEGINS.search(prompt)
    if not begin:
        return prompt.strip()
    rest = prompt[begin.end() :]
    end = ENDS.search(rest)
    return rest[: end.start() if end else None].strip()


def sentences(text: str) -> list[str]:
    return [stripped for one in segment("en", text) if (stripped := one.strip())]


def seconds(text: str) -> float:
    """Return how long *text* takes to say, to half a second. Scripts without spaces count by the character."""
    dense = len(re.findall(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]", text))
    words = len(text.split())
    return max(1.0, round((words / WORDS_A_MINUTE * 60 + dense * 0.2) * 2) / 2)


# --- renders that do not say what they were given


def changes_digit(text: str, random: Random) -> str:
    spots = [(match.span(), match[0]) for match in re.finditer(r"\d", text)]
    if spots:
        (start, end), digit = random.choice(spots)
        return text[:start] + random.choice([other for other in "123456789" if other != digit]) + text[end:]
    found = list(re.finditer(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b", text))
    if not found:
        raise ValueError("there is no number to change in what was asked to be said")
    match = random.choice(found)
    other = random.choice([word for word in NUMBER_WORDS if word != match[0]])
    return text[: match.start()] + other + text[match.end() :]


def adds_sentence(text: str, random: Random) -> str:
    said = paragraphs(text)
    at = random.randrange(len(said))
    inner = sentences(said[at])
    inner.insert(random.randint(0, len(inner)), random.choice(INVENTED))
    return "\n\n".join([*said[:at], " ".join(inner), *said[at + 1 :]])


def drops_sentence(text: str, random: Random) -> str:
    said = paragraphs(text)
    long = [at for at, part in enumerate(said) if len(sentences(part)) > 1]
    if not long:
        return drops_story(text, random)
    at = random.choice(long)
    inner = sentences(said[at])
    del inner[random.randrange(len(inner))]
    return "\n\n".join([*said[:at], " ".join(inner), *said[at + 1 :]])


def drops_story(text: str, random: Random) -> str:
    said = paragraphs(text) if len(paragraphs(text)) > 1 else sentences(text)
    if len(said) < 2:
        raise ValueError("there is only one sentence in what was asked to be said")
    del said[random.randrange(1, len(said) - 1) if len(said) > 2 else 1]  # intro and sign-off stay
    return "\n\n".join(said)


def reorders(text: str, random: Random) -> str:
    said = paragraphs(text) if len(paragraphs(text)) > 1 else sentences(text)
    if len(said) < 2:
        raise ValueError("there is only one sentence in what was asked to be said")
    first = random.randrange(1, len(said) - 2) if len(said) > 3 else 0
    said[first], said[first + 1] = said[first + 1], said[first]
    return "\n\n".join(said)


def spells_numbers(text: str, random: Random) -> str:
    """Say numbers in words, as a transcript of speech may: nothing about this is wrong."""
    return re.sub(r"\d+(?:,\d{3})*(?:\.\d+)?", lambda match: str(num2words(match[0].replace(",", ""))), text)


ALTERED: Mapping[str, Callable[[str, Random], str]] = MappingProxyType({
    "changes-digit": changes_digit,
    "adds-sentence": adds_sentence,
    "drops-sentence": drops_sentence,
    "drops-story": drops_story,
    "reorders": reorders,
    "spells-numbers": spells_numbers,
})  # fmt: skip


def paragraphs(text: str) -> list[str]:
    return [stripped for part in re.split(r"\n\s*\n", text) if (stripped := part.strip())]


# --- captions and word times


def subrip(text: str, length: float) -> str:
    """Return *text* as SubRip captions over *length* seconds, each as long as its share of the characters."""
    pieces = [piece for part in paragraphs(text) for one in sentences(part) for piece in lines(one)]
    total = sum(map(len, pieces)) or 1
    cues, done = [], 0
    for number, piece in enumerate(pieces, 1):
        start, done = done, done + len(piece)
        times = f"{stamp(length * start / total)} --> {stamp(length * done / total)}"
        cues.append(f"{number}\n{times}\n{piece}\n")
    return "\n".join(cues)


def unsubbed(srt: str) -> list[str]:
    """Return the lines that SubRip captions say."""
    return [
        line for line in srt.splitlines() if line.strip() and "-->" not in line and not line.strip().isdecimal()
    ]


def lines(sentence: str) -> list[str]:
    found, line = [], ""
    for word in sentence.split():
        if line and len(line) + 1 + len(word) > CUE:
            found.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*found, line]


def stamp(at: float) -> str:
    whole = round(at * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"


def word_times(text: str, length: float) -> list[dict[str, Any]]:
    """Return when each word of *text* is said in *length* seconds: longer words take longer, sentences pause."""
    words = text.split()
    spans, total = [], 0
    for word in words:
        spans.append((word, total, total + len(word) + 2))
        total = spans[-1][2] + (PAUSE if word.endswith((".", "!", "?", "。")) else 0)
    share = length / spans[-1][2] if spans else 0.0
    return [{"word": word, "start": round(start * share, 3), "end": round(end * share, 3)}
            for word, start, end in spans]  # fmt: skip
