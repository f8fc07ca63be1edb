"""Whatever happens in whatever order, the machine goes only the ways it may."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from core.stream import Phase, Position
from inference.consumer import actions as do
from inference.consumer import happened as was
from inference.consumer.decide import decide
from inference.consumer.machine import Machine, OnGap
from inference.consumer.states import FOLLOWS, MEANING, READING, may_follow

STORED = Position('{"_data": "82"}', (7, 1), "event", "rs0")


def test_every_state_has_a_meaning_and_successors() -> None:
    assert set(MEANING) == set(FOLLOWS)


FAULTS = st.sampled_from(["away", "unknown", "position_refused", "history_lost"])
STORE_FAULTS = st.sampled_from(["away", "full", "lost"])
PHASES = st.sampled_from(["stream", "snapshot", "reconcile"])


def answers(action: do.Action, phase: Phase) -> st.SearchStrategy[was.Happened]:
    """Anything that may answer an action while the source reads `phase`; the stream comes after it."""
    phases = st.sampled_from([phase, "stream"])
    refused = st.builds(was.Refused, st.just("operator"))
    store = st.builds(was.StoreFailed, STORE_FAULTS, st.just("store"))
    stream = st.builds(was.StreamFailed, FAULTS, st.just("stream"), st.just(1))
    now = st.floats(0, 1e4)
    match action:
        case do.OpenStore():
            return st.one_of(st.builds(was.StoreOpened, st.sampled_from([None, STORED])), store, refused)
        case do.LoadModel():
            return st.one_of(
                st.builds(was.ModelReady, st.just("1"), now), st.builds(was.ModelMissing, st.just("none"))
            )
        case do.OpenStream():
            return st.one_of(st.builds(was.StreamOpened, PHASES, now), stream, refused)
        case do.NoteGap():
            return st.one_of(st.builds(was.GapOpened, now), store)
        case do.Read():
            quiet = st.builds(was.Quiet, phases, st.booleans(), now)
            ordered = st.just(was.Ordered())
            return st.one_of(st.builds(was.Arrived, phases), quiet, ordered, stream, refused)
        case do.Work():
            failed = st.builds(was.ModelFailed, st.just("model"))
            return st.one_of(st.builds(was.Committed, phases, now), store, failed, refused)
        case do.Obey():
            return st.one_of(st.just(was.Obeyed()), store, refused)
        case do.Checkpoint():
            return st.one_of(st.builds(was.Committed, phases, now), store, refused)
        case do.Wait():
            return st.just(was.Waited())
        case do.Drain():
            return st.just(was.Drained())
        case do.End():
            raise AssertionError("nothing is asked after the end")


@settings(max_examples=400, deadline=None)
@given(st.data(), st.sampled_from(["reconcile", "fail"]))
def test_whatever_happens_the_machine_goes_the_ways_it_may(data: st.DataObject, on_gap: OnGap) -> None:
    machine, action = decide(Machine(on_gap=on_gap), was.Started())
    store_open = model = False
    phase: Phase = "stream"
    for _ in range(60):
        if isinstance(action, do.End):
            assert machine.state in ("stopped", "halted", "failed")
            return
        if isinstance(action, do.OpenStream | do.Read | do.Work):
            assert store_open
        if isinstance(action, do.Read | do.Work | do.NoteGap):
            assert model
        if isinstance(action, do.OpenStream) and action.begin == "now":
            assert machine.gap
        if isinstance(action, do.Read) and machine.gap:
            raise AssertionError("read with a gap that is not noted")
        stop = data.draw(st.integers(0, 30)) == 0
        happened = was.StopAsked() if stop else data.draw(answers(action, phase))
        before = machine
        machine, action = decide(before, happened)
        assert may_follow(before.state, machine.state), (before.state, happened, machine.state)
        assert bool(machine.reason) or machine.state in {
            *READING,
            "opening",
            "loading",
            "connecting",
            "draining",
            "stopped",
        }
        match happened:
            case was.StoreOpened():
                store_open = True
            case was.StreamOpened() | was.Arrived() | was.Quiet() | was.Committed():
                phase = happened.phase
            case was.GapOpened():
                phase = "reconcile"
            case was.Waited() if before.model:
                pass
            case was.StoreFailed() | was.Waited():
                store_open = model = False
            case was.ModelReady():
                model = True
            case was.ModelMissing() | was.ModelFailed():
                model = False
            case _:
                pass
