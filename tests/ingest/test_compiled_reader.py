"""Documents read by the compiled reader come out as if each had been read with care."""

from __future__ import annotations

import ctypes
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from random import Random
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
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import Batch
from core.profile import FieldPath, FillRule, LotRule, Profile
from core.profile_file import load_profile
from core.stream import Event
from ingest import compiled_reader, compiled_tables
from ingest.compiled_reader import CompiledReader
from ingest.compiled_structs import KEY, TARGET, TEXT, Reader
from ingest.compiled_tables import MOST_KEYS
from ingest.document import Decoded, DocumentDecoder
from ingest.record_columns import Fields
from native.library import compiled
from tests.ingest.odd_documents import Document, Element, bent, elements, encoded, shot

PROFILE = load_profile("injection_molding")
LENIENT = replace(PROFILE, fill=FillRule(unreadable="fill"))


def events_of(documents: Iterable[Document | bytes]) -> list[Event]:
    raws = [d if isinstance(d, bytes) else bson.encode(d) for d in documents]
    return [Event(f"t{i}", f"id {i}", "insert", raw) for i, raw in enumerate(raws)]


def raws_of(numbers: Iterable[int], **changed: Any) -> list[bytes]:
    return [bson.encode(shot(PROFILE, i, **changed)) for i in numbers]


def careful(profile: Profile = PROFILE) -> DocumentDecoder:
    return DocumentDecoder(profile, native=False)


def reader(profile: Profile = PROFILE) -> CompiledReader:
    library = compiled()
    assert library is not None
    return CompiledReader(Fields.of(profile), library)


def which_are_read(documents: Sequence[bytes]) -> list[bool]:
    """Which of the documents the compiled reader does not leave to the careful one."""
    _, read = reader().read(documents, Counter())
    return [True] * len(documents) if read is None else read.tolist()


def assert_same(one: Decoded, other: Decoded) -> None:
    """To the bit, reasons and counts included."""
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
            whole = np.dtype(np.int64)
            np.testing.assert_array_equal(
                np.ascontiguousarray(a).view(whole), np.ascontiguousarray(b).view(whole)
            )


def test_the_compiled_structures_are_as_long_as_those_of_python() -> None:
    library = compiled()
    assert library is not None
    reader()  # says how its functions are called
    sizes = [ctypes.sizeof(Reader), KEY.itemsize, TARGET.itemsize, TEXT.itemsize]
    assert [library.sprue_bson_size(i) for i in range(4)] == sizes


@settings(max_examples=25, deadline=None)
@given(st.sampled_from([PROFILE, LENIENT]), st.integers(0, 2**32))
def test_whatever_the_documents_hold_they_are_read_as_with_care(profile: Profile, seed: int) -> None:
    random = Random(seed)
    usual = [bson.encode(shot(profile, i)) for i in range(20)]
    decoder = DocumentDecoder(profile)
    for _ in range(3):
        events = events_of([bent(random.choice(usual), random) for _ in range(150)])
        assert_same(decoder.decode(events), careful(profile).decode(events))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_hundred_thousand_odd_documents_are_read_as_with_care(seed: int) -> None:
    random = Random(seed)
    usual = raws_of(range(20))
    decoder = DocumentDecoder(PROFILE)
    for _ in range(50):
        events = events_of([bent(random.choice(usual), random) for _ in range(1000)])
        assert_same(decoder.decode(events), careful().decode(events))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(["_id", "maker", "facility", "item", "note"]), st.binary(min_size=4, max_size=4))
def test_any_bytes_where_a_text_should_be_are_judged_alike(name: str, text: bytes) -> None:
    raw = bson.encode(shot(PROFILE, 1, **{name: "abcd"})).replace(b"abcd\x00", text + b"\x00")
    events = events_of([*raws_of(range(3)), raw])
    assert_same(DocumentDecoder(PROFILE).decode(events), careful().decode(events))


