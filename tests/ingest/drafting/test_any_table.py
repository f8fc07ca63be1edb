"""Any table either gives a profile that can be read, or an error that says what is wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from core.errors import ConfigError, HistoryError
from core.profile_file import parse_profile
from ingest.drafting.converted import converted
from ingest.drafting.draft import draft_profile
from ingest.drafting.naming import variable_names
from ingest.drafting.profile_text import profile_text
from ingest.drafting.sample import MOST_COLUMNS, Sample
from ingest.drafting.trial import try_tables

ODD = [
    "id", "time", "maker", "facility", "item", "lot_good", "lot_bad", "_id", "", " ", ".", "a..b", ".x", "x.",
    "set.hold", "Temp.1", "Temp (°C)", "온도", "Скорость", "温度", "a b", "a-b", "a_b", 'quo"te',
    "back\\slash", "new\nline", "\x07bell", "if", "1st", "№", "PassOrFail", "Depth", "Index", "Unnamed: 0",
    "😀", "\ud800", "NaN", "true", "[x]", "# no", "Lot", "date", "ø", "ſ", "\u202e", "a" * 200,
]  # fmt: skip
NAMES = st.one_of(st.sampled_from(ODD), st.text(max_size=8))


def columns(rows: int) -> st.SearchStrategy[list[Any]]:
    numbers = st.floats(-1e6, 1e6) | st.sampled_from([0.0, 1.0, 5.0])
    cells: list[st.SearchStrategy[Any]] = [
        numbers,
        st.integers(-3, 3),
        st.integers(-(2**70), 2**70),
        st.floats(),
        st.text(max_size=6),
        st.sampled_from(["OK", "NG"]),
        st.sampled_from(["1,5", "2,25", "3"]),
        st.sampled_from(["2024-03-04 06:00:01", "2024-03-05T07:00:00+09:00"]),
        st.sampled_from(["오후 4:27:17.0", "오전 1:02:03"]),
        st.sampled_from(["31.12.2023", "01.02.2024", "99.99.9999"]),
        st.sampled_from([1_700_000_000, 1_700_000_060]),
        st.booleans(),
        st.none(),
        st.sampled_from([None, 1.5, "x", True]),
    ]
    lists = [st.lists(cell, min_size=rows, max_size=rows) for cell in cells]
    counting = st.sampled_from([list(range(rows)), [n // 4 for n in range(rows)]])
    return st.one_of(*lists, counting)


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.sampled_from([3, 12, 24]))
    names = draw(st.lists(NAMES, min_size=1, max_size=7))
    return pd.DataFrame(
        {place: pd.Series(draw(columns(rows))) for place in range(len(names))}
    ).set_axis(names, axis=1)  # fmt: skip


@settings(max_examples=100, deadline=None)
@given(tables())
def test_any_table_gives_a_readable_profile_or_a_clear_error(table: pd.DataFrame) -> None:
    sample = Sample.of(table)
    try:
        draft = draft_profile(sample)
    except ConfigError as error:
        event(str(error)[:30])  # what is wrong with it is told; see below
        return

    text = profile_text(draft, sample.name)

    profile = parse_profile(text.encode("utf-8"), where="drafted.toml")
    assert len(profile.variables) == len(draft.of_role("setting", "production", "target", "ignored"))
    assert {g.column for g in draft.guesses} == {str(c) for c in table.columns}
    assert all(g.reasons for g in draft.guesses)
    trial = try_tables([converted(draft, sample, assume_good=True)], profile, most=len(table))
    assert trial.rows == len(table) or trial.trouble


@given(st.lists(NAMES, max_size=12))
def test_names_are_lower_case_identifiers_each_once(names: list[str]) -> None:
    made = variable_names(names)

    assert len(set(made)) == len(names)
    assert all(name.isidentifier() and name.isascii() and name == name.lower() for name in made)


def good(rows: int = 40) -> pd.DataFrame:
    return pd.DataFrame({"x": np.random.default_rng(0).normal(size=rows)})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (good(1), "at least 10 rows"),
        (good(0), "at least 10 rows"),
        (pd.DataFrame({"a": ["x", "y"] * 10, "b": ["z"] * 20}), "columns with numbers|column with numbers"),
        (pd.DataFrame({"a": [1.0] * 20}), "found none among 1 columns"),
        (pd.DataFrame(np.zeros((20, 2000))), f"at most {MOST_COLUMNS} columns, got 2000"),
        (pd.concat([good(), good()], axis=1), "expected each column once, found twice: 'x'"),
        (good().set_axis(["\ud800"], axis=1), "names that UTF-8 can store"),
    ],
)
def test_what_no_profile_can_be_drafted_from_is_told(table: pd.DataFrame, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        draft_profile(Sample.of(table))


def test_a_name_that_no_path_can_be_is_renamed_in_the_converted_table() -> None:
    sample = Sample.of(good().set_axis(["Temp..max"], axis=1))

    draft = draft_profile(sample)

    text = profile_text(draft, "odd")
    assert "cannot be named by a path" in text
    assert list(converted(draft, sample).columns) == ["temp_max"]
    profile = parse_profile(text.encode(), where="odd.toml")
    assert try_tables([converted(draft, sample)], profile, most=100).readable == 40


def test_a_column_with_a_key_s_name_that_is_none_is_warned_of() -> None:
    table = good().assign(item=np.random.default_rng(1).normal(size=40))

    draft = draft_profile(Sample.of(table))

    assert any("'item' has the name of a key" in note for note in draft.notes)
    assert [g.name for g in draft.of_role("production")] == ["x", "item_value"]


def test_no_table_at_all_is_an_error_of_the_table() -> None:
    profile = parse_profile(profile_text(draft_profile(Sample.of(good())), "x").encode(), where="x.toml")

    trial = try_tables(iter_that_fails(), profile, most=10)

    assert trial.trouble == "no table"


def iter_that_fails() -> Any:
    msg = "no table"
    raise HistoryError(msg)
    yield


def test_identifiers_that_come_twice_beyond_the_sample_are_counted() -> None:
    table = good().assign(shot=range(40))
    profile = parse_profile(profile_text(draft_profile(Sample.of(table)), "x").encode(), where="x.toml")
    whole = pd.concat([table, table.head(3)], ignore_index=True).astype({"shot": str})

    assert profile.identifier.path == ("shot",)
    assert try_tables([whole.head(20), whole.tail(23)], profile, most=100).doubled == 3
