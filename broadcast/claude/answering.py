"""What Claude answered, made into a draft. Pure. It trusts nothing: the shape of an answer is a promise at best."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from broadcast.errors import Rejected
from broadcast.scripting.sanitise import base
from broadcast.scripting.tongue import foreign
from broadcast.text import clean
from broadcast.types import Draft, Exchange, Overlay, Sentence, Story

SENTENCES, QUOTES, OVERLAYS = 20, 6, 6  #: the most that is read of an answer
LONGEST = 1_000  #: characters of anything that is read

CUT = "the answer was cut off: be shorter"
EMPTY = "there was no answer: write the segment"
SHAPELESS = "the answer was not a JSON object with `sentences` and `overlays` as the schema has them"

Text = Annotated[str, StringConstraints(max_length=LONGEST)]


class _Answer(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore")

    class Said(BaseModel):
        text: Text
        quotes: list[Text]

    class Seen(BaseModel):
        text: Text
        quote: Text

    sentences: list[Said]
    overlays: list[Seen]


class Tally(BaseModel):
    """What the service counted."""

    input_tokens: int
    output_tokens: int
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None

    @property
    def tokens(self) -> dict[str, int]:
        """Return the counts by the names that `models.usd` knows."""
        counts = {
            "input": self.input_tokens,
            "output": self.output_tokens,
            "cache_write": self.cache_creation_input_tokens or 0,
            "cache_read": self.cache_read_input_tokens or 0,
        }
        return {name: count for name, count in counts.items() if count}


class Reply(BaseModel):
    """As much of the service's envelope as is needed. Anything else is no answer."""

    class Block(BaseModel):
        type: str
        text: str = ""

    class Details(BaseModel):
        category: str | None = None

    id: str = ""
    content: list[Block]
    stop_reason: str | None = None
    stop_details: Details | None = None
    usage: Tally

    @property
    def text(self) -> str:
        """Return what was said. Thinking may stand before it and is no part of it."""
        return "".join(block.text for block in self.content if block.type == "text")

    @property
    def stop(self) -> str:
        """Return why it ended, with the category of a refusal: `end_turn`, `refusal/cyber`."""
        category = self.stop_details.category if self.stop_details else None
        return (self.stop_reason or "end_turn") + (f"/{category}" if category else "")


def read(exchange: Exchange, story: Story, language: str) -> Draft:
    """Return the draft that *exchange* holds, perhaps an empty one with its flaws.

    Raises `Rejected` where the model will not tell the story: asking again would bring the same.
    """
    stop, _, category = exchange.stop.partition("/")
    if stop == "refusal":
        raise Rejected(f"claude declined to tell it{f' ({clean(category, 40)})' if category else ''}")
    bare = Draft(story=story.key, sentences=(), writer="claude")
    if stop == "max_tokens":
        return _flawed(bare, CUT)
    if stop not in ("end_turn", "stop_sequence"):
        return _flawed(bare, f"the answer ended because of {clean(stop, 40)}")
    if not exchange.text.strip():
        return _flawed(bare, EMPTY)
    try:
        answer = _Answer.model_validate_json(exchange.text)
    except (ValidationError, RecursionError):
        return _flawed(bare, SHAPELESS)
    draft = _draft(bare, answer)
    if not draft.sentences:
        raise Rejected("claude finds nothing in it that could be told")
    if foreign(" ".join(sentence.text for sentence in draft.sentences), base(language)):
        return _flawed(bare, f"the answer is not in the language {language!r}")
    return draft


def _flawed(bare: Draft, flaw: str) -> Draft:
    return bare.model_copy(update={"flaws": (flaw,)})


def _draft(bare: Draft, answer: _Answer) -> Draft:
    """Return the draft of *answer*. It was told to say the most important first, so the order is the rank."""
    sentences = [
        Sentence(text=text, quotes=_quotes(said.quotes), rank=rank)
        for rank, said in enumerate(answer.sentences[:SENTENCES])
        if (text := clean(said.text, LONGEST))
    ]
    overlays = [
        Overlay(text=text, quote=seen.quote.strip())
        for seen in answer.overlays[:OVERLAYS]
        if (text := clean(seen.text, LONGEST))
    ]
    return bare.model_copy(update={"sentences": tuple(sentences), "overlays": tuple(overlays)})


def _quotes(quotes: list[str]) -> tuple[str, ...]:
    return tuple(quote for one in quotes[:QUOTES] if (quote := one.strip()))
