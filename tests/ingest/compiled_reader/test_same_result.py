"""Documents read by the compiled reader come out as if each had been read with care."""

from __future__ import annotations

import ctypes
from collections import Counter
from dataclasses import replace
from random import Random

import bson
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.profile import FieldPath, FillRule, LotRule, Profile
from ingest.compiled_structs import KEY, TARGET, TEXT, Reader
from ingest.document import DocumentDecoder
from native.library import compiled
from tests.ingest.compiled_reader.two_readers import PROFILE, assert_same, careful, events_of, raws_of, reader
from tests.ingest.odd_documents import Element, bent, elements, encoded, shot

LENIENT = replace(PROFILE, fill=FillRule(unreadable="fill"))


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


def test_a_field_may_be_read_as_several_things() -> None:
    twice = FieldPath("machine", ("facility",))
    lot = LotRule(FieldPath("good", ("lot", "good")), FieldPath("bad", ("lot", "good")))
    profile = replace(PROFILE, identifier=twice, maker=twice, lot=lot)
    events = events_of(raws_of(range(5)))
    decoded = DocumentDecoder(profile).decode(events)
    assert decoded.batch.maker.tolist() == decoded.batch.ids.tolist() == ["P0", "P1", "P2", "P0", "P1"]
    assert decoded.batch.lot_bad.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]
    assert_same(decoded, careful(profile).decode(events))
