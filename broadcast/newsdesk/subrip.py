"""SubRip files, whoever wrote them, into cues that follow one another. Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

TEXT = 1000  #: characters of one cue
STAMP = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
TIMES = re.compile(rf"\s*{STAMP}\s*-->\s*{STAMP}", re.ASCII)
TAG = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")  #: <i>, <font color=...>, {\an8}


@dataclass(frozen=True)
class Cue:
    """A caption that stands from *start* until *end*, in seconds."""

    start: float
    end: float
    text: str


def cues(srt: str) -> list[Cue]:
    """Return the cues of a SubRip file in order, without markup. One stands at most until the next begins.

    What cannot be read is left out; cues that begin together become one. Pure.
    """
    found = sorted(_read(srt), key=lambda cue: cue.start)
    merged = []
    for start, group in groupby(found, key=lambda cue: cue.start):
        together = list(group)
        text = "\n".join(dict.fromkeys(cue.text for cue in together))
        merged.append(Cue(start, max(cue.end for cue in together), text))
    ends = [min(one.end, two.start) for one, two in pairwise(merged)]
    return [
        replace(cue, end=end) for cue, end in zip(merged, [*ends, *(cue.end for cue in merged[-1:])], strict=True)
    ]


def _read(srt: str) -> Iterator[Cue]:
    lines = [*re.split(r"\r\n|\r|\n", srt.removeprefix("\ufeff")), ""]
    at = 0
    while at < len(lines):
        times = TIMES.match(lines[at])
        at += 1
        if times is None:
            continue
        said = []
        while at < len(lines) and lines[at].strip() and not TIMES.match(lines[at]):
            said.append(lines[at])
            at += 1
        if at < len(lines) and TIMES.match(lines[at]) and said and said[-1].strip().isdecimal():
            said.pop()  # the number of the next cue, which no empty line sets apart
        start, end = _seconds(*times.groups()[:4]), _seconds(*times.groups()[4:])
        text = TAG.sub("", "\n".join(said)[: 8 * TEXT]).strip()
        if text and start < end:
            yield Cue(start, end, text)


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str) -> float:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return (whole * 1000 + int(fraction.ljust(3, "0"))) / 1000
