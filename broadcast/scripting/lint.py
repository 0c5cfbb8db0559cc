"""Whether a script may air: every sentence proven by its story, and fit to be spoken. Pure.

A rule is a function that looks at one story's draft and gives a finding for each fault. `RULES` are asked of every
draft, whoever wrote it; `SCRIPT_RULES` of what was put together.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from broadcast.types import Brief, Draft, Script, Story

from .sanitise import DENSE, fold, words

QUOTE = 12  #: characters; anything shorter is found in every text
LONGEST = 40  #: words of a sentence that a listener can follow
OVERLAY = 40  #: characters of an overlay
SHARE = (0.6, 1.1)  #: of the time that was asked for

ADDRESS = re.compile(
    r"https?:|www\.|\b[\w.+-]+@[\w-]+\.\w|(?<![\w.])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|org|net|io|dev|ai|app|co|info|gov|edu|tv|me"
    r"|de|fr|es|pt|it|nl|in|jp|cn|uk|eu|ch|at|be|br|us|ru)(?:/\S*)?(?![\w-])|\w\.(?:com|org|net|io)/|\bdot com\b"
)
HANDLE = re.compile(r"(?<![\w.])@\w|(?<!\w)#\d*[^\W\d]")
PHONE = re.compile(r"\+\d[\d ()./-]{6,}\d|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|\b\d{4,5}[ /-]\d{6,}\b")
CODE = re.compile(
    r"`|\w\(\)|::|[=!<>+-]=|=>|->|&&|\|\||;\s*$|\$\{|\$[a-z_]|\b\w+_\w+|(?<!\w)--?[a-z][\w-]+|(?<![\w.])(?:~|\.{1,2})?/\w+/"
    r"|&#?\w+;|\b[a-z_]\w*\.(?:py|ts|rs|cpp|sh|md|json|ya?ml|toml|txt|html?|css|exe)\b"
)
LAYOUT = re.compile(r"[\[\]{}<>|\\^~*_=\n\r\t\x00-\x1f\u2028\u2029\ue000-\uf8ff]|\U000e0000")
SCENE = re.compile(
    r"\b(?:scene|szene|scène|escena|cena|scena)\s*\d+\s*[:.–-]|\b[ab]-roll\b|\b(?:vo|voice-?over|narrator|on-screen"
    r"|overlay|presenter|avatar|visual|cut to)\s*:",
    re.IGNORECASE,
)
ORDERS = re.compile(
    r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+|the\s+|your\s+)*(?:previous|prior|above|earlier|preceding)\b"
    r"|\b(?:system|developer)\s+prompt\b|\bas an? (?:ai|language model|assistant)\b|\byou are now\b"
    r"|\b(?:new|following)\s+instructions\b|\bignor\w*\s+(?:alle|toutes|todas|tutte|alle)\b"
    r"|<\|?/?(?:system|user|assistant|im_)|\b(?:system|assistant|user)\s*:",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """A fault, and the words that have it."""

    code: str
    message: str
    text: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" + (f": {self.text}" if self.text else "")


Rule = Callable[[Draft, Story, Brief], Iterator[Finding]]
ScriptRule = Callable[[Script, float], Iterator[Finding]]


def lint(draft: Draft, story: Story, brief: Brief, rules: Sequence[Rule] | None = None) -> list[Finding]:
    """Return what is wrong with *draft* as an account of *story*; an empty list where it may air."""
    return [finding for rule in (RULES if rules is None else rules) for finding in rule(draft, story, brief)]


def lint_script(script: Script, stories: Sequence[Story], seconds: float) -> list[Finding]:
    """Return what is wrong with *script*, which tells *stories* in about *seconds*."""
    found = [finding for rule in SCRIPT_RULES for finding in rule(script, seconds)]
    known: Mapping[str, Story] = {story.key: story for story in stories}
    for segment in script.segments:
        if segment.kind != "story":
            continue
        if segment.story not in known:
            found.append(Finding("L2", "a segment tells a story that is not there", segment.story))
            continue
        draft = Draft(
            story=segment.story, sentences=segment.sentences, overlays=segment.overlays, writer=segment.writer
        )
        brief = Brief(kind=script.kind, language=script.language, seconds=segment.seconds)
        found += lint(draft, known[segment.story], brief)
    return found


def verbatim(quote: str, story: Story) -> bool:
    """Say whether *quote* stands in *story* word for word, and is long enough to prove anything."""
    title, text = _evidence(story.title, story.text)
    folded = fold(quote)
    if len(folded) + len(DENSE.findall(folded)) < QUOTE:
        return bool(folded) and folded == title
    return folded in title or folded in text


@lru_cache(maxsize=64)
def _evidence(title: str, text: str) -> tuple[str, str]:
    return fold(title), fold(text)


def quotes_are_verbatim(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L2: every sentence has a quote, and every quote stands in its own story."""
    for sentence in draft.sentences:
        if not sentence.quotes:
            yield Finding("L2", "there is no quote for", sentence.text)
        for quote in sentence.quotes:
            if not verbatim(quote, story):
                yield Finding("L2", "the story does not say", quote)


