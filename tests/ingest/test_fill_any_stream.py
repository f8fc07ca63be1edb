"""Of any stream: nothing received changes, every filling is noted, cutting changes nothing."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import Batch
from ingest.fill import fill
from ingest.fill_memory import FillMemory
from tests.ingest.fill_example import LEVELS, NAN, NOTHING, PROFILE, filled_shots, memory_text, shot

numbers = st.one_of(st.just(NAN), st.integers(0, 9).map(float))
records = st.fixed_dictionaries(
    {
        "id": st.just("x"),
        "facility": st.sampled_from(["F", "G"]),
        "maker": st.sampled_from(["M", None]),
        "item": st.sampled_from(["A", "B", None]),
        "heat": numbers,
        "speed": numbers,
        "load": numbers,
        "time_s": numbers,
    }
)
streams = st.lists(records, max_size=12)


def _table(batch: Batch) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.concatenate([batch.settings, batch.production], axis=1)


@given(streams)
@settings(max_examples=150, deadline=None)
def test_present_values_stay_and_every_change_is_noted(stream: list[dict[str, Any]]) -> None:
    batch = Batch.of(PROFILE, stream)
    filled = fill(batch, LEVELS, FillMemory(), PROFILE)
    before, after = _table(batch), _table(filled.batch)
    present = ~np.isnan(before)
    np.testing.assert_array_equal(before[present], after[present])
    np.testing.assert_array_equal(filled.ways[:, 2:] > 0, ~present & ~np.isnan(after))
    for row in range(len(batch)):
        for column, name in enumerate(("maker", "item")):
            old, new = getattr(batch, name)[row], getattr(filled.batch, name)[row]
            assert old is None or old == new
            assert (filled.ways[row, column] > 0) == (old is None and new is not None)


@given(streams)
@settings(max_examples=100, deadline=None)
def test_nothing_stays_missing_that_a_level_knows(stream: list[dict[str, Any]]) -> None:
    filled = fill(Batch.of(PROFILE, stream), LEVELS, FillMemory(), PROFILE)
    assert not np.isnan(_table(filled.batch)).any()


@given(streams, st.integers(0, 12))
@settings(max_examples=150, deadline=None)
def test_cutting_a_stream_anywhere_changes_no_forward_value_and_no_memory(
    stream: list[dict[str, Any]], cut: int
) -> None:
    whole = fill(Batch.of(PROFILE, stream), NOTHING, FillMemory(), PROFILE)
    first = fill(Batch.of(PROFILE, stream[:cut]), NOTHING, FillMemory(), PROFILE)
    second = fill(Batch.of(PROFILE, stream[cut:]), NOTHING, first.memory, PROFILE)
    forward = np.concatenate([first.ways, second.ways]) == 1
    np.testing.assert_array_equal(whole.ways == 1, forward)
    parts = np.concatenate([_table(first.batch), _table(second.batch)])
    np.testing.assert_array_equal(_table(whole.batch)[forward[:, 2:]], parts[forward[:, 2:]])
    assert memory_text(whole.memory) == memory_text(second.memory)


@given(streams)
@settings(max_examples=50, deadline=None)
def test_arguments_are_not_modified(stream: list[dict[str, Any]]) -> None:
    memory = filled_shots(shot(load=NAN), shot("G")).memory
    batch = Batch.of(PROFILE, stream)
    kept_batch, kept_memory = copy.deepcopy(batch), memory_text(memory)
    once = fill(batch, LEVELS, memory, PROFILE)
    again = fill(batch, LEVELS, memory, PROFILE)
    for name in Batch.__slots__:
        np.testing.assert_array_equal(getattr(batch, name), getattr(kept_batch, name))
        np.testing.assert_array_equal(getattr(once.batch, name), getattr(again.batch, name))
    assert memory_text(memory) == kept_memory
