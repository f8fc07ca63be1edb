"""Reading a source one batch ahead of the work, while there is a backlog."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from operator import itemgetter
from typing import Final, NamedTuple

from core.stream import Begin, Event, Phase, Position, Source

MOST_BYTES: Final = 64_000_000
"""Records held at most, as long as no batch alone exceeds half of it; a reply of MongoDB is 16 MB."""
_RAW: Final = itemgetter(Event._fields.index("raw"))


class _Taken(NamedTuple):
    events: Sequence[Event]
    position: Position
    phase: Phase
    head: tuple[int, int] | None


class Reading:
    """Batches of a source; the next one is fetched while the last one is worked on.

    Only behind a full batch: a stream that is up to date is read in the caller's thread,
    without delay. At most one batch is held besides the one worked on, none besides one of
    more than half of `MOST_BYTES`. The source itself is used by one thread at a time.

    Parameters
    ----------
    source : Source
    batch_size : int
        Most events of a batch.
    """

    def __init__(self, source: Source, batch_size: int) -> None:
        self._source = source
        self.batch_size = batch_size
        self._thread: ThreadPoolExecutor | None = None
        self._ahead: Future[_Taken] | None = None
        self._taken: _Taken | None = None

    @property
    def phase(self) -> Phase:
        """What the batch returned last was read from, before the first one what will be."""
        return self._now.phase

    def open(self, position: Position | None, begin: Begin = "position") -> None:
        """Open the source after `position`, or as `begin` says; raises what it raises."""
        self.close()
        self._source.open(position, begin)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        self._taken = self._stand()

    def reconcile(self, gap: int) -> Position:
        """As `core.stream.Source.reconcile`; only between `open` and the first read."""
        assert self._ahead is None
        position = self._source.reconcile(gap)
        self._taken = self._stand()
        return position

    def next_batch(self, wait_s: float) -> Sequence[Event]:
        """The next events; empty when none came within `wait_s` seconds. Raises what the source raises."""
        assert self._thread is not None
        ahead, self._ahead = self._ahead, None
        taken = ahead.result() if ahead is not None else None
        if taken is None or not taken.events:
            taken = self._take(wait_s)
        self._taken = taken
        if len(taken.events) >= self.batch_size and _size(taken.events) <= MOST_BYTES // 2:
            self._ahead = self._thread.submit(self._take, 0.0)
        return taken.events

    def position(self) -> Position:
        """Where to resume: after the last event returned by `next_batch`."""
        return self._now.position

    def head(self) -> tuple[int, int] | None:
        """The source's own newest time when it gave the last batch; None where it has no clock."""
        return self._now.head

    def close(self) -> None:
        """Wait for a read that is under way, then let go of the source. Safe to call twice."""
        thread, self._thread, self._ahead = self._thread, None, None
        if thread is not None:
            thread.shutdown()
        self._source.close()

    @property
    def _now(self) -> _Taken:
        assert self._taken is not None, "open it first"
        return self._taken

    def _take(self, wait_s: float) -> _Taken:
        return self._stand(self._source.next_batch(self.batch_size, wait_s))

    def _stand(self, events: Sequence[Event] = ()) -> _Taken:
        source = self._source
        return _Taken(events, source.position(), source.phase, source.head())


def _size(events: Sequence[Event]) -> int:
    """Bytes of their records."""
    return sum(map(len, filter(None, map(_RAW, events))))
