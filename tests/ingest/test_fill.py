"""Filling: what comes from where, and what is remembered."""

from __future__ import annotations

import numpy as np

from core.batch import Batch
from ingest.fill import fill
from ingest.fill_memory import MOST_ITEMS, FillMemory
from tests.ingest.fill_example import LEVELS, NAN, NOTHING, PROFILE, filled_shots, profile_with, shot, ways_of


def test_complete_records_pass_unchanged_and_are_remembered() -> None:
    filled = filled_shots(shot(), shot("G", load=8.0))
    assert filled.batch.production.tolist() == [[7.0, 3.0], [8.0, 3.0]]
    assert not filled.ways.any()
    assert filled.changed == ("F", "G")
    assert filled.memory.facilities["G"].values["A"].tolist() == [200.0, 50.0, 8.0, 3.0]


def test_forward_takes_the_same_facilitys_last_value() -> None:
    filled = filled_shots(shot(load=1.0), shot("G", load=5.0), shot(load=NAN))
    assert filled.batch.production[:, 0].tolist() == [1.0, 5.0, 1.0]
    assert ways_of(filled, 2) == {"load": "forward"}


def test_forward_reaches_back_into_the_memory() -> None:
    before = filled_shots(shot(load=4.0)).memory
    filled = filled_shots(shot(load=NAN), memory=before)
    assert filled.batch.production[0, 0] == 4.0
    assert ways_of(filled, 0) == {"load": "forward"}


def test_an_older_items_value_is_not_carried_over() -> None:
    filled = filled_shots(shot(item="A", load=1.0), shot(item="B", load=NAN))
    assert filled.batch.production[1, 0] == 2.5
    assert ways_of(filled, 1) == {"load": "mean"}


def test_going_back_to_an_item_finds_its_own_last_value() -> None:
    filled = filled_shots(shot(item="A", load=1.0), shot(item="B", load=2.0), shot(item="A", load=NAN))
    assert filled.batch.production[2, 0] == 1.0


def test_backward_takes_the_next_of_the_same_facility_and_item() -> None:
    filled = filled_shots(
        shot(load=NAN), shot(item="B", load=5.0), shot("G", load=6.0), shot(load=8.0), typical=NOTHING
    )
    assert filled.batch.production[0, 0] == 8.0
    assert ways_of(filled, 0) == {"load": "backward"}


def test_finest_level_that_knows_fills_by_mode_and_mean() -> None:
    filled = filled_shots(shot(heat=NAN, load=NAN), shot(item="C", heat=NAN, load=NAN))
    assert filled.batch.settings[:, 0].tolist() == [1.0, 9.0]
    assert filled.batch.production[:, 0].tolist() == [1.5, 9.5]
    assert ways_of(filled, 0) == {"heat": "mode", "load": "mean"}


def test_the_profile_decides_the_order_of_the_ways() -> None:
    profile = profile_with('["mode", "forward"]')
    filled = filled_shots(shot(load=4.0), shot(load=NAN), profile=profile)
    assert filled.batch.production[1, 0] == 1.0


def test_what_nobody_knows_stays_missing_and_is_not_noted() -> None:
    filled = filled_shots(shot(load=NAN), typical=NOTHING)
    assert np.isnan(filled.batch.production[0, 0])
    assert not filled.ways.any()


def test_filled_values_never_enter_the_memory() -> None:
    after = filled_shots(shot(load=NAN)).memory
    assert np.isnan(after.facilities["F"].values["A"][2])
    later = filled_shots(shot(load=NAN), memory=after, typical=NOTHING)
    assert np.isnan(later.batch.production[0, 0])


def test_infinity_counts_as_missing() -> None:
    filled = filled_shots(shot(load=float("inf")))
    assert filled.batch.production[0, 0] == 1.5


def test_missing_item_is_the_facilitys_last() -> None:
    filled = filled_shots(shot(item="B"), shot(item=None), shot("G", item=None, maker=None))
    assert filled.batch.item.tolist() == ["B", "B", None]
    assert ways_of(filled, 1) == {"item": "forward"}


def test_missing_item_is_the_next_then_the_usual_one() -> None:
    assert filled_shots(shot(item=None), shot(item="A")).batch.item.tolist() == ["A", "A"]
    filled = filled_shots(shot(item=None))
    assert filled.batch.item.tolist() == ["B"]
    assert ways_of(filled, 0) == {"item": "mode"}


def test_missing_maker_is_the_facilitys_last_then_the_trained_one_then_none() -> None:
    filled = filled_shots(shot(maker="X"), shot(maker=None))
    assert filled.batch.maker.tolist() == ["X", "X"]
    filled = filled_shots(shot(maker=None), shot("G", maker=None))
    assert filled.batch.maker.tolist() == ["M", None]
    assert ways_of(filled, 0) == {"maker": "mode"}


def test_empty_batch() -> None:
    before = filled_shots(shot()).memory
    filled = fill(Batch.empty(PROFILE), LEVELS, before, PROFILE)
    assert len(filled.batch) == 0
    assert filled.ways.shape == (0, 6)
    assert filled.changed == ()


def test_memory_keeps_the_latest_items_only() -> None:
    memory = filled_shots(*[shot(item=f"I{k}") for k in range(MOST_ITEMS + 3)]).memory
    assert list(memory.facilities["F"].values) == [f"I{k}" for k in range(3, MOST_ITEMS + 3)]


def test_typical_values_reach_every_place_whatever_the_order_of_ways() -> None:
    # Under item A the first way of `load` is needed, under item B the last one of `heat`.
    rules = profile_with('["mode", "forward"]')
    filled = filled_shots(shot(item="A", load=NAN), shot(item="B", heat=NAN), profile=rules)
    assert filled.batch.production[0, 0] == 1.0
    assert filled.batch.settings[1, 0] == 2.0


def test_the_memory_holds_any_number_of_facilities() -> None:
    names = [f"F{k}" for k in range(768)]
    memory = FillMemory()
    for name in names:
        memory = filled_shots(shot(name, load=float(name[1:])), memory=memory).memory
    assert list(memory.facilities) == names
    assert all(memory.facilities[name].values["A"][2] == float(name[1:]) for name in names)
    whole = filled_shots(*(shot(name, load=float(name[1:])) for name in names)).memory
    assert memory == whole
    assert memory != FillMemory()
