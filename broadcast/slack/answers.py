"""What Slack's answers mean. Pure."""

import json
import re
from collections.abc import Mapping
from typing import Any

from broadcast.errors import Refused, Rejected, StageError, Unavailable, Unconfirmed
from broadcast.plugins import Answer
from broadcast.text import clean


class MissingScope(Refused):
    """The token may not call this method."""


class Shut(Refused):
    """This channel does not take our messages; another may."""


class Gone(Rejected):
    """There is no such file or message, or no more."""


#: Slack's errors by what they mean (https://docs.slack.dev/reference/methods). All others are about the content.
BUSY = frozenset(("ratelimited", "rate_limited", "message_limit_exceeded"))
UNSURE = frozenset(("fatal_error", "internal_error", "service_unavailable", "request_timeout"))
KEYS = frozenset((
    "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "not_allowed_token_type",
    "no_permission", "access_denied", "accesslimited", "ekm_access_denied", "enterprise_is_restricted",
    "org_login_required", "team_access_not_granted", "two_factor_setup_required",
))  # fmt: skip
ROOMS = frozenset((
    "channel_not_found", "invalid_channel", "not_in_channel", "is_archived", "posting_to_channel_denied",
    "posting_to_general_channel_denied", "restricted_action", "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel",
    "restricted_action_thread_locked", "messages_tab_disabled", "is_inactive",
))  # fmt: skip
LOST = frozenset(("file_not_found", "file_deleted", "message_not_found", "thread_not_found"))
HINTS = {
    "not_authed": "set SLACK_BOT_TOKEN",
    "invalid_auth": "check SLACK_BOT_TOKEN: it is the Bot User OAuth Token, xoxb-…",
    "account_inactive": "the app was removed from the workspace: install it again",
    "token_revoked": "install the app again and put its new token into SLACK_BOT_TOKEN",
    "token_expired": "put a fresh token into SLACK_BOT_TOKEN, or turn token rotation off",
    "not_allowed_token_type": "SLACK_BOT_TOKEN must be a bot's token, xoxb-…",
    "channel_not_found": "there is no such channel, or it is private and the bot is not in it: "
    "`broadcast slack channels` lists those that it sees",
    "invalid_channel": "write a channel's id, as C0123456789: `broadcast slack channels` lists them",
    "not_in_channel": "invite the bot: write `/invite @` and its name in the channel",
    "is_archived": "the channel is archived: restore it, or name another",
    "restricted_action": "the workspace lets only some people post there: ask its administrator",
    "file_uploads_disabled": "the workspace takes no files",
    "file_upload_size_restricted": "the file is larger than the workspace takes",
    "storage_limit_reached": "the workspace has no room for more files",
}


def understood(method: str, answer: Answer, *, again: bool) -> dict[str, Any]:
    """Return what a good answer holds, or raise what a bad one means. Pure."""
    try:
        data = json.loads(answer.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        data = {}
    if answer.status < 300 and data.get("ok") is True:
        return data
    code = str(data.get("error") or "")
    said = f"Slack's {method} answered {_words(code, data) or answer.status}"
    if answer.status == 429 or code in BUSY:
        raise Unavailable(f"{said}: too many requests", retry_after=wait(answer.headers))
    if answer.status >= 500 or answer.status == 408 or code in UNSURE or (answer.status < 300 and not code):
        doubt: type[StageError] = Unavailable if again else Unconfirmed
        raise doubt(
            said if answer.status >= 300 or code else f"Slack's {method} gave an answer that nobody can read"
        )
    if not code:
        raise Rejected(f"{said}: this does not look like Slack; check SLACK_BASE_URL")
    raise kind(code)(said)


def kind(code: str) -> type[StageError]:
    """Return what Slack's error *code*, a refusal, means. Pure."""
    if code == "missing_scope":
        return MissingScope
    if code in ROOMS:
        return Shut
    return Refused if code in KEYS else Gone if code in LOST else Rejected


def scopes(headers: Mapping[str, str]) -> frozenset[str]:
    """Return what the token may do, as Slack says with every answer; nothing where it does not say."""
    return frozenset(one.strip() for one in headers.get("x-oauth-scopes", "").split(",")) - {""}


def wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that Slack asks to wait."""
    value = headers.get("retry-after", "").strip()
    return float(value[:9]) if value.isascii() and value.isdigit() else None


def _words(code: str, data: Mapping[str, Any]) -> str:
    """Return Slack's error with what to do about it. Of Slack's own words only those that look like a code."""
    shown = re.sub(r"[^\w.:-]", "", code)[:60]
    if code == "missing_scope":
        scope = clean(str(data.get("needed") or ""), 100)
        return f"{shown}: add the scope {scope} under OAuth & Permissions and install the app again"
    return f"{shown}: {HINTS[code]}" if code in HINTS else shown
