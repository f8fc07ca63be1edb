"""Models that are absent, exchanged, damaged, or fail on records."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core.batch import Batch
from core.errors import ModelCorrupt, ModelNotFound
from inference.consumer.decide import MODEL_CHECK_S
from inference.consumer.judging import MOST_FAILURES
from inference.judge import Judged, judge
from inference.plan import Plan
from ingest.fill_memory import FillMemory
from tests.inference.service.trial import Events, Step, Trial


def refuses(*culprits: str) -> Callable[[Batch, Plan, FillMemory], Judged]:
    def judge_or_raise(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        if set(culprits) & set(batch.ids.tolist()):
            raise FloatingPointError("a matrix went wrong")
        return judge(batch, plan, memory)

    return judge_or_raise


def test_a_record_the_judging_fails_on_leaves_its_neighbours_their_verdicts(
    path: Path, plan: Plan, events: Events
) -> None:
    culprits = ("shot-0", "shot-7", "shot-8", "shot-31")
    trial = Trial(path, plan, events(32), judge=refuses(*culprits))
    trial.run()
    calm = Trial(path.with_name("calm.sqlite"), plan, events(32)).run()
    kept = [i for i in range(32) if f"shot-{i}" not in culprits]
    columns = "event_token || anomaly_score || outcome || reasons"
    assert trial.column(columns) == [calm.column(columns)[i] for i in kept]
    assert trial.column("record_id", "dead_letter") == list(culprits)
    assert set(trial.column("reason", "dead_letter")) == {"judge_failed"}
    assert "FloatingPointError: a matrix went wrong" in trial.column("detail", "dead_letter")[0]


def test_a_model_that_fails_on_everything_pauses_instead_of_flooding_the_dead_letters(
    path: Path, plan: Plan, events: Events
) -> None:
    better = replace(plan, version="v2")
    now_better = threading.Event()

    def judge_unless_v1(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        if plan.version == "v1":
            raise FloatingPointError("every time")
        return judge(batch, plan, memory)

    def wait(seconds: float) -> bool:
        assert trial.service.status.state == "paused"
        assert "v1" in trial.service.status.reason
        trial.clock.advance(seconds + MODEL_CHECK_S)
        waits.append(seconds)
        if len(waits) == 4:
            now_better.set()
        return False

    waits: list[float] = []
    trial = Trial(
        path,
        plan,
        events(MOST_FAILURES + 5),
        judge=judge_unless_v1,
        plan_provider=lambda: better if now_better.is_set() else plan,
        wait=wait,
    )
    trial.run()
    assert trial.column("event_token") == [e.token for e in events(MOST_FAILURES + 5)]
    assert set(trial.column("model_version")) == {"v2"}
    assert trial.column("reason", "dead_letter") == []


def test_without_a_model_nothing_is_read_and_nothing_skipped(path: Path, plan: Plan, events: Events) -> None:
    states: list[tuple[str, str]] = []

    def provide() -> Plan:
        if trial.clock.monotonic() < 5:
            raise ModelNotFound("nothing trained yet")
        return plan

    def wait(seconds: float) -> bool:
        states.append((trial.service.status.state, trial.service.status.reason))
        assert trial.source.sizes == []
        return trial.clock.wait(seconds)

    trial = Trial(path, plan, events(4), plan_provider=provide, wait=wait)
    trial.run()
    assert set(states) == {("paused", "no model: nothing trained yet")}
    assert len(states) == 5
    assert trial.sink.works[0].position.kind == "start"  # written before there was a model
    assert trial.sink.works[0].states[-1].after == "connecting"
    assert len(trial.column("event_token")) == 4


def test_a_new_model_is_taken_between_batches_and_looked_for_once_a_second(
    path: Path, plan: Plan, events: Events
) -> None:
    asked: list[float] = []
    newer = replace(plan, version="v2")

    def provide() -> Plan:
        asked.append(trial.clock.monotonic())
        return plan if len(asked) < 3 else newer

    shots = events(40)
    steps: list[Step] = []
    for number, shot in enumerate(shots):
        steps += [shot, lambda: trial.clock.advance(0.25)] if number % 2 else [shot]
    trial = Trial(path, plan, steps, batch_size=2, plan_provider=provide)
    trial.run()
    versions = trial.column("model_version")
    assert versions == sorted(versions)
    assert set(versions) == {"v1", "v2"}
    assert versions.count("v1") % 2 == 0
    assert len(asked) == pytest.approx(40 / 2 * 0.25, abs=1)


def test_a_damaged_new_model_leaves_the_present_one_in_use(path: Path, plan: Plan, events: Events) -> None:
    asked: list[int] = []

    def provide() -> Plan:
        asked.append(1)
        if len(asked) == 2:
            raise ModelCorrupt("v2: sha256 differs")
        return plan

    seen: list[str] = []
    shots = events(3)
    steps: list[Step] = [
        shots[0],
        lambda: trial.clock.advance(2),
        shots[1],
        lambda: seen.append(trial.service.status.model_problem),
        lambda: trial.clock.advance(2),
        shots[2],
    ]
    trial = Trial(path, plan, steps, plan_provider=provide, batch_size=1)
    trial.run()
    assert trial.column("model_version") == ["v1"] * 3
    assert "sha256 differs" in seen[0]
    assert trial.service.status.model_problem == ""
