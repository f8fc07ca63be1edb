"""Which fields are read from a document, and what each may hold."""

import uuid
from dataclasses import replace
from typing import Any

import bson
import numpy as np
import pandas as pd
import pytest
from bson.binary import Binary
from bson.decimal128 import Decimal128
from bson.int64 import Int64
from bson.objectid import ObjectId
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import NO_TIME
from core.profile import FillRule, Profile
from ingest.document import decode
from ingest.frame import batch_from_frame
from tests.ingest.document.shot_document import PROFILE, TIME_MS, event, shot, with_value


def test_takes_the_fields_of_the_profile_in_its_order() -> None:
    decoded = decode([event(shot(1), "a"), event(shot(2), "b")], PROFILE)
    batch = decoded.batch
    assert decoded.tokens == ["a", "b"]
    assert not decoded.dead_letters
    assert batch.ids.tolist() == ["s1", "s2"]
    assert batch.time.tolist() == [TIME_MS, TIME_MS]
    assert batch.facility.tolist() == ["P1", "P1"]
    assert batch.settings[1].tolist() == [float(i + 2) for i in range(len(PROFILE.settings))]
    assert batch.production[0].tolist() == [i + 1.5 for i in range(len(PROFILE.production))]
    assert batch.lot_good.tolist() == [1.0, 2.0]


def test_no_events_make_an_empty_batch_of_full_width() -> None:
    batch = decode([], PROFILE).batch
    assert batch.settings.shape == (0, len(PROFILE.settings))
    assert batch.production.shape == (0, len(PROFILE.production))


@pytest.mark.parametrize("value", [None, float("nan"), "", " ", Decimal128("NaN")])
def test_null_nan_and_blank_are_missing(value: Any) -> None:
    decoded = decode([event(with_value(0, "cycle_time", value))], PROFILE)
    assert np.isnan(decoded.batch.production[0, 0])
    assert decoded.batch.production[0, 1] == 1.5


def test_absent_values_sub_documents_and_keys_are_missing() -> None:
    document = shot(0)
    del document["set"], document["lot"], document["maker"], document["time"], document["item"]
    del document["actual"]["cycle_time"]
    decoded = decode([event(document), event(shot(3))], PROFILE)
    batch = decoded.batch
    assert np.isnan(batch.settings[0]).all()
    assert np.isnan(batch.lot_bad[0])
    assert batch.maker[0] is None
    assert batch.item[0] is None
    assert batch.time[0] == NO_TIME
    assert np.isnan(batch.production[0]).tolist()[:2] == [True, False]
    assert batch.settings[1, 0] == 3.0


@pytest.mark.parametrize("value", [12, Int64(12), "12", "1.2e1", Decimal128("12")])
def test_every_plain_form_of_a_number_is_read(value: Any) -> None:
    assert decode([event(with_value(0, "cycle_time", value))], PROFILE).batch.production[0, 0] == 12.0


UNREADABLE = [
    (True, "not_a_number"),
    ("12,5", "not_a_number"),
    ("broken", "not_a_number"),
    ([1.0], "not_a_number"),
    ({"value": 1.0}, "not_a_number"),
    (float("inf"), "non_finite"),
    ("-inf", "non_finite"),
    (2e12, "out_of_range"),
    ("1e999", "out_of_range"),
    (Int64(-(2**63)), "out_of_range"),
    (Decimal128("1E6000"), "out_of_range"),
]


@pytest.mark.parametrize(("value", "reason"), UNREADABLE)
@pytest.mark.fault_row(27)
def test_an_unreadable_value_is_a_dead_letter_that_names_it(value: Any, reason: str) -> None:
    decoded = decode([event(shot(1), "a"), event(with_value(2, "cycle_time", value), "b")], PROFILE)
    assert decoded.tokens == ["a"]
    [letter] = decoded.dead_letters
    assert (letter.token, letter.record_id) == ("b", "id of b")
    assert letter.raw == bson.encode(with_value(2, "cycle_time", value))
    assert letter.detail.startswith("actual.cycle_time: expected ")
    # Decimal128 1E6000 is a finite number beyond float's range; how it is called may differ.
    assert letter.reason == reason or isinstance(value, Decimal128)


