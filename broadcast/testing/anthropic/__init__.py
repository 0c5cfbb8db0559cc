"""An Anthropic of our own, stricter than the real one: validates, answers by script, keeps books, fails on demand.

async with Anthropic(key="sk-ant-1") as anthropic:        # `with` runs it in a thread
    anthropic.writer = writers.obedient                   # what the model answers; `writers.good` unless it is set
    anthropic.fault("POST /v1/messages", 529, times=2)
    ... air a show with ANTHROPIC_BASE_URL=anthropic.url and ANTHROPIC_API_KEY=anthropic.key ...
    assert len(anthropic.answered) == 3
"""

from . import writers
from .service import Anthropic, Asked
from .troubles import Trouble
from .writers import Question

__all__ = ["Anthropic", "Asked", "Question", "Trouble", "writers"]
