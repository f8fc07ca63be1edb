import os
import random
import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bson
import pytest

from core.batch import Batch
from core.errors import (
    ConfigError,
    ModelCorrupt,
    ModelNotFound,
    PositionLost,
    SourceUnavailable,
    StoreUnavailable,
)
from core.profile import Profile
from core.stream import Begin, Event, Phase, Position, Work, Written
from inference.consumer.decide import CHECKPOINT_S, MODEL_CHECK_S
from inference.consumer.judging import MOST_FAILURES
from inference.judge import Judged, judge
from inference.plan import Plan
from inference.service import JudgingService
from inference.store.sink import VerdictStore
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant

Step = Event | Exception | Callable[[], object] | None


class ScriptedSource:
    """A source of a list: an event is read, None is an idle wait, an exception is raised once.

    A callable is called when it is reached. At the end of the list `at_end` is called.
    """

    def __init__(self, steps: Sequence[Step], at_end: Callable[[], object] = lambda: None) -> None:
        self.steps = list(steps)
        self.at_end = at_end
        self.opened: list[tuple[Position | None, Begin]] = []
        self.phase: Phase = "stream"
        self.sizes: list[int] = []
        self._next = 0
        self._position = Position("null", kind="start", source_id="script")

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        self.opened.append((position, begin))
        self._position = position or self._position
        after = self._position.token_json
        tokens = [step.token if isinstance(step, Event) else None for step in self.steps]
        self._next = tokens.index(after) + 1 if after in tokens else 0

    def reconcile(self, gap: int) -> Position:
        return Position(f"gap{gap}", self._position.cluster_time, "reposition", "script")

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        self.sizes.append(max_events)
        batch: list[Event] = []
        while self._next < len(self.steps) and len(batch) < max_events:
            step = self.steps[self._next]
            if isinstance(step, Event):
                batch.append(step)
            elif batch:
                break
            elif isinstance(step, Exception):
                del self.steps[self._next]
                raise step
            elif step is None:
                self._next += 1
                when = self._position.cluster_time
                self._position = Position(self._position.token_json, (when[0] + 1, 0), "idle", "script")
                return []
            else:
                step()
            self._next += 1
        if batch:
            self._position = Position(batch[-1].token, batch[-1].cluster_time, "event", "script")
        elif self._next >= len(self.steps):
            self.at_end()
        return batch

    def position(self) -> Position:
        return self._position

    def head(self) -> tuple[int, int]:
        return (100, 0)

    def close(self) -> None:
        pass


class WatchedStore(VerdictStore):
    """The real store, which counts its writes and fails where it is told to."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"sqlite:///{path.as_posix()}")
        self.works: list[Work] = []
        self.fail_before: set[int] = set()
        self.fail_after: set[int] = set()
        self._number = 0

    def write(self, work: Work) -> Written:
        self._number += 1
        if self._number in self.fail_before:
            raise StoreUnavailable("disk is full")
        written = super().write(work)
        self.works.append(work)
        if self._number in self.fail_after:
            raise StoreUnavailable("answer lost")
        return written


class HandClock:
    """A clock that only moves when someone waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self.seconds

    def now_ms(self) -> int:
        return 1_700_000_000_000 + round(self.seconds * 1000)

    def advance(self, seconds: float) -> None:
        self.seconds += seconds

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return False


class Trial:
    """A service on a script, run to the end of the script."""

    def __init__(self, path: Path, plan: Plan, steps: Sequence[Step], **options: Any) -> None:
        self.clock = HandClock()
        self.source = options.pop("source", None) or ScriptedSource(steps)
        self.sink = options.pop("sink", None) or WatchedStore(path)
        self.path = path
        self.service = JudgingService(
            self.source,
            self.sink,
            options.pop("plan_provider", lambda: plan),
            plan.profile,
            clock=self.clock,
            rng=random.Random(0),
            wait=options.pop("wait", self.clock.wait),
            **options,
        )
        self.source.at_end = lambda: self.service.stop(0)

    def run(self) -> "Trial":
        self.service.run()
        return self

    def column(self, what: str, table: str = "verdict") -> list[Any]:
        with sqlite3.connect(self.path) as connection:
            rows = connection.execute(f"SELECT {what} FROM {table} ORDER BY seq").fetchall()  # noqa: S608  # own names
        connection.close()
        return [row[0] for row in rows]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verdicts.sqlite"


@pytest.fixture(scope="session")
def events(
    plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]
) -> Callable[[int], list[Event]]:
    """``events(n)``: shots of the synthetic plant as a stream delivers them."""

    def make(n: int) -> list[Event]:
        frame = frame_from_batch(make_shots(plant, n), profile)
        return [
            Event(f"t{i:04d}", str(d["_id"]), "insert", bson.encode(d), (50 + i, 1))
            for i, d in enumerate(documents(frame, profile))
            if d is not None
        ]

    return make


Events = Callable[[int], list[Event]]


def poison(token: str) -> Event:
    return Event(token, token, "insert", b"\x00\x00\x00\x00")


def test_every_record_gets_one_verdict_and_the_position_with_it(
    path: Path, plan: Plan, events: Events
) -> None:
    trial = Trial(path, plan, events(25), batch_size=10)
    trial.run()
    assert trial.column("event_token") == [e.token for e in events(25)]
    # Once more at the end: that it was stopped is kept in the state log.
    assert [w.position.token_json for w in trial.sink.works] == ["null", "t0009", "t0019", "t0024", "t0024"]
    status = trial.service.status
    assert (status.state, status.read, status.verdicts, status.dead_letters) == ("stopped", 25, 25, 0)
    assert status.balanced
    assert status.model_version == "v1"
    assert status.lag_seconds == 100 - 74


