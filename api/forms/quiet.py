"""Keeps the log free of a line for every websocket that opens or closes."""

from __future__ import annotations

import logging
from typing import Final

_SAID: Final = ('%s - "WebSocket ', "connection open", "connection closed", "connection rejected")


class QuietSockets(logging.Filter):
    """Drops what the server says of each websocket in passing, the visitor's address in it.

    >>> def said(text, level=logging.INFO):
    ...     return logging.LogRecord("uvicorn.error", level, "", 0, text, (), None)
    >>> quiet = QuietSockets()
    >>> quiet.filter(said('%s - "WebSocket %s" [accepted]')), quiet.filter(said("Started server process"))
    (False, True)
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a record is kept; a warning always is."""
        return record.levelno > logging.INFO or not str(record.msg).startswith(_SAID)
