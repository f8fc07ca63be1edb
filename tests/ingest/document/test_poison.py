"""Documents that cannot be read are dead letters and stop nobody else."""

import datetime
import struct

import bson
import pytest
from bson.datetime_ms import DatetimeMS
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.document import MAX_BYTES, DocumentDecoder, decode
from tests.ingest.document.shot_document import PROFILE, bytes_with, event, nested, shot

POISON = {
    "text that is not UTF-8": (bytes_with(b"\x02t\x00\x03\x00\x00\x00\xc3\x28\x00"), "undecodable"),
    "duplicate key": (bytes_with(b"\x02item\x00\x02\x00\x00\x00b\x00"), "duplicate_key"),
    "2100 levels": (nested(2100), "too_deep"),
    "120 levels": (nested(120), "too_deep"),
    "cut short": (bson.encode(shot())[:-40], "undecodable"),
    "not BSON": (b"\x00" * 7, "undecodable"),
    "nothing": (b"", "undecodable"),
    "too large": (
        bytes_with(b"\x02t\x00" + struct.pack("<i", MAX_BYTES + 1) + b"x" * MAX_BYTES + b"\x00"),
        "too_large",
    ),
    "no document": (None, "no_document"),
    "no identifier": (bson.encode({**shot(), "_id": None}), "missing_id"),
    "blank identifier": (bson.encode({**shot(), "_id": "  "}), "missing_id"),
    "no facility": (bson.encode({k: v for k, v in shot().items() if k != "facility"}), "missing_facility"),
    "facility null": (bson.encode({**shot(), "facility": None}), "missing_facility"),
    "facility a number with a fraction": (bson.encode({**shot(), "facility": 1.5}), "bad_text"),
    "time as word": (bson.encode({**shot(), "time": "yesterday"}), "bad_time"),
    "time in year 1": (
        bson.encode({**shot(), "time": datetime.datetime(1, 1, 1, tzinfo=datetime.UTC)}),
        "bad_time",
    ),
    "settings as text": (bson.encode({**shot(), "set": "none"}), "not_a_number"),
    "settings as list": (bson.encode({**shot(), "set": [1, 2]}), "not_a_number"),
}


@pytest.mark.parametrize("name", POISON)
@pytest.mark.fault_row(26)
def test_a_poison_document_stops_nobody_else(name: str) -> None:
    raw, reason = POISON[name]
    decoded = decode([event(shot(1), "a"), event(raw, "b"), event(shot(3), "c")], PROFILE)
    assert decoded.tokens == ["a", "c"]
    assert decoded.batch.ids.tolist() == ["s1", "s3"]
    assert decoded.batch.lot_good.tolist() == [1.0, 3.0]
    assert [(d.token, d.reason) for d in decoded.dead_letters] == [("b", reason)]


def test_a_document_of_a_hundred_levels_is_no_poison() -> None:
    assert decode([event(nested(90))], PROFILE).tokens == ["t"]


def test_a_dead_letter_holds_the_whole_document() -> None:
    raw = bson.encode({**shot(), "facility": None, "note": "x" * 100_000})
    [letter] = decode([event(raw)], PROFILE).dead_letters
    assert letter.raw == raw


def test_a_date_no_calendar_has_keeps_a_shot_out_only_where_it_is_read() -> None:
    far = DatetimeMS(10**16)
    decoded = decode([event({**shot(1), "when": far}, "a"), event({**shot(2), "time": far}, "b")], PROFILE)
    assert decoded.tokens == ["a"]
    assert [(d.token, d.reason) for d in decoded.dead_letters] == [("b", "bad_time")]


@settings(max_examples=150, deadline=None)
@given(st.data())
@pytest.mark.fault_row(26)
def test_damaged_bytes_never_stop_the_neighbours(data: st.DataObject) -> None:
    raw = bytearray(bson.encode(shot(2)))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    decoded = DocumentDecoder(PROFILE).decode(
        [event(shot(1), "a"), event(bytes(raw), "b"), event(shot(3), "c")]
    )
    assert {"a", "c"} <= set(decoded.tokens)
    assert len(decoded.tokens) + len(decoded.dead_letters) == 3
