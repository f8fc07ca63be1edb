"""The judging service: decides, performs, tells how it is doing, again.

What to do next is decided by `inference.consumer.decide`, done by `inference.consumer.edge`.
Nothing is lost and nothing doubled because a batch's verdicts and the position after it are
one transaction: after a crash, or any error whose outcome is unknown, position and fill
memory are read back from the sink and reading goes on from there.
"""

from __future__ import annotations

import random
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog

from core.profile import Profile
from core.stream import Sink, Source, StateChange
from inference.backoff import Backoff
from inference.beside import BesideJudging, MakeBeside
from inference.clock import Clock, SystemClock
from inference.consumer.actions import End, Wait
from inference.consumer.decide import decide
from inference.consumer.edge import Edge
from inference.consumer.happened import Started, StopAsked
from inference.consumer.judging import Judging
from inference.consumer.machine import Machine, OnGap
from inference.consumer.orders import Orders
from inference.consumer.states import ON_THE_WAY
from inference.isolation import Judge
from inference.judge import judge as judge_batch
from inference.plan import Plan
from inference.reading import Reading
from inference.status import ServiceStatus
from inference.watchdog import beating
from ingest.document import DocumentDecoder


class JudgingService:
    """Judges a stream until stopped.

    Parameters
    ----------
    source : Source
        Where the records come from.
    sink : Sink
        Where the verdicts go; used and closed by the thread that calls `run`.
    plan_provider : callable
        Gives the present scoring plan, the same object as long as nothing changed;
        asked at most once a second, between batches. Raises `ModelError` while there
        is none to judge with.
    profile : Profile
    clock : Clock
    batch_size : int
        Most events in one transaction. Fewer are taken as soon as fewer are at hand.
    judge : callable
        ``judge(batch, plan, memory)``, `inference.judge.judge` unless a trial gives another.
    on_gap : str
        What to do when the source no longer holds the position: ``reconcile`` or ``fail``.
    rng : random.Random
        Draws the waiting times before another attempt.
    wait : callable
        Waits up to so many seconds and returns early, True, when a stop was asked for.
    beside : callable
        Makes what looks at every batch once it is written; `inference.wiring.beside`.
    """

    def __init__(
        self,
        source: Source,
        sink: Sink,
        plan_provider: Callable[[], Plan],
        profile: Profile,
        *,
        clock: Clock | None = None,
        batch_size: int = 1000,
        judge: Judge = judge_batch,
        on_gap: OnGap = "reconcile",
        rng: random.Random | None = None,
        wait: Callable[[float], bool] | None = None,
        log: Any = None,
        beside: MakeBeside | None = None,
    ) -> None:
        self._clock = clock or SystemClock()
        self._log = log or structlog.get_logger("judging")
        self._stop = threading.Event()
        self._done = threading.Event()
        self._edge = Edge(
            Reading(source, batch_size),
            sink,
            plan_provider,
            profile,
            Judging(DocumentDecoder(profile), judge, self._log),
            (beside or BesideJudging)(profile, self._clock.monotonic, self._log, self._note),
            clock=self._clock,
            backoff=Backoff(rng or random.Random()),
            wait=wait or beating(self._stop.wait, self._beat),
            log=self._log,
        )
        self._machine = self._told = Machine(on_gap=on_gap)
        self._since = self._clock.now_ms()
        self._reconnects = 0
        self._status = self._picture()
        self.heartbeat = self._clock.monotonic()
        """When the loop last took a step [s], for a watchdog."""

    @property
    def status(self) -> ServiceStatus:
        """The present picture; safe from any thread."""
        return self._status

    @property
    def orders(self) -> Orders:
        """Where the operator's orders are handed in; safe from any thread."""
        return self._edge.orders

    def stop(self, timeout: float | None = 0.0) -> bool:
        """Ask `run` to finish its batch and return; wait up to `timeout` seconds for it.

        Returns
        -------
        bool
            Whether it has ended. Safe from any thread; from a signal handler with no
            `timeout`, since the handler may run in the very thread it would wait for.
        """
        self._stop.set()
        return self._done.wait(timeout)

    def run(self) -> None:
        """Judge until `stop`, or until only the operator can mend it: see `status`.

        Raises
        ------
        Exception
            A fault of the program itself; the state is ``failed`` then.
        """
        try:
            machine, action = decide(self._machine, Started())
            self._enter(machine)
            while not isinstance(action, End):
                if self._stop.is_set() and not machine.stopping:
                    machine, action = decide(machine, StopAsked())
                    self._enter(machine)
                    continue
                if isinstance(action, Wait) and action.attempt:
                    self._reconnects += 1
                self._beat()
                happened = self._edge.perform(action)
                machine, action = decide(machine, happened)
                self._enter(machine)
            if not action.orderly:
                self._edge.perform(action)  # where the store still takes its last word
        except Exception as error:  # the loop's edge: said with its stack, then the process ends
            self._log.error("judging failed", error=str(error), stack=traceback.format_exc())
            self._enter(replace(self._machine, state="failed", reason=str(error) or type(error).__name__))
            raise
        finally:
            self._edge.close()
            self._done.set()

    def _beat(self) -> None:
        self.heartbeat = self._clock.monotonic()

    def _enter(self, machine: Machine) -> None:
        """Publish; another state or reason is logged and kept for the store's log.

        Where an attempt follows a failed one, the way there is not told again: what was away
        still is until it answers.
        """
        self._machine = machine
        before = self._told
        trying = machine.state in ON_THE_WAY and machine.reason and before.state not in ON_THE_WAY
        if not trying and (before.state, before.reason) != (machine.state, machine.reason):
            self._told = machine
            self._since = self._clock.now_ms()
            self._log.info("state", was=before.state, now=machine.state, reason=machine.reason)
            change = StateChange(self._since, before.state, machine.state, machine.code, machine.reason)
            self._edge.states.append(change)
        self._status = self._picture()

    def _note(self, reason: str) -> None:
        """A line for the log of states that changes none."""
        state = self._told.state
        self._edge.states.append(StateChange(self._clock.now_ms(), state, state, None, reason))

    def _picture(self) -> ServiceStatus:
        edge, ledger = self._edge, self._edge.ledger
        return ServiceStatus(
            state=self._told.state,
            reason=self._told.reason,
            code=self._told.code,
            since=self._since,
            read=ledger.read,
            verdicts=ledger.verdicts,
            dead_letters=ledger.dead_letters,
            ignored=ledger.ignored,
            replayed=ledger.replayed,
            reconnects=self._reconnects,
            lag_seconds=edge.lag,
            last_commit=edge.last_commit,
            model_version=edge.plan.version if edge.plan is not None else None,
            model_problem=edge.model_problem,
            threshold_choice=edge.plan.choice if edge.plan is not None else 0,
            unknown_fields=dict(ledger.unknown_fields),
        )
