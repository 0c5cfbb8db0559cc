"""Slack's side of Socket Mode: tickets, connections, and what is told through one of them and acknowledged."""

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

MOST = 10  #: connections of an app (https://docs.slack.dev/apis/events-api/using-socket-mode)
ACK_SECONDS = 3.0  #: then whoever pressed sees a warning


@dataclass
class Socket:
    """Where apps connect to. `told` is what they did not say in time, or said wrongly."""

    tickets: set[str] = field(default_factory=set)
    wires: list[web.WebSocketResponse] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _acks: dict[str, asyncio.Event] = field(default_factory=dict)
    _runner: web.AppRunner | None = None
    port: int = 0

    async def open(self) -> None:
        app = web.Application()
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=0.5)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        for wire in list(self.wires):
            await wire.close()
        if self._runner:
            await self._runner.cleanup()

    def ticket(self) -> str:
        """Return an address that is good for one connection."""
        ticket = secrets.token_urlsafe(16)
        self.tickets.add(ticket)
        return f"ws://127.0.0.1:{self.port}/link?ticket={ticket}"

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self.tickets or len(self.wires) >= MOST:
            self.refused.append("a connection without a ticket of its own")
            raise web.HTTPForbidden
        self.tickets.discard(ticket)
        wire = web.WebSocketResponse()
        await wire.prepare(request)
        await wire.send_json({"type": "hello", "num_connections": len(self.wires) + 1})
        self.wires.append(wire)
        try:
            async for message in wire:
                if message.type is WSMsgType.TEXT:
                    self._said(message.data)
        finally:
            self.wires.remove(wire)
        return wire

    def _said(self, text: str) -> None:
        said = json.loads(text)
        envelope = said.get("envelope_id")
        if set(said) - {"envelope_id", "payload"} or envelope not in self._acks:
            self.refused.append(f"an acknowledgement of nothing: {text[:100]}")
            return
        self._acks.pop(envelope).set()

    async def tell(self, type: str, payload: dict[str, Any]) -> bool:
        """Tell one of the connections; return whether it was acknowledged in time."""
        if not self.wires:
            return False
        envelope, acked = secrets.token_hex(8), asyncio.Event()
        self._acks[envelope] = acked
        about = {"envelope_id": envelope, "type": type, "accepts_response_payload": False, "payload": payload}
        await self.wires[-1].send_json(about)
        try:
            await asyncio.wait_for(acked.wait(), ACK_SECONDS)
        except TimeoutError:
            self.refused.append("nobody acknowledged in time")
            return False
        return True

    async def hang_up(self) -> None:
        """End every connection, as Slack does every few hours."""
        for wire in list(self.wires):
            await wire.send_json({"type": "disconnect", "reason": "refresh_requested"})
            await wire.close()
