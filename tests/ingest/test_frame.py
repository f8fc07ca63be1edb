"""Tables become batches by the rules of documents."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import bson
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.batch import NO_TIME, Batch
from core.errors import HistoryError, RecordError
from core.profile import FillRule
from core.profile_file import load_profile
from core.stream import Event
from ingest.document import decode
from ingest.frame import batch_from_frame, frame_from_batch
from ingest.value import epoch_ms, key_text, number

PROFILE = load_profile("injection_molding")
LENIENT = replace(PROFILE, fill=FillRule(unreadable="fill"))
HOLD = [v.name for v in PROFILE.settings].index("hold_pressure_set")


def assert_same(left: Batch, right: Batch) -> None:
    for field in fields(Batch):
        np.testing.assert_array_equal(
            getattr(left, field.name), getattr(right, field.name), err_msg=field.name
        )


def test_columns_are_found_by_path_first_then_by_name() -> None:
    frame = pd.DataFrame(
        {
            "_id": ["a"],
            "facility": ["F"],
            "set.hold_pressure": [500.0],
            "hold_pressure_set": [1.0],
            "hold_time_set": [3.0],
            "lot.good": [7],
            "lot_bad": [2],
            "nobody_knows": ["x"],
        }
    )
    batch, problems = batch_from_frame(frame, PROFILE)
    assert problems == []
    assert batch.settings[0, HOLD] == 500.0
    assert batch.settings[0, [v.name for v in PROFILE.settings].index("hold_time_set")] == 3.0
    assert (batch.lot_good[0], batch.lot_bad[0]) == (7.0, 2.0)
    assert batch.time[0] == NO_TIME
    assert batch.maker[0] is None
    assert np.isnan(batch.production).all()


@pytest.mark.parametrize("lost", ["id", "facility"])
def test_a_table_without_identifier_or_facility_is_refused(lost: str) -> None:
    frame = pd.DataFrame({"id": ["a"], "facility": ["F"], "item": ["I"]}).drop(columns=lost)
    with pytest.raises(HistoryError, match=f"expected a column .*{lost}.*found .*item"):
        batch_from_frame(frame, PROFILE)


def test_a_column_that_is_there_twice_is_refused() -> None:
    frame = pd.DataFrame([["a", "F", "G"]], columns=["id", "facility", "facility"])
    with pytest.raises(HistoryError, match="expected once, found 2"):
        batch_from_frame(frame, PROFILE)


def test_bad_rows_are_left_out_with_row_id_and_reason() -> None:
    frame = pd.DataFrame(
        {
            "id": ["a", "b", None, "d", "e"],
            "facility": ["F", " ", "F", "F", "F"],
            "time": ["2026-01-01T00:00:00Z"] * 3 + ["gestern", None],
            "hold_pressure_set": ["12.5", "1", "1", "1", "12,5"],
        }
    )
    batch, problems = batch_from_frame(frame, PROFILE)
    assert batch.ids.tolist() == ["a"]
    assert batch.settings[0, HOLD] == 12.5
    assert [(p.row, p.record_id, p.column, p.reason) for p in problems] == [
        (1, "b", "facility", "missing_facility"),
        (2, "", "_id", "missing_id"),
        (3, "d", "time", "bad_time"),
        (4, "e", "set.hold_pressure", "not_a_number"),
    ]
    assert problems[3].detail == "set.hold_pressure: expected a number, got '12,5'"


def test_a_lenient_profile_makes_unreadable_values_missing_and_keeps_the_row() -> None:
    frame = pd.DataFrame(
        {"id": ["a", "b"], "facility": ["F", None], "time": ["x", "x"], "hold_pressure_set": [math.inf, 1]}
    )
    batch, problems = batch_from_frame(frame, LENIENT)
    assert batch.ids.tolist() == ["a"]
    assert math.isnan(batch.settings[0, HOLD])
    assert batch.time[0] == NO_TIME
    assert [p.reason for p in problems] == ["missing_facility"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([500, None], dtype="Int64"),
        pd.Series([500, None], dtype="Float64"),
        pd.Series([500, math.nan], dtype="float32"),
        pd.Series(["500", None], dtype="string"),
        pd.Series([500, pd.NA], dtype=object),
        pd.Series(["500", ""], dtype="category"),
        pd.Series([500.0, None], dtype="float64[pyarrow]"),
    ],
    ids=lambda c: str(c.dtype),
)
def test_every_column_type_pandas_reads_gives_the_same_numbers(column: pd.Series[Any]) -> None:
    frame = pd.DataFrame({"id": ["a", "b"], "facility": ["F", "F"], "hold_pressure_set": column})
    batch, problems = batch_from_frame(frame, PROFILE)
    assert problems == []
    np.testing.assert_array_equal(batch.settings[:, HOLD], [500.0, np.nan])


def test_a_column_of_booleans_is_no_column_of_numbers() -> None:
    frame = pd.DataFrame({"id": ["a"], "facility": ["F"], "hold_pressure_set": [True]})
    assert [p.reason for p in batch_from_frame(frame, PROFILE)[1]] == ["not_a_number"]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Seoul"])
def test_times_of_every_resolution_become_milliseconds_utc(unit: str, zone: str | None) -> None:
    times = pd.Series(np.array(["2026-03-01T12:00:05", "NaT"], dtype=f"datetime64[{unit}]"))
    if zone:
        times = times.dt.tz_localize("UTC").dt.tz_convert(zone)
    frame = pd.DataFrame({"id": ["a", "b"], "facility": ["F", "F"], "time": times})
    batch, problems = batch_from_frame(frame, PROFILE)
    assert problems == []
    assert batch.time.tolist() == [1772366405000, NO_TIME]


def test_there_and_back_is_the_same_batch() -> None:
    batch = Batch.of(
        PROFILE,
        [
            {"id": "a", "time": 1500, "maker": "M", "facility": "F", "item": "007", "hold_pressure_set": 5.5},
            {"id": "b", "facility": "F", "maker": None, "item": None, "lot_good": 4.0},
        ],
    )
    again, problems = batch_from_frame(frame_from_batch(batch, PROFILE), PROFILE)
    assert problems == []
    assert_same(again, batch)


def test_an_empty_table_gives_an_empty_batch() -> None:
    frame = frame_from_batch(Batch.empty(PROFILE), PROFILE)
    batch, problems = batch_from_frame(frame, PROFILE)
    assert (len(batch), problems) == (0, [])
    assert batch.settings.shape == (0, len(PROFILE.settings))


awkward = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**13), 10**13),
    st.floats(),
    st.sampled_from(["12.5", "12,5", "", "NaN", "inf", "1e13", " 7 ", "text", "2026-01-01T00:00:00Z"]),
)


def problem(rule: Callable[[object], Any], value: object) -> str | None:
    try:
        rule(value)
    except RecordError as error:
        return error.reason
    return None


def read_or_reason(rule: Callable[[object], Any], value: object) -> Any:
    try:
        return rule(value)
    except RecordError as error:
        return error.reason


@given(st.lists(awkward, min_size=1, max_size=8))
def test_a_column_reads_exactly_as_its_values_one_by_one(values: list[Any]) -> None:
    n = len(values)
    base = {"id": [str(i) for i in range(n)], "facility": ["F"] * n}
    for name, rule in (("hold_pressure_set", number), ("time", epoch_ms), ("item", key_text)):
        for column in (pd.Series(values, dtype=object), pd.Series(values).infer_objects()):
            batch, problems = batch_from_frame(pd.DataFrame({**base, name: column}), PROFILE)
            reasons = {p.row: p.reason for p in problems}
            read = {"hold_pressure_set": batch.settings[:, HOLD], "time": batch.time, "item": batch.item}[
                name
            ]
            kept = iter(read.tolist())
            got = [reasons[i] if i in reasons else next(kept) for i in range(n)]
            # Inference may turn whole numbers into floats; what pandas shows is what is read.
            expected = [read_or_reason(rule, v) for v in column.astype(object).where(column.notna(), None)]
            assert [str(g) for g in got] == [str(e) for e in expected]


@given(st.lists(st.tuples(awkward, awkward, awkward, awkward), min_size=1, max_size=6))
def test_a_table_and_the_same_documents_agree(rows: list[tuple[Any, ...]]) -> None:
    documents = [
        {
            "_id": f"s{i}",
            "facility": f,
            "time": None,
            "item": item,
            "set": {"hold_pressure": p},
            "lot": {"bad": b},
        }
        for i, (f, item, p, b) in enumerate(rows)
    ]
    events = [Event(str(i), str(i), "insert", bson.encode(d)) for i, d in enumerate(documents)]
    decoded = decode(events, PROFILE)
    frame = pd.DataFrame(
        {
            name: pd.Series([r[j] for r in rows], dtype=object)
            for j, name in enumerate(("facility", "item", "set.hold_pressure", "lot.bad"))
        }
    ).assign(_id=[d["_id"] for d in documents])
    batch, problems = batch_from_frame(frame, PROFILE)
    assert_same(batch, decoded.batch)
    mine = {str(p.row): p.reason for p in problems}
    theirs = {d.token: d.reason for d in decoded.dead_letters}
    assert mine.keys() == theirs.keys()
    # Of several things wrong with one record either may be named.
    for token in mine:
        facility, item, pressure, bad = rows[int(token)]
        wrong = (
            problem(key_text, facility),
            problem(key_text, item),
            problem(number, pressure),
            problem(number, bad),
        )
        reasons = {reason for reason in wrong if reason}
        if wrong[0] is None and key_text(facility) is None:
            reasons.add("missing_facility")
        assert mine[token] in reasons
        assert theirs[token] in reasons
