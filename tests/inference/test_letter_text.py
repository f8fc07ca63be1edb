from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import bson
import pytest

from inference.letter_text import LONGEST_TEXT, shown


@pytest.mark.parametrize(
    "document",
    [
        {"_id": "한글", "a": [1, 2.5, None, {"b": True}]},
        {"n": float("nan"), "i": 2**40, "t": datetime(2026, 11, 20, tzinfo=UTC)},
        {"far": bson.datetime_ms.DatetimeMS(2**60)},
        {"id": bson.ObjectId("0123456789abcdef01234567"), "d": bson.decimal128.Decimal128("1E+6000")},
        {"escape": "\x1b[2J\x00"},
    ],
    ids=["plain", "numbers", "no calendar", "types", "control"],
)
def test_a_record_is_shown_as_json_that_says_all_of_it(document: dict[str, Any]) -> None:
    raw = bson.encode(document)

    found = shown(raw, len(raw))

    assert found.extended_json is not None
    assert found.hex is None
    assert set(json.loads(found.extended_json)) == set(document)
    assert found.shown == f"all {len(raw)} bytes"


def twice() -> bytes:
    one = bson.encode({"a": 1, "b": 2})
    return one.replace(b"b\x00", b"a\x00")


@pytest.mark.parametrize(
    "raw",
    [
        twice(),
        b"\x00\x00\x00\x00",
        bson.encode({"a": "xx"}).replace(b"xx", b"\xff\xfe"),
        bson.encode({"a": "x" * LONGEST_TEXT}),
        b"raw",
    ],
    ids=["key twice", "broken", "no UTF-8", "long", "no BSON"],
)
def test_what_json_would_not_say_whole_is_shown_as_hex(raw: bytes) -> None:
    found = shown(raw, len(raw))

    assert (found.extended_json, found.hex) == (None, raw.hex())
    assert found.shown == f"all {len(raw)} bytes, as hex: JSON would not say all of it"


def test_a_deep_record_is_shown_one_way_or_the_other() -> None:
    raw = b"\x05\x00\x00\x00\x00"
    for _ in range(3000):
        raw = (len(raw) + 8).to_bytes(4, "little") + b"\x03a\x00" + raw + b"\x00"

    found = shown(raw, len(raw))

    assert found.hex == raw.hex()


def test_it_is_said_how_much_of_a_cut_record_is_shown() -> None:
    found = shown(b"abc", 70_000)

    assert (found.extended_json, found.hex) == (None, "616263")
    assert found.shown == "the first 3 of 70000 bytes; the rest was not kept"
    assert shown(b"", 0).shown == "nothing: the record did not come along"
