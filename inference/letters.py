"""Dead letters judged again, or dismissed: orders for the thread that writes the store.

Each function is given the `inference.consumer.orders.Desk` of that thread. A letter is read
there, just before it is settled: nobody else settles letters, so two orders for one letter
lead to one verdict, and a refusal costs the writer no transaction.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from core.errors import ConfigError, LetterNotWhole, LetterSettled, LetterUnknown, RecordError
from core.stream import Event
from core.verdict import VERDICT_FIELDS, Verdicts
from inference.consumer.orders import Desk
from inference.isolation import judge_around
from ingest.fill_memory import FillMemory

MOST_SECONDS = 1.0
"""An order for many letters ends after so long: the stream waits meanwhile."""

Result = Literal["replayed", "still_bad", "settled", "not_whole", "unknown"]


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of one letter.

    Attributes
    ----------
    seq : int
        The letter's number.
    result : {"replayed", "still_bad", "settled", "not_whole", "unknown"}
        It has a verdict now; it stays open; it was settled before; too little was kept of it;
        there is none of that number.
    outcome : str or None
        Of the verdict.
    reason, detail : str
        Why there is none.
    """

    seq: int
    result: Result
    outcome: str | None = None
    reason: str = ""
    detail: str = ""


class LetterReader(Protocol):
    """Where letters are read; see `inference.store.log_reader.LogReader`."""

    def dead_letter(self, seq: int) -> dict[str, Any] | None:
        """One letter with its record under ``raw``."""


@runtime_checkable
class LetterSink(Protocol):
    """A sink that settles letters; see `inference.store.sink.VerdictStore`."""

    def settle_letter(self, seq: int, verdicts: Verdicts, who: str) -> None:
        """Write the letter's one verdict, close it, note who did it."""

    def dismiss_letter(self, seq: int, reason: str, who: str) -> None:
        """Close it without a verdict, note who did it."""

    def letter_failed_again(self, seq: int, reason: str, detail: str, who: str) -> None:
        """Count an attempt, note who made it."""


def replay(desk: Desk, letters: LetterReader, seq: int, who: str) -> Tried:
    """Judge a letter's record with the present profile, model and fill memory.

    The memory stays as it is: the record is one of the past. Its verdict is written under
    the letter's own event token; where there is none still, the letter stays open.

    Parameters
    ----------
    desk : Desk
    letters : LetterReader
    seq : int
    who : str
        For the audit.

    Raises
    ------
    LetterSettled
        It is not open; `LetterUnknown`: it is not there.
    LetterNotWhole
        It was cut, or nothing was kept.
    StoreUnavailable
        Nothing was written, or whether it was is unknown.
    """
    sink = _sink(desk)
    letter = _open_letter(letters, seq)
    try:
        verdicts = _judged(desk, _whole_event(seq, letter))
        sink.settle_letter(seq, verdicts, who)
    except RecordError as error:
        sink.letter_failed_again(seq, error.reason, error.detail, who)
        return Tried(seq, "still_bad", reason=error.reason, detail=error.detail)
    return Tried(seq, "replayed", outcome=verdicts.plain_columns()["outcome"][0])


def replay_many(
    desk: Desk,
    letters: LetterReader,
    seqs: Sequence[int],
    who: str,
    *,
    seconds: float = MOST_SECONDS,
    clock: Callable[[], float] = time.monotonic,
) -> list[Tried]:
    """Replay these letters one by one, at least one, until `seconds` are over; those tried, in order."""
    end = clock() + seconds
    tried: list[Tried] = []
    for seq in seqs:
        try:
            tried.append(replay(desk, letters, seq, who))
        except LetterUnknown as error:
            tried.append(Tried(seq, "unknown", detail=str(error)))
        except LetterSettled as error:
            tried.append(Tried(seq, "settled", detail=str(error)))
        except LetterNotWhole as error:
            tried.append(Tried(seq, "not_whole", detail=str(error)))
        if clock() >= end:
            break
    return tried


def dismiss(desk: Desk, letters: LetterReader, seq: int, reason: str, who: str) -> None:
    """Close a letter without a verdict; raises `LetterSettled` and `StoreUnavailable`."""
    sink = _sink(desk)
    _open_letter(letters, seq)
    sink.dismiss_letter(seq, reason, who)


def _sink(desk: Desk) -> LetterSink:
    if not isinstance(desk.sink, LetterSink):
        msg = f"expected a store that settles dead letters, got {type(desk.sink).__name__}"
        raise ConfigError(msg)
    return desk.sink


def _open_letter(letters: LetterReader, seq: int) -> Mapping[str, Any]:
    letter = letters.dead_letter(seq)
    if letter is None:
        msg = f"dead letter {seq}: expected one that is there, got none of that number; list them"
        raise LetterUnknown(msg)
    if letter["state"] != "open":
        msg = f"dead letter {seq}: expected an open one, got one that is {letter['state']} already"
        raise LetterSettled(msg)
    return letter


def _whole_event(seq: int, letter: Mapping[str, Any]) -> Event:
    """The record as the source delivered it."""
    kept, length = len(letter["raw"]), letter["raw_length"]
    if not kept or kept < length:
        came = f"the first {kept} of {length} bytes" if kept else "nothing of it"
        msg = (
            f"dead letter {seq}: expected the whole record, got {came}; mend the record where it came from "
            f"(written again, it is judged as a new event) and dismiss this letter"
        )
        raise LetterNotWhole(msg)
    return Event(letter["event_token"], letter["record_id"], "insert", letter["raw"])


def _judged(desk: Desk, event: Event) -> Verdicts:
    """The one verdict of a record; raises `RecordError` where it gets none."""
    decoded = desk.decoder.decode([event])
    for dead in decoded.dead_letters:
        raise RecordError(dead.reason, dead.detail)
    isolated = judge_around(desk.judge, decoded.batch, desk.plan, _apart(desk, decoded.batch.facility[0]))
    for error in isolated.failures.values():
        raise RecordError("judge_failed", f"{type(error).__name__}: {error}") from error
    verdicts = isolated.verdicts
    assert verdicts is not None
    columns = verdicts.plain_columns()
    needed = [field.name for field in VERDICT_FIELDS if not field.nullable and field.kind != "json"]
    lacking = [name for name in needed if columns[name][0] is None]
    if lacking:
        raise RecordError("incomplete_verdict", f"the verdict has no {', '.join(lacking)}")
    return verdicts


def _apart(desk: Desk, facility: str) -> FillMemory:
    """What this facility last sent, in tables of its own: judging hands the tables it is given on."""
    memory = desk.memory.get(facility)
    return FillMemory({} if memory is None else {facility: memory})
