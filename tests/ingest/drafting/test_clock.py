"""Times as plants write them."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ingest.drafting.clock import clock_of, day_in_name, iso_texts
from ingest.drafting.column import column_of
from ingest.drafting.draft import draft_profile
from ingest.drafting.sample import Sample


@pytest.mark.parametrize(
    ("text", "read", "readable"),
    [
        ("2024-03-04T06:07:08", "2024-03-04T06:07:08", True),
        ("2024-03-04 06:07:08.250", "2024-03-04T06:07:08.250", True),
        ("2024-03-04T06:07:08+09:00", "2024-03-03T21:07:08", True),
        ("2024.03.04 06:07:08", "2024-03-04T06:07:08", False),
        ("2024/3/4 6:07", "2024-03-04T06:07:00", False),
        ("2024년 3월 4일 오후 6:07:08", "2024-03-04T18:07:08", False),
        ("2024. 3. 4. 오전 12:07:08", "2024-03-04T00:07:08", False),
        ("04.03.2024 06:07:08,5", "2024-03-04T06:07:08.500", False),
        ("04.03.24 06:07", "2024-03-04T06:07:00", False),
        ("20240304060708", "2024-03-04T06:07:08", False),
        ("3/14/2024 6:07:08 PM", "2024-03-14T18:07:08", False),
        ("14/3/2024 12:07:08 AM", "2024-03-14T00:07:08", False),
    ],
)
def test_forms_of_date_and_time(text: str, read: str, readable: bool) -> None:
    clock = clock_of(column_of("t", pd.Series([text] * 3)))

    assert clock is not None
    assert (clock.has_date, clock.has_time, clock.readable, clock.doubt) == (True, True, readable, "")
    assert iso_texts(clock.ms)[0] == read


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("오후 4:27:17.0", 59_237_000),
        ("오전 12:00:01", 1000),
        ("16:27", 59_220_000),
        ("4:27:17 pm", 59_237_000),
    ],
)
def test_forms_of_a_time_of_day(text: str, ms: int) -> None:
    clock = clock_of(column_of("t", pd.Series([text] * 3)))

    assert clock is not None
    assert (clock.has_date, clock.has_time, clock.ms[0]) == (False, True, ms)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (pd.date_range("2024-03-04", periods=3, freq="min"), "a time by its type"),
        ([1_709_535_600_000, 1_709_535_660_000], "milliseconds since 1970"),
        ([1_709_535_600, 1_709_535_660], "seconds since 1970"),
        (["1709535600", "1709535660"], "seconds since 1970"),
        ([date(2024, 3, 4), date(2024, 3, 5)], "a time by its type"),
    ],
)
def test_times_that_are_no_texts(values: Any, form: str) -> None:
    clock = clock_of(column_of("time", pd.Series(values)))

    assert clock is not None
    assert clock.form == form
    assert clock.ms[0] // 86_400_000 == (np.datetime64("2024-03-04") - np.datetime64("1970-01-01")).astype(
        int
    )


@pytest.mark.parametrize(
    "values", [["25:00:00"] * 3, ["2024-13-45 00:00"] * 3, ["soon"] * 3, [1.5, 2.5], ["31.02.2024"] * 3]
)
def test_what_is_no_time(values: list[Any]) -> None:
    assert clock_of(column_of("t", pd.Series(values))) is None


def test_slashes_that_may_be_either_way_round_are_doubted() -> None:
    clock = clock_of(column_of("t", pd.Series(["03/04/2024 06:00:00"] * 3)))

    assert clock is not None
    assert "other way round" in clock.doubt


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("kemp-2021.09.06.csv", date(2021, 9, 6)),
        ("log_20240304_a.csv", date(2024, 3, 4)),
        ("log-2024-13-04.csv", None),
        ("12345678901.csv", None),
    ],
)
def test_a_day_in_a_file_s_name(name: str, day: date | None) -> None:
    assert day_in_name(name) == day


def test_the_offset_of_all_times_is_the_plant_s() -> None:
    random = np.random.default_rng(0)
    times = [f"2024-03-04T06:{n:02}:00+09:00" for n in range(40)]

    draft = draft_profile(Sample.of(pd.DataFrame({"at": times, "x": random.normal(size=40)})))

    assert draft.moments.offset == "+09:00"
    assert draft.moments.trouble == ""