@pytest.mark.parametrize(("value", "reason"), UNREADABLE)
def test_an_unreadable_value_is_missing_where_the_profile_says_fill(value: Any, reason: str) -> None:
    lenient = replace(PROFILE, fill=FillRule(unreadable="fill"))
    decoded = decode([event(with_value(2, "cycle_time", value))], lenient)
    assert reason
    assert np.isnan(decoded.batch.production[0, 0])
    assert not decoded.dead_letters


def test_an_object_id_becomes_its_hexadecimal_digits() -> None:
    value = ObjectId("0123456789abcdef01234567")
    assert decode([event({**shot(), "_id": value})], PROFILE).batch.ids.tolist() == [
        "0123456789abcdef01234567"
    ]


def test_a_uuid_as_identifier_becomes_its_text() -> None:
    value = uuid.UUID("01234567-89ab-cdef-0123-456789abcdef")
    document = {**shot(), "_id": Binary.from_uuid(value)}
    assert decode([event(document)], PROFILE).batch.ids.tolist() == [str(value)]


@pytest.mark.fault_row(27)
def test_unknown_fields_are_counted_and_harmless() -> None:
    more = shot(1)
    more["actual"]["clamp_force"] = 7.0
    more["note"] = "x"
    decoded = decode([event(more), event({**shot(2), "note": 1}), event(shot(3))], PROFILE)
    assert len(decoded.batch) == 3
    assert decoded.unknown_fields == {"note": 2, "actual.clamp_force": 1}


VALUES = st.one_of(
    st.floats(),
    st.integers(-(2**63), 2**63 - 1),
    st.booleans(),
    st.none(),
    st.text(max_size=6),
    st.sampled_from(["12.5", "1e400", "-3", "nan", "inf"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=5))
def test_a_document_and_a_table_row_of_the_same_values_are_read_alike(rows: list[tuple[Any, Any]]) -> None:
    documents = [with_value(i, "cycle_time", a) for i, (a, _) in enumerate(rows)]
    for document, (_, b) in zip(documents, rows, strict=True):
        document["set"]["hold_time"] = b
    decoded = decode([event(d, str(i)) for i, d in enumerate(documents)], PROFILE)
    frame = pd.DataFrame(
        {
            "id": pd.Series([d["_id"] for d in documents], dtype=object),
            "facility": pd.Series(["P1" for _ in documents], dtype=object),
            "cycle_time": pd.Series([a for a, _ in rows], dtype=object),
            "hold_time_set": pd.Series([b for _, b in rows], dtype=object),
        }
    )
    batch, problems = batch_from_frame(frame, PROFILE)
    assert decoded.batch.ids.tolist() == batch.ids.tolist()
    assert sorted((int(d.token), d.reason, d.detail) for d in decoded.dead_letters) == [
        (p.row, p.reason, p.detail) for p in problems
    ]
    np.testing.assert_array_equal(decoded.batch.production[:, 0], batch.production[:, 0])
    column = [v.name for v in PROFILE.settings].index("hold_time_set")
    np.testing.assert_array_equal(decoded.batch.settings[:, column], batch.settings[:, column])


def test_variables_at_the_top_and_deep_down_are_found() -> None:
    production = (
        replace(PROFILE.production[0], path=("cycle",)),
        replace(PROFILE.production[1], path=("a", "b", "c")),
    )
    profile: Profile = replace(PROFILE, variables=(*PROFILE.settings, *production))
    document = {**shot(), "cycle": 4.0, "a": {"b": {"c": 5.0, "d": 1}}}
    decoded = decode([event(document)], profile)
    assert decoded.batch.production.tolist() == [[4.0, 5.0]]
    assert "a.b.d" in decoded.unknown_fields
