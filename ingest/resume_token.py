"""Resume tokens: as text, as a stage option, and the time inside them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bson import json_util
from bson.timestamp import Timestamp

from core.errors import ConfigError, PositionRefused
from core.stream import Position

SCAN = "sprue_scan"
"""Key of a position inside `ingest.collection_scan`, which a stream alone cannot resume."""
_DATA = re.compile(r'\{"_data": "(82[0-9A-F]{18,})"')
_TIMESTAMP = re.compile(r"82([0-9A-F]{8})([0-9A-F]{8})")


def token_json(token: Mapping[str, Any]) -> str:
    """A resume token as canonical extended JSON."""
    return json_util.dumps(dict(token), json_options=json_util.CANONICAL_JSON_OPTIONS)


def resume_at(position: Position) -> dict[str, Any]:
    """Options of the ``$changeStream`` stage that go on after `position`.

    Raises
    ------
    PositionRefused
        Its token cannot be read; its time may do.
    ConfigError
        It stands inside a scan of the collection; the scan has to be finished first.
    """
    try:
        token = json_util.loads(position.token_json, json_options=json_util.CANONICAL_JSON_OPTIONS)
    except (ValueError, TypeError) as error:
        token = error
    if isinstance(token, dict) and SCAN in token:
        raise ConfigError("expected a position of the stream, got one inside a scan of the collection")
    if not isinstance(token, dict) or "_data" not in token:
        raise PositionRefused(f"expected a resume token as extended JSON, got {position.token_json[:80]!r}")
    # startAfter, unlike resumeAfter, also goes on after an invalidation.
    return {"startAfter": token}


def resume_at_time(position: Position) -> dict[str, Any]:
    """Options of the ``$changeStream`` stage that go on at the time of `position`, its events included.

    Raises
    ------
    PositionRefused
        It names no time.
    """
    if position.cluster_time == (0, 0):
        raise PositionRefused(f"expected a position with its server time, got {position.token_json[:80]!r}")
    return {"startAtOperationTime": Timestamp(*position.cluster_time)}


def is_behind(token_json: str, other: str) -> bool:
    """Whether the first of two tokens of one stream stands before the second, or at it.

    Tokens are ordered as their hexadecimal digits are; what does not look like one is never behind.
    """
    first, second = _DATA.match(token_json), _DATA.match(other)
    return first is not None and second is not None and first[1] <= second[1]


def token_data(token_json: str) -> str:
    """The hexadecimal digits of a token; the text itself of what does not look like one."""
    found = _DATA.match(token_json)
    return found[1] if found else token_json


def token_time(token_json: str) -> tuple[int, int] | None:
    """Server time inside a resume token (seconds, increment), None where it is not readable."""
    found = _TIMESTAMP.search(token_json)
    return (int(found[1], 16), int(found[2], 16)) if found else None


def check_same(stored: str, present: str, where: str) -> None:
    """Refuse a position of another replica set or collection; a missing set id fits any."""
    if not stored or stored == present:
        return
    name, _, rest = stored.partition(":")
    number, _, namespace = rest.partition("/")
    name_now, _, rest = present.partition(":")
    number_now, _, namespace_now = rest.partition("/")
    same_set = name == name_now and (not number or not number_now or number == number_now)
    if not same_set or namespace != namespace_now:
        raise ConfigError(
            f"{where}: expected the stream the stored position belongs to ({stored}), got {present}; "
            "use the former SPRUE_MONGO_URL, or another SPRUE_HOME for this one"
        )