def test_the_starting_position_is_written_before_anything_is_read(path: Path, plan: Plan) -> None:
    seen: list[int] = []
    trial = Trial(path, plan, [lambda: seen.append(len(trial.sink.works))])
    trial.run()
    assert seen == [1]
    assert trial.sink.works[0].position.kind == "start"


def test_a_second_run_goes_on_where_the_first_stopped(path: Path, plan: Plan, events: Events) -> None:
    steps: list[Step] = [*events(30)]
    first = Trial(path, plan, steps[:12], batch_size=5).run()
    second = Trial(path, plan, steps, batch_size=5).run()
    assert first.service.status.verdicts == 12
    assert second.service.status.verdicts == 18
    assert second.column("event_token") == [e.token for e in events(30)]


def test_what_cannot_be_judged_is_a_dead_letter_and_all_is_accounted_for(
    path: Path, plan: Plan, events: Events
) -> None:
    good = events(3)
    steps = [
        good[0],
        poison("p1"),
        Event("u1", "gone", "update", None),
        Event("i1", "", "invalidate", None),
        *good[1:],
    ]
    trial = Trial(path, plan, steps)
    trial.run()
    assert trial.column("event_token") == [e.token for e in good]
    assert sorted(trial.column("reason", "dead_letter")) == ["no_document", "undecodable"]
    status = trial.service.status
    assert (status.read, status.verdicts, status.dead_letters, status.ignored) == (6, 3, 2, 1)
    assert status.balanced


def test_a_batch_of_events_without_records_still_moves_the_position(path: Path, plan: Plan) -> None:
    trial = Trial(path, plan, [Event("i1", "", "invalidate", None, (60, 1)), None])
    trial.run()
    assert [w.position.token_json for w in trial.sink.works][:2] == ["null", "i1"]
    assert trial.service.status.balanced


@pytest.mark.parametrize("when", ["fail_before", "fail_after"])
def test_a_store_that_fails_loses_and_doubles_nothing(
    path: Path, plan: Plan, events: Events, when: str
) -> None:
    store = WatchedStore(path)
    setattr(store, when, {2, 3, 5})
    trial = Trial(path, plan, events(30), batch_size=6, sink=store)
    trial.run()
    assert trial.column("event_token") == [e.token for e in events(30)]
    assert trial.service.status.balanced
    assert trial.service.status.reconnects == 3


def test_verdicts_are_the_same_with_and_without_failures(path: Path, plan: Plan, events: Events) -> None:
    """Fill memory is read back after a failure: values of a batch undone are forgotten."""
    holes = []
    for number, event in enumerate(events(40)):
        document = bson.decode(event.raw or b"")
        document["facility"], document["maker"], document["item"] = "M0-F0", "M0", "I0"
        if number % 3:
            del document["set"]
        holes.append(event._replace(raw=bson.encode(document)))
    store = WatchedStore(path)
    store.fail_before, store.fail_after = {3, 4}, {6}
    shaken = Trial(path, plan, holes, batch_size=5, sink=store).run()
    calm = Trial(path.with_name("calm.sqlite"), plan, holes, batch_size=5).run()
    columns = "event_token || filled || anomaly_score || outcome"
    assert shaken.column(columns) == calm.column(columns)
    assert any("forward" in text for text in calm.column("filled"))


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


def test_an_idle_position_is_written_once_a_minute_and_at_the_stop(path: Path, plan: Plan) -> None:
    steps: list[Step] = []
    for _ in range(10):
        steps += [None, lambda: trial.clock.advance(CHECKPOINT_S / 4)]
    trial = Trial(path, plan, [*steps, None])
    trial.run()
    kinds = [w.position.kind for w in trial.sink.works]
    assert kinds == ["start", "idle", "idle", "idle"]
    stored = VerdictStore(f"sqlite:///{path.as_posix()}")
    assert stored.position() == trial.source.position()
    stored.close()


@pytest.mark.skipif(os.name != "posix", reason="Windows lets nobody delete an open file")
def test_a_store_that_vanishes_on_a_quiet_line_is_noticed_at_once(
    path: Path, plan: Plan, events: Events
) -> None:
    gone: list[bool] = []

    def vanish() -> None:
        if not gone:
            gone.append(True)
            path.unlink()

    trial = Trial(path, plan, [*events(3), vanish, None])
    trial.run()
    reasons = [change.reason for work in trial.sink.works for change in work.states]
    assert any("deleted or exchanged while it was in use" in reason for reason in reasons)


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


def test_unknown_fields_are_counted(path: Path, plan: Plan, events: Events) -> None:
    [shot] = events(1)
    more = bson.encode({**bson.decode(shot.raw or b""), "clamp": 1})
    trial = Trial(path, plan, [shot._replace(raw=more)])
    trial.run()
    assert dict(trial.service.status.unknown_fields) == {"clamp": 1}


@pytest.mark.fault_row(30)
def test_a_replayed_event_gets_no_second_verdict(path: Path, plan: Plan, events: Events) -> None:
    shots = events(4)
    trial = Trial(path, plan, [*shots[:3], *shots[1:]], batch_size=3)
    trial.run()
    assert trial.column("event_token") == [e.token for e in shots]
    status = trial.service.status
    assert (status.read, status.verdicts, status.replayed) == (6, 4, 2)
    assert status.balanced
