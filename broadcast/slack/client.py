"""Slack's methods as slack_sdk has them, on our own network: every failure named once for what to do next.

slack_sdk builds the requests. What it does after that is left out: it repeats a POST whose connection broke, sends
some arguments in the query, reads whole files, and fails over answers that are not JSON. The method that sends is
overridden, so that a request goes through `tools.http`, which knows what had left the machine.
"""

import json
from typing import Any
from urllib.parse import urlencode

from slack_sdk.web.async_client import AsyncWebClient

from broadcast.plugins import Http

from .answers import understood

SECONDS = 30.0  #: for one method
#: What people see, and what must not be asked for twice. Any other method may be called again.
SHOWN = frozenset(("chat.postMessage", "files.completeUploadExternal"))


class Client(AsyncWebClient):
    """Speaks to one Slack with one token. Methods raise `Unavailable`, `Rejected`, `Refused`, and those of `SHOWN`
    `Unconfirmed`."""

    def __init__(self, http: Http, base: str, token: str) -> None:
        # Without a proxy slack_sdk would look for one in the environment, and write its password into the log.
        super().__init__(token=token, base_url=base.rstrip("/") + "/", retry_handlers=[], proxy="unused")
        self._http = http

    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        """Send what slack_sdk built, the arguments of a POST in its body."""
        method, said = api_url.removeprefix(self.base_url), req_args.get("params") or {}
        again = method not in SHOWN
        if http_verb == "GET":
            api_url, body = f"{api_url}?{urlencode(said)}", b""
        elif (tree := req_args.get("json")) is not None:
            body = json.dumps(tree, ensure_ascii=False).encode()
        else:
            body = urlencode(said | (req_args.get("data") or {})).encode()
        answer = await self._http.send(
            http_verb,
            api_url,
            label=f"Slack's {method}",
            headers=req_args["headers"],
            body=body,
            again=again,
            deadline=SECONDS,
        )
        return {"data": understood(method, answer, again=again), "headers": answer.headers, "status_code": 200}
