"""Events into the work of one transaction: decode, judge, set aside what cannot be judged."""

from __future__ import annotations

import traceback
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from core.errors import ModelRefused, RecordError
from core.stream import Event, Position, Work
from inference.beside import Seen
from inference.isolation import Judge, judge_around
from inference.plan import Plan
from ingest.document import DocumentDecoder, dead_letter
from ingest.fill_memory import FillMemory

RECORD_OPERATIONS = frozenset({"insert", "update", "replace"})
MOST_FAILURES = 20
"""Records in a row that a model may fail on before the model is at fault, not they."""

Unchanged = Callable[[Sequence[tuple[str, int]]], Sequence[bool]]
"""Which records, by id and checksum, were judged as they are; see `core.stream.Sink.unchanged`."""


class Judged(NamedTuple):
    """What a batch of events led to.

    Attributes
    ----------
    work : Work
        To be written in one transaction.
    memory : FillMemory
        To go on with once it is written.
    ignored : int
        Events that bring no record, or one that was judged as it is.
    unknown_fields : mapping of str to int
    seen : Seen or None
        The records that have a verdict, and these; None where there are none.
    """

    work: Work
    memory: FillMemory
    ignored: int
    unknown_fields: Mapping[str, int]
    seen: Seen | None = None


class Judging:
    """Judges events with one decoder and one way of judging.

    Parameters
    ----------
    decoder : DocumentDecoder
    judge : callable
    log : structlog logger
    """

    def __init__(self, decoder: DocumentDecoder, judge: Judge, log: Any) -> None:
        self.decoder, self.judge = decoder, judge
        self._log = log
        self._failures_in_a_row = 0

    def another_model(self) -> None:
        """Failures of the model before are forgotten."""
        self._failures_in_a_row = 0

    def of(
        self,
        events: Sequence[Event],
        plan: Plan,
        memory: FillMemory,
        position: Position,
        unchanged: Unchanged | None = None,
    ) -> Judged:
        """The work of these events.

        Parameters
        ----------
        events : sequence of Event
        plan : Plan
        memory : FillMemory
            After the batch before.
        position : Position
            Where to resume once it is written.
        unchanged : callable, optional
            Given while reconciling: records judged before as they are make no work.

        Raises
        ------
        ModelRefused
            The model fails on one record after the other.
        """
        records = [event for event in events if event.operation in RECORD_OPERATIONS]
        if unchanged is not None and records:
            known = unchanged([(event.record_id, content_of(event)) for event in records])
            records = [event for event, same in zip(records, known, strict=True) if not same]
        decoded = self.decoder.decode(records)
        isolated = judge_around(self.judge, decoded.batch, plan, memory)
        dead = list(decoded.dead_letters)
        tokens = [decoded.tokens[row] for row in isolated.rows]
        by_token = {event.token: event for event in records}
        if isolated.failures:
            self._guard_against_model(len(isolated.rows), isolated.failures, plan)
            for row, error in isolated.failures.items():
                stack = "".join(traceback.format_exception(error))  # no locals: they may hold secrets
                self._log.error("judging one record failed", token=decoded.tokens[row], stack=stack)
                reason = RecordError("judge_failed", f"{type(error).__name__}: {error}")
                dead.append(dead_letter(by_token[decoded.tokens[row]], reason))
        elif isolated.rows:
            self._failures_in_a_row = 0
        judged = [by_token[token] for token in tokens]
        work = Work(
            position=position,
            tokens=tokens,
            records=[(event.record_id, content_of(event)) for event in judged],
            verdicts=isolated.verdicts,
            dead_letters=dead,
            memory=isolated.changed,
        )
        seen = None
        if isolated.verdicts is not None:
            whole = len(isolated.rows) == len(decoded.batch)
            batch = decoded.batch if whole else decoded.batch.take(np.array(isolated.rows))
            seen = Seen(batch, isolated.verdicts)
        return Judged(work, isolated.memory, len(events) - len(records), decoded.unknown_fields, seen)

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


def content_of(event: Event) -> int:
    """Checksum of a record's bytes: tells whether it is as it was when it was judged."""
    return zlib.crc32(event.raw or b"")
