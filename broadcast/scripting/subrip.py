"""What SubRip subtitles say, as text. Pure, lenient, and linear in the length of what it reads."""

import re
from collections.abc import Iterator

from broadcast.text import clean

from .sanitise import fold

TIMES = re.compile(
    r"\s*(\d{1,4}):(\d{1,2})(?::(\d{1,2}))?(?:[.,](\d{1,3}))?\s*-->(?:\s*(\d{1,4}):(\d{1,2})(?::(\d{1,2}))?(?:[.,](\d{1,3}))?)?"
)
TAG = re.compile(
    r"</?[A-Za-z][^<>]{0,200}>|<\d[\d:.]{0,20}>|\{\\[^{}]{0,100}\}|\{/?[A-Za-z]:?[^{}]{0,20}\}|\\[Nnh]"
)
MUSIC = re.compile(r"^\s*[♪♫♬#]+.*[♪♫♬#]+\s*$|[♪♫♬]")
ASIDE = re.compile(r"[\[(（【]([^\[\]()（）【】]{0,40})[\])）】]")
LABEL = re.compile(
    r"^\s*(?:(?:-|–|—|>{2,})\s*)?(?:((?i:speaker|narrator|presenter|anchor|host|reporter|voice(?:-?over)?|sprecher(?:in)?"
    r"|narrateur|présentat(?:eur|rice)|locutora?|presentadora?|apresentadora?|conduttore|presentator)\s?\d{0,2}"
    r"|[A-Z][A-Z .'-]{1,24}\d{0,2})\s?:\s+)?"
)
SUNG = 6  #: words between two notes, and the notes, that are no news
LINE = 2000  #: characters of one line that are read


def spoken(srt: str, script: str) -> list[str]:
    """Return the lines that are spoken in the subtitles *srt*, in the order of time; none where none can be read.

    Numbers and times of cues, tags, music, remarks in brackets and the labels of speakers are left out, unless
    *script*, the text that was to be said, has the same words.
    """
    known = _letters(script)
    lines: list[str] = []
    before: tuple[float, list[str]] = (0.0, [])
    for _, end, start, text in sorted(_cues(srt), key=lambda cue: cue[0]):
        fresh = [said for line in text if (said := _said(line, known))]
        # Captions that roll up show a line again while the next one is spoken: the cues overlap.
        again = _again(before[1], fresh) if start < before[0] else 0
        lines += fresh[again:]
        if fresh:
            before = (max(end, before[0]) if start < before[0] else end, fresh)
    return lines


def span(srt: str) -> tuple[float, float] | None:
    """Return when the first word is said and when the last one has been, in seconds; None where nothing is."""
    cues = [(start, end) for _, end, start, text in _cues(srt) if any(_said(line, "") for line in text)]
    if not cues or not any(end > start for start, end in cues):
        return None
    return min(start for start, _ in cues), max(end for _, end in cues)


def between(srt: str, seconds: float) -> Iterator[str]:
    """Give the cues of each stretch of so many *seconds*, as subtitles of their own; stretches without any not."""
    stretch: list[str] = []
    number = 0
    for _, end, start, text in sorted(_cues(srt), key=lambda cue: cue[0]):
        if stretch and int(start // seconds) != number:
            yield "\n".join(stretch)
            stretch = []
        number = int(start // seconds)
        stretch.append(f"{_stamp(start)} --> {_stamp(end)}\n" + "\n".join(filter(str.strip, text)) + "\n")
    if stretch:
        yield "\n".join(stretch)


def _stamp(seconds: float) -> str:
    whole = round(seconds * 1000)
    return f"{whole // 3_600_000:02}:{whole // 60_000 % 60:02}:{whole // 1000 % 60:02},{whole % 1000:03}"


def _again(before: list[str], now: list[str]) -> int:
    """Return how many of the first lines of *now* are the last ones of *before*."""
    for count in range(min(len(before), len(now), 8), 0, -1):
        if before[-count:] == now[:count]:
            return count
    return 0


def _cues(srt: str) -> list[tuple[tuple[float, int], float, float, list[str]]]:
    """Return (place, end, start, lines) of every cue, in the order of the file."""
    cues: list[tuple[tuple[float, int], float, float, list[str]]] = []
    lines = srt.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    start, text = 0.0, [""]
    inside = False
    for number, line in enumerate(lines):
        found = TIMES.match(line) if "-->" in line[:40] else None
        if found is None and "-->" not in line[:40]:
            if inside:
                text.append(line)
            continue
        if inside:
            _unnumbered(text, len(cues))
        start = _seconds(found.groups()[:4]) if found else start
        end = _seconds(found.groups()[4:]) if found and found[5] else start
        text = []
        inside = True
        cues.append(((start, number), end, start, text))
    return cues


def _unnumbered(text: list[str], number: int) -> None:
    """Take the number of the next cue off the end of *text*, where *number* cues have been read.

    A line of digits may be spoken as well: it is a number where it stands alone or counts on.
    """
    while text and not text[-1].strip():
        text.pop()
    last = text[-1].strip() if text else ""
    if (
        last.isdecimal()
        and len(last) < 9
        and ((len(text) > 1 and not text[-2].strip()) or int(last) in (number, number + 1))
    ):
        text.pop()


def _seconds(groups: tuple[str | None, ...]) -> float:
    first, second, third, part = groups
    if third is None:  # minutes and seconds only
        first, second, third = "0", first, second
    return (
        int(first or 0) * 3600 + int(second or 0) * 60 + int(third or 0) + int((part or "0").ljust(3, "0")) / 1000
    )


def _said(line: str, known: str) -> str:
    line = clean(TAG.sub(" ", line[:LINE]), LINE)
    if not line or (MUSIC.fullmatch(line) and len(line.split()) <= SUNG):
        return ""
    line = ASIDE.sub(lambda found: found[0] if _kept(found[1], known) else " ", MUSIC.sub(" ", line))
    label = LABEL.match(line)
    assert label is not None  # every part of it may be absent
    if label[1] is None:
        return line.strip()
    shouted = not re.search(r"[a-zß-ÿ]", line)
    return line.strip() if shouted or _letters(label[1]) in known else line[label.end() :].strip()


def _kept(aside: str, known: str) -> bool:
    """Say whether what stands in brackets is spoken: the script has it, or it says a number."""
    return bool(re.search(r"\d", aside)) or len(aside.split()) > 4 or _letters(aside) in known


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", fold(text))
