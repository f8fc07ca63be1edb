"""What a form's page may load and run: a little more than other pages, and said for it alone."""

from __future__ import annotations

import secrets

from starlette.types import Message, Send

from core.errors import SprueError

_MARK = b"<script"


class NotAnswered(SprueError):
    """The forms' application had no answer; `status` is what it would have said."""

    def __init__(self, status: int) -> None:
        super().__init__(f"the forms answered {status}")
        self.status = status


def page_policy(nonce: str) -> str:
    """The ``Content-Security-Policy`` of a page.

    Vue compiles its templates and NiceGUI runs what the server sends by ``eval``; styles stand
    in the page. Scripts of a page are those with its `nonce`, or files of ours: text that got
    into a page as a script would not run.

    >>> "script-src 'self' 'nonce-x' 'unsafe-eval'" in page_policy("x")
    True
    """
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    )


class MarkedPage:
    """Sends a page on with its policy, its scripts marked as its own.

    Parameters
    ----------
    send : callable
        As ASGI has it.

    Raises
    ------
    NotAnswered
        From calling it, instead of sending an error: the API says errors in its own way.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Take a message of the page's answer; it goes out once it is whole."""
        if message["type"] == "http.response.start":
            if message["status"] >= 400:
                raise NotAnswered(message["status"])
            self._start = message
            return
        self._body += message.get("body", b"")
        if message.get("more_body") or self._start is None:
            return
        nonce = secrets.token_urlsafe(16)
        marked = bytes(self._body).replace(_MARK, _MARK + f' nonce="{nonce}"'.encode())
        headers = [pair for pair in self._start["headers"] if pair[0] != b"content-length"]
        headers += [
            (b"content-length", str(len(marked)).encode()),
            (b"content-security-policy", page_policy(nonce).encode()),
        ]
        await self._send({**self._start, "headers": headers})
        await self._send({"type": "http.response.body", "body": marked})
