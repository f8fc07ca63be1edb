"""What scores come to: the compiled pass says what the columns say, to the bit."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from core.batch import Batch
from core.profile import Profile, WarmUpRule
from inference.judge import judge
from inference.plan import compile_plan
from inference.routes import ROUTED
from inference.settle import FLAGGED, FLAGS, CompiledSettle, Given, settle
from inference.threshold import Decided
from ingest.fill_memory import FillMemory
from ingest.spots import Spots
from models.artifact import TrainedPlant
from native.library import compiled

NAN = float("nan")
NO_TIME, LAST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
DAY = 86_400_000
TIMES = np.array([NO_TIME, NO_TIME + 1, 0, 60_000, 60_001, 120_002, DAY, DAY + 1, 2 * DAY + 2, LAST])
"""A minute apart and a hair more, a day apart and a hair more, as far apart as can be."""


@pytest.fixture(scope="module")
def compiled_settle() -> CompiledSettle:
    library = compiled()
    assert isinstance(library, ctypes.PyDLL)
    return CompiledSettle(library)


def _given(seed: int, n: int) -> Given:
    """Records of few facilities; scores at, under and over what is allowed; some things not known."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(n, dtype=ROUTED)
    rows["cluster"] = rng.integers(-1, 3, n)
    rows["route"] = rng.integers(0, 3, n)
    rows["group"] = rng.integers(-1, 4, n)
    rows["distance"] = rows["reference"] = rng.random(n)
    rows["new_setting"] = rng.random(n) < 0.2
    rows["limits"] = np.round(rng.random((n, 7)), 1)
    rows["limits"][rng.random(n) < 0.1] = [NAN, NAN, NAN, NAN, NAN, 0.0, 1.0]
    score = np.round(rng.random(n), 1)
    score[rng.random(n) < 0.1] = NAN
    before = FillMemory()
    book = before.book
    texts = ["A", "B", None]
    spots = [("M", f"F{rng.integers(3)}", texts[rng.integers(3)]) for _ in range(n)]
    for number in range(3):
        book.add_facility(f"F{number}")
    if rng.random() < 0.7:
        newest = np.array(
            [
                [-1, -1, rng.integers(-1, 2), rng.integers(-1, 3), rng.integers(-1, 5), rng.choice(TIMES)]
                for _ in range(3)
            ]
        )
        places = np.array([book.add_place(number, "A") for number in range(3)])
        before = before.received(places, np.zeros((3, 2)), np.arange(3), newest)
    mostly = rng.random(n) < 0.2 if rng.random() < 0.5 else None
    return Given(
        rows,
        score,
        rng.random(n) < 0.3,
        mostly,
        rng.choice(TIMES, n) if rng.random() < 0.5 else np.cumsum(rng.integers(0, 90_000, n)),
        Spots.numbered(book, np.array([book.add(spot) for spot in spots], dtype=np.intp)),
        before,
        int(rng.integers(3)),
        WarmUpRule(int(rng.integers(4)), float(rng.choice([0.0, 1.0, 1e300])), rng.choice(["keep", "WARN"])),
    )


@given(st.integers(0, 2**32 - 1), st.one_of(st.just(1), st.integers(0, 40)))
@effort(max_examples=200, deadline=None)
def test_compiled_and_numpy_settle_the_same(compiled_settle: CompiledSettle, seed: int, n: int) -> None:
    given = _given(seed, n)
    fast, slow = compiled_settle(given), settle(given)
    for name in Decided._fields:
        one, other = getattr(fast.decided, name), getattr(slow.decided, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(fast.flags, slow.flags)
    assert fast.after.dtype == slow.after.dtype
    np.testing.assert_array_equal(fast.after, slow.after)
    assert fast.all == slow.all


def test_all_tells_what_anyone_has(compiled_settle: CompiledSettle) -> None:
    for seed in range(50):
        settled = compiled_settle(_given(seed, 3))
        assert settled.all & (FLAGGED - 1) == int(np.bitwise_or.reduce(settled.flags))
        assert bool(settled.all & FLAGGED) == bool(settled.decided.outcome.any())


def test_rows_are_laid_out_as_the_compiled_pass_reads_them() -> None:
    offsets = {name: ROUTED.fields[name][1] for name in ROUTED.names or ()} if ROUTED.fields else {}
    assert offsets == {
        "cluster": 0,
        "route": 8,
        "group": 16,
        "distance": 24,
        "reference": 32,
        "new_setting": 40,
        "limits": 48,
    }
    assert ROUTED.itemsize == 104
    assert len(FLAGS) <= 7  # FLAGGED stands above them, in `enum` and here


def test_a_stream_is_judged_the_same_with_and_without_compiled_passes(
    make_plant: Callable[..., TrainedPlant], make_shots: Callable[..., Batch], profile: Profile
) -> None:
    plant = make_plant(profile, kinds=("isolation_forest",))  # networks agree within rounding only
    shots = make_shots(plant, 300, spread=0.8)
    rng = np.random.default_rng(2)
    settings, production = shots.settings.copy(), shots.production.copy()
    settings[rng.random(settings.shape) < 0.01] = NAN
    settings[rng.random(300) < 0.1] += 3.0
    production[rng.random(production.shape) < 0.02] = NAN
    production[rng.random(production.shape) < 0.01] *= 3.0
    shots = replace(shots, settings=settings, production=production)
    told = []
    for plan in (compile_plan(plant, "v1", profile), compile_plan(plant, "v1", profile, library=None)):
        memory, rows = FillMemory(), []
        for begin, end in pairwise((0, 1, 2, 60, 61, 200, 300)):
            judged = judge(shots.take(slice(begin, end)), plan, memory)
            memory = judged.memory
            rows += [*judged.verdicts.rows(), dict(judged.changed)]
        told.append(rows)
    assert told[0] == told[1]
