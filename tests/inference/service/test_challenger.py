"""A challenger beside a service: what it would have judged is counted, and nothing else changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.batch import Batch
from core.beside import Cell, ShadowRun, Tally
from core.profile import Profile
from inference.beside import BesideJudging, PlantOf
from inference.challenger import MOST_SLOW, SLOW_S, Challenger
from inference.judge import Judged, judge
from inference.plan import Plan
from inference.store.beside import BesideReader
from ingest.fill_memory import FillMemory
from models.artifact import TrainedPlant
from models.registry_challenger import Appointed
from tests.inference.service.trial import Events, ScriptedSource, Step, Trial, WatchedStore

RUN = 1_000
COLUMNS = "event_token || outcome || coalesce(anomaly_score, '') || reasons || flags"


class Shadow:
    """What a service gets as ``beside``; the challenger's own judge may be exchanged."""

    def __init__(
        self, plan: Plan, judge: Callable[..., Judged] = judge, plant: TrainedPlant | None = None
    ) -> None:
        self.plan, self.judge, self.plant = plan, judge, plant
        self.appointed: Appointed | None = Appointed(plan.version, RUN, "kim")
        self.loads: list[str] = []

    def __call__(
        self, profile: Profile, monotonic: Callable[[], float], log: Any, tell: Callable[[str], None]
    ) -> BesideJudging:
        def load(version: str) -> Callable[[], Plan]:
            self.loads.append(version)
            return lambda: self.plan

        challenger = Challenger(
            lambda: self.appointed,
            load,
            profile,
            self.judge,
            monotonic=monotonic,
            tell=tell,
            in_background=lambda work: work(),
        )
        plant = self.plant
        plant_of: PlantOf | None = (lambda _: plant) if plant is not None else None
        return BesideJudging(profile, monotonic, log, tell, plant_of, challenger)


class NearSource(ScriptedSource):
    """Its newest event is the one read last: nobody is behind."""

    def head(self) -> tuple[int, int]:
        return self._position.cluster_time


@pytest.fixture
def rival(plan: Plan) -> Plan:
    return replace(plan, version="v2")


def steps(events: list[Any], size: int = 4) -> list[Step]:
    """Events in batches of `size`."""
    script: list[Step] = []
    for at in range(0, len(events), size):
        script += [*events[at : at + size], None]
    return script


def run_of(path: Path) -> ShadowRun | None:
    reader = BesideReader(f"sqlite:///{path.as_posix()}")
    try:
        return reader.shadow_run(RUN)
    finally:
        reader.close()


def cells_of(path: Path) -> Mapping[Cell, Tally]:
    reader = BesideReader(f"sqlite:///{path.as_posix()}")
    try:
        return reader.shadow_cells(RUN)
    finally:
        reader.close()


def counted(path: Path) -> list[int]:
    """Shots flagged by nobody, the champion, the challenger, both."""
    names = ("neither", "champion", "challenger", "both")
    return [sum(getattr(tally, name) for tally in cells_of(path).values()) for name in names]


