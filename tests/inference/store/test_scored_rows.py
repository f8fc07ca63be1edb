"""Verdicts read back as columns give the trial what the verdicts themselves would; on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from core.batch import Batch
from core.profile import Profile
from core.stream import Position, Work
from inference.judge import judge
from inference.plan import compile_plan
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.store.verdict_filter import VerdictFilter
from inference.threshold_lab import Scored, scored_of
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.threshold_lab.tails import mixed_shots, with_tails


@pytest.fixture
def store(store_url: str) -> Iterator[VerdictStore]:
    made = VerdictStore(store_url)
    made.open()
    yield made
    made.close()


@pytest.fixture
def reader(store: VerdictStore, store_url: str) -> Iterator[VerdictReader]:
    made = VerdictReader(store_url)
    yield made
    made.close()


def test_a_trial_on_the_store_sees_what_one_on_the_verdicts_sees(
    store: VerdictStore,
    reader: VerdictReader,
    profile: Profile,
    plant: TrainedPlant,
    make_shots: Callable[..., Batch],
) -> None:
    tailed = with_tails(plant)
    plan = compile_plan(tailed, "v1", profile)
    verdicts = judge(mixed_shots(make_shots, tailed, 200, 3), plan, FillMemory()).verdicts
    tokens = [f"t{k:03}" for k in range(len(verdicts))]
    store.write(Work(Position("{}", (1, 1)), tokens=tokens, verdicts=verdicts))
    keys = [model.key for model in tailed.models]

    stored = reader.scored_columns(VerdictFilter())

    direct = scored_of(verdicts.columns, plan, keys)
    newest_first = scored_of(stored, plan, keys)
    assert len(newest_first) == len(direct) == 200
    for name in Scored.__slots__:
        if name not in ("left_out", "lot", "lot_state"):  # lots are numbered as they come
            one, other = getattr(direct, name), getattr(newest_first, name)[::-1]
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_only_the_newest_are_read_and_an_empty_store_gives_empty_columns(
    store: VerdictStore, reader: VerdictReader, make_work: Callable[..., Work]
) -> None:
    assert len(reader.scored_columns(VerdictFilter())["shot_id"]) == 0
    store.write(make_work([{"token": f"t{k}", "facility": f"F{k % 2}"} for k in range(9)]))

    assert len(reader.scored_columns(VerdictFilter(), most=4)["shot_id"]) == 4
    assert set(reader.scored_columns(VerdictFilter(facility="F1"))["facility"]) == {"F1"}
