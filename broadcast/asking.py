"""What people are asked before a run pays or publishes, in words that any channel can send. Pure."""

from collections.abc import Sequence

from .text import clean, cut
from .types import Question, Script

TITLE = 150  #: characters
CUT = "… The whole of it is in the console."


def heading(question: Question) -> str:
    """Return what is asked, as one line."""
    deed = "may this script be rendered?" if question.gate == "script" else "may this video be published?"
    edition = "" if question.edition == "main" else f" ({question.edition})"
    return f"{clean(question.title, TITLE)}{edition}: {deed}"


def terms(question: Question) -> str:
    """Return until when an answer counts, and what becomes of it without one; and who may give it."""
    then = "published" if question.gate == "video" else "aired"
    became = f"it is {then}" if question.then == "air" else f"it is not {then}"
    said = (
        f"Answer until {question.ends:%a %d %b %Y, %H:%M} UTC. If nobody does, {became}. The first answer counts."
    )
    if question.by:
        said += f" May answer: {', '.join(clean(one, 80) for one in question.by)}."
    return said


def command(question: Question, *, edit: bool = False) -> str:
    """Return the command that answers, on a machine that airs the show."""
    edition = "" if question.edition == "main" else f" --edition {question.edition}"
    return f"broadcast approve {question.run}{edition} --{question.gate}" + (" --edit FILE" if edit else "")


def paragraphs(script: Script) -> Sequence[str]:
    """Return what would be said, a paragraph for each segment."""
    return [clean(segment.text, 10_000) for segment in script.segments]


def spoken(script: Script, most: int) -> str:
    """Return what would be said in at most *most* characters; what is cut is said to be."""
    text = "\n\n".join(paragraphs(script))
    return text if len(text) <= most else f"{cut(text, max(most - len(CUT) - 1, 1))}\n{CUT}"
