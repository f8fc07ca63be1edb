"""A stream that is away, lost or refused, and what ends the service."""

import random
import threading
from pathlib import Path

import pytest

from core.errors import ConfigError, PositionLost, SourceUnavailable
from core.stream import Begin, Position
from inference.plan import Plan
from inference.service import JudgingService
from tests.inference.service.trial import Events, ScriptedSource, Step, Trial, WatchedStore


@pytest.mark.fault_row(17)
def test_a_lost_stream_is_opened_again_after_growing_waits(path: Path, plan: Plan, events: Events) -> None:
    good = events(6)
    trouble: list[Step] = [SourceUnavailable("no primary")] * 9
    trial = Trial(path, plan, [*good[:3], *trouble, *good[3:]], batch_size=4)
    trial.run()
    assert trial.column("event_token") == [e.token for e in good]
    ceilings = [min(30.0, 0.1 * 2**k) for k in range(9)]
    assert len(trial.clock.waits) == 9
    assert all(0 <= wait <= ceiling for wait, ceiling in zip(trial.clock.waits, ceilings, strict=True))
    assert max(trial.clock.waits) > 1
    assert trial.service.status.reconnects == 9


def test_a_stream_that_works_again_forgets_the_former_waits(path: Path, plan: Plan, events: Events) -> None:
    good = events(2)
    away = [SourceUnavailable("away") for _ in range(13)]
    trial = Trial(path, plan, [*away[:12], good[0], away[12], good[1]])
    trial.run()
    assert trial.clock.waits[-1] <= 0.1


def test_a_lost_position_is_noted_as_a_gap_before_anything_else_is_read(
    path: Path, plan: Plan, events: Events
) -> None:
    shots = events(5)
    trial = Trial(path, plan, [*shots[:3], PositionLost("the oplog is gone", 286), *shots[3:]])
    trial.run()
    assert [begin for _, begin in trial.source.opened] == ["position", "now"]
    assert trial.column("cause", "(SELECT *, id AS seq FROM gap)") == ["the oplog is gone"]


def test_where_the_plant_wants_so_a_lost_position_halts_the_service(
    path: Path, plan: Plan, events: Events
) -> None:
    trial = Trial(path, plan, [*events(3), PositionLost("the oplog is gone", 286)], on_gap="fail")
    trial.run()
    assert (trial.service.status.state, trial.service.status.reason) == ("halted", "the oplog is gone")
    assert len(trial.source.opened) == 1
    assert trial.service.stop(0)


def test_what_only_the_operator_can_mend_ends_the_loop_and_says_so(path: Path, plan: Plan) -> None:
    trial = Trial(path, plan, [ConfigError("wrong password")])
    trial.run()
    assert (trial.service.status.state, trial.service.status.reason) == ("failed", "wrong password")


def test_a_defect_of_the_program_is_raised(path: Path, plan: Plan) -> None:
    trial = Trial(path, plan, [ZeroDivisionError("a defect")])
    with pytest.raises(ZeroDivisionError):
        trial.run()
    assert (trial.service.status.state, trial.service.status.reason) == ("failed", "a defect")


def test_what_stays_away_is_said_once_however_often_it_is_tried(
    path: Path, plan: Plan, events: Events
) -> None:
    seen: list[str] = []

    class Away(ScriptedSource):
        def open(self, position: Position | None, begin: Begin = "position") -> None:
            if 0 < len(seen) < 40:
                raise SourceUnavailable("no primary")
            super().open(position, begin)

    def wait(seconds: float) -> bool:
        seen.append(trial.service.status.state)
        return trial.clock.wait(seconds)

    source = Away([*events(3), SourceUnavailable("no primary"), *events(4)[3:]])
    trial = Trial(path, plan, [], source=source, wait=wait)
    trial.run()
    assert seen == ["reconnecting"] * 40
    states = [change.after for work in trial.sink.works for change in work.states]
    assert states == ["loading", "connecting", "streaming", "reconnecting", "streaming", "draining"]


def test_a_stop_ends_the_longest_wait_at_once(path: Path, plan: Plan) -> None:
    waiting = threading.Event()

    class Away(ScriptedSource):
        def open(self, position: Position | None, begin: Begin = "position") -> None:
            waiting.set()
            raise SourceUnavailable("away for hours")

    source = Away([])
    service = JudgingService(source, WatchedStore(path), lambda: plan, plan.profile, rng=Slow())
    runner = threading.Thread(target=service.run)
    runner.start()
    assert waiting.wait(10)
    assert service.stop(5)
    runner.join(5)
    assert service.status.state == "stopped"


class Slow(random.Random):
    """Always draws the longest wait, and a long one."""

    def uniform(self, a: float, b: float) -> float:
        return 30.0
