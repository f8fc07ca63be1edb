"""The one rule for what a field may hold."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
from bson import Decimal128, Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from hypothesis import given
from hypothesis import strategies as st

from core.batch import NO_TIME
from core.errors import RecordError
from ingest.value import LARGEST, epoch_ms, identifier, key_text, number


@pytest.mark.parametrize("value", [None, math.nan, np.nan, "", "  ", "NaN", Decimal("NaN"), Decimal("sNaN")])
def test_nothing_there_is_missing(value: object) -> None:
    assert math.isnan(number(value))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("12.5", 12.5),
        (" -3 ", -3.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        (7, 7.0),
        (Int64(8), 8.0),
        (np.float32(0.5), 0.5),
        (np.int16(4), 4.0),
        (Decimal("2.5"), 2.5),
        (Decimal128("2.25"), 2.25),
        (1e12, 1e12),
    ],
)
def test_plain_numbers_are_read(value: object, expected: float) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("12,5", "not_a_number"),
        ("1_000", "not_a_number"),
        ("0x10", "not_a_number"),
        ("１２", "not_a_number"),
        ("12 bar", "not_a_number"),
        (True, "not_a_number"),
        (np.bool_(False), "not_a_number"),
        ([1.0], "not_a_number"),
        ({}, "not_a_number"),
        (1j, "not_a_number"),
        (np.complex128(1), "not_a_number"),
        (np.timedelta64(1, "s"), "not_a_number"),
        (datetime(2026, 1, 1, tzinfo=UTC), "not_a_number"),
        (math.inf, "non_finite"),
        ("-inf", "non_finite"),
        (Decimal128("Infinity"), "non_finite"),
        (1.1e12, "out_of_range"),
        ("9" * 400, "out_of_range"),
        (10**400, "out_of_range"),
        (Decimal("1e400"), "non_finite"),
    ],
)
@pytest.mark.fault_row(27)
def test_everything_else_is_refused_with_its_reason(value: object, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        number(value)
    assert caught.value.reason == reason
    assert len(caught.value.detail) < 200


@given(st.floats(-LARGEST, LARGEST))
def test_a_number_and_its_text_are_the_same(value: float) -> None:
    assert number(repr(value)) == number(value) == value


@given(st.text(max_size=30))
def test_any_text_is_read_missing_or_refused_never_anything_else(text: str) -> None:
    try:
        value = number(text)
    except RecordError:
        return
    assert math.isnan(value) or abs(value) <= LARGEST


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("P-07 ", "P-07"),
        (12, "12"),
        (12.0, "12"),
        (None, None),
        (" ", None),
        (math.nan, None),
        (pd.NaT, None),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ("금형-1", "금형-1"),
    ],
)
def test_keys_become_text(value: object, expected: str | None) -> None:
    assert key_text(value) == expected


@pytest.mark.parametrize("value", [True, 1.5, ["P"], {"a": 1}, "a\x00b", "\ud800", b"P-07"])
@pytest.mark.fault_row(28)
def test_what_no_database_can_store_as_a_key_is_refused(value: object) -> None:
    with pytest.raises(RecordError, match="bad_text"):
        key_text(value)


def test_an_identifier_keeps_its_blanks_and_is_never_empty() -> None:
    assert identifier(" a ") == " a "
    assert identifier(ObjectId("64b000000000000000000001")) == "64b000000000000000000001"
    for nothing in (None, "", "  ", math.nan):
        with pytest.raises(RecordError, match="missing_id"):
            identifier(nothing)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 3, 1, 12, 0, 0, 5999, tzinfo=UTC),
        datetime(2026, 3, 1, 12, 0, 0, 5000),  # noqa: DTZ001  (without offset is UTC)
        datetime(2026, 3, 1, 21, 0, 0, 5000, tzinfo=timezone(timedelta(hours=9))),
        "2026-03-01T12:00:00.005Z",
        "2026-03-01 21:00:00.005+09:00",
        DatetimeMS(1772366400005),
        1772366400005,
        1772366400005.5,
        np.datetime64("2026-03-01T12:00:00.005"),
        pd.Timestamp("2026-03-01T12:00:00.005", tz="UTC"),
    ],
)
@pytest.mark.fault_row(29)
def test_every_way_to_write_a_time_gives_the_same_milliseconds(value: object) -> None:
    assert epoch_ms(value) == 1772366400005


@pytest.mark.parametrize("value", [None, "", " ", math.nan, pd.NaT, np.datetime64("NaT")])
def test_no_time_is_allowed(value: object) -> None:
    assert epoch_ms(value) == NO_TIME


@pytest.mark.parametrize(
    "value",
    ["gestern", "2026-13-01", True, math.inf, [], -1, 10**15, "1969-12-31T23:59:59Z", DatetimeMS(-(2**60))],
)
@pytest.mark.fault_row(29)
def test_what_is_no_time_of_a_record_is_refused(value: object) -> None:
    with pytest.raises(RecordError, match="bad_time"):
        epoch_ms(value)