def test_a_document_alone_is_read_as_among_others() -> None:
    random = Random(3)
    events = events_of([bent(random.choice(raws_of(range(9))), random) for _ in range(200)])
    decoder = DocumentDecoder(PROFILE)
    alone = [decoder.decode([event]) for event in events]
    together = decoder.decode(events)
    assert [token for one in alone for token in one.tokens] == together.tokens
    np.testing.assert_array_equal(
        np.concatenate([one.batch.production for one in alone]), together.batch.production
    )
    assert sum((Counter(one.unknown_fields) for one in alone), Counter()) == together.unknown_fields


IDENTIFIERS: list[object] = [ObjectId(), 7, -7, Int64(2**40), -(2**63), 12.0, "사출-1", " x "]
UNREAD: list[object] = ["é", b"", [], {"a": [[{"b": None}]]}, True, Decimal128("1"), DatetimeMS(-1)]
ORDINARY: dict[str, list[Document]] = {
    "identifier": [{"_id": v} for v in IDENTIFIERS],
    "UUID": [{"_id": Binary.from_uuid(UUID(int=5), UuidRepresentation.STANDARD)}],
    "facility": [{"facility": v} for v in (12, Int64(12), 12.0, " P1 ", "프레스", "x" * 255, ObjectId())],
    "missing key": [{"maker": None}, {"item": ""}],
    "time": [{"time": v} for v in (None, 0, Int64(5), 1_772_366_400_250.5, DatetimeMS(9_214_646_399_999))],
    "totals": [{"lot": v} for v in ({}, None, {"good": 1}, {"bad": -0.0, "good": float("nan")})],
    "amounts": [{"lot": {"good": v, "bad": None}} for v in (10**12, -1e12, Int64(-(10**12)), -(2**31))],
    "unread": [{"x": v} for v in UNREAD],
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_documents_are_read_by_the_compiled_reader(name: str) -> None:
    documents = [shot(PROFILE, i, **changed) for i, changed in enumerate(ORDINARY[name])]
    events = events_of([*documents, *({k: d[k] for k in reversed(d)} for d in documents)])
    assert all(which_are_read([event.raw or b"" for event in events]))
    assert_same(DocumentDecoder(PROFILE).decode(events), careful().decode(events))


def nested(levels: int) -> Document:
    return {"a": nested(levels - 1)} if levels else {}


RARE: dict[str, Document] = {
    "number as text": {"lot": {"good": "1"}},
    "decimal": {"lot": {"good": Decimal128("1")}},
    "infinity": {"lot": {"good": float("inf")}},
    "amount out of range": {"lot": {"good": Int64(10**12 + 1)}},
    "truth as number": {"lot": {"good": True}},
    "text in place of a sub-document": {"lot": "none"},
    "array in place of a sub-document": {"lot": [1, 2]},
    "sub-document in place of a number": {"lot": {"good": {"value": 1}}},
    "date before 1970": {"time": DatetimeMS(-1)},
    "date after 2261": {"time": DatetimeMS(9_214_646_400_000)},
    "time as text": {"time": "2026-03-01"},
    "no identifier": {"_id": None},
    "blank identifier": {"_id": "\u3000"},
    "identifier with NUL": {"_id": "a\x00b"},
    "no facility": {"facility": ""},
    "blank facility": {"facility": " \t"},
    "maker with NUL": {"maker": "\x00"},
    "maker with a fraction": {"maker": 1.5},
    "very long item": {"item": "x" * 256},
    "reference": {"x": {"$ref": "a", "$id": 1}},
    "deep": {"x": nested(50)},
}


@pytest.mark.parametrize("name", RARE)
def test_what_needs_a_closer_look_is_left_to_the_careful_reader(name: str) -> None:
    events = events_of([shot(PROFILE, 1), shot(PROFILE, 2, **RARE[name])])
    assert which_are_read([event.raw or b"" for event in events]) == [True, False]
    assert_same(DocumentDecoder(PROFILE).decode(events), careful().decode(events))


@pytest.mark.parametrize("path", [[], [3], [3, 4], [3, 4, 4, 3]])
def test_a_key_that_comes_twice_is_noticed_at_every_level(path: list[int]) -> None:
    twice: list[Element] = [(b"a", 10, b""), (b"a", 10, b"")]
    for kind in path:
        twice = [(b"0", kind, twice)]
    events = events_of([encoded([*elements(bson.encode(shot(PROFILE, 1))), *twice])])
    decoded = DocumentDecoder(PROFILE).decode(events)
    [letter] = decoded.dead_letters
    assert "a: expected each field once" in letter.detail
    assert_same(decoded, careful().decode(events))


def test_equal_names_are_one_object_however_and_whenever_they_were_read() -> None:
    decoder = DocumentDecoder(PROFILE)
    name = "".join(["press ", "7"])
    first = decoder.decode(events_of([shot(PROFILE, 1, facility=name), shot(PROFILE, 2, item=f" {name} ")]))
    later = decoder.decode(events_of([shot(PROFILE, 3, facility=name, lot={"good": "1"})])).batch.facility
    found = [first.batch.facility[0], first.batch.item[1], later[0]]
    assert found == [name] * 3
    assert len(set(map(id, found))) == 1


def test_senders_whose_keys_never_repeat_fill_no_memory() -> None:
    decoder, known = DocumentDecoder(PROFILE), shot(PROFILE, 0)
    for batch in range(3):
        documents = [
            {**known, f"{batch}-{i}": 1, "x": {f"{batch}-{i}-{j}": j for j in range(60)}} for i in range(50)
        ]
        events = events_of(documents)
        assert_same(decoder.decode(events), careful().decode(events))
    one_too_wide = events_of([{**known, "x": {str(i): i for i in range(2 * MOST_KEYS)}}, known])
    assert_same(decoder.decode(one_too_wide), careful().decode(one_too_wide))
    assert decoder.decode(events_of([known])).unknown_fields == {"more": 1}


def test_senders_whose_names_never_repeat_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_tables, "MOST_TEXTS", 64)
    decoder = DocumentDecoder(PROFILE)
    for batch in range(5):
        events = events_of([shot(PROFILE, i, item=f"item {batch} {i}") for i in range(50)])
        assert_same(decoder.decode(events), careful().decode(events))


