"""Judging is pure, the same alone and in batches, and fills every column."""

from __future__ import annotations

import copy
import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import Batch, concatenate
from core.profile import Profile
from core.verdict import VERDICT_FIELDS
from inference.judge import judge
from inference.plan import Plan
from ingest.fill_memory import FillMemory
from tests.inference.judge.changed_shots import rows_of, with_columns

NUMBER = [f.name for f in VERDICT_FIELDS if f.kind == "number"]


def test_every_column_of_the_contract_in_its_order(plan: Plan, shots: Batch) -> None:
    verdicts = judge(shots, plan, FillMemory()).verdicts
    assert list(verdicts.columns) == [f.name for f in VERDICT_FIELDS]
    assert {name: len(column) for name, column in verdicts.columns.items()} == dict.fromkeys(
        verdicts.columns, len(shots)
    )
    for name in NUMBER:
        assert verdicts.columns[name].dtype == np.float64  # type: ignore[attr-defined]  # number columns are arrays
    for row, verdict in enumerate(verdicts.rows()):
        assert verdict["shot_id"] == shots.ids[row]
        assert json.loads(json.dumps(verdict)) == verdict
        for field in VERDICT_FIELDS:
            assert field.nullable or verdict[field.name] is not None


def test_the_margin_follows_from_the_other_columns(plan: Plan, shots: Batch) -> None:
    for v in rows_of(judge(shots, plan, FillMemory())):
        assert v["route"] == "trained"
        assert v["tolerance"] == pytest.approx(v["base"] * v["weight"])
        assert v["margin"] == pytest.approx(v["base"] + v["tolerance"] - v["anomaly_score"])
        assert (v["outcome"] == "NG") == (v["margin"] < 0)
        assert (v["reasons"] != []) == (v["outcome"] != "OK")


def test_an_empty_batch_gives_no_verdicts(plan: Plan, shots: Batch, profile: Profile) -> None:
    memory = judge(shots, plan, FillMemory()).memory
    judged = judge(Batch.empty(profile), plan, memory)
    assert len(judged.verdicts) == 0
    assert dict(judged.changed) == {}
    assert judged.memory == memory


def test_nothing_given_is_modified_and_the_same_comes_out_twice(plan: Plan, shots: Batch) -> None:
    shots = with_columns(shots, production=(slice(0, 60, 7), 3, np.nan))
    memory = judge(shots.take(slice(0, 20)), plan, FillMemory()).memory
    kept_shots, kept = copy.deepcopy(shots), stored(memory, plan)
    once, again = judge(shots, plan, memory), judge(shots, plan, memory)
    assert rows_of(once) == rows_of(again)
    assert dict(once.changed) == dict(again.changed)
    assert stored(memory, plan) == kept
    for name in Batch.__slots__:
        np.testing.assert_array_equal(getattr(shots, name), getattr(kept_shots, name))


def stored(memory: FillMemory, plan: Plan) -> dict[str, str]:
    return {name: memory.to_json(name, plan.profile) for name in sorted(memory.facilities)}


@given(
    cuts=st.lists(st.integers(0, 60), max_size=6),
    missing=st.lists(st.tuples(st.integers(0, 59), st.integers(0, 36)), max_size=20),
)
@settings(max_examples=40, deadline=None)
def test_verdicts_do_not_depend_on_where_a_stream_is_cut(
    plan: Plan, shots: Batch, cuts: list[int], missing: list[tuple[int, int]]
) -> None:
    # The first shots are complete, so that no value is ever taken from a later record.
    seeded = concatenate([shots, copy.deepcopy(shots)])
    s = shots.settings.shape[1]
    for row, column in missing:
        table, number = (seeded.settings, column) if column < s else (seeded.production, column - s)
        table[len(shots) + row, number] = np.nan
    whole = judge(seeded, plan, FillMemory())
    edges = [0, 60, *sorted(60 + cut for cut in cuts), len(seeded)]
    memory, rows = FillMemory(), []
    for begin, end in itertools.pairwise(edges):
        part = judge(seeded.take(slice(begin, end)), plan, memory)
        memory = part.memory
        rows += rows_of(part)
    assert rows == rows_of(whole)
    assert stored(memory, plan) == stored(whole.memory, plan)


def test_memory_read_back_from_its_json_judges_the_same(plan: Plan, shots: Batch) -> None:
    first = judge(shots.take(slice(0, 30)), plan, FillMemory())
    rest = with_columns(shots.take(slice(30, 60)), production=(slice(0, 30, 2), 5, np.nan))
    again = FillMemory.from_json(dict(first.changed), plan.profile)
    assert rows_of(judge(rest, plan, again)) == rows_of(judge(rest, plan, first.memory))
