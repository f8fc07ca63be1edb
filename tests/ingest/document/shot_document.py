"""A good document of a shot, and what spoils it."""

import datetime
import struct
from collections.abc import Mapping
from typing import Any

import bson

from core.profile_file import load_profile
from core.stream import Event

PROFILE = load_profile("injection_molding")
TIME = datetime.datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=datetime.UTC)
TIME_MS = 1_772_366_400_250


def shot(number: int = 0, **changed: Any) -> dict[str, Any]:
    whole: dict[str, Any] = {
        "_id": f"s{number}",
        "time": TIME,
        "maker": "A",
        "facility": "P1",
        "item": "cap",
        "lot": {"good": number, "bad": 1},
        "set": {v.path[1]: float(i + number) for i, v in enumerate(PROFILE.settings)},
        "actual": {v.path[1]: i + number + 0.5 for i, v in enumerate(PROFILE.production)},
    }
    return {**whole, **changed}


def event(document: Mapping[str, Any] | bytes | None, token: str = "t") -> Event:
    raw = document if isinstance(document, bytes) or document is None else bson.encode(document)
    return Event(token, f"id of {token}", "insert", raw)


def with_value(number: int, name: str, value: Any) -> dict[str, Any]:
    document = shot(number)
    document["actual"][name] = value
    return document


def bytes_with(field: bytes) -> bytes:
    """A good shot with these bytes of one more element at its end."""
    body = bson.encode(shot())[4:-1] + field
    return struct.pack("<i", len(body) + 5) + body + b"\x00"


def nested(levels: int) -> bytes:
    inner = b"\x05\x00\x00\x00\x00"
    for _ in range(levels):
        inner = struct.pack("<i", len(inner) + 8) + b"\x03a\x00" + inner + b"\x00"
    return bytes_with(b"\x03deep\x00" + inner)
