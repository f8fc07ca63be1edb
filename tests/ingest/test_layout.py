"""Documents read together by their layout come out as if each had been read alone."""

import datetime
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import bson
import numpy as np
import pytest
from bson.binary import Binary, UuidRepresentation
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.timestamp import Timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import Batch
from core.profile import FillRule, Profile
from core.profile_file import load_profile
from core.stream import Event
from ingest.document import Decoded, DocumentDecoder
from ingest.layout import Layout
from ingest.layout_book import FEWEST, LEARNT_AT_ONCE, MOST_LAYOUTS, LayoutBook
from ingest.record_columns import Fields

PROFILE = load_profile("injection_molding")
LENIENT = replace(PROFILE, fill=FillRule(unreadable="fill"))
TIME = datetime.datetime(2026, 3, 1, 12, 0, 0, 250_000, tzinfo=datetime.UTC)
Document = dict[str, Any]


def shot(number: int, **changed: Any) -> Document:
    whole: Document = {
        "_id": f"s{number:04d}",
        "time": TIME + datetime.timedelta(seconds=number),
        "maker": "A",
        "facility": f"P{number % 3}",
        "item": "cap",
        "lot": {"good": number, "bad": Int64(number)},
        "set": {v.path[1]: float(i + number) for i, v in enumerate(PROFILE.settings)},
        "actual": {v.path[1]: i + number + 0.5 for i, v in enumerate(PROFILE.production)},
        "more": {"note": "xy", "on": bool(number % 2), "curve": [0.5 * number, 1.0], "key": ObjectId()},
    }
    return {**whole, **changed}


def events_of(documents: Sequence[Document | bytes]) -> list[Event]:
    raws = [d if isinstance(d, bytes) else bson.encode(d) for d in documents]
    return [Event(f"t{i}", f"id {i}", "insert", raw) for i, raw in enumerate(raws)]


def warmed(profile: Profile, documents: Sequence[Document]) -> DocumentDecoder:
    """A decoder that has met such documents before."""
    decoder = DocumentDecoder(profile)
    decoder.decode(events_of(documents))
    return decoder


def assert_same(one: Decoded, other: Decoded) -> None:
    assert one.tokens == other.tokens
    assert one.dead_letters == other.dead_letters
    assert one.unknown_fields == other.unknown_fields
    for name in Batch.__slots__:
        a, b = getattr(one.batch, name), getattr(other.batch, name)
        assert a.dtype == b.dtype
        assert a.shape == b.shape
        if a.dtype == object:
            assert a.tolist() == b.tolist()
            assert [type(v) for v in a] == [type(v) for v in b]
        else:
            np.testing.assert_array_equal(a, b)


VALUES = st.one_of(
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-(2**31), 2**31 - 1).map(Int64),
    st.booleans(),
    st.none(),
    st.text(max_size=5),
    st.text("AP-01 \x00\x7f캡", min_size=2, max_size=5),
    st.binary(max_size=4),
    st.integers(-(2**62), 2**62).map(DatetimeMS),
    st.sampled_from(
        [
            "12.5",
            "1e400",
            ObjectId("0123456789abcdef01234567"),
            Binary.from_uuid(UUID(int=5), UuidRepresentation.STANDARD),
            Decimal128("1.5"),
            Timestamp(1, 2),
            TIME,
            {"$ref": "a", "$id": 1},
            {"a": 1.0},
            [1.0, 2.0],
            2e12,
        ]
    ),
)
PLACES = [
    *(("_id",), ("time",), ("maker",), ("facility",), ("item",), ("lot",), ("set",), ("new",), ("more",)),
    *(("lot", "good"), ("set", "hold_time"), ("actual", "cycle_time"), ("more", "note"), ("more", "on")),
    *(("more", "curve"), ("more", "key"), ("more", "new"), ("set", "new")),
]
CHANGES = st.lists(st.tuples(st.sampled_from(PLACES), st.just(...) | VALUES), max_size=3)


