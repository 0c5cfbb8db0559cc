"""Whether a script may air: every sentence proven by its story, and fit to be spoken. Pure.

A rule is a function that looks at one story's draft and gives a finding for each fault. `RULES` are asked of every
draft, whoever wrote it; `SCRIPT_RULES` of what was put together; `lint_prompt` of what a renderer is handed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from broadcast.text import clean
from broadcast.types import Brief, Draft, Script, Sentence, Story

from .captions import address
from .finding import Finding, Rule
from .kinds import Kind
from .proof import (
    OVERLAY,
    QUOTE,
    citations_are_verbatim,
    claims_are_kept,
    covered,
    names_are_proven,
    numbers_are_proven,
    overlays_are_proven,
    quotes_are_verbatim,
    still_true,
    verbatim,
)  # fmt: skip
from .sanitise import fold
from .speech import (
    easy_to_follow,
    in_its_language,
    no_calls,
    no_layout,
    no_orders,
    nothing_to_type,
    speakable_name,
    within_bounds,
)  # fmt: skip
from .video_agent import LIMIT, SHOWN, SPOKEN, shown, spoken

__all__ = [
    "OVERLAY", "QUOTE", "RULES", "SCRIPT_RULES", "Finding", "lint", "lint_prompt", "lint_script", "speakable_name",
    "verbatim",
]  # fmt: skip

SHARE = (0.6, 1.1)  #: of the time that was asked for
LISTED = re.compile(r"(?:[\s,、;&]|(?<!\w)(?:and|und|et|y|e|ed|en|og|och|i|और|および|和|及)(?!\w))*")
DATE = r"[^\n!?:;<>\[\]{}|]{4,60}"  #: a day, as any language says it

ScriptRule = Callable[[Script, float], Iterator[Finding]]


def lint(draft: Draft, story: Story, brief: Brief, rules: Sequence[Rule] | None = None) -> list[Finding]:
    """Return what is wrong with *draft* as an account of *story*; an empty list where it may air."""
    return [finding for rule in (RULES if rules is None else rules) for finding in rule(draft, story, brief)]


def lint_script(
    script: Script,
    stories: Sequence[Story],
    seconds: float,
    *,
    kind: Kind | None = None,
    brief: Brief | None = None,
    link: str = "",
) -> list[Finding]:
    """Return what is wrong with *script*, which tells *stories* in about *seconds*.

    With its *kind* the intro and the sign-off must be what its templates say, and nothing else; without it they
    are held to the rules of speech. *brief* is what the writers were given, where they were, and *link* the show's
    own, which the sign-off may show.
    """
    found = [finding for rule in SCRIPT_RULES for finding in rule(script, seconds)]
    known: Mapping[str, Story] = {story.key: story for story in stories}
    asked = brief or Brief(kind=script.kind, language=script.language, seconds=seconds)
    for segment in script.segments:
        draft = Draft(
            story=segment.story, sentences=segment.sentences, overlays=segment.overlays, writer=segment.writer
        )
        if segment.kind != "story":
            found += _frame(draft, script, stories, kind, link)
        elif segment.story not in known:
            found.append(Finding("L2", "a segment tells a story that is not there", segment.story))
        else:
            found += lint(draft, known[segment.story], asked)
    return found


def lint_prompt(prompt: str, script: Script, stories: Sequence[Story]) -> list[Finding]:
    """Return what is wrong with the *prompt* that a video agent is to get for *script*: rules L16 and L17.

    All that it is to speak and show must be what was linted, word for word, and every source must be named.
    """
    found = []
    if len(prompt) > LIMIT:
        found.append(Finding("L16", f"a prompt has at most {LIMIT} characters, and this one {len(prompt)}"))
    block, rest = _between(prompt, f"{SPOKEN[0]}\n", f"\n{SPOKEN[1]}\n")
    if block != spoken(script):
        found.append(Finding("L16", "the prompt speaks other words than the script", (block or "")[:80]))
    listed, rest = _between(rest, f"{SHOWN}\n", "\n\n")
    if (listed or "") != shown(script):
        found.append(Finding("L16", "the prompt shows other words than the script", (listed or "")[:80]))
    frame = Draft(story="", sentences=tuple(Sentence(text=line) for line in rest.splitlines() if line), writer="")
    nobody = _nobody()
    found += [
        Finding("L16", f"the frame of the prompt: {one.message}", one.text) for one in no_orders(frame, *nobody)
    ]
    for each in (each for story in stories for each in story.publishers):
        name = clean(re.sub(r"[\[\]{}<>|`\"“”*_#\\:]+", " ", each), 80)
        if name and fold(name) not in fold(prompt):
            found.append(Finding("L17", "the source of a story is neither spoken nor shown", name))
    return found


def _between(text: str, start: str, end: str) -> tuple[str | None, str]:
    """Return what stands between *start* and the last *end*, and the rest."""
    before, found, behind = text.partition(start)
    if not found:
        return None, text
    inside, ended, after = behind.rpartition(end) if end.strip() else behind.partition(end)
    return (inside, before + after) if ended else (behind, before)


def _nobody() -> tuple[Story, Brief]:
    from datetime import UTC, datetime

    return Story(id="", title="", at=datetime.min.replace(tzinfo=UTC)), Brief(kind="", language="en", seconds=0)


def _frame(
    draft: Draft, script: Script, stories: Sequence[Story], kind: Kind | None, link: str
) -> Iterator[Finding]:
    """L16: what is said around the stories is a template's, filled with the title, a date and known sources."""
    own = address(link, OVERLAY) if link else None
    for overlay in draft.overlays:
        if overlay.text != own:
            yield Finding("L16", "beside the show's own link only stories have overlays", overlay.text)
    if kind is None:
        story, brief = _nobody()
        for rule in (nothing_to_type, no_layout, no_orders):
            yield from rule(draft, story, brief)
        return
    words = kind.say(script.language)
    plain = [
        re.escape(one).replace(r"\{title\}", re.escape(script.title))
        for said in (words, words.briefly())
        for one in (said.one, said.many, said.goodbye)
    ]
    openings = [re.compile(one.replace(r"\{date\}", DATE)) for one in plain]
    credits = [
        re.compile(re.escape(one).replace(r"\{sources\}", "(.+)"))
        for one in (words.source, words.sources, words.some)
    ]
    names = sorted(
        {part for story in stories for each in story.publishers for part in _names(each)}, key=len, reverse=True
    )
    for sentence in draft.sentences:
        if sentence.text == words.action or any(one.fullmatch(sentence.text) for one in openings):
            continue
        filled = [match[1] for one in credits if (match := one.fullmatch(sentence.text))]
        if not any(LISTED.fullmatch(_without(rest, names)) for rest in filled):
            yield Finding("L16", "it is not what the template says", sentence.text)


