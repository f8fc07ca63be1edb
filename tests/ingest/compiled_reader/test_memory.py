"""Names and keys are kept once, and nothing that senders make up fills the memory."""

from __future__ import annotations

from random import Random

import pytest

from ingest import compiled_reader, compiled_tables
from ingest.compiled_tables import MOST_KEYS
from ingest.document import DocumentDecoder
from tests.ingest.compiled_reader.two_readers import PROFILE, assert_same, careful, events_of, raws_of
from tests.ingest.odd_documents import bent, shot


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
