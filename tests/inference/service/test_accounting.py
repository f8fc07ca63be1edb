"""Every record gets one verdict or one dead letter, and the position goes along."""

from pathlib import Path

import bson
import pytest

from core.stream import Event
from inference.consumer.decide import CHECKPOINT_S
from inference.plan import Plan
from inference.store.sink import VerdictStore
from tests.inference.service.trial import Events, Step, Trial


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
