"""Whose account it is, and how it pays."""

from .calls import Call


def show(call: Call) -> dict[str, object]:
    heygen = call.heygen
    balance = round(heygen.ledger.balance, 4)
    blocks: dict[str, object] = {
        "wallet": {
            "currency": "usd", "remaining_balance": balance,
            "auto_reload": {"enabled": False, "threshold_usd": None, "amount_usd": None},
        },
        "subscription": {
            "plan": "creator",
            "credits": {
                "premium_credits": {"remaining": int(balance), "resets_at": "2026-12-01T00:00:00Z"},
                "add_on_credits": {"remaining": 0, "resets_at": None},
            },
        },
        "usage_based": {
            "spending_current_usd": round(sum(job.usd or 0 for job in heygen.jobs), 4), "spending_cap_usd": None,
            "remaining_credits": balance, "included_credits": None,
        },
    }  # fmt: skip
    named = {"username": "rehearsal", "email": "rehearsal@example.test", "first_name": None, "last_name": None}
    filled = {name: block if name == heygen.billing else None for name, block in blocks.items()}
    return {**named, "billing_type": heygen.billing, **filled}
