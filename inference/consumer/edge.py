"""Performs what the machine asks for: the one place where the consumer meets source, store and model."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from core.errors import (
    ConfigError,
    ModelRefused,
    SourceUnavailable,
    StoreUnavailable,
)
from core.profile import Profile
from core.stream import Begin, Event, Position, Sink, StateChange, Work, Written
from inference.backoff import Backoff
from inference.beside import BesideJudging
from inference.clock import Clock
from inference.consumer import actions as do
from inference.consumer import happened as was
from inference.consumer.faults import store_failed, stream_failed
from inference.consumer.judging import Judged, Judging
from inference.consumer.ledger import Ledger
from inference.consumer.model_in_use import ModelInUse
from inference.consumer.orders import Desk, Orders
from inference.plan import Plan
from inference.reading import Reading
from ingest.fill_memory import FillMemory

WAIT_S = 1.0
"""How long one read waits for events; also how soon a stop or a new model is noticed."""
MOST_LAG_S = 5.0
"""Seconds behind the newest event past which nothing is judged in the shadow."""
MOST_STATES = 1000
"""State changes kept while the store is away."""


class Edge:
    """Source, sink, model and clock of one consumer; used by one thread.

    Parameters
    ----------
    reading : Reading
    sink : Sink
    plan_provider : callable
        Gives the present scoring plan; raises `ModelError` while there is none.
    profile : Profile
    judging : Judging
    beside : BesideJudging
        Sees every batch once it is written.
    clock : Clock
    backoff : Backoff
        Draws waiting times.
    wait : callable
        Waits up to so many seconds; returns early, True, when a stop was asked for.
    log : structlog logger

    Attributes
    ----------
    ledger : Ledger
    orders : Orders
    states : deque of StateChange
        Not written yet; they go along with the next transaction.
    lag : float or None
        Seconds between the last record written and the newest in the source.
    """

    def __init__(
        self,
        reading: Reading,
        sink: Sink,
        plan_provider: Callable[[], Plan],
        profile: Profile,
        judging: Judging,
        beside: BesideJudging,
        *,
        clock: Clock,
        backoff: Backoff,
        wait: Callable[[float], bool],
        log: Any,
    ) -> None:
        self._reading, self._sink = reading, sink
        self._model, self._log = ModelInUse(plan_provider, log), log
        self._profile, self._judging, self._beside = profile, judging, beside
        self._clock, self._backoff, self._wait = clock, backoff, wait
        self.ledger = Ledger()
        self.orders = Orders()
        self.states: deque[StateChange] = deque(maxlen=MOST_STATES)
        self.last_commit: int | None = None
        self.lag: float | None = None
        self._memory = FillMemory()
        self._stored: Position | None = None
        self._events: Sequence[Event] = ()
        self._reconciling = False

    @property
    def plan(self) -> Plan | None:
        """What judges now."""
        return self._model.plan

    @property
    def model_problem(self) -> str:
        """Why a newer version is not used, empty when all is well."""
        return self._model.problem

    def perform(self, action: do.Action) -> was.Happened:
        """Do it, and say what happened."""
        try:
            return self._perform(action)
        except ConfigError as error:
            return was.Refused(str(error))
        except StoreUnavailable as error:
            return store_failed(error)
        except SourceUnavailable as error:
            return stream_failed(error)
        except ModelRefused as error:
            self._model.distrust(str(error))
            return was.ModelFailed(str(error))

    def _perform(self, action: do.Action) -> was.Happened:
        match action:
            case do.OpenStore(anew):
                return self._open_store(anew)
            case do.LoadModel():
                return self._model.look(self._clock.monotonic, self._judging.another_model)
            case do.OpenStream(begin):
                return self._open_stream(begin)
            case do.NoteGap(cause):
                self._stored = self._sink.note_gap(cause, self._reading.reconcile)
                self._reconciling = True
                return was.GapOpened(self._clock.monotonic())
            case do.Read():
                return self._read()
            case do.Work():
                return self._work()
            case do.Obey():
                assert self.plan is not None
                desk = Desk(self._sink, self._judging.decoder, self._judging.judge, self.plan, self._memory)
                self.orders.carry_out(desk)
                return was.Obeyed()
            case do.Checkpoint():
                self._write(Work(self._reading.position()))
                return was.Committed(self._reading.phase, self._clock.monotonic())
            case do.Wait(attempt, seconds):
                self._reading.close()
                self._wait(self._backoff.seconds(attempt) if seconds is None else seconds)
                return was.Waited()
            case do.Drain():
                return self._drain()
            case do.End():
                if self.states and self._stored is not None:  # why it ends; the position stays
                    self._sink.write(Work(self._stored, states=tuple(self.states)))
                return was.Drained()

    def close(self) -> None:
        """Let go of source and store; whoever still waits for an order is told."""
        self.orders.refuse_all(StoreUnavailable("the service is ending; nothing was changed"))
        self._reading.close()
        self._sink.close()

    def _open_store(self, anew: bool) -> was.Happened:
        self._reading.close()
        self._events = ()
        self._sink.open(anew)
        self._stored = self._sink.position()
        self._memory = FillMemory.from_json(self._sink.memory(), self._profile, self._forgotten)
        return was.StoreOpened(self._stored)

    def _forgotten(self, facility: str) -> None:
        self._log.error("what a facility last sent cannot be read: it begins anew", facility=facility)

    def _open_stream(self, begin: Begin) -> was.Happened:
        self._reading.open(self._stored, begin)
        phase = self._reading.phase
        self._reconciling = phase == "reconcile"
        if self._stored is None and begin == "position":
            # A stop before the first event must not lose where we began.
            self._write(Work(self._reading.position()))
        return was.StreamOpened(phase, self._clock.monotonic())

    def _read(self) -> was.Happened:
        if self.orders:
            return was.Ordered()
        self._events = self._reading.next_batch(WAIT_S)
        phase = self._reading.phase
        if self._events:
            return was.Arrived(phase)
        self._sink.check()
        self.lag = self._lag()
        moved = self._reading.position() != self._stored
        return was.Quiet(phase, moved, self._clock.monotonic())

    def _work(self) -> was.Happened:
        assert self.plan is not None
        phase = self._reading.phase
        unchanged = self._sink.unchanged if phase == "reconcile" else None
        judged: Judged = self._judging.of(
            self._events, self.plan, self._memory, self._reading.position(), unchanged
        )
        written = self._write(replace(judged.work, origin=phase))
        self.ledger.add(len(self._events), judged.ignored, written, judged.unknown_fields)
        full = len(self._events) >= self._reading.batch_size
        self._memory, self._events = judged.memory, ()
        self.lag = self._lag()
        new = written.verdicts == len(judged.work.tokens)
        # Only now, when nothing of it can reach a verdict any more.
        behind = phase != "stream" or (full if self.lag is None else self.lag > MOST_LAG_S)
        self._beside.judged(judged.seen, self._sink, new=new, behind=behind)
        return was.Committed(phase, self._clock.monotonic())

    def _write(self, work: Work, *, last: bool = False) -> Written:
        """One transaction, the states entered since the last one along with it."""
        closed = self._reconciling and self._reading.phase == "stream"
        told = tuple(self.states)
        beside = self._beside.due(final=last)
        written = self._sink.write(replace(work, states=told, gap_closed=closed, beside=beside))
        self._beside.written()
        for _ in told:
            self.states.popleft()
        self._reconciling = self._reconciling and not closed
        self._stored = work.position
        self.last_commit = self._clock.now_ms()
        return written

    def _drain(self) -> was.Happened:
        """Write where the stream stands and what was entered last; nothing is lost without it."""
        if self._reading.position() != self._stored or self.states or self._beside.due(final=True):
            self._write(Work(self._reading.position()), last=True)
        self.close()
        return was.Drained()

    def _lag(self) -> float | None:
        head = self._reading.head()
        if head is None:
            return None
        return float(max(0, head[0] - self._reading.position().cluster_time[0]))