def changed(document: Document, changes: Sequence[tuple[tuple[str, ...], Any]]) -> Document:
    """The document with these values put in (`...` takes the field out)."""
    whole = {key: dict(value) if isinstance(value, dict) else value for key, value in document.items()}
    for path, value in changes:
        node = whole
        for key in path[:-1]:
            inner = node.get(key)
            if not isinstance(inner, dict):
                inner = node[key] = {}
            node = inner
        if value is ...:
            node.pop(path[-1], None)
        else:
            node[path[-1]] = value
    return whole


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([PROFILE, LENIENT]), CHANGES, st.lists(CHANGES, min_size=1, max_size=FEWEST + 4))
def test_whatever_the_documents_hold_they_are_read_as_if_alone(
    profile: Profile, common: Any, own: list[Any]
) -> None:
    usual = [changed(shot(i), common) for i in range(FEWEST + 1)]
    documents = usual + [changed(document, c) for document, c in zip(usual * 2, own, strict=False)]
    decoder = warmed(profile, usual)
    assert_same(decoder.decode(events_of(documents)), DocumentDecoder(profile).decode(events_of(documents)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_noticed_in_a_known_layout(data: st.DataObject) -> None:
    usual = [shot(i) for i in range(FEWEST + 1)]
    decoder = warmed(PROFILE, usual)
    raw = bytearray(bson.encode(shot(5)))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    events = events_of([*usual, bytes(raw), *usual])
    assert_same(decoder.decode(events), DocumentDecoder(PROFILE).decode(events))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["_id", "maker", "facility", "item", "note"]), st.binary(min_size=4, max_size=4))
def test_any_bytes_where_a_text_should_be_are_judged_alike(name: str, text: bytes) -> None:
    usual = [shot(i, **{name: "abcd"}) for i in range(FEWEST + 1)]
    decoder = warmed(PROFILE, usual)
    raw = bson.encode(usual[0]).replace(b"abcd\x00", text + b"\x00")
    events = events_of([*usual, raw])
    assert_same(decoder.decode(events), DocumentDecoder(PROFILE).decode(events))


@pytest.mark.parametrize("identifier", [ObjectId(), 7, Int64(2**40), "사출-1"])
@pytest.mark.parametrize("facility", [12, Int64(12), " P1 ", "프레스"])
def test_every_ordinary_name_is_read_by_layout(identifier: object, facility: object) -> None:
    documents = [shot(i, _id=identifier, facility=facility) for i in range(FEWEST)]
    layout = Layout(bson.encode(documents[0]), Fields.of(PROFILE))
    block = np.frombuffer(b"".join(map(bson.encode, documents)), dtype=np.uint8).reshape(FEWEST, -1)
    columns, good = layout.read(block)
    assert good.all()
    alone = DocumentDecoder(PROFILE).decode(events_of(documents)).batch
    assert columns.ids.tolist() == alone.ids.tolist()
    assert columns.facility.tolist() == alone.facility.tolist()
    assert columns.time.tolist() == alone.time.tolist()


def test_documents_of_a_known_layout_are_not_read_one_by_one() -> None:
    fields = Fields.of(PROFILE)
    book = LayoutBook(fields)
    raws = [bson.encode(shot(i)) for i in range(2 * FEWEST)]
    unknown = Counter[str]()
    assert book.read(raws, unknown) is None
    book.learn(raws)
    known = book.read([*raws, None, b"", raws[0][:-1]], unknown)
    assert known is not None
    _, fits, read = known
    assert fits.tolist() == read.tolist() == [True] * len(raws) + [False] * 3
    assert unknown == {"more": len(raws)}


def test_senders_who_never_repeat_a_layout_fill_no_memory() -> None:
    decoder = DocumentDecoder(PROFILE)
    book = decoder._layouts
    for length in range(3 * MOST_LAYOUTS):
        documents = [shot(i, note="x" * length) for i in range(FEWEST)]
        decoder.decode(events_of(documents))
        assert len(book._layouts) <= min(MOST_LAYOUTS, LEARNT_AT_ONCE * (length + 1))
    assert len(book._layouts) == MOST_LAYOUTS


def test_after_trying_in_vain_layouts_are_left_alone_for_a_while_then_tried_again() -> None:
    book = LayoutBook(Fields.of(PROFILE))
    usual = [bson.encode(shot(i)) for i in range(FEWEST)]
    strange = [bson.encode(shot(i, note="x" * i)) for i in range(3 * FEWEST)]
    book.learn(usual)
    tried = [book.read([*usual, *strange], Counter()) is not None for _ in range(8)]
    assert tried == [True, False, True, False, False, True, False, False]
    while book.read(usual, Counter()) is None:
        pass
    assert book.read(usual, Counter()) is not None


def test_a_record_out_of_range_is_the_same_dead_letter() -> None:
    usual = [shot(i) for i in range(FEWEST)]
    wrong = bson.encode(usual[0]).replace(struct.pack("<d", 0.5), struct.pack("<d", -1e13), 1)
    events = events_of([wrong, *usual])
    decoded = warmed(PROFILE, usual).decode(events)
    assert [(d.token, d.reason) for d in decoded.dead_letters] == [("t0", "out_of_range")]
    assert_same(decoded, DocumentDecoder(PROFILE).decode(events))
