"""Documents of one sender, and the same ones bent: in what they say and in their bytes."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any
from uuid import UUID

import bson
from bson.binary import Binary
from bson.code import Code
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.max_key import MaxKey
from bson.objectid import ObjectId
from bson.regex import Regex
from bson.timestamp import Timestamp

from core.profile import Profile

TIME = datetime.datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=datetime.UTC)
Document = dict[str, Any]
Element = tuple[bytes, int, Any]
"""Key, type byte, and the value's bytes, or what is in it."""

KEYS = [
    *("_id", "time", "maker", "facility", "item", "lot", "good", "bad", "set", "actual", "more", "note"),
    *("hold_time", "cycle_time", "curve", "on", "0", "1", "a", "", "$ref", "$id", "$a", "캡", "k" * 300),
]
VALUES: list[Any] = [
    *(0.0, -0.0, 1.5, 12.0, -3.0, 1e12, 1.0000001e12, 2e12, -2e12, 1e308, 1_772_366_400_250.0, -0.5),
    *(float("nan"), float("inf"), float("-inf"), 2.0**53, 1e16),
    *(0, 7, -7, 2**31 - 1, -(2**31), Int64(7), Int64(10**12), Int64(10**12 + 1), 2**63 - 1, -(2**63)),
    *(True, False, None, "", " ", "  \t", "12.5", "1,5", "nan", "P1", " P1 ", "캡", "\u3000", "\u00a0"),
    *("a\x00b", "\x7f", "x" * 255, "x" * 256, "2026-03-01T12:00:00", "\u2028é", "é"),
    *(b"", b"abc", Binary(b"x" * 16, 4), Binary(b"x" * 16, 3), Binary(b"x", 2), Binary(b"x", 128)),
    *(ObjectId("0123456789abcdef01234567"), Decimal128("1.5"), Decimal128("NaN"), Timestamp(1, 2)),
    *(TIME, DatetimeMS(-1), DatetimeMS(9_214_646_400_000), DatetimeMS(9_214_646_399_999), DatetimeMS(2**62)),
    *(Regex("a", "i"), Code("x"), Code("x", {"a": 1}), MaxKey(), UUID(int=5).bytes, {"$ref": "a", "$id": 1}),
    *({}, [], {"a": 1.0}, {"a": {"b": [1, {"c": "x"}]}}, [1.0, 2.0], [{"a": 1}, {"a": 2}, [{"a": 3}]]),
]


def shot(profile: Profile, number: int, **changed: Any) -> Document:
    """A document with every field of the profile and some it does not name."""
    whole: Document = {
        "_id": f"s{number:04d}",
        "time": TIME + datetime.timedelta(seconds=number),
        "maker": "A",
        "facility": f"P{number % 3}",
        "item": "cap",
        "lot": {"good": number, "bad": Int64(number)},
        "set": {v.path[1]: float(i + number) for i, v in enumerate(profile.settings)},
        "actual": {v.path[1]: i + number + 0.5 for i, v in enumerate(profile.production)},
        "more": {
            "note": "xy",
            "on": bool(number % 2),
            "curve": [0.5 * number, 1.0],
            "key": ObjectId(b"abcdefghijkl"),
            "points": [{"t": i * 0.5, "p": {"a": 1.0}} for i in range(3)],
        },
    }
    return {**whole, **changed}


def elements(document: bytes) -> list[Element]:
    """The elements of a valid document, those of sub-documents and arrays inside them."""
    return [_element(key, value) for key, value in bson.decode(document).items()]


def _element(key: str, value: Any) -> Element:
    if isinstance(value, dict):
        return key.encode(), 3, [_element(k, v) for k, v in value.items()]
    if isinstance(value, list):
        return key.encode(), 4, [_element(str(i), v) for i, v in enumerate(value)]
    raw = bson.encode({"": value})
    return key.encode(), raw[4], raw[6:-1]


def encoded(some: Sequence[Element]) -> bytes:
    """The document of these elements, whether valid or not."""
    body = b""
    for key, kind, value in some:
        body += bytes([kind]) + key + b"\0" + (encoded(value) if isinstance(value, list) else value)
    return struct.pack("<i", len(body) + 5) + body + b"\0"


_VALUES = [_element("", value) for value in VALUES]
_NOT_UTF8 = [b"\xc3\x28", b"\xed\xa0\x80", b"\xc0\xaf", b"\xf5\x80\x80\x80", b"\xe2\x82", b"\xff"]


