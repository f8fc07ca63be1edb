"""The first shots after a start or a change-over are marked, however a stream is cut."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.batch import NO_TIME, Batch, concatenate
from core.profile import Profile, WarmUpRule
from inference.judge import judge
from inference.plan import Plan, compile_plan
from inference.warm_up import LATEST_ARRIVAL, warming_up
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from tests.inference.judge.changed_shots import rows_of, shot_of, with_columns

MINUTE = 60_000
BEGIN = 1_700_000_000_000
RULE = WarmUpRule(shots=3, gap_minutes=20.0)


def _plan(plant: TrainedPlant, profile: Profile, rule: WarmUpRule, *, compiled: bool = True) -> Plan:
    profile = replace(profile, warm_up=rule)
    if compiled:
        return compile_plan(plant, "v1", profile)
    return compile_plan(plant, "v1", profile, library=None)


def _after(shot: Batch, *minutes: float | None) -> Batch:
    """The same shot again and again, so many minutes after `BEGIN`; None: without a time."""
    time = np.array([NO_TIME if m is None else BEGIN + round(m * MINUTE) for m in minutes])
    return with_columns(shot.take(np.zeros(len(minutes), dtype=np.intp)), time=time)


def _marks(stream: Batch, plan: Plan, memory: FillMemory | None = None) -> str:
    """One letter a shot: ``w`` in warm-up, ``-`` not."""
    verdicts = rows_of(judge(stream, plan, memory or FillMemory()))
    return "".join("w" if "warm_up" in v["flags"] else "-" for v in verdicts)


@pytest.fixture(params=[True, False], ids=["compiled", "numpy"])
def three(request: pytest.FixtureRequest, plant: TrainedPlant, profile: Profile) -> Plan:
    """Three shots of warm-up, after twenty minutes of silence."""
    return _plan(plant, profile, RULE, compiled=request.param)


@pytest.fixture
def shot(plant: TrainedPlant, shots: Batch) -> Batch:
    return shot_of(plant, shots, 0)


def test_the_first_shots_ever_known_are_marked(three: Plan, shot: Batch) -> None:
    assert _marks(_after(shot, 0, 1, 2, 3, 4), three) == "www--"


def test_the_first_shots_after_a_silence_are_marked(three: Plan, shot: Batch) -> None:
    assert _marks(_after(shot, 0, 1, 2, 3, 23, 24), three) == "www---"
    assert _marks(_after(shot, 0, 1, 2, 3, 23.1, 24, 25, 26), three) == "www-www-"


def test_the_first_shots_of_another_item_or_setting_are_marked(
    three: Plan, plant: TrainedPlant, shots: Batch
) -> None:
    facility = plant.models[0].key.facility
    mine = [g for g, m in enumerate(plant.models) if m.key.facility == facility]
    one, other = (_after(shot_of(plant, shots, g), *range(4)) for g in (mine[0], mine[-1]))
    assert _marks(concatenate([one, other]), three) == "www-www-"


def test_a_shot_without_a_time_counts_but_is_no_start(three: Plan, shot: Batch) -> None:
    assert _marks(_after(shot, None, 0, None, 1, None, 22, 23), three) == "www--ww"


def test_a_stream_without_any_time_warms_up_once(three: Plan, shot: Batch) -> None:
    assert _marks(_after(shot, *[None] * 5), three) == "www--"


def test_a_late_shot_is_no_start_and_leads_to_none(three: Plan, shot: Batch) -> None:
    assert _marks(_after(shot, 0, 1, 100, 101, 102, 103, 3, 104, 2, 105), three) == "wwwww-----"


def test_a_clock_set_back_counts_from_its_new_time(three: Plan, shot: Batch) -> None:
    years = LATEST_ARRIVAL / MINUTE * 1000
    stream = _after(shot, 0, 1, 2, 3, years, 4, 5, 6, 7, 28, 29)
    assert _marks(stream, three) == "www-www--ww"


def test_other_facilities_change_nothing(three: Plan, plant: TrainedPlant, shots: Batch) -> None:
    one = _after(shot_of(plant, shots, 0), 0, 1, 2, 3, 30)
    other = _after(shot_of(plant, shots, 1), 0, 10, 20, 30, 40)
    assert one.facility[0] != other.facility[0]
    mixed = concatenate([one, other]).take(np.arange(10).reshape(2, 5).T.reshape(-1))
    assert _marks(mixed, three)[::2] == _marks(one, three) == "www-w"
    assert _marks(mixed, three)[1::2] == _marks(other, three) == "www--"


def test_none_are_marked_where_the_profile_says_so(
    plant: TrainedPlant, profile: Profile, shot: Batch
) -> None:
    stream = _after(shot, 0, 1, 2, 60, 61)
    assert _marks(stream, _plan(plant, profile, replace(RULE, shots=0))) == "-----"
    assert _marks(stream, _plan(plant, profile, replace(RULE, gap_minutes=0.0))) == "www--"


def test_warm_up_turned_on_knows_how_long_a_facility_has_been_running(
    plant: TrainedPlant, profile: Profile, shot: Batch
) -> None:
    off = _plan(plant, profile, replace(RULE, shots=0))
    memory = judge(_after(shot, 0, 1), off, FillMemory()).memory
    assert _marks(_after(shot, 2, 3), _plan(plant, profile, RULE), memory) == "w-"


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("outcome", "worst"), [("keep", "NG"), ("WARN", "WARN")])
def test_an_outcome_in_warm_up_follows_the_profile(
    plant: TrainedPlant, profile: Profile, shot: Batch, outcome: str, worst: str, compiled: bool
) -> None:
    rule = WarmUpRule(shots=3, gap_minutes=20.0, outcome="WARN" if outcome == "WARN" else "keep")
    strict = replace(profile, threshold=replace(profile.threshold, range_outcome="NG"))
    plan = _plan(plant, strict, rule, compiled=compiled)
    far = with_columns(_after(shot, 0, 1, 2, 3), production=(slice(None), 2, 1e4))
    verdicts = rows_of(judge(far, plan, FillMemory()))
    assert [v["outcome"] for v in verdicts] == [worst, worst, worst, "NG"]
    assert all(v["reasons"] for v in verdicts)
    # Where no model judges, the physical limits do.
    nobody = with_columns(far, facility="new press", item="new item", maker="new maker")
    verdicts = rows_of(judge(nobody, plan, FillMemory()))
    assert [v["route"] for v in verdicts] == ["limits"] * 4
    assert [v["outcome"] for v in verdicts] == [worst, worst, worst, "NG"]


def test_a_memory_stored_before_runs_were_counted_is_not_warming_up(three: Plan, shot: Batch) -> None:
    judged = judge(_after(shot, 0), three, FillMemory())
    former = {}
    for facility, text in judged.changed.items():
        known = json.loads(text)
        del known["run"], known["latest"]
        former[facility] = json.dumps(known)
    memory = FillMemory.from_json(former, three.profile)
    assert _marks(_after(shot, 60, 61, 90, 91, 92, 93), three, memory) == "--www-"


steps = st.one_of(
    st.floats(0, 3),
    st.sampled_from([None, 19.9, 20.0, 20.1, -1.0, -25.0, -1441.0, 1e6, -1e6]),
)
streams = st.lists(st.tuples(st.integers(0, 3), steps), min_size=1, max_size=40)


def _stream(plant: TrainedPlant, shots: Batch, drawn: list[tuple[int, float | None]]) -> Batch:
    """Shots of two facilities under two items or settings each; step by step in time."""
    first = [g for g, m in enumerate(plant.models) if m.key.facility == plant.models[0].key.facility]
    second = [g for g, m in enumerate(plant.models) if m.key.facility == plant.models[1].key.facility]
    choice = [shot_of(plant, shots, g) for g in (first[0], first[-1], second[0], second[-1])]
    minutes = itertools.accumulate((0.0 if step is None else step for _, step in drawn), initial=0.0)
    rows = [
        _after(choice[which], None if step is None else now)
        for (which, step), now in zip(drawn, itertools.islice(minutes, 1, None), strict=True)
    ]
    return concatenate(rows)


def _by_the_book(stream: Batch, cluster: list[int], rule: WarmUpRule) -> Iterator[bool]:
    """The rule record by record, in the words of its documentation."""
    known: dict[str, tuple[object, int, int | None]] = {}
    for row, facility in enumerate(stream.facility):
        made, time = (stream.item[row], cluster[row]), int(stream.time[row])
        before, run, latest = known.get(facility, (made, -1, None))
        silent = time != NO_TIME and latest is not None and time - latest > rule.gap_minutes * MINUTE
        run = 1 if run < 0 or before != made or silent else run + 1
        if time != NO_TIME and (latest is None or time > latest or latest - time > LATEST_ARRIVAL):
            latest = time
        known[facility] = (made, run, latest)
        yield run <= rule.shots


@given(drawn=streams, cuts=st.lists(st.integers(0, 40), max_size=6))
@settings(max_examples=60, deadline=None)
def test_any_cut_of_a_stream_gives_the_marks_of_one_by_one(
    plant: TrainedPlant,
    profile: Profile,
    shots: Batch,
    drawn: list[tuple[int, float | None]],
    cuts: list[int],
) -> None:
    stream = _stream(plant, shots, drawn)
    for compiled in (True, False):
        plan = _plan(plant, profile, RULE, compiled=compiled)
        told = []
        for edges in (
            [*range(len(stream) + 1)],
            [0, *sorted(min(c, len(stream)) for c in cuts), len(stream)],
        ):
            memory, rows = FillMemory(), []
            for begin, end in itertools.pairwise(edges):
                judged = judge(stream.take(slice(begin, end)), plan, memory)
                rows += rows_of(judged)
                memory = FillMemory.from_json(
                    {**{f: judged.memory.to_json(f, profile) for f in judged.memory.facilities}}, profile
                )
            told.append((rows, {f: memory.to_json(f, profile) for f in sorted(memory.facilities)}))
        assert told[0] == told[1]
        marks = ["warm_up" in row["flags"] for row in told[0][0]]
        assert marks == list(_by_the_book(stream, [row["cluster"] for row in told[0][0]], RULE))


@given(drawn=streams, order=st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_a_history_in_any_order_is_marked_as_it_was_made(
    plant: TrainedPlant, profile: Profile, shots: Batch, drawn: list[tuple[int, float | None]], order: object
) -> None:
    stream = _stream(plant, shots, drawn)
    ids = np.array([f"{k:03d}" for k in range(len(stream))], dtype=object)
    stream = with_columns(stream, ids=ids).take(np.argsort(stream.time, kind="stable"))
    stream = stream.take(stream.time != NO_TIME)
    verdicts = rows_of(judge(stream, _plan(plant, profile, RULE), FillMemory()))
    marks = np.array(["warm_up" in v["flags"] for v in verdicts], dtype=bool)
    cluster = np.array([v["cluster"] for v in verdicts], dtype=np.int64)
    shuffled = np.arange(len(stream))
    order.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    found = warming_up(stream.take(shuffled), cluster[shuffled], RULE)
    np.testing.assert_array_equal(found, marks[shuffled])


def test_a_record_of_a_history_without_a_time_stands_in_no_warm_up(shot: Batch) -> None:
    found = warming_up(_after(shot, None, 0, None), np.zeros(3, dtype=np.int64), RULE)
    assert found.tolist() == [False, True, False]
