"""What the machine asks for next, story by story."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.stream import Position
from inference.consumer import actions as do
from inference.consumer import happened as was
from inference.consumer.decide import CHECKPOINT_S, MOST_GAPS, MOST_UNKNOWN, decide
from inference.consumer.machine import Machine

STORED = Position('{"_data": "82"}', (7, 1), "event", "rs0")


def reading(machine: Machine | None = None) -> Machine:
    """A machine that streams after the stored position."""
    machine = machine or Machine()
    for happened in (
        was.Started(),
        was.StoreOpened(STORED),
        was.ModelReady("1", 0.0),
        was.StreamOpened("stream", 0.0),
    ):
        machine, _ = decide(machine, happened)
    assert machine.state == "streaming"
    return machine


def test_the_way_to_the_first_shot_is_store_model_stream() -> None:
    machine, asked = Machine(), []
    for happened in (
        was.Started(),
        was.StoreOpened(None),
        was.ModelReady("1", 0.0),
        was.StreamOpened("snapshot", 0.0),
        was.Arrived("snapshot"),
        was.Committed("snapshot", 0.1),
    ):
        machine, action = decide(machine, happened)
        asked.append(action)
    assert asked == [
        do.OpenStore(),
        do.LoadModel(),
        do.OpenStream("position"),
        do.Read(),
        do.Work(),
        do.Read(),
    ]
    assert machine.state == "snapshot"


def test_without_a_model_nothing_is_read() -> None:
    machine, _ = decide(Machine(), was.StoreOpened(STORED))
    machine, action = decide(machine, was.ModelMissing("no model is trained yet"))
    assert (machine.state, machine.reason) == ("paused", "no model is trained yet")
    assert isinstance(action, do.Wait)
    again, action = decide(machine, was.Waited())
    assert (again, action) == (machine, do.LoadModel())


def test_a_first_run_notes_where_it_begins_although_there_is_no_model() -> None:
    machine, _ = decide(Machine(), was.StoreOpened(None))
    assert machine.state == "loading"
    machine, action = decide(machine, was.ModelMissing("no model"))
    assert action == do.OpenStream("position")
    machine, action = decide(machine, was.StreamOpened("stream", 0.0))
    assert (machine.state, machine.reason) == ("paused", "no model")
    assert isinstance(action, do.Wait)


@pytest.mark.parametrize("fault", ["away", "full"])
def test_after_a_store_fault_the_position_is_read_back_before_anything_else(fault: was.StoreFault) -> None:
    machine, _ = decide(reading(), was.Arrived("stream"))
    machine, action = decide(machine, was.StoreFailed(fault, "disk"))
    assert machine.state == "paused"
    assert isinstance(action, do.Wait)
    machine, action = decide(machine, was.Waited())
    assert action == do.OpenStore()


@pytest.mark.fault_row(17)
def test_a_stream_that_is_away_is_tried_again_for_ever_with_growing_waits() -> None:
    machine = reading()
    for attempt in range(1, 200):
        machine, action = decide(machine, was.StreamFailed("away", "no connection"))
        assert action == do.Wait(attempt=attempt)
        machine, _ = decide(machine, was.Waited())
        machine, _ = decide(machine, was.StoreOpened(STORED))
        machine, _ = decide(machine, was.ModelReady("1", float(attempt)))


@pytest.mark.fault_row(21, 23)
def test_a_refused_token_is_replaced_by_its_time_once_and_then_is_a_gap() -> None:
    machine, action = decide(reading(), was.StreamFailed("position_refused", "filter changed", 280))
    assert (machine.state, machine.code, action) == ("repositioning", 280, do.OpenStream("time"))
    machine, _ = decide(machine, was.StreamOpened("stream", 1.0))
    machine, action = decide(machine, was.StreamFailed("position_refused", "filter changed", 280))
    assert (machine.state, action) == ("gap", do.OpenStream("now"))


def test_a_refused_token_without_a_time_is_a_gap() -> None:
    machine = replace(reading(), position=replace(STORED, cluster_time=(0, 0)))
    machine, action = decide(machine, was.StreamFailed("position_refused", "damaged", 50811))
    assert (machine.state, action) == ("gap", do.OpenStream("now"))


def test_a_gap_is_noted_before_anything_is_read() -> None:
    machine, action = decide(reading(), was.StreamFailed("history_lost", "oplog rolled over", 286))
    assert action == do.OpenStream("now")
    machine, action = decide(machine, was.StreamOpened("stream", 1.0))
    assert action == do.NoteGap("oplog rolled over")
    machine, action = decide(machine, was.GapOpened(1.1))
    assert (machine.state, action) == ("reconciling", do.Read())


def test_a_gap_that_could_not_be_noted_is_still_a_gap_after_the_store_is_back() -> None:
    machine, _ = decide(reading(), was.StreamFailed("history_lost", "oplog rolled over", 286))
    machine, _ = decide(machine, was.StreamOpened("stream", 1.0))
    for happened in (was.StoreFailed("away", "locked"), was.Waited(), was.StoreOpened(STORED)):
        machine, _ = decide(machine, happened)
    machine, action = decide(machine, was.ModelReady("1", 2.0))
    assert action == do.OpenStream("now")
    _, action = decide(machine, was.StreamOpened("stream", 2.0))
    assert action == do.NoteGap("oplog rolled over")


def test_a_plant_that_wants_to_decide_itself_is_halted_by_a_gap() -> None:
    machine, action = decide(
        reading(Machine(on_gap="fail")), was.StreamFailed("history_lost", "oplog rolled over", 286)
    )
    assert (machine.state, machine.reason, action) == ("halted", "oplog rolled over", do.End(orderly=False))


def test_gaps_without_end_halt() -> None:
    machine = reading()
    for _ in range(MOST_GAPS):
        machine, action = decide(machine, was.StreamFailed("history_lost", "rolled", 286))
        assert action == do.OpenStream("now")
        for happened in (was.StreamOpened("stream", 0.0), was.GapOpened(0.0), was.Arrived("reconcile")):
            machine, _ = decide(machine, happened)
        machine, _ = decide(machine, was.Committed("reconcile", 0.0))
    machine, _ = decide(machine, was.StreamFailed("history_lost", "rolled", 286))
    assert machine.state == "halted"


def test_a_store_that_vanished_is_made_anew_as_a_gap_never_as_a_first_run() -> None:
    machine, action = decide(Machine(), was.StoreFailed("lost", "the database is empty"))
    machine, action = decide(machine, was.Waited())
    assert action == do.OpenStore(anew=True)
    machine, _ = decide(machine, was.StoreOpened(None))
    machine, action = decide(machine, was.ModelReady("1", 0.0))
    assert action == do.OpenStream("now")
    _, action = decide(machine, was.StreamOpened("stream", 0.0))
    assert action == do.NoteGap("the database is empty")


def test_an_answer_nobody_foresaw_is_tried_again_a_few_times() -> None:
    machine = reading()
    for _ in range(MOST_UNKNOWN - 1):
        machine, action = decide(machine, was.StreamFailed("unknown", "code 4711", 4711))
        assert isinstance(action, do.Wait)
    machine, action = decide(machine, was.StreamFailed("unknown", "code 4711", 4711))
    assert (machine.state, action) == ("failed", do.End(orderly=False))


def test_a_stop_finishes_the_batch_at_hand() -> None:
    machine, _ = decide(reading(), was.Arrived("stream"))
    machine, action = decide(machine, was.StopAsked())
    assert action == do.Work()
    machine, action = decide(machine, was.Committed("stream", 1.0))
    assert (machine.state, action) == ("draining", do.Drain())
    machine, action = decide(machine, was.Drained())
    assert (machine.state, action) == ("stopped", do.End(orderly=True))


def test_a_stop_while_nothing_can_be_written_ends_at_once() -> None:
    machine, _ = decide(reading(), was.StoreFailed("full", "no space left"))
    machine, action = decide(machine, was.StopAsked())
    assert (machine.state, action) == ("stopped", do.End(orderly=True))


def test_the_position_of_a_quiet_stream_is_written_now_and_then() -> None:
    machine = reading()
    machine, action = decide(machine, was.Quiet("stream", moved=True, now=0.5))
    assert action == do.Read()
    machine, action = decide(machine, was.Quiet("stream", moved=True, now=CHECKPOINT_S))
    assert action == do.Checkpoint()
    _, action = decide(machine, was.Quiet("stream", moved=False, now=3 * CHECKPOINT_S))
    assert action == do.LoadModel()
