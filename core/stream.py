"""The seam between the stream and the loop: events, positions, sources, sinks.

A source yields events and can say from which position to go on after the last one
it returned. A sink writes the verdicts and dead letters of a batch *together with*
that position, so that both are there or neither is: that one transaction is what
makes "nothing lost, nothing double" true through a crash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from core.verdict import Verdicts


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
    """A record that got no verdict, and why."""

    token: str
    record_id: str
    reason: str
    detail: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class Work:
    """Everything one batch of events led to; written in one transaction.

    Attributes
    ----------
    position : Position
        Where to resume once this is durable.
    tokens : sequence of str
        Event token of each row of `verdicts`.
    verdicts : Verdicts or None
    dead_letters : sequence of DeadLetter
    memory : mapping of str to str
        Fill memory of the facilities that changed (facility -> JSON); see `ingest.fill`.
    """

    position: Position
    tokens: Sequence[str] = ()
    verdicts: Verdicts | None = None
    dead_letters: Sequence[DeadLetter] = ()
    memory: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Written:
    """What a sink wrote: new rows, and how many were there already (replays)."""

    verdicts: int
    dead_letters: int
    replayed: int


class Source(Protocol):
    """Where events come from. Resuming after a position gives exactly the rest."""

    def open(self, position: Position | None) -> None:
        """Start after `position`; None starts now, at the source's present end.

        Raises
        ------
        SourceUnavailable
            It cannot be read now; trying again may help.
        PositionLost
            The position is not in the source any more.
        """

    def next_batch(self, max_events: int, wait_s: float) -> Sequence[Event]:
        """Up to `max_events` events; empty when none came within `wait_s` seconds."""

    def position(self) -> Position:
        """Where to resume after the last event returned. Moves on idle streams, too."""

    def close(self) -> None:
        """Let go of the connection. Safe to call twice and when never opened."""


class Sink(Protocol):
    """Where verdicts go. Writing the same work twice equals writing it once."""

    def write(self, work: Work) -> Written:
        """Write verdicts, dead letters, memory and position in one transaction.

        Raises
        ------
        StoreUnavailable
            Nothing was written, or the outcome is unknown: read `position` again.
        """

    def position(self) -> Position | None:
        """The last position written, None on a first run."""

    def memory(self) -> Mapping[str, str]:
        """Fill memory of every facility (facility -> JSON)."""

    def close(self) -> None:
        """Let go of the connection. Safe to call twice."""
