"""The verdict store of a world."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

from core.errors import ConfigError, StoreFull, StoreLost, StoreUnavailable
from core.stream import Position, Work, Written
from tests.inference.consumer.world import Disk, Row, World


class WorldSink:
    """The verdict store: every write is one transaction on the world's disk."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._tokens: set[str] = set()

    def open(self, anew: bool = False) -> None:
        self._world.happens()
        if self._world.disk is None:
            if self._world.identity and not anew:
                raise StoreLost("the database is empty")
            self._world.disk, self._world.identity = Disk(), True
        self._tokens = {row.token for row in (*self._disk().rows, *self._disk().letters)}

    def position(self) -> Position | None:
        return self._disk().position

    def memory(self) -> Mapping[str, str]:
        return dict(self._disk().memory)

    def write(self, work: Work) -> Written:
        self._before()
        written = self.commit(work)
        self._after()
        return written

    def commit(self, work: Work) -> Written:
        """The transaction itself."""
        disk = self._disk()
        rows = [
            Row(token, record_id, content, work.origin)
            for token, (record_id, content) in zip(work.tokens, work.records, strict=True)
        ]
        letters = [
            Row(letter.token, letter.record_id, zlib.crc32(letter.raw), work.origin)
            for letter in work.dead_letters
        ]
        new = [row for row in rows if row.token not in self._tokens]
        dead = [row for row in letters if row.token not in self._tokens]
        disk.rows += new
        disk.letters += dead
        self._tokens |= {row.token for row in (*new, *dead)}
        self.advance(work.position)
        disk.memory |= work.memory
        disk.closed += work.gap_closed
        return Written(len(new), len(dead), len(rows) + len(letters) - len(new) - len(dead))

    def advance(self, position: Position) -> None:
        """Move the position, never back."""
        disk = self._disk()
        if disk.position is not None and position.kind not in ("start", "reposition"):
            assert position.cluster_time >= disk.position.cluster_time, "the position went back"
        disk.position = position

    def note_gap(self, cause: str, begin: Callable[[int], Position]) -> Position:
        self._before()
        disk = self._disk()
        disk.gaps.append((cause, self._world.time))
        disk.position = begin(len(disk.gaps))
        self._world.covered.append(self._world.time)
        self._after()
        return disk.position

    def unchanged(self, records: Sequence[tuple[str, int]]) -> Sequence[bool]:
        disk = self._disk()
        last = {row.record_id: row.content for row in (*disk.letters, *disk.rows)}
        newest = last | {r.record_id: r.content for r in disk.letters if r.content in self._world.poisoned}
        return [newest.get(name) == content or last.get(name) == content for name, content in records]

    def check(self) -> None:
        self._disk()

    def close(self) -> None:
        pass

    def _disk(self) -> Disk:
        if self._world.disk is None:
            raise StoreLost("the database was deleted")
        return self._world.disk

    def _before(self) -> None:
        self._world.happens()
        self._disk()
        match self._world.strikes("full", "fails", "fenced"):
            case "full":
                raise StoreFull("no space left")
            case "fails":
                raise StoreUnavailable("locked")
            case "fenced":
                self._world.trouble["fenced"] = 0
                raise ConfigError("another process took the store over")

    def _after(self) -> None:
        self._world.happens()
        if self._world.strikes("unanswered"):
            raise StoreUnavailable("the answer was lost")
