"""A MongoDB client that notices a dead line within seconds, and is left as fast."""

from __future__ import annotations

import threading
from typing import Any, Final

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from core.config import redacted
from ingest.mongo_errors import translate

TIMEOUTS: Final[dict[str, Any]] = {
    "socketTimeoutMS": 7_000,  # must exceed the longest wait for events
    "connectTimeoutMS": 4_000,
    "serverSelectionTimeoutMS": 5_000,
    "heartbeatFrequencyMS": 5_000,
}
"""Milliseconds; set unless the connection string sets them. The driver's own: a minute of silence."""
LONGEST_PATIENCE: Final = 6
"""Times the usual socket timeout."""
LEAVING_S: Final = 1.0
"""How long the server's answer to a farewell is waited for."""


def connect(url: str, *, appname: str = "sprue", patience: int = 1) -> MongoClient[dict[str, Any]]:
    """A client for this connection string; it connects with the first command.

    Parameters
    ----------
    patience : int
        So many times as long an answer is waited for, where the line itself is known to be alive.

    Raises
    ------
    ConfigError
        The string is not one a client can read.
    """
    given = url.partition("?")[2].lower()
    timeouts = {name: ms for name, ms in TIMEOUTS.items() if f"{name.lower()}=" not in given}
    try:
        client: MongoClient[dict[str, Any]] = MongoClient(url, appname=appname, connect=False, **timeouts)
        usual_s = client.options.pool_options.socket_timeout
        if patience == 1 or not usual_s:
            return client
        client.close()
        timeouts["socketTimeoutMS"] = round(1000 * patience * usual_s)
        return MongoClient(url, appname=appname, connect=False, **timeouts)
    except PyMongoError as error:
        raise translate(error, redacted(url)) from error


def let_go(client: MongoClient[Any], *, dead: bool = False) -> None:
    """Close a client. Its sessions are ended on the server, but nobody waits long for that.

    On a line that is dead the driver would wait for its time limits; that is left to a
    thread, which a line known to be dead is given no time at all.
    """
    farewell = threading.Thread(target=client.close, name="closing", daemon=True)
    farewell.start()
    farewell.join(0.0 if dead else LEAVING_S)
