"""The loop: read, decode, judge, write verdicts and position in one transaction, again.

Nothing is lost and nothing doubled because a batch's verdicts and the position after it
are one transaction: after a crash, or any error whose outcome is unknown, position and
fill memory are read back from the sink and reading goes on from there.
"""

from __future__ import annotations

import random
import threading
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

import structlog

from core.errors import (
    ModelError,
    ModelNotFound,
    ModelRefused,
    PositionLost,
    RecordError,
    SourceUnavailable,
    StoreUnavailable,
)
from core.profile import Profile
from core.stream import Event, Position, Sink, Source, Work, Written
from inference.backoff import Backoff
from inference.clock import Clock, SystemClock
from inference.isolation import Judge, judge_around
from inference.judge import judge as judge_batch
from inference.plan import Plan
from inference.reading import Reading
from inference.status import ServiceStatus, State
from ingest.document import DocumentDecoder, dead_letter
from ingest.fill_memory import FillMemory

RECORD_OPERATIONS = frozenset({"insert", "update", "replace"})
WAIT_S = 1.0
"""How long one read waits for events; also how soon a stop or a new model is noticed."""
IDLE_WRITE_S = 60.0
"""How often the position of an idle stream is written."""
MODEL_CHECK_S = 1.0
MOST_FAILURES = 20
"""Records in a row that a model may fail on before the model is at fault, not they."""


