"""Reading a source one batch ahead of the work, while there is a backlog."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

from core.stream import Event, Position, Source


class _Taken(NamedTuple):
    events: Sequence[Event]
    position: Position


class Reading:
    """Batches of a source; the next one is fetched while the last one is worked on.

    Only behind a full batch: a stream that is up to date is read in the caller's thread,
    without delay. At most one batch is held. The source itself is used by one thread at a
    time.

    Parameters
    ----------
    source : Source
    batch_size : int
        Most events of a batch.
    """

    def __init__(self, source: Source, batch_size: int) -> None:
        self._source = source
        self._batch_size = batch_size
        self._thread: ThreadPoolExecutor | None = None
        self._ahead: Future[_Taken] | None = None
        self._position: Position | None = None

    def open(self, position: Position | None) -> None:
        """Open the source after `position`; raises what it raises."""
        self.close()
        self._source.open(position)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        self._position = self._source.position()

    def next_batch(self, wait_s: float) -> Sequence[Event]:
        """The next events; empty when none came within `wait_s` seconds. Raises what the source raises."""
        assert self._thread is not None
        ahead, self._ahead = self._ahead, None
        taken = ahead.result() if ahead is not None else None
        if taken is None or not taken.events:
            taken = self._take(wait_s)
        self._position = taken.position
        if len(taken.events) >= self._batch_size:
            self._ahead = self._thread.submit(self._take, 0.0)
        return taken.events

    def position(self) -> Position:
        """Where to resume: after the last event returned by `next_batch`."""
        assert self._position is not None
        return self._position

    def close(self) -> None:
        """Wait for a read that is under way, then let go of the source. Safe to call twice."""
        thread, self._thread, self._ahead = self._thread, None, None
        if thread is not None:
            thread.shutdown()
        self._source.close()

    def _take(self, wait_s: float) -> _Taken:
        events = self._source.next_batch(self._batch_size, wait_s)
        return _Taken(events, self._source.position())
