"""Resume tokens that look like a server's: hexadecimal, in the order of the events."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Final

import bson
from bson.timestamp import Timestamp

from tests.faults.raw_document import wrapped

_SHAPE: Final = re.compile(
    r"82([0-9A-F]{8})([0-9A-F]{8})2B02(?:29|2C0100)(?:29|2B[0-9A-F]{2}|2C[0-9A-F]{4})6([EF])([0-9A-F]*)04"
)
_INVALIDATE: Final = "6F"


class TokenRefused(Exception):
    """A token the server would not take, with the code and words it has for it."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code = code


@dataclass(frozen=True, slots=True)
class Token:
    """What can be read out of a resume token.

    Attributes
    ----------
    data : str
        The token itself; tokens are ordered as their texts are.
    time : tuple of int
        Cluster time ``(seconds, increment)``.
    names_an_event : bool
        False for a point in time, which stands before the events of that time.
    of_invalidation : bool
    """

    data: str
    time: tuple[int, int]
    names_an_event: bool
    of_invalidation: bool


def time_token(time: Timestamp) -> str:
    """The token of a point in time: nothing of interest until just before here."""
    return f"82{time.time:08X}{time.inc:08X}2B0229296E04"


def event_token(
    time: Timestamp, operation_index: int, namespace_id: bytes, key: bytes, *, invalidate: bool = False
) -> str:
    """The token of an event; the events of one transaction differ in `operation_index`.

    Parameters
    ----------
    key : bytes
        The element ``_id`` of the document; empty where the event concerns none.
    """
    origin = _INVALIDATE if invalidate else "6E"
    space = f"5A1004{namespace_id.hex().upper()}" if namespace_id else ""
    return (
        f"82{time.time:08X}{time.inc:08X}2B022C0100{_small(operation_index)}{origin}{space}{_key_text(key)}04"
    )


def fragment_token(data: str, fragment: int) -> str:
    """The token of one part of a split event."""
    return f"{data[:-2]}2B{2 * fragment:02X}04"


def read_token(data: object) -> Token:
    """Take a token apart.

    Raises
    ------
    TokenRefused
        With the codes a server has for damaged ones.
    """
    if not isinstance(data, str):
        raise TokenRefused(40647, f"Bad resume token: _data of missing or of wrong type, got {data!r}")
    if not data:
        raise TokenRefused(40649, "invalid empty resume token")
    if len(data) % 2 or not re.fullmatch(r"[0-9A-Fa-f]*", data):
        raise TokenRefused(9, "resume token string was not a valid hex string")
    if not data.startswith("82"):
        raise TokenRefused(50811, f"KeyString format error: Unknown type: {int(data[:2], 16)}")
    found = _SHAPE.fullmatch(data)
    if found is None:
        raise TokenRefused(15, "Invalid advance past end of buffer")
    time = (int(found[1], 16), int(found[2], 16))
    return Token(data, time, data[22:28] == "2C0100", found[3] == "F")


def _small(number: int) -> str:
    if number == 0:
        return "29"
    return f"2B{2 * number:02X}" if number < 64 else f"2C{2 * number:04X}"


def _key_text(key: bytes) -> str:
    """Strings, object ids and small integers as the server writes them, other keys by their bytes."""
    if not key:
        return ""
    kind, value = key[0], key[5:]
    name = "5F696400"
    if kind == 0x02:
        return f"463C{name}3C{value[4:].hex().upper()}00"
    if kind == 0x07:
        return f"4664{name}64{value.hex().upper()}00"
    if kind in (0x10, 0x12):
        number = bson.decode(wrapped(key))["_id"]
        if 0 <= number < 64:
            return f"461E{name}{_small(number)}00"
    # What the server writes for other types is no business of its clients.
    return f"46{struct.pack('>B', kind).hex().upper()}{name}{value.hex().upper()}00"
