"""What the consumer does next. No clock, no threads, no I/O, nothing global.

The rules it keeps, whatever happens (`tests/inference/consumer` proves them in simulation):

- a position is only ever taken from the store, after everything that opens or fails;
- the stream is never opened at its present end but on a first run, or for a gap that is
  then noted and reconciled before anything else is read;
- nothing is read without a model and an open store;
- every way out of reading leads through ``opening`` again, or to an end.
"""

from __future__ import annotations

from dataclasses import replace

from core.stream import Begin, Phase
from inference.consumer.actions import (
    Action,
    Checkpoint,
    Drain,
    End,
    LoadModel,
    NoteGap,
    Obey,
    OpenStore,
    OpenStream,
    Read,
    Wait,
    Work,
)
from inference.consumer.happened import (
    Arrived,
    Committed,
    Drained,
    GapOpened,
    Happened,
    ModelFailed,
    ModelMissing,
    ModelReady,
    Obeyed,
    Ordered,
    Quiet,
    Refused,
    Started,
    StopAsked,
    StoreFailed,
    StoreOpened,
    StreamFailed,
    StreamOpened,
    Waited,
)
from inference.consumer.machine import Machine
from inference.consumer.states import READING, State

MODEL_CHECK_S = 1.0
"""How often a new model is looked for."""
CHECKPOINT_S = 60.0
"""How often the position of an idle stream is written."""
FULL_WAIT_S = 5.0
"""How long a full disk is left alone."""
MOST_UNKNOWN = 5
"""Answers in a row that nobody foresaw, before the operator has to look."""
MOST_GAPS = 3
"""Gaps in a row without one batch in between, before the operator has to look."""

_STATE_OF: dict[Phase, State] = {
    "stream": "streaming",
    "snapshot": "snapshot",
    "reconcile": "reconciling",
}


Next = tuple[Machine, Action]


def decide(machine: Machine, happened: Happened) -> Next:
    """The machine after what happened, and the one action to perform next."""
    match happened:
        case StopAsked():
            return _stop(machine)
        case Refused(reason):
            return _enter(machine, "failed", reason), End(orderly=False)
        case StoreFailed():
            return _store_failed(machine, happened)
        case StreamFailed():
            return _stream_failed(machine, happened)
        case ModelMissing(reason):
            return _model_missing(machine, reason)
        case ModelFailed(reason):
            return _again(machine, "paused", reason)
        case Started():
            return _enter(machine, "opening"), OpenStore()
        case Waited() if machine.model:
            return machine, LoadModel()  # nothing else is missing, and nothing else is asked for
        case Waited():
            return _enter(machine, "opening", machine.reason), OpenStore(anew=machine.lost)
        case StoreOpened(position):
            opened = replace(machine, position=position, lost=False, pending=False)
            return _enter(opened, "loading", machine.reason), LoadModel()
        case ModelReady(_, now):
            return _model_ready(replace(machine, model="", model_checked=now))
        case StreamOpened(phase, now):
            return _stream_opened(replace(machine, written=now), phase)
        case GapOpened(now):
            noted = replace(machine, gap="", gaps=machine.gaps + 1, written=now)
            return _enter(noted, "reconciling"), Read()
        case Arrived(phase):
            return _enter(replace(machine, pending=True), _STATE_OF[phase]), Work()
        case Committed(phase, now):
            return _committed(machine, phase, now)
        case Quiet():
            return _quiet(machine, happened)
        case Ordered():
            return machine, Obey()
        case Obeyed():
            return machine, Read()
        case Drained():
            return _enter(machine, "stopped"), End(orderly=True)


def _model_missing(machine: Machine, reason: str) -> Next:
    without = replace(machine, model=reason)
    if machine.state == "loading" and machine.position is None and not machine.gap:
        # A first run begins here and now, model or not: opening the stream notes where.
        return _enter(without, "connecting", reason), OpenStream("position")
    return _enter(without, "paused", reason), Wait(seconds=MODEL_CHECK_S)


def _model_ready(machine: Machine) -> Next:
    if machine.state in READING:
        return machine, Read()
    begin: Begin = "now" if machine.gap else "position"
    return _enter(machine, "connecting", machine.reason), OpenStream(begin)


