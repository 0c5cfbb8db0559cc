"""A HeyGen of our own, stricter than the real one: validates, renders in no time, keeps books, fails on demand.

async with HeyGen(key="hg_test_1") as heygen:             # `with` runs it in a thread
    heygen.fault("POST /v3/video-agents", "drop", after_effect=True)
    heygen.fault("render", "changes-digit")
    ... air a show with HEYGEN_BASE_URL=heygen.url and HEYGEN_API_KEY=heygen.key ...
    assert len(heygen.paid) == 1
"""

from .calls import Asked
from .ledger import Job
from .service import HeyGen
from .troubles import Trouble

__all__ = ["Asked", "HeyGen", "Job", "Trouble"]