def test_documents_too_large_to_lie_side_by_side_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled_reader, "JOINED", 5000)
    random = Random(1)
    events = events_of([bent(raw, random) for raw in raws_of(range(40))])
    assert_same(DocumentDecoder(PROFILE).decode(events), careful().decode(events))


def test_a_batch_may_be_larger_than_any_before() -> None:
    decoder = DocumentDecoder(PROFILE)
    for size in (0, 1, 3000):
        events = events_of(raws_of(range(size)))
        assert_same(decoder.decode(events), careful().decode(events))


def test_a_field_may_be_read_as_several_things() -> None:
    twice = FieldPath("machine", ("facility",))
    lot = LotRule(FieldPath("good", ("lot", "good")), FieldPath("bad", ("lot", "good")))
    profile = replace(PROFILE, identifier=twice, maker=twice, lot=lot)
    events = events_of(raws_of(range(5)))
    decoded = DocumentDecoder(profile).decode(events)
    assert decoded.batch.maker.tolist() == decoded.batch.ids.tolist() == ["P0", "P1", "P2", "P0", "P1"]
    assert decoded.batch.lot_bad.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert_same(decoded, careful(profile).decode(events))


@pytest.mark.parametrize("path", [("lot",), ("$good",), ("k" * 300,)])
def test_fields_no_table_can_hold_are_read_with_care(path: tuple[str, ...]) -> None:
    lot = LotRule(FieldPath("good", ("lot", "good")), FieldPath("bad", path))
    profile = replace(PROFILE, lot=lot)
    with pytest.raises(ValueError, match="expected a"):
        reader(profile)
    events = events_of(raws_of(range(5)))
    assert_same(DocumentDecoder(profile).decode(events), careful(profile).decode(events))


def test_without_the_library_everything_is_read_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.document.compiled", lambda: None)
    decoder = DocumentDecoder(PROFILE)
    assert decoder._compiled is None
    assert len(decoder.decode(events_of(raws_of(range(5)))).batch) == 5