def bent(document: bytes, random: Random) -> bytes:
    """The document with other fields and values than it had, its bytes perhaps damaged."""
    tree = elements(document)
    for _ in range(random.choice((0, 1, 1, 1, 2, 3))):
        random.choice(_BENDS)(_some_level(tree, random), random)
    raw = encoded(tree)
    if random.random() < 0.3:
        raw = random.choice(_DAMAGES)(bytearray(raw), random)
    return raw


def _some_level(tree: list[Element], random: Random) -> list[Element]:
    inner = [value for _, kind, value in tree if kind in (3, 4) and isinstance(value, list)]
    return _some_level(random.choice(inner), random) if inner and random.random() < 0.6 else tree


def _copied(element: Element) -> Element:
    key, kind, value = element
    if not isinstance(value, list):
        return element
    inside = []
    for one in value:
        inside.append(_copied(one))
    return key, kind, inside


def _any_value(random: Random) -> tuple[int, Any]:
    return _copied(random.choice(_VALUES))[1:]


def _change_value(level: list[Element], random: Random) -> None:
    if level:
        place = random.randrange(len(level))
        level[place] = (level[place][0], *_any_value(random))


def _add(level: list[Element], random: Random) -> None:
    key = random.choice([*(key.encode() for key in KEYS), *_NOT_UTF8])
    level.insert(random.randint(0, len(level)), (key, *_any_value(random)))


def _repeat(level: list[Element], random: Random) -> None:
    if level:
        level.insert(random.randint(0, len(level)), _copied(random.choice(level)))


def _leave_out(level: list[Element], random: Random) -> None:
    if level:
        del level[random.randrange(len(level))]


def _shuffle(level: list[Element], random: Random) -> None:
    random.shuffle(level)


def _retype(level: list[Element], random: Random) -> None:
    if level:
        place = random.randrange(len(level))
        key, _, value = level[place]
        level[place] = (key, random.choice([*range(0x15), 0x7F, 0xFF]), value)


def _nest(level: list[Element], random: Random) -> None:
    if level:
        place = random.randrange(len(level))
        key, kind, value = level[place]
        for _ in range(random.choice((1, 2, 45, 50, 97, 98, 99, 100, 101))):
            kind, value = random.choice((3, 4)), [(random.choice((b"a", b"0")), kind, value)]
        level[place] = (key, kind, value)


def _spoil_text(level: list[Element], random: Random) -> None:
    text = (
        random.choice([*_NOT_UTF8, b"ok \xea\xba\xa1", b"\xe3\x80\x80", b"\xc2\xa0", b"\x1c", b"P1"]) + b"\0"
    )
    told = len(text) + random.choice((0, 0, 0, 0, 1, -1, 2**31 - 60, -(2**31)))
    value = struct.pack("<i", max(min(told, 2**31 - 1), -(2**31))) + text
    if level:
        place = random.randrange(len(level))
        level[place] = (level[place][0], 2, value)


def _set_bytes(raw: bytearray, random: Random) -> bytes:
    for _ in range(random.randint(1, 4)):
        raw[random.randrange(len(raw))] = random.choice((0, 1, 3, 4, 0x7F, 0x80, 0xFF, random.randrange(256)))
    return bytes(raw)


def _flip_bit(raw: bytearray, random: Random) -> bytes:
    raw[random.randrange(len(raw))] ^= 1 << random.randrange(8)
    return bytes(raw)


def _cut(raw: bytearray, random: Random) -> bytes:
    return bytes(raw[: random.randrange(len(raw))])


def _cut_honestly(raw: bytearray, random: Random) -> bytes:
    raw = raw[: random.randint(4, len(raw) - 1)] + b"\0"
    return struct.pack("<i", len(raw)) + bytes(raw[4:])


def _lengthen(raw: bytearray, random: Random) -> bytes:
    return bytes(raw) + random.randbytes(random.randint(1, 9))


def _copy_within(raw: bytearray, random: Random) -> bytes:
    size = random.randint(1, 12)
    to, since = random.randrange(len(raw)), random.randrange(len(raw))
    raw[to : to + size] = raw[since : since + size]
    return bytes(raw)


def _count_up(raw: bytearray, random: Random) -> bytes:
    place = random.randrange(len(raw))
    raw[place] = (raw[place] + random.choice((1, -1))) % 256
    return bytes(raw)


_BENDS: list[Callable[[list[Element], Random], None]] = [
    *(_change_value, _change_value, _change_value, _add, _add, _repeat),
    *(_leave_out, _shuffle, _retype, _nest, _spoil_text),
]
_DAMAGES: list[Callable[[bytearray, Random], bytes]] = [
    *(_set_bytes, _flip_bit, _cut, _cut_honestly, _lengthen, _copy_within, _count_up)
]
