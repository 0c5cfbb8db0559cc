"""A script that a person edits: written out as plain lines, read back, proven again. Pure.

What a person changes must be as true as what a writer wrote. A changed sentence keeps the quotes of the one that it
stands for; where they do not bear it, the sentence of its source that is nearest to it does, or nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from broadcast.text import clean
from broadcast.types import Brief, Draft, Script, Segment, Sentence, Story, Written

from . import timing
from .finding import Finding
from .kinds import Kind
from .lint import lint, lint_script
from .sanitise import fold

LONGEST = 1_000  #: characters of a sentence that are read
MOST = 60_000  #: characters of a whole script
NEAR = 0.3  #: how alike two sentences are, from 0 to 1, where one stands for the other
GONE = "-"  #: a line that leaves a story out
HELP = """\
# One sentence a line, a blank line between segments. Lines that begin with # are not read.
# A sentence that is taken out is not said; a story of which only a line "-" is left is not told.
"""


@dataclass(frozen=True)
class Terms:
    """By what an edited script is judged: as the one that it was made from."""

    written: Written
    kind: Kind
    seconds: float  #: that were asked for
    brief: Brief
    link: str = ""


def written_out(script: Script) -> str:
    """Return *script* as a text for an editor: what `read_back` reads."""
    return HELP + "".join(f"\n{block}" for block in map(_block, script.segments))


def _block(segment: Segment) -> str:
    about = {"intro": "Opening", "signoff": "Sign-off", "story": f"Story {clean(segment.story, 100)}"}[segment.kind]
    return f"# {about}\n" + "".join(f"{clean(one.text, LONGEST)}\n" for one in segment.sentences)


def read_back(text: str, script: Script) -> tuple[tuple[str, ...], ...]:
    """Return the sentences of each segment of *script* as *text* has them. Raises ValueError with what to do."""
    if len(text) > MOST:
        raise ValueError(f"it has {len(text)} characters; at most {MOST} are read")
    blocks: list[list[str]] = [[]]
    for line in (clean(line, LONGEST) for line in text.lstrip("\ufeff").splitlines()):
        if line.startswith("#"):
            continue
        if line:
            blocks[-1].append(line)
        elif blocks[-1]:
            blocks.append([])
    found = [block for block in blocks if block]
    if len(found) != len(script.segments):
        raise ValueError(
            f"it has {len(found)} segments and the script {len(script.segments)}: leave a blank line between them, "
            f"and a line of {GONE} alone where a story is to go"
        )
    return tuple(() if block == [GONE] else tuple(block) for block in found)


def edited(texts: Sequence[Sequence[str]], terms: Terms) -> Script:
    """Return the script with the sentences of its segments as *texts* has them; one without any is left out.

    Raises ValueError where nothing would be left to tell.
    """
    script, stories = terms.written.script, {story.key: story for story in terms.written.stories}
    segments = []
    for segment, lines in zip(script.segments, texts, strict=True):
        lines = [line for line in (clean(one, LONGEST) for one in lines) if line]
        if not lines:
            continue
        if list(lines) == [one.text for one in segment.sentences]:
            segments.append(segment)
            continue
        sentences = tuple(_sentences(lines, segment, stories.get(segment.story), terms.brief))
        before = sum(timing.seconds(one.text, script.language) for one in segment.sentences)
        after = sum(timing.seconds(one.text, script.language) for one in sentences)
        pace = segment.seconds / before if before else 1.0  # as the voice was known to speak
        change = {"sentences": sentences, "seconds": round(after * pace, 2)}
        segments.append(segment.model_copy(update=change))
    if not any(segment.kind == "story" for segment in segments):
        raise ValueError("no story is left: reject the script instead")
    seconds = sum(part.seconds for part in segments) + timing.SEGMENT_PAUSE * (len(segments) - 1)
    return script.model_copy(update={"segments": tuple(segments), "seconds": round(seconds, 2)})


def findings(script: Script, terms: Terms) -> list[Finding]:
    """Return what is wrong with *script*, edited, that was not wrong with the one it was made from."""

    def found(one: Script) -> list[Finding]:
        stories, kind = terms.written.stories, terms.kind
        return lint_script(one, stories, terms.seconds, kind=kind, brief=terms.brief, link=terms.link)

    before = found(terms.written.script)
    return [one for one in found(script) if one not in before]


def approved(written: Written, script: Script) -> Written:
    """Return what is rendered of *written* when *script* was made of it: a story that it leaves out is not told."""
    told = {segment.story for segment in script.segments}
    return Written(script=script, stories=tuple(story for story in written.stories if story.key in told))


def changes(before: Script, after: Script) -> Iterator[tuple[str, str]]:
    """Yield each sentence with what became of it: ` ` stays, `-` is gone, `+` is new."""
    old = [one.text for segment in before.segments for one in segment.sentences]
    new = [one.text for segment in after.segments for one in segment.sentences]
    for kind, start, end, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if kind == "equal":
            yield from ((" ", line) for line in old[start:end])
        else:
            yield from (("-", line) for line in old[start:end])
            yield from (("+", line) for line in new[first:last])


def _sentences(lines: Sequence[str], segment: Segment, story: Story | None, brief: Brief) -> Iterator[Sentence]:
    """Yield the sentences that *lines* are, each with the quotes that prove it best."""
    left = list(segment.sentences)
    for line in lines:
        known = next((one for one in left if one.text == line), None)
        if known is None and left:
            near = max(left, key=lambda one: _alike(one.text, line))
            known = near if near.text not in lines and _alike(near.text, line) >= NEAR else None
        if known is not None:
            left.remove(known)
        if story is None or (known is not None and known.text == line):
            yield known.model_copy(update={"text": line}) if known else Sentence(text=line)
        else:
            yield _proven(line, known, story, brief)


def _proven(line: str, known: Sentence | None, story: Story, brief: Brief) -> Sentence:
    """Return *line* with the first quotes that bear it; where none do, with those that it should have."""
    source = max(_source(story), key=lambda one: _alike(one, line), default="")
    own = known.quotes if known else ()
    ways = [quotes for quotes in (own, (*own, source) if source else (), (source,) if source else ()) if quotes]
    tried = [Sentence(text=line, quotes=quotes, rank=known.rank if known else 0) for quotes in ways]
    bare = Draft(story=story.key, sentences=(), writer="")
    good = (one for one in tried if not lint(bare.model_copy(update={"sentences": (one,)}), story, brief))
    return next(good, tried[0] if tried else Sentence(text=line))


def _source(story: Story) -> list[str]:
    """Return the sentences of *story*."""
    from sentencex import segment  # as long an import as the rest of a start

    lines = (line for line in story.text.splitlines() if line.strip())
    return [one.strip() for line in lines for one in segment(story.language or "en", line) if one.strip()]


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, fold(one), fold(other), autojunk=False).ratio()
