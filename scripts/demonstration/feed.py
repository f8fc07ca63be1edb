"""Puts simulated shots into MongoDB at a chosen pace and keeps what only the simulator knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pymongo import MongoClient

from ingest.plant import Plant, documents


@dataclass(slots=True)
class Sent:
    """What was written: when, and the truth about it (never in the database).

    Attributes
    ----------
    inserted_at : dict
        Shot id to wall-clock ms at which its insert was acknowledged to start.
    bad : set
        Ids of the shots that made a bad part.
    """

    inserted_at: dict[str, float] = field(default_factory=dict)
    bad: set[str] = field(default_factory=set)


def live_documents(plant: Plant, skip: int) -> Iterator[tuple[dict[str, Any], bool]]:
    """Endless live shots as documents with their truth, the first `skip` left out.

    A second demonstration on the same data goes on where the first one ended.
    """
    passed = 0
    for chunk in plant.live(None):
        bad = chunk.truth["bad"].to_numpy()
        if passed + len(bad) <= skip:
            passed += len(bad)
            continue
        start = max(0, skip - passed)
        passed += len(bad)
        yield from zip(documents(chunk.frame.iloc[start:]), bad[start:].tolist(), strict=True)


def feed(
    url: str,
    database: str,
    collection: str,
    shots: Iterator[tuple[dict[str, Any], bool]],
    *,
    limit: int | None,
    per_second: float,
    sent: Sent,
    wait: Callable[[float], bool],
) -> None:
    """Insert `limit` shots (None: until `wait` says stop), one by one as presses do.

    Parameters
    ----------
    wait : callable
        ``wait(seconds)`` returns True when the feed shall end.
    """
    with MongoClient[dict[str, Any]](url, appname="sprue demo presses", w="majority") as client:
        target = client[database][collection]
        begun = time.monotonic()
        for number, (document, bad) in enumerate(shots):
            if limit is not None and number >= limit:
                return
            if wait(max(0.0, begun + number / per_second - time.monotonic())):
                return
            shot = str(document["_id"])
            sent.inserted_at[shot] = time.time() * 1000
            if bad:
                sent.bad.add(shot)
            target.insert_one(document)
