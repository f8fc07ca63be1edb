"""Puts simulated shots into MongoDB at a chosen pace and keeps what only the simulator knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pymongo import MongoClient

from ingest.plant import Plant, documents


class Shot(NamedTuple):
    """A live shot and the truth about it, which never enters the database.

    `cause` is what went wrong on the press, empty for a normal shot; a slight
    fault leaves the part good.
    """

    document: dict[str, Any]
    bad: bool
    cause: str


@dataclass(slots=True)
class Sent:
    """What was written: when, and the truth about it.

    Attributes
    ----------
    inserted_at : dict
        Shot id to wall-clock ms at which its insert began.
    bad : set
        Ids of the shots that made a bad part.
    abnormal_good : set
        Ids of the shots on which something went wrong, but not enough to make a bad part.
    """

    inserted_at: dict[str, float] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)
    abnormal_good: set[str] = field(default_factory=set)

    def note(self, shot: Shot, milliseconds: float) -> None:
        """Keep one shot."""
        name = str(shot.document["_id"])
        self.inserted_at[name] = milliseconds
        if shot.bad:
            self.bad.add(name)
        elif shot.cause:
            self.abnormal_good.add(name)


def live_shots(plant: Plant, skip: int) -> Iterator[Shot]:
    """Endless live shots, the first `skip` left out.

    A second demonstration on the same data goes on where the first one ended.
    """
    passed = 0
    for chunk in plant.live(None):
        rows = len(chunk.frame)
        start = min(max(0, skip - passed), rows)
        passed += rows
        if start < rows:
            part = chunk.rows(start, None)
            truth = part.truth["bad"].tolist(), part.truth["cause"].tolist()
            yield from map(Shot, documents(part.frame), *truth)


def feed(
    url: str,
    database: str,
    collection: str,
    plant: Plant,
    *,
    limit: int | None,
    per_second: float,
    sent: Sent,
    wait: Callable[[float], bool],
) -> None:
    """Insert `limit` shots (None: until `wait` says stop), one by one as presses do.

    What the collection holds already counts as sent before: the plant's timeline goes on there.

    Parameters
    ----------
    wait : callable
        ``wait(seconds)`` returns True when the feed shall end.

    Raises
    ------
    pymongo.errors.PyMongoError
        MongoDB cannot be written to any more.
    """
    with MongoClient[dict[str, Any]](url, appname="sprue demo presses", w="majority") as client:
        target = client[database][collection]
        shots = live_shots(plant, target.count_documents({}))
        begun = time.monotonic()
        for number, shot in enumerate(shots):
            if limit is not None and number >= limit:
                return
            if wait(max(0.0, begun + number / per_second - time.monotonic())):
                return
            sent.note(shot, time.time() * 1000)
            target.insert_one(shot.document)
