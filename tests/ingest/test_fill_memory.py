"""The memory: what was given stays what it was, whatever came after; what was stored stays readable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ingest.fill
import ingest.fill_memory
from core.batch import NO_TIME, Batch
from core.profile_file import parse_profile
from ingest.facility_memory import LONG_RUN
from ingest.fill import fill
from ingest.fill_memory import MOST_ELDERS, MOST_ITEMS, FillMemory
from ingest.spot_book import ITEM
from ingest.typical_values import FillLevel, TypicalValues

NAN = float("nan")
PROFILE = parse_profile(
    b"""
    [process]
    name = "one_and_two"
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
    [[variable]]
    name = "heat"
    role = "setting"
    fill = ["forward", "backward", "mode"]
    [[variable]]
    name = "load"
    role = "production"
    fill = ["forward", "mean"]
    [[variable]]
    name = "time_s"
    role = "production"
    fill = ["backward", "forward"]
    """,
    where="test",
)
LEVELS = TypicalValues(
    [FillLevel("M", "F", "A", 9, np.full(1, 1.0), np.full(1, 2.0), np.full(2, 3.0), np.full(2, 4.0))], width=3
)

numbers = st.one_of(st.just(NAN), st.just(float("inf")), st.integers(0, 9).map(float))
records = st.fixed_dictionaries(
    {
        "id": st.just("x"),
        "facility": st.sampled_from(["F", "G", "프레스"]),
        "maker": st.sampled_from(["M", "N", None]),
        "item": st.sampled_from(["A", "B", "", None]),
        "heat": numbers,
        "load": numbers,
        "time_s": numbers,
    }
)
streams = st.lists(records, min_size=1, max_size=8)


def _text(memory: FillMemory) -> dict[str, str]:
    return {name: memory.to_json(name, PROFILE) for name in sorted(memory.facilities)}


def _after(memory: FillMemory, stream: list[dict[str, Any]]) -> FillMemory:
    filled = fill(Batch.of(PROFILE, stream), LEVELS, memory, PROFILE)
    numbers = np.arange(len(stream), dtype=np.int64)
    made = filled.spots.each[:, ITEM]
    return filled.memory_with(np.stack([made, numbers, numbers + 10, numbers + 1_700_000_000_000], axis=1))


def _shot(item: str = "A", facility: str = "F", load: float = 7.0) -> dict[str, Any]:
    return {
        "id": "x",
        "facility": facility,
        "maker": "M",
        "item": item,
        "heat": 200.0,
        "load": load,
        "time_s": 3.0,
    }


@given(st.lists(st.tuples(st.integers(0, 99), streams), max_size=12))
@settings(max_examples=60, deadline=None)
def test_a_memory_stays_what_it_was_whatever_is_judged_with_it(steps: list[tuple[int, Any]]) -> None:
    memories, texts, histories = [FillMemory()], [_text(FillMemory())], [list[Any]()]
    for which, stream in steps:
        at = which % len(memories)
        memories.append(_after(memories[at], stream))
        histories.append([*histories[at], stream])
        texts.append(_text(memories[-1]))
    for memory, text, history in zip(memories, texts, histories, strict=True):
        assert _text(memory) == text
        alone = FillMemory()
        for stream in history:
            alone = _after(alone, stream)
        assert _text(alone) == text


def test_memories_kept_for_long_stay_readable_and_cost_no_ever_longer_chain() -> None:
    kept = [FillMemory()]
    for k in range(4 * MOST_ELDERS):
        kept.append(_after(kept[-1], [_shot(load=float(k))]))
    chain, memory = 0, kept[-MOST_ELDERS // 2]
    while memory._after is not None:
        chain, memory = chain + 1, memory._after
    assert chain <= MOST_ELDERS
    assert [m.facilities["F"].values["A"][1] for m in kept[1:]] == list(map(float, range(4 * MOST_ELDERS)))


@given(st.lists(streams, max_size=5))
@settings(max_examples=60, deadline=None)
def test_a_new_book_changes_nothing(batches: list[Any]) -> None:
    usual, anew = FillMemory(), FillMemory()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ingest.fill_memory, "MOST_SPOTS", 1)
        for stream in batches:
            usual = _after(usual, stream)
            anew = _after(FillMemory(anew.facilities), stream)
            assert _text(anew) == _text(usual)
            assert anew.tidied() == usual


@given(st.lists(streams, max_size=5))
@settings(max_examples=100, deadline=None)
def test_gaps_are_filled_the_same_cell_by_cell_and_in_columns(batches: list[Any]) -> None:
    memories = [FillMemory(), FillMemory()]
    for stream in batches:
        both = []
        for k, few in enumerate((0, 1000)):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(ingest.fill, "FEW", few)
                both.append(fill(Batch.of(PROFILE, stream), LEVELS, memories[k], PROFILE))
            memories[k] = both[k].memory
        one, other = both
        np.testing.assert_array_equal(one.ways, other.ways)
        np.testing.assert_array_equal(one.gaps, other.gaps)
        for name in Batch.__slots__:
            np.testing.assert_array_equal(getattr(one.batch, name), getattr(other.batch, name))
        assert _text(memories[0]) == _text(memories[1])


def test_a_forgotten_item_is_not_carried_over() -> None:
    memory = _after(FillMemory(), [_shot("A", load=1.0), *(_shot(f"I{k}") for k in range(MOST_ITEMS))])
    filled = fill(Batch.of(PROFILE, [_shot("A", load=NAN)]), LEVELS, memory, PROFILE)
    assert filled.batch.production[0, 0] == 4.0
    memory = _after(memory, [_shot("A", load=5.0)])
    filled = fill(Batch.of(PROFILE, [_shot("A", load=NAN)]), LEVELS, memory, PROFILE)
    assert filled.batch.production[0, 0] == 5.0


def test_memory_stored_as_lists_of_numbers_is_read() -> None:
    stored = json.loads(_after(FillMemory(), [_shot(load=0.1)]).to_json("F", PROFILE))
    del stored["rows"]
    stored["values"] = {"A": [200.0, 0.1, None]}
    memory = FillMemory.from_json({"F": json.dumps(stored)}, PROFILE)
    np.testing.assert_array_equal(memory.facilities["F"].values["A"], [200.0, 0.1, NAN])
    assert (memory.facilities["F"].maker, memory.facilities["F"].cluster) == ("M", 0)


def test_memory_stored_before_runs_were_counted_is_one_of_a_long_run() -> None:
    stored = json.loads(_after(FillMemory(), [_shot()]).to_json("F", PROFILE))
    assert (stored.pop("run"), stored.pop("latest")) == (10, 1_700_000_000_000)
    known = FillMemory.from_json({"F": json.dumps(stored)}, PROFILE).facilities["F"]
    assert (known.item, known.cluster, known.run, known.latest) == ("A", 0, LONG_RUN, NO_TIME)


def test_memory_of_another_width_keeps_keys_and_forgets_values() -> None:
    known = FillMemory(_after(FillMemory(), [_shot()]).facilities)
    wider = known.facilities["F"]._replace(rows={"A": np.zeros(5).tobytes()})
    memory = FillMemory({"F": wider})
    filled = fill(Batch.of(PROFILE, [_shot(load=NAN)]), LEVELS, memory, PROFILE)
    assert filled.batch.production[0, 0] == 4.0
    assert filled.memory.facilities["F"].values["A"].shape == (3,)
    assert memory.facilities["F"] == wider