def flags_all(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
    judged = judge(batch, plan, memory)
    columns = {**judged.verdicts.columns, "outcome": ["NG"] * len(batch)}
    return replace(judged, verdicts=replace(judged.verdicts, columns=columns))


def test_who_flagged_what_is_counted_by_group_and_day(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    trial = Trial(path, plan, [], source=NearSource(steps(events(40))), beside=Shadow(rival, flags_all)).run()
    run = run_of(path)

    assert run is not None
    assert (run.challenger, run.state, run.compared, run.skipped) == ("v2", "running", 36, 4)
    flagged = [outcome == "NG" for outcome in trial.column("outcome")[4:]]
    assert counted(path) == [0, 0, 36 - sum(flagged), sum(flagged)]
    assert {cell.champion for cell in cells_of(path)} == {plan.version}
    named = [shot for tally in cells_of(path).values() for shot in tally.challenger_shots]
    assert len(named) > 0
    assert set(named) <= set(trial.column("shot_id"))


def test_the_same_model_as_challenger_agrees_on_every_shot(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    Trial(path, plan, [], source=NearSource(steps(events(80))), beside=Shadow(rival)).run()

    ok, champion, challenger, both = counted(path)
    assert (champion, challenger) == (0, 0)
    assert ok + both == 76


def test_verdicts_are_the_same_with_and_without_a_challenger(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    alone = path.with_name("alone.sqlite")
    Trial(alone, plan, [], source=NearSource(steps(events(40)))).run()
    trial = Trial(path, plan, [], source=NearSource(steps(events(40))), beside=Shadow(rival, flags_all)).run()

    assert trial.column(COLUMNS) == Trial(alone, plan, []).column(COLUMNS)


def test_a_challenger_that_fails_is_dropped_with_its_reason_and_judging_goes_on(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    def fails(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        raise FloatingPointError("a matrix went wrong")

    trial = Trial(path, plan, [], source=NearSource(steps(events(40))), beside=Shadow(rival, fails)).run()
    run = run_of(path)

    assert len(trial.column("outcome")) == 40
    assert run is not None
    assert (run.state, run.compared) == ("dropped", 0)
    assert run.reason == "judging failed: FloatingPointError: a matrix went wrong"
    said = [reason for reason in trial.column("reason", "state_log") if "challenger v2 dropped" in reason]
    assert len(said) == 1


def test_one_that_was_dropped_stays_so_after_a_restart_until_it_is_appointed_again(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    def fails(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        raise FloatingPointError

    script = steps(events(40))
    Trial(path, plan, [], source=NearSource(script[:20]), beside=Shadow(rival, fails)).run()
    again = Shadow(rival)
    Trial(path, plan, [], source=NearSource(script), beside=again).run()

    assert again.loads == []
    again.appointed = Appointed("v2", RUN + 1, "kim")
    Trial(path, plan, [], source=NearSource(script + steps(events(60)[40:])), beside=again).run()
    assert again.loads == ["v2"]


def test_one_that_cannot_be_loaded_is_dropped(path: Path, plan: Plan, rival: Plan, events: Events) -> None:
    class Broken(Shadow):
        @property
        def plan(self) -> Plan:
            raise OSError("cannot read weights.npz")

        @plan.setter
        def plan(self, value: Plan) -> None: ...

    beside = Broken.__new__(Broken)
    beside.judge, beside.plant, beside.loads = judge, None, []
    beside.appointed = Appointed("v2", RUN, "kim")
    trial = Trial(path, plan, [], source=NearSource(steps(events(20))), beside=beside).run()
    run = run_of(path)

    assert len(trial.column("outcome")) == 20
    assert run is not None
    assert run.state == "dropped"
    assert "cannot read weights.npz" in run.reason


def test_one_that_is_too_slow_is_dropped(path: Path, plan: Plan, rival: Plan, events: Events) -> None:
    trial: Trial

    def slow(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        trial.clock.advance(SLOW_S + 1)
        return judge(batch, plan, memory)

    trial = Trial(path, plan, [], source=NearSource(steps(events(40))), beside=Shadow(rival, slow))
    trial.run()
    run = run_of(path)

    assert run is not None
    assert (run.state, run.compared) == ("dropped", 4 * MOST_SLOW)


def test_while_production_is_behind_the_shadow_is_skipped_and_what_it_missed_counted(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    # Of events 50 to 89 the newest is at 100: more than five seconds behind until the end.
    Trial(path, plan, [], source=ScriptedSource(steps(events(40))), beside=Shadow(rival)).run()
    run = run_of(path)

    assert run is not None
    assert (run.compared, run.skipped) == (0, 40)


def test_a_restart_goes_on_counting_and_an_answer_that_was_lost_doubles_nothing(
    path: Path, plan: Plan, rival: Plan, events: Events
) -> None:
    script = steps(events(80))
    sink = WatchedStore(path)
    sink.fail_after = {5, 9}
    Trial(path, plan, [], source=NearSource(script[:50]), sink=sink, beside=Shadow(rival)).run()
    Trial(path, plan, [], source=NearSource(script), beside=Shadow(rival)).run()
    run = run_of(path)

    assert run is not None
    assert sum(counted(path)) == run.compared
    # A batch whose commit was not answered is read back as done: it was never looked at.
    assert run.compared + run.skipped == 80 - 2 * 4


def test_nobody_is_compared_with_himself(path: Path, plan: Plan, events: Events) -> None:
    Trial(path, plan, [], source=NearSource(steps(events(20))), beside=Shadow(plan)).run()

    assert run_of(path) is None


def test_lots_for_drift_are_written_at_the_end_and_gone_on_from(
    path: Path, plan: Plan, rival: Plan, plant: TrainedPlant, events: Events
) -> None:
    beside = Shadow(rival, plant=plant)
    script = steps(events(40))
    Trial(path, plan, [], source=NearSource(script[:25]), beside=beside).run()
    Trial(path, plan, [], source=NearSource(script), beside=beside).run()
    reader = BesideReader(f"sqlite:///{path.as_posix()}")
    lots = reader.drift_lots(plan.version)
    reader.close()

    assert sum(lot.shots + lot.substituted for lot in lots) == 40
