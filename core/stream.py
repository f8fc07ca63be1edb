"""The seam between the stream and the loop: events, positions, sources, sinks.

A source yields events and can say from which position to go on after the last one
it returned. A sink writes the verdicts and dead letters of a batch *together with*
that position, so that both are there or neither is: that one transaction is what
makes "nothing lost, nothing double" true through a crash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from core.beside import Beside
from core.verdict import Verdicts

Phase = Literal["stream", "snapshot", "reconcile"]
"""What an open source reads: what happens now; on a first run what the collection holds; after
a gap what the collection holds, to be compared with what was judged."""

Begin = Literal["position", "time", "now"]
"""Where a source is opened: after the position; at its time; at the source's present end."""


class Event(NamedTuple):
    """One record as the source delivered it.

    Attributes
    ----------
    token : str
        Unique and stable name of this event in its stream (a resume token's hex data,
        a file's row number). The primary key of what is written for it.
    record_id : str
        The record's own identifier as text (extended JSON where it is not a string).
    operation : str
        ``insert``, ``update``, ``replace``; others are counted and ignored.
    raw : bytes or None
        The record as BSON, not decoded; None when the source could not supply it.
    cluster_time : tuple of int
        Server time of the event ``(seconds, increment)``; (0, 0) for files.
    """

    token: str
    record_id: str
    operation: str
    raw: bytes | None
    cluster_time: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Position:
    """Where to go on reading: after the event (or point in time) it names.

    Attributes
    ----------
    token_json : str
        The source's own resume token as extended JSON; a file's row number as JSON.
    cluster_time : tuple of int
        Server time of the position, ``(0, 0)`` when unknown. Never goes backwards.
    kind : str
        ``event`` (after that event), ``idle`` (post-batch token of an empty batch),
        ``start`` (first run), ``reposition``.
    source_id : str
        Identity of what is read (cluster and namespace); another one is refused.
    """

    token_json: str
    cluster_time: tuple[int, int] = (0, 0)
    kind: str = "event"
    source_id: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that got no verdict, and why; `raw` is its document, whole."""

    token: str
    record_id: str
    reason: str
    detail: str
    raw: bytes


class StateChange(NamedTuple):
    """One line of the state log.

    Attributes
    ----------
    at : int
        When, ms since 1970 UTC.
    before, after : str
        States of the consumer, see `inference.consumer.states`.
    code : int or None
        The server's error code, where there is one.
    reason : str
        Why; empty when all is well.
    """

    at: int
    before: str
    after: str
    code: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Work:
    """Everything one batch of events led to; written in one transaction.

    Attributes
    ----------
    position : Position
        Where to resume once this is durable.
    tokens : sequence of str
        Event token of each row of `verdicts`.
    records : sequence of (str, int)
        Record id and content checksum (CRC-32 of its bytes) of each row of `verdicts`.
    verdicts : Verdicts or None
    dead_letters : sequence of DeadLetter
    memory : mapping of str to str
        Fill memory of the facilities that changed (facility -> JSON); see `ingest.fill`.
    origin : str
        What the source was reading.
    gap_closed : bool
        Reconciling came to its end with this work.
    states : sequence of StateChange
        To be kept in the state log.
    beside : Beside or None
        What was counted beside the verdicts since the last transaction.
    """

    position: Position
    tokens: Sequence[str] = ()
    records: Sequence[tuple[str, int]] = ()
    verdicts: Verdicts | None = None
    dead_letters: Sequence[DeadLetter] = ()
    memory: Mapping[str, str] = field(default_factory=dict)
    origin: Phase = "stream"
    gap_closed: bool = False
    states: Sequence[StateChange] = ()
    beside: Beside | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """What a sink wrote: new rows, and how many were there already (replays)."""

    verdicts: int
    dead_letters: int
    replayed: int


class Source(Protocol):
    """Where events come from. Resuming after a position gives exactly the rest."""

    @property
    def phase(self) -> Phase:
        """What the batch returned last was read from, before the first one what will be."""

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        """Start after `position`, at its time, or at the source's present end.

        Without a position ``position`` means a first run, which begins as configured.
        From the time on, events that were written before come again, with the tokens
        they had.

        Raises
        ------
        SourceUnavailable
            It cannot be read now; trying again may help.
        PositionRefused
            The token does not fit; its time may.
        PositionLost
            What came after the position is not in the source any more.
        ConfigError
            Only the operator can mend it.
        """

    def reconcile(self, gap: int) -> Position:
        """From now on everything the source holds comes first, then what happens from here on.

        Parameters
        ----------
        gap : int
            Number of the gap; part of the tokens of what comes.

        Returns
        -------
        Position
            To be stored: resuming from it begins reconciling.
        """

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        """Up to `max_events` events; empty when none came within `wait_s` seconds. Raises as `open`."""

    def position(self) -> Position:
        """Where to resume after the last event returned. Moves on idle streams, too."""

    def head(self) -> tuple[int, int] | None:
        """The source's own newest time ``(seconds, increment)``; None where it has no clock."""

    def close(self) -> None:
        """Let go of the connection. Safe to call twice and when never opened."""


class Sink(Protocol):
    """Where verdicts go. Writing the same work twice equals writing it once.

    Every method may raise `StoreUnavailable` (nothing was written, or the outcome is unknown:
    read `position` again), `StoreFull`, `StoreLost`, or `ConfigError` (only the operator).
    """

    def open(self, anew: bool = False) -> None:
        """Lock it, check that it is the store that lived here; `anew` replaces one that was lost."""

    def write(self, work: Work) -> Written:
        """Write everything in `work` in one transaction."""

    def note_gap(self, cause: str, begin: Callable[[int], Position]) -> Position:
        """Note a gap and store the position that ``begin(its number)`` gives, in one transaction."""

    def unchanged(self, records: Sequence[tuple[str, int]]) -> Sequence[bool]:
        """Which records (id, content checksum) were last judged, or set aside, as they are."""

    def position(self) -> Position | None:
        """The last position written, None on a first run."""

    def memory(self) -> Mapping[str, str]:
        """Fill memory of every facility (facility -> JSON)."""

    def check(self) -> None:
        """Raise `StoreLost` where it can be seen at once that the store is gone; cheap."""

    def close(self) -> None:
        """Let go of the connection. Safe to call twice."""
