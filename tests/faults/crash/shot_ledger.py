"""An independent account of what was written into the collection, and what must come of it."""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from ingest.plant import Plant, documents

Document = dict[str, Any]
_ODD_SHARE: Final = 0.06


@dataclass(frozen=True)
class Shot:
    """One record and what must become of it.

    Attributes
    ----------
    document : dict
        As it is written.
    dead : str
        Reason of the dead letter it must become; empty where it must get a verdict.
    """

    document: Document
    dead: str = ""

    @property
    def identifier(self) -> str:
        """Its ``_id``."""
        return str(self.document["_id"])


@dataclass
class ShotLedger:
    """What the server has acknowledged, in the order of writing; safe from any thread."""

    _written: list[Shot] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, shots: Sequence[Shot]) -> None:
        """These are written and durable."""
        with self._lock:
            self._written += shots

    @property
    def written(self) -> list[Shot]:
        """Everything written so far."""
        with self._lock:
            return list(self._written)

    def __len__(self) -> int:
        with self._lock:
            return len(self._written)


class ShotMaker:
    """An endless sequence of shots of a simulated plant, some of them no record at all.

    Parameters
    ----------
    seed : int
        The same seed gives the same shots.
    odd : float
        Share of records that must become dead letters.
    """

    def __init__(self, seed: int, odd: float = _ODD_SHARE) -> None:
        self._random = random.Random(seed)
        self._odd = odd
        self._made = 0
        self._waiting: list[Document] = []
        self._live = Plant(seed).live()

    def make(self, count: int) -> list[Shot]:
        """The next `count` shots."""
        while len(self._waiting) < count:
            frame: pd.DataFrame = next(self._live).frame
            self._waiting += documents(frame)
        taken, self._waiting = self._waiting[:count], self._waiting[count:]
        return [self._shot(document) for document in taken]

    def _shot(self, document: Document) -> Shot:
        self._made += 1
        # A number of its own: whichever plant it comes from, no two shots share an identifier.
        shot = {**document, "_id": f"{self._made:07}-{document['_id']}"}
        if self._random.random() >= self._odd:
            return Shot(shot)
        match self._random.randrange(4):
            case 0:
                return Shot({**shot, "facility": None}, "missing_facility")
            case 1:
                return Shot({**shot, "actual": {**shot["actual"], "cycle_time": "off"}}, "not_a_number")
            case 2:
                return Shot({**shot, "actual": {**shot["actual"], "cycle_time": math.inf}}, "non_finite")
            case _:
                return Shot({"_id": shot["_id"]}, "missing_facility")
