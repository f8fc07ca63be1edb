"""Filling: what comes from where, that nothing received changes, that cutting changes nothing."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import Batch
from core.profile import FILL_WAYS, Profile
from core.profile_file import parse_profile
from ingest.fill import Filled, fill, way_columns
from ingest.fill_memory import MOST_ITEMS, FillMemory
from ingest.typical_values import FillLevel, TypicalValues

NAN = float("nan")


def _profile(fill_rule: str = '["forward", "backward", "mean"]') -> Profile:
    text = """
    [process]
    name = "two_and_two"
    [keys]
    time = "time"
    maker = "maker"
    facility = "facility"
    item = "item"
    [lot]
    good = "good"
    bad = "bad"
    [[detector]]
    kind = "isolation_forest"
    min_rows = 1
    """
    for name, role in (
        ("heat", "setting"),
        ("speed", "setting"),
        ("load", "production"),
        ("time_s", "production"),
    ):
        rule = '["forward", "backward", "mode"]' if role == "setting" else fill_rule
        text += f'\n[[variable]]\nname = "{name}"\nrole = "{role}"\nfill = {rule}\n'
    return parse_profile(text.encode(), where="test")


PROFILE = _profile()


def _level(
    maker: str | None, facility: str | None, item: str | None, mode: float, mean: float, rows: int = 10
) -> FillLevel:
    two = np.full(2, mode), np.full(2, mean)
    return FillLevel(maker, facility, item, rows, *two, *two)


LEVELS = TypicalValues(
    [
        _level("M", "F", "A", 1.0, 1.5, rows=5),
        _level("M", "F", "B", 2.0, 2.5, rows=50),
        _level(None, None, None, 9.0, 9.5),
    ],
    width=4,
)
NOTHING = TypicalValues([], width=4)


def _shot(facility: str = "F", **values: Any) -> dict[str, Any]:
    whole = {"maker": "M", "item": "A", "heat": 200.0, "speed": 50.0, "load": 7.0, "time_s": 3.0}
    return {"id": "x", "facility": facility, **whole, **values}


def _fill(
    *shots: dict[str, Any],
    typical: TypicalValues = LEVELS,
    memory: FillMemory | None = None,
    profile: Profile = PROFILE,
) -> Filled:
    return fill(Batch.of(profile, shots), typical, memory or FillMemory(), profile)


def _ways(filled: Filled, row: int) -> dict[str, str]:
    names = way_columns(PROFILE)
    return {names[c]: FILL_WAYS[filled.ways[row, c] - 1] for c in np.flatnonzero(filled.ways[row])}


def test_complete_records_pass_unchanged_and_are_remembered() -> None:
    filled = _fill(_shot(), _shot("G", load=8.0))
    assert filled.batch.production.tolist() == [[7.0, 3.0], [8.0, 3.0]]
    assert not filled.ways.any()
    assert filled.changed == ("F", "G")
    assert filled.memory.facilities["G"].values["A"].tolist() == [200.0, 50.0, 8.0, 3.0]


def test_forward_takes_the_same_facilitys_last_value() -> None:
    filled = _fill(_shot(load=1.0), _shot("G", load=5.0), _shot(load=NAN))
    assert filled.batch.production[:, 0].tolist() == [1.0, 5.0, 1.0]
    assert _ways(filled, 2) == {"load": "forward"}


def test_forward_reaches_back_into_the_memory() -> None:
    before = _fill(_shot(load=4.0)).memory
    filled = _fill(_shot(load=NAN), memory=before)
    assert filled.batch.production[0, 0] == 4.0
    assert _ways(filled, 0) == {"load": "forward"}


def test_an_older_items_value_is_not_carried_over() -> None:
    filled = _fill(_shot(item="A", load=1.0), _shot(item="B", load=NAN))
    assert filled.batch.production[1, 0] == 2.5
    assert _ways(filled, 1) == {"load": "mean"}


def test_going_back_to_an_item_finds_its_own_last_value() -> None:
    filled = _fill(_shot(item="A", load=1.0), _shot(item="B", load=2.0), _shot(item="A", load=NAN))
    assert filled.batch.production[2, 0] == 1.0


def test_backward_takes_the_next_of_the_same_facility_and_item() -> None:
    filled = _fill(
        _shot(load=NAN), _shot(item="B", load=5.0), _shot("G", load=6.0), _shot(load=8.0), typical=NOTHING
    )
    assert filled.batch.production[0, 0] == 8.0
    assert _ways(filled, 0) == {"load": "backward"}


def test_finest_level_that_knows_fills_by_mode_and_mean() -> None:
    filled = _fill(_shot(heat=NAN, load=NAN), _shot(item="C", heat=NAN, load=NAN))
    assert filled.batch.settings[:, 0].tolist() == [1.0, 9.0]
    assert filled.batch.production[:, 0].tolist() == [1.5, 9.5]
    assert _ways(filled, 0) == {"heat": "mode", "load": "mean"}


def test_the_profile_decides_the_order_of_the_ways() -> None:
    profile = _profile('["mode", "forward"]')
    filled = _fill(_shot(load=4.0), _shot(load=NAN), profile=profile)
    assert filled.batch.production[1, 0] == 1.0


def test_what_nobody_knows_stays_missing_and_is_not_noted() -> None:
    filled = _fill(_shot(load=NAN), typical=NOTHING)
    assert np.isnan(filled.batch.production[0, 0])
    assert not filled.ways.any()


def test_filled_values_never_enter_the_memory() -> None:
    after = _fill(_shot(load=NAN)).memory
    assert np.isnan(after.facilities["F"].values["A"][2])
    later = _fill(_shot(load=NAN), memory=after, typical=NOTHING)
    assert np.isnan(later.batch.production[0, 0])


def test_infinity_counts_as_missing() -> None:
    filled = _fill(_shot(load=float("inf")))
    assert filled.batch.production[0, 0] == 1.5


def test_missing_item_is_the_facilitys_last() -> None:
    filled = _fill(_shot(item="B"), _shot(item=None), _shot("G", item=None, maker=None))
    assert filled.batch.item.tolist() == ["B", "B", None]
    assert _ways(filled, 1) == {"item": "forward"}


def test_missing_item_is_the_next_then_the_usual_one() -> None:
    assert _fill(_shot(item=None), _shot(item="A")).batch.item.tolist() == ["A", "A"]
    filled = _fill(_shot(item=None))
    assert filled.batch.item.tolist() == ["B"]
    assert _ways(filled, 0) == {"item": "mode"}


def test_missing_maker_is_the_facilitys_last_then_the_trained_one_then_none() -> None:
    filled = _fill(_shot(maker="X"), _shot(maker=None))
    assert filled.batch.maker.tolist() == ["X", "X"]
    filled = _fill(_shot(maker=None), _shot("G", maker=None))
    assert filled.batch.maker.tolist() == ["M", None]
    assert _ways(filled, 0) == {"maker": "mode"}


def test_empty_batch() -> None:
    before = _fill(_shot()).memory
    filled = fill(Batch.empty(PROFILE), LEVELS, before, PROFILE)
    assert len(filled.batch) == 0
    assert filled.ways.shape == (0, 6)
    assert filled.changed == ()


def test_memory_keeps_the_latest_items_only() -> None:
    memory = _fill(*[_shot(item=f"I{k}") for k in range(MOST_ITEMS + 3)]).memory
    assert list(memory.facilities["F"].values) == [f"I{k}" for k in range(3, MOST_ITEMS + 3)]


def test_memory_survives_json() -> None:
    memory = _fill(
        _shot(load=0.1 + 0.2, time_s=NAN), _shot("프레스", item=None, maker=None), typical=NOTHING
    ).memory
    memory = memory.with_last({"F": ("A", 3)})
    stored = {name: memory.to_json(name, PROFILE) for name in memory.facilities}
    again = FillMemory.from_json(stored, PROFILE)
    assert {name: again.to_json(name, PROFILE) for name in again.facilities} == stored
    assert again.facilities["F"].values["A"][2] == 0.1 + 0.2
    assert (again.facilities["F"].made, again.facilities["F"].cluster) == ("A", 3)


def test_memory_of_other_variables_keeps_keys_and_forgets_values() -> None:
    memory = _fill(_shot()).memory
    renamed = parse_profile(
        b"""
        [process]
        name = "other"
        [keys]
        time = "t"
        maker = "m"
        facility = "f"
        item = "i"
        [lot]
        good = "g"
        bad = "b"
        [[detector]]
        kind = "x"
        min_rows = 1
        [[variable]]
        name = "weight"
        role = "production"
        """,
        where="test",
    )
    again = FillMemory.from_json({"F": memory.to_json("F", PROFILE)}, renamed)
    assert again.facilities["F"].item == "A"
    assert dict(again.facilities["F"].values) == {}


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
    assert _memory_text(whole.memory) == _memory_text(second.memory)


@given(streams)
@settings(max_examples=50, deadline=None)
def test_arguments_are_not_modified(stream: list[dict[str, Any]]) -> None:
    memory = _fill(_shot(load=NAN), _shot("G")).memory
    batch = Batch.of(PROFILE, stream)
    kept_batch, kept_memory = copy.deepcopy(batch), _memory_text(memory)
    once = fill(batch, LEVELS, memory, PROFILE)
    again = fill(batch, LEVELS, memory, PROFILE)
    for name in Batch.__slots__:
        np.testing.assert_array_equal(getattr(batch, name), getattr(kept_batch, name))
        np.testing.assert_array_equal(getattr(once.batch, name), getattr(again.batch, name))
    assert _memory_text(memory) == kept_memory


def _memory_text(memory: FillMemory) -> dict[str, str]:
    return {name: memory.to_json(name, PROFILE) for name in sorted(memory.facilities)}


def test_asking_for_unknown_facility_json_raises() -> None:
    from ingest.memory_json import MemoryJson

    lazily = MemoryJson(_fill(_shot()).memory, ["F"], PROFILE)
    assert list(lazily) == ["F"]
    with pytest.raises(KeyError):
        lazily["G"]


def test_typical_values_reach_every_place_whatever_the_order_of_ways() -> None:
    # Under item A the first way of `load` is needed, under item B the last one of `heat`.
    rules = _profile('["mode", "forward"]')
    filled = _fill(_shot(item="A", load=NAN), _shot(item="B", heat=NAN), profile=rules)
    assert filled.batch.production[0, 0] == 1.0
    assert filled.batch.settings[1, 0] == 2.0


def test_the_memory_holds_any_number_of_facilities() -> None:
    names = [f"F{k}" for k in range(768)]
    memory = FillMemory()
    for name in names:
        memory = _fill(_shot(name, load=float(name[1:])), memory=memory).memory
    assert list(memory.facilities) == names
    assert all(memory.facilities[name].values["A"][2] == float(name[1:]) for name in names)
    whole = _fill(*(_shot(name, load=float(name[1:])) for name in names)).memory
    assert memory == whole
    assert memory != FillMemory()
