"""Which stories air. Pure: no clock, no network, no database."""

from broadcast.text.urls import canonical, dedup_key

from .choose import Choice, choose, pick
from .rank import Taste
from .sift import LeftOut, Sifted, identities, sift

__all__ = [
    "Choice",
    "LeftOut",
    "Sifted",
    "Taste",
    "canonical",
    "choose",
    "dedup_key",
    "identities",
    "pick",
    "sift",
]
