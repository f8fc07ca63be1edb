"""Ordinary documents are read by the compiled reader, rare ones are left to the careful one."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from bson.binary import Binary, UuidRepresentation
from bson.datetime_ms import DatetimeMS
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId

from core.profile import FieldPath, LotRule
from ingest.document import DocumentDecoder
from tests.ingest.compiled_reader.two_readers import (
    PROFILE,
    assert_same,
    careful,
    events_of,
    raws_of,
    reader,
    which_are_read,
)
from tests.ingest.odd_documents import Document, shot

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