def _names(publisher: str) -> tuple[str, ...]:
    name = clean(publisher, 80)
    return tuple(one for one in (name, re.split(r"\s+[-–—|:·»>]\s+|:\s+|\s*\|\s*", name)[0]) if one)


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        text = text.replace(name, " ")
    return text


def lands_on_time(script: Script, seconds: float) -> Iterator[Finding]:
    """L7: it takes about as long as was asked for."""
    low, high = SHARE
    if not low * seconds <= script.seconds <= high * seconds:
        yield Finding("L7", f"it takes {script.seconds:.1f} s where {seconds:g} s were asked for")


def told_once(script: Script, seconds: float) -> Iterator[Finding]:
    """L15: nothing is told twice."""
    seen: set[str] = set()
    for segment in script.segments:
        if segment.kind == "story" and segment.story in seen:
            yield Finding("L15", "a story is told twice", segment.story)
        seen.add(segment.story)
        for sentence in segment.sentences:
            told = fold(sentence.text).rstrip(".!?。！？। ")
            if told in seen:
                yield Finding("L15", "it is told twice", sentence.text)
            seen.add(told)


RULES: tuple[Rule, ...] = (
    within_bounds, quotes_are_verbatim, numbers_are_proven, names_are_proven, overlays_are_proven, in_its_language,
    nothing_to_type, no_layout, no_calls, no_orders, covered, still_true, citations_are_verbatim, easy_to_follow,
    claims_are_kept,
)  # fmt: skip
SCRIPT_RULES: tuple[ScriptRule, ...] = (lands_on_time, told_once)
