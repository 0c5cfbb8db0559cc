"""The rules for what is spoken and shown, whatever its source says. Pure."""

import re
from collections.abc import Iterator
from functools import lru_cache

from broadcast.types import Brief, Draft, Story

from .claims import manner
from .finding import Finding
from .literals import bare
from .sanitise import base, words
from .tongue import strays
from .triage import orders

LONGEST = 40  #: words of a sentence that a listener can follow
SENTENCES, QUOTED, OVERLAYS = 60, 8, 12  #: sentences of a draft, quotes of a sentence, overlays of a draft
SAID, PROVED = 1_000, 4_000  #: characters of a sentence, and of a quote
NAME = 40  #: characters of a publisher's name

ADDRESS = re.compile(
    r"https?:|hxxps?:|www\.|\b[\w.+-]{1,64}@[\w-]{1,64}\.\w|(?<![\w.])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,8}\.(?:com|org|net|io|dev|ai|app"
    r"|co|info|gov|edu|tv|me|de|fr|es|pt|it|nl|in|jp|cn|uk|eu|ch|at|be|br|us|ru|xyz|biz|shop|site|online|top|link|click|ly|gg)"
    r"(?:/\S*)?(?![\w-])|\w\.(?:com|org|net|io)/|\bdot com\b"
    r"|\b\w+ (?:dot|punto|ponto|punkt|punt|point) (?:com|org|net|io|de|xyz)\b"
)
HANDLE = re.compile(r"(?<![\w.])@\w|(?<!\w)#\d*[^\W\d]")
PHONE = re.compile(r"\+\d[\d ()./-]{6,40}\d|\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b|\b\d{4,5}[ /-]\d{6,15}\b")
CODE = re.compile(
    r"`|\w\(\)|::|[=!<>+-]=|=>|->|&&|\|\||;\s*$|\$\{|\$[a-z_]|\b\w+_\w+|(?<!\w)--?[a-z][\w-]+|(?<![\w.])(?:~|\.{1,2})?/\w+/"
    r"|&#?\w+;|\b[a-z_]\w*\.(?:py|ts|rs|cpp|sh|md|json|ya?ml|toml|txt|html?|css|exe)\b"
)
LAYOUT = re.compile(
    r"[\[\]{}<>|\\^~*_=\n\r\t\x00-\x1f\u2028\u2029\ue000-\uf8ff]"
    r"|[\U000e0000-\U000e007f]|[\u200b\u202a-\u202e\u2066-\u2069]"
)
SCENE = re.compile(
    r"\b(?:scene|szene|scène|escena|cena|scena)\s*\d+\s*[:.–-]|\b[ab]-roll\b|\b(?:vo|voice-?over|narrator|on-screen"
    r"|overlay|presenter|avatar|visual|cut to)\s*:|\bend of script\b|\bcritical on-screen\b",
    re.IGNORECASE,
)
MACHINE = re.compile(
    r"\b(?:ignore|disregard|forget)\s+(?:all\s+|any\s+|the\s+|your\s+){0,6}(?:previous|prior|above|earlier|preceding)\b"
    r"|\b(?:system|developer)\s+prompt\b|\bas an? (?:ai|language model|assistant)\b|\byou are now\b"
    r"|\b(?:new|following)\s+instructions\b|\bignor\w*\s+(?:alle|toutes|todas|tutte|alle)\b"
    r"|<\|?/?(?:system|user|assistant|im_)|\b(?:system|assistant|user)\s*:",
    re.IGNORECASE,
)


def texts(draft: Draft) -> Iterator[str]:
    yield from (sentence.text for sentence in draft.sentences)
    yield from (overlay.text for overlay in draft.overlays)


def within_bounds(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L1: it is about this story, and of a size that can be read."""
    if draft.story != story.key:
        yield Finding("L1", "it tells another story", draft.story)
    if len(draft.sentences) > SENTENCES or len(draft.overlays) > OVERLAYS:
        yield Finding("L1", f"a draft has at most {SENTENCES} sentences and {OVERLAYS} overlays")
    for sentence in draft.sentences:
        if not re.search(r"[^\W_]", sentence.text):
            yield Finding("L1", "a sentence says nothing", sentence.text[:NAME])
        if (
            len(sentence.text) > SAID
            or len(sentence.quotes) > QUOTED
            or any(len(one) > PROVED for one in sentence.quotes)
        ):
            yield Finding(
                "L1", f"a sentence has at most {SAID} characters and {QUOTED} quotes", sentence.text[:NAME]
            )
    for overlay in draft.overlays:
        if not re.search(r"[^\W_]", overlay.text):
            yield Finding("L1", "an overlay shows nothing", overlay.text[:NAME])


def in_its_language(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L6: all of it is in the language that was asked for."""
    language = base(brief.language)
    said = " ".join(sentence.text for sentence in draft.sentences)
    if strays(said, language):
        yield Finding("L6", f"it is not in {brief.language!r}", said[:120])


def nothing_to_type(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L8: no address, handle, hashtag, phone number or code: nobody can click on what is said."""
    for text in texts(draft):
        for name, pattern in (
            ("an address", ADDRESS),
            ("a handle", HANDLE),
            ("a phone number", PHONE),
            ("code", CODE),
        ):
            if pattern.search(text[:PROVED]):
                yield Finding("L8", f"{name} cannot be spoken", text)
                break


def no_layout(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L9: no characters that a prompt or a layout gives a meaning to, and no stage directions."""
    for text in texts(draft):
        if LAYOUT.search(text):
            yield Finding("L9", "a character of layout cannot be spoken", text)
        elif SCENE.search(text):
            yield Finding("L9", "a stage direction is not news", text)


def no_calls(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L10: no sentence begins by telling the audience to do something."""
    pattern = manner(base(brief.language)).orders
    for text in texts(draft):
        for part in re.split(r"(?<=[.!?])\s+", text[:PROVED]):
            if pattern.match(bare(part.lstrip("\"'“„«¡¿ ")).lower()):
                yield Finding("L10", "it calls on the audience to do something", text)
                break


def no_orders(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L11: nothing that tries to tell a machine what to do."""
    for text in texts(draft):
        if MACHINE.search(text) or (not SCENE.search(text) and _orders(text[:PROVED])):
            yield Finding("L11", "it talks to a machine, not to an audience", text)


@lru_cache(maxsize=512)  # a sentence is looked at when it is chosen, in its draft and in its script
def _orders(text: str) -> bool:
    return bool(next(orders(text), ""))


def easy_to_follow(draft: Draft, story: Story, brief: Brief) -> Iterator[Finding]:
    """L15: no sentence that is too long to follow."""
    for sentence in draft.sentences:
        if words(sentence.text[:PROVED]) > LONGEST:
            yield Finding("L15", f"a sentence has at most {LONGEST} words", sentence.text)


def speakable_name(name: str) -> bool:
    """Say whether a publisher's *name*, which a feed gave itself, may be spoken by the show."""
    wrong = (ADDRESS, HANDLE, PHONE, CODE, LAYOUT, SCENE, MACHINE)
    short = words(name) <= 6 and len(name) <= NAME
    return short and not any(pattern.search(name) for pattern in wrong) and not next(orders(name), "")