def _stream_opened(machine: Machine, phase: Phase) -> Next:
    if machine.model:
        return _enter(machine, "paused", machine.model), Wait(seconds=MODEL_CHECK_S)
    if machine.gap:
        return machine, NoteGap(machine.gap)
    return _enter(machine, _STATE_OF[phase]), Read()


def _committed(machine: Machine, phase: Phase, now: float) -> Next:
    """Something is durable; once the stream itself goes on, gaps before it are history."""
    gaps = 0 if phase == "stream" else machine.gaps
    after = replace(_went_on(machine), gaps=gaps, pending=False, written=now)
    if after.stopping:
        return _enter(after, "draining"), Drain()
    after = _enter(after, _STATE_OF[phase])
    return after, LoadModel() if now - after.model_checked >= MODEL_CHECK_S else Read()


def _quiet(machine: Machine, quiet: Quiet) -> Next:
    after = _enter(_went_on(machine), _STATE_OF[quiet.phase])
    # The end of a snapshot or of reconciling is worth keeping at once.
    through = quiet.phase == "stream" and machine.state in ("snapshot", "reconciling")
    if quiet.moved and (through or quiet.now - after.written >= CHECKPOINT_S):
        return after, Checkpoint()
    return after, LoadModel() if quiet.now - after.model_checked >= MODEL_CHECK_S else Read()


def _went_on(machine: Machine) -> Machine:
    """The stream answered: earlier failures are history."""
    return replace(machine, failures=0, unknown=0, repositioned=False)


def _stop(machine: Machine) -> Next:
    if machine.pending:
        return replace(machine, stopping=True), Work()
    if machine.state in READING or machine.state == "draining":
        return _enter(replace(machine, stopping=True), "draining"), Drain()
    return _enter(machine, "stopped"), End(orderly=True)


def _store_failed(machine: Machine, failed: StoreFailed) -> Next:
    """Of a write the outcome is unknown: only the store itself can say what is in it."""
    machine = replace(machine, pending=False, model="")
    if machine.stopping:
        return _enter(machine, "stopped", failed.reason), End(orderly=True)
    if failed.fault == "lost":
        if machine.on_gap == "fail":
            return _enter(machine, "halted", failed.reason), End(orderly=False)
        lost = replace(machine, lost=True, gap=failed.reason)
        return _enter(lost, "paused", failed.reason), Wait(seconds=0.0)
    if failed.fault == "full":
        return _enter(machine, "paused", failed.reason), Wait(seconds=FULL_WAIT_S)
    return _again(machine, "paused", failed.reason)


def _stream_failed(machine: Machine, failed: StreamFailed) -> Next:
    coded = replace(machine, code=failed.code)
    if machine.stopping:
        return _enter(coded, "stopped", failed.reason), End(orderly=True)
    if machine.gap:  # opened at the present end: there is no position that could be lost or refused
        return _again(coded, "reconnecting", failed.reason)
    match failed.fault:
        case "history_lost":
            return _gap(coded, failed.reason)
        case "position_refused":
            known = machine.position is not None and machine.position.cluster_time != (0, 0)
            if known and not machine.repositioned:
                tried = replace(coded, repositioned=True)
                return _enter(tried, "repositioning", failed.reason), OpenStream("time")
            return _gap(coded, failed.reason)
        case "unknown":
            counted = replace(coded, unknown=machine.unknown + 1)
            if counted.unknown >= MOST_UNKNOWN:
                return _enter(counted, "failed", failed.reason), End(orderly=False)
            return _again(counted, "reconnecting", failed.reason)
        case "away":
            return _again(coded, "reconnecting", failed.reason)


def _gap(machine: Machine, cause: str) -> Next:
    """Never silently "from now": a gap is noted, then closed by comparing, or it halts."""
    if machine.on_gap == "fail" or machine.gaps >= MOST_GAPS:
        return _enter(machine, "halted", cause), End(orderly=False)
    return _enter(replace(machine, gap=cause), "gap", cause), OpenStream("now")


def _again(machine: Machine, state: State, reason: str) -> Next:
    """Wait a growing time, then begin at the store."""
    failures = machine.failures + 1
    again = replace(machine, failures=failures, pending=False, model="")
    return _enter(again, state, reason), Wait(attempt=failures)


def _enter(machine: Machine, state: State, reason: str = "") -> Machine:
    code = machine.code if reason else None
    return replace(machine, state=state, reason=reason, code=code)
