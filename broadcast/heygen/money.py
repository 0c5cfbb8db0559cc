"""What a render costs, and what is left to pay it. Pure, from a dated table."""

from functools import cache
from pathlib import Path
from typing import Any

from broadcast.text import yamls


@cache
def _table() -> dict[str, Any]:
    prices: dict[str, Any] = yamls.table(Path(__file__).with_name("prices.yaml"))
    return prices


def price(what: str) -> float:
    """Return the price of *what* in USD per second of finished video, as of the table's date."""
    return float(_table()[what])


def balance(account: Any) -> float | None:
    """Return what `GET /v3/users/me` says is left, in USD, or None where the account is not paid in USD."""
    if not isinstance(account, dict):
        return None
    wallet, usage = account.get("wallet") or {}, account.get("usage_based") or {}
    if wallet.get("currency") == "usd" and isinstance(wallet.get("remaining_balance"), int | float):
        if (wallet.get("auto_reload") or {}).get("enabled"):
            return None  # it fills itself
        return float(wallet["remaining_balance"])
    cap, spent = usage.get("spending_cap_usd"), usage.get("spending_current_usd")
    if isinstance(cap, int | float) and isinstance(spent, int | float):
        return float(cap - spent)
    return None