def overlays_are_proven(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L5: an overlay fits on the screen, and its quote stands in the story."""
    for overlay in draft.overlays:
        if len(overlay.text) > OVERLAY:
            yield Finding("L5", f"an overlay has at most {OVERLAY} characters", overlay.text)
        if not verbatim(overlay.quote, story):
            yield Finding("L5", "the story does not say", overlay.quote)


def nothing_to_type(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L8: no address, handle, hashtag, phone number or code: nobody can click on what is said."""
    for text in _texts(draft):
        for name, pattern in (
            ("an address", ADDRESS),
            ("a handle", HANDLE),
            ("a phone number", PHONE),
            ("code", CODE),
        ):
            if pattern.search(text):
                yield Finding("L8", f"{name} cannot be spoken", text)
                break


def no_layout(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L9: no characters that a prompt or a layout gives a meaning to, and no stage directions."""
    for text in _texts(draft):
        if LAYOUT.search(text):
            yield Finding("L9", "a character of layout cannot be spoken", text)
        elif SCENE.search(text):
            yield Finding("L9", "a stage direction is not news", text)


def no_orders(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L11: nothing that tries to tell a machine what to do."""
    for text in _texts(draft):
        if ORDERS.search(text):
            yield Finding("L11", "it talks to a machine, not to an audience", text)


def easy_to_follow(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L15: no sentence that is too long to follow."""
    for sentence in draft.sentences:
        if words(sentence.text) > LONGEST:
            yield Finding("L15", f"a sentence has at most {LONGEST} words", sentence.text)


def lands_on_time(script: Script, seconds: float) -> Iterator[Finding]:
    """L7: it takes about as long as was asked for."""
    low, high = SHARE
    if not low * seconds <= script.seconds <= high * seconds:
        yield Finding("L7", f"it takes {script.seconds:.1f} s where {seconds:g} s were asked for")


def told_once(script: Script, seconds: float) -> Iterator[Finding]:
    """L15: nothing is told twice."""
    seen: set[str] = set()
    for segment in script.segments:
        for sentence in segment.sentences:
            told = fold(sentence.text).rstrip(".!?。！？। ")
            if told in seen:
                yield Finding("L15", "it is told twice", sentence.text)
            seen.add(told)


def _texts(draft: Draft) -> Iterator[str]:
    yield from (sentence.text for sentence in draft.sentences)
    yield from (overlay.text for overlay in draft.overlays)


RULES: tuple[Rule, ...] = (
    quotes_are_verbatim, overlays_are_proven, nothing_to_type, no_layout, no_orders, easy_to_follow,
)  # fmt: skip
SCRIPT_RULES: tuple[ScriptRule, ...] = (lands_on_time, told_once)


def speakable_name(name: str) -> bool:
    """Say whether a publisher's *name*, which a feed gave itself, may be spoken by the show."""
    wrong = (ADDRESS, HANDLE, PHONE, CODE, LAYOUT, SCENE, ORDERS)
    return words(name) <= 6 and len(name) <= OVERLAY and not any(pattern.search(name) for pattern in wrong)
