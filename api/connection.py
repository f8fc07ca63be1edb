"""HTTP connections that do not wait for ever for slow or silent clients."""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from api.problems import SECURITY_HEADERS

REQUEST_SECONDS: Final = 10.0
"""A request has to be here whole so long after its first byte, or the connection's start."""
TAKE_SECONDS: Final = 30.0
"""An answer nobody takes is given up after so long."""
MOST_CONNECTIONS: Final = 256
"""Connections at once; each more is refused. Browsers use six, a monitor one."""


class Connection(H11Protocol):
    """uvicorn's connection with time limits; a request that comes in one piece costs one look."""

    _deadline: asyncio.TimerHandle | None = None
    _untaken: asyncio.TimerHandle | None = None
    _upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        """Refuse one connection too many; else expect a request in time."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.write(_answer(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections at once"))
            transport.close()
            return
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take what came in; what is left open has its deadline."""
        super().data_received(data)
        if self._upgraded:
            return
        state = self.conn.their_state
        if state is h11.IDLE or state is h11.SEND_BODY:
            if self._deadline is None:
                self._expect()
        elif self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def pause_writing(self) -> None:
        """Expect the client to take what is written, in time."""
        super().pause_writing()  # type: ignore[no-untyped-call, unused-ignore]  # typed in some versions only
        self._untaken = self.loop.call_later(TAKE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It did."""
        super().resume_writing()  # type: ignore[no-untyped-call, unused-ignore]  # as above
        if self._untaken is not None:
            self._untaken.cancel()

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the line over to whoever speaks websocket; it keeps time by pings."""
        super().handle_websocket_upgrade(event)
        self._stop_waiting()
        self._upgraded = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP as everything else is answered: with a problem."""
        self.transport.write(_answer(HTTPStatus.BAD_REQUEST, "expected an HTTP/1.1 request"))
        self.transport.close()

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._too_late)

    def _stop_waiting(self) -> None:
        for timer in (self._deadline, self._untaken):
            if timer is not None:
                timer.cancel()

    def _too_late(self) -> None:
        if self.conn.our_state is h11.IDLE and self.conn.trailing_data[0]:  # browsers open some in advance
            self.transport.write(
                _answer(HTTPStatus.REQUEST_TIMEOUT, "the request did not come whole in time")
            )
        self.transport.close()


def _answer(status: HTTPStatus, detail: str) -> bytes:
    """A whole HTTP answer with a problem, for where the application is not asked."""
    slug = status.phrase.lower().replace(" ", "-")
    body = json.dumps(
        {"type": f"urn:sprue:{slug}", "title": status.phrase, "status": status.value, "detail": detail}
    ).encode()
    headers = {
        **SECURITY_HEADERS,
        "Content-Type": "application/problem+json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    }
    lines = [f"HTTP/1.1 {status.value} {status.phrase}", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
