"""Which stories air. Pure: no clock, no network, no database."""

from .choose import Choice, LeftOut, choose, identities
from .urls import canonical, dedup_key

__all__ = ["Choice", "LeftOut", "canonical", "choose", "dedup_key", "identities"]
