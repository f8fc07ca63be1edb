"""Writes shots into a MongoDB that may die at any moment, and accounts for each."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Self

import pymongo
from pymongo.errors import BulkWriteError, PyMongoError
from pymongo.write_concern import WriteConcern

from tests.faults.crash.shot_ledger import Shot, ShotLedger, ShotMaker

_DUPLICATE: Final = 11_000
_PATIENCE_S: Final = 60.0


class ShotFeed:
    """One writer; a context manager whose end closes the connection.

    What is noted in `ledger` was acknowledged as durable (majority, journal). A write whose
    answer was lost is tried again until it is known to be there: the identifier tells.

    Parameters
    ----------
    url, database, collection : str
    seed : int
    """

    def __init__(self, url: str, database: str, collection: str, seed: int, odd: float | None = None) -> None:
        self.ledger = ShotLedger()
        self._random = random.Random(seed)
        self._maker = ShotMaker(seed) if odd is None else ShotMaker(seed, odd)
        self._client = pymongo.MongoClient[dict[str, Any]](
            url, serverSelectionTimeoutMS=2_000, socketTimeoutMS=5_000, appName="load"
        )
        self._shots = self._client[database].get_collection(
            collection, write_concern=WriteConcern("majority", j=True)
        )
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def write(self, count: int) -> list[Shot]:
        """Write so many shots now, and wait until they are durable."""
        shots = self._maker.make(count)
        self._insert(shots)
        return shots

    def run(self, per_second: float = 300.0) -> None:
        """Write small batches in the background until `pause`."""
        self._stop.clear()
        self._thread = threading.Thread(target=self._run, args=(per_second,), name="feed")
        self._thread.start()

    def pause(self) -> None:
        """Stop writing in the background; what was begun is finished. Safe to call twice."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.pause()
        self._client.close()

    def _run(self, per_second: float) -> None:
        while not self._stop.is_set():
            count = self._random.randint(1, 20)
            self._insert(self._maker.make(count))
            self._stop.wait(count / per_second)

    def _insert(self, shots: Sequence[Shot]) -> None:
        documents = [shot.document for shot in shots]
        for _ in range(int(_PATIENCE_S)):
            with suppress(_Unknown):
                self._insert_once(documents)
                self.ledger.note(shots)
                return
            # Not to be hurried: the server is dead, and whoever killed it starts it again.
            self._stop.wait(1.0)
        raise AssertionError(f"the server took no writes for {_PATIENCE_S:.0f} s")

    def _insert_once(self, documents: Sequence[dict[str, Any]]) -> None:
        try:
            self._shots.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            codes = {one["code"] for one in error.details["writeErrors"]}
            if codes - {_DUPLICATE} or error.details["writeConcernErrors"]:
                raise _Unknown from error
        except PyMongoError as error:
            raise _Unknown from error


class _Unknown(Exception):
    """Whether it was written is not known."""
