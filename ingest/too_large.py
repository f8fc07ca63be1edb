"""Reading around events larger than the 16 MB of a reply, which no retry would ever pass.

Alone in its reply an event may fit. If not, it is read without its document, which is
fetched apart. One whose ``_id`` alone makes it too large cannot be sent at all: the server
is asked for what fits, and an event without a document stands for what it left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pymongo.errors import OperationFailure

from core.stream import Event, Position
from ingest.change_cursor import ChangeCursor
from ingest.change_events import Reply
from ingest.mongo_errors import EVENT_TOO_LARGE, code_of
from ingest.resume_token import is_behind, token_data, token_json

UNTOLD: Final = "(an _id too large to be told)"
"""Record id of the event that stands for one or more that cannot be sent."""


def too_large(error: OperationFailure) -> bool:
    """Whether a reply would have been larger than the server can send."""
    return code_of(error) == EVENT_TOO_LARGE


class Detour:
    """The way around one event that is too large.

    Parameters
    ----------
    cursor : ChangeCursor
    here : mapping
        Options of the stage that begin right before the event.
    before : Position
        Names what cannot be sent: the same name however often it is met.
    """

    def __init__(self, cursor: ChangeCursor, here: Mapping[str, Any], before: Position) -> None:
        self._cursor = cursor
        self._here = here
        token = f"untold after {token_data(before.token_json)}"
        self._untold = Event(token, UNTOLD, "replace", None, before.cluster_time)
        self._passed = ""
        self._past_untold = False

    def read(self, wait_s: float) -> Reply | None:
        """The event, or what comes after it; None while nothing does: then read on.

        Afterwards the cursor is at its end, unless there was None.
        """
        if not self._past_untold:
            for asked in ("whole", "keys"):
                self._cursor.begin(self._here, asked)
                try:
                    return self._one(asked == "keys", 0.001)
                except OperationFailure as error:
                    if not too_large(error):
                        raise
            self._past_untold = True
            self._cursor.begin(self._here, "small")
        return self._after_untold(wait_s)

    def _after_untold(self, wait_s: float) -> Reply | None:
        try:
            reply = self._cursor.more(1, wait_s)
        except OperationFailure as error:
            if not too_large(error):
                raise
            self._cursor.begin(self._here, "small keys")
            return self._with_untold(self._one(True, wait_s))
        token = token_json(reply.token)
        # A token of "nothing until here" stands before the events of its own moment, so the
        # first one is no way past what was left out; one further on is.
        if not reply.events and (not self._passed or is_behind(token, self._passed)):
            self._passed = self._passed or token
            return None
        return self._with_untold(reply)

    def _with_untold(self, reply: Reply) -> Reply:
        self._cursor.end()
        return reply._replace(events=[self._untold, *reply.events])

    def _one(self, keys: bool, wait_s: float) -> Reply:
        key, reply = self._cursor.one(wait_s)
        if keys and key is not None:
            document = self._cursor.look_up(key)
            reply = reply._replace(events=[event._replace(raw=document) for event in reply.events])
        self._cursor.end()  # from here on with documents again
        return reply