@runtime_checkable
class HasHead(Protocol):
    """A source that knows the newest time of what it reads."""

    def head(self) -> tuple[int, int]:
        """Server time ``(seconds, increment)`` of its last answer."""


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
    rng : random.Random
        Draws the waiting times before another attempt.
    wait : callable
        Waits up to so many seconds and returns early, True, when a stop was asked for.
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
        rng: random.Random | None = None,
        wait: Callable[[float], bool] | None = None,
        log: Any = None,
    ) -> None:
        self._source, self._sink = source, sink
        self._reading = Reading(source, batch_size)
        self._plan_provider = plan_provider
        self._profile = profile
        self._clock = clock or SystemClock()
        self._judge = judge
        self._decoder = DocumentDecoder(profile)
        self._stop = threading.Event()
        self._done = threading.Event()
        self._wait = wait or self._stop.wait
        self._backoff = Backoff(rng or random.Random())
        self._log = log or structlog.get_logger("judging")
        self._status = ServiceStatus(since=self._clock.now_ms())
        self._plan: Plan | None = None
        self._plan_checked = float("-inf")
        self._memory = FillMemory()
        self._unknown: Counter[str] = Counter()
        self._written: Position | None = None
        self._written_at = float("-inf")
        self._failures_in_a_row = 0

    @property
    def status(self) -> ServiceStatus:
        """The present picture; safe from any thread."""
        return self._status

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
        """Judge until `stop`; errors that may pass are waited out, the others raised.

        Raises
        ------
        ConfigError, PositionLost, Exception
            What only the operator can mend; the state is ``failed`` then.
        """
        try:
            while not self._stop.is_set():
                try:
                    self._judge_stream()
                except PositionLost:
                    raise
                except SourceUnavailable as error:
                    self._retry("reconnecting", error)
                except (StoreUnavailable, ModelRefused) as error:
                    self._retry("paused", error)
            self._enter("stopped")
        except Exception as error:  # the loop's edge: said with its stack, then the process ends
            self._log.error("judging failed", error=str(error), stack=traceback.format_exc())
            self._enter("failed", str(error) or type(error).__name__)
            raise
        finally:
            self._reading.close()
            self._sink.close()
            self._done.set()

    def _judge_stream(self) -> None:
        """From the stored position to a stop; any error leaves by raising."""
        self._present_plan()  # before connecting: what is missing is said while the stream is away, too
        stored = self._sink.position()
        self._memory = FillMemory.from_json(self._sink.memory(), self._profile)
        self._reading.open(stored)
        self._written = stored
        if stored is None:  # a stop before the first event must not lose where we began
            self._write(Work(self._reading.position()))
        while not self._stop.is_set():
            plan = self._present_plan()
            if plan is None:
                self._wait(MODEL_CHECK_S)  # nothing is read, so nothing is skipped
                continue
            # The first look waits for nobody: that the stream answers is said at once.
            events = self._reading.next_batch(WAIT_S if self._status.state == "streaming" else 0.0)
            if events:
                self._judge_events(events, plan)
            else:
                self._idle()
            self._backoff.reset()
            self._enter("streaming")
        self._enter("stopping")
        if self._reading.position() != self._written:
            self._write(Work(self._reading.position()))

    def _judge_events(self, events: Sequence[Event], plan: Plan) -> None:
        records = [event for event in events if event.operation in RECORD_OPERATIONS]
        decoded = self._decoder.decode(records)
        isolated = judge_around(self._judge, decoded.batch, plan, self._memory)
        dead = list(decoded.dead_letters)
        if isolated.failures:
            self._guard_against_model(len(isolated.rows), isolated.failures, plan)
            by_token = {event.token: event for event in records}
            for row, error in isolated.failures.items():
                stack = "".join(traceback.format_exception(error))  # no locals: they may hold secrets
                self._log.error("judging one record failed", token=decoded.tokens[row], stack=stack)
                reason = RecordError("judge_failed", f"{type(error).__name__}: {error}")
                dead.append(dead_letter(by_token[decoded.tokens[row]], reason))
        elif isolated.rows:
            self._failures_in_a_row = 0
        work = Work(
            position=self._reading.position(),
            tokens=[decoded.tokens[row] for row in isolated.rows],
            verdicts=isolated.verdicts,
            dead_letters=dead,
            memory=isolated.changed,
        )
        written = self._write(work)
        self._memory = isolated.memory
        self._unknown.update(decoded.unknown_fields)
        self._count(len(events), len(events) - len(records), written)

    def _guard_against_model(self, judged: int, failures: Mapping[int, Exception], plan: Plan) -> None:
        """A model that fails on everything must not flood the dead letters."""
        failed = len(failures)
        self._failures_in_a_row = failed if judged else self._failures_in_a_row + failed
        if not judged and self._failures_in_a_row >= MOST_FAILURES:
            example = next(iter(failures.values()))
            raise ModelRefused(
                f"model {plan.version}: expected verdicts, but judging failed on "
                f"{self._failures_in_a_row} records in a row, e.g. {type(example).__name__}: {example}; "
                "nothing is skipped; put another version in place"
            )

    def _write(self, work: Work) -> Written:
        written = self._sink.write(work)
        self._written = work.position
        self._written_at = self._clock.monotonic()
        return written

    def _idle(self) -> None:
        position = self._reading.position()
        due = self._clock.monotonic() - self._written_at >= IDLE_WRITE_S
        if due and position != self._written:
            self._write(Work(position))
        self._status = replace(self._status, lag_seconds=self._lag())

    def _count(self, read: int, ignored: int, written: Written) -> None:
        now = self._status
        self._status = replace(
            now,
            read=now.read + read,
            ignored=now.ignored + ignored,
            verdicts=now.verdicts + written.verdicts,
            dead_letters=now.dead_letters + written.dead_letters,
            replayed=now.replayed + written.replayed,
            last_commit=self._clock.now_ms(),
            lag_seconds=self._lag(),
            unknown_fields=dict(self._unknown),
        )

    def _lag(self) -> float | None:
        if not isinstance(self._source, HasHead):
            return None
        return float(max(0, self._source.head()[0] - self._reading.position().cluster_time[0]))

    def _present_plan(self) -> Plan | None:
        """The plan to judge the next batch with; None, and ``paused``, while there is none."""
        now = self._clock.monotonic()
        if now - self._plan_checked < MODEL_CHECK_S:
            return self._plan
        self._plan_checked = now
        try:
            plan = self._plan_provider()
        except ModelError as error:
            if self._plan is None:
                kind = "no model" if isinstance(error, ModelNotFound) else "no usable model"
                self._enter("paused", f"{kind}: {error}")
            elif str(error) != self._status.model_problem:
                self._log.error("keeping the present model", version=self._plan.version, problem=str(error))
                self._status = replace(self._status, model_problem=str(error))
            return self._plan
        if plan is not self._plan:
            self._log.info("model in use", version=plan.version)
            self._plan = plan
            self._failures_in_a_row = 0
        self._status = replace(self._status, model_version=plan.version, model_problem="")
        return plan

    def _retry(self, state: State, error: Exception) -> None:
        """Wait before the next attempt; a stop ends the waiting at once."""
        self._reading.close()
        seconds = self._backoff.next()
        self._status = replace(self._status, reconnects=self._status.reconnects + 1)
        self._enter(state, str(error))
        self._wait(seconds)

    def _enter(self, state: State, reason: str = "") -> None:
        before = self._status
        if (before.state, before.reason) == (state, reason):
            return
        self._status = replace(before, state=state, reason=reason, since=self._clock.now_ms())
        self._log.info("state", was=before.state, now=state, reason=reason)
