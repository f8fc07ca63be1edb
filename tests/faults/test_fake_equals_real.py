"""The same changes on the fake and on a real server give the same replies, command by command."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping
from typing import Any

import pymongo
import pytest
from bson.objectid import ObjectId
from bson.timestamp import Timestamp

from tests.faults.fake_backend import FakeBackend
from tests.faults.fake_primary import FakePrimary
from tests.faults.mongo_for_tests import MongoForTests
from tests.faults.real_backend import RealBackend

IDENTIFIERS: tuple[Any, ...] = (
    "a",
    "b",
    "ü",
    1,
    2.5,
    63,
    64,
    ObjectId("0123456789abcdef01234567"),
    False,
    {"n": 1},
)
SCOPES = ("database", "collection")


def change(rng: random.Random, mongos: tuple[MongoForTests, ...], there: list[Any]) -> None:
    """One change at random, the same on each."""
    absent = [i for i in IDENTIFIERS if i not in there]
    kind = rng.choice(
        ["insert", "insert", "insert", "update", "replace", "delete", "together", "elsewhere", "drop"]
    )
    if kind in ("update", "replace", "delete", "drop") and not there:
        kind = "insert"
    if kind in ("insert", "together") and not absent:
        kind = "update"
    some = rng.choice(there) if there else None
    new = absent[: rng.randint(1, 3)]
    number = rng.randint(0, 9)
    for mongo in mongos:
        match kind:
            case "insert":
                mongo.insert(*({"_id": i, "x": number} for i in new))
            case "together":
                mongo.insert_together(*({"_id": i, "t": number} for i in new))
            case "update":
                mongo.update(some, {"x": {"y": number}})
            case "replace":
                mongo.replace({"_id": some, "z": number})
            case "delete":
                mongo.delete(some)
            case "elsewhere":
                mongo.insert_elsewhere()
            case "drop":
                mongo.drop()
    if kind in ("insert", "together"):
        there += new
    elif kind == "delete":
        there.remove(some)
    elif kind == "drop":
        there.clear()


def replies(mongo: MongoForTests, begin: Timestamp, scope: str, sizes: list[int]) -> list[Any]:
    """The batches of a stream from `begin` on, without what differs from server to server."""
    shown = {"ns": 1, "operationType": 1, "documentKey": 1, "fullDocument": 1, "clusterTime": 1, "to": 1}
    stages = [
        {"$changeStream": {"fullDocument": "updateLookup", "startAtOperationTime": begin}},
        {
            "$match": {
                "$or": [{"ns.coll": mongo.collection}, {"operationType": {"$in": ["invalidate", "drop"]}}]
            }
        },
        {"$project": shown},
    ]
    found: list[Any] = []
    with pymongo.MongoClient[dict[str, Any]](mongo.url) as client:
        run = client[mongo.database].command
        source = 1 if scope == "database" else mongo.collection
        cursor = run({"aggregate": source, "pipeline": stages, "cursor": {"batchSize": 0}})["cursor"]
        assert (cursor["firstBatch"], cursor["id"] != 0) == ([], True)
        for size in sizes:
            if not cursor["id"]:
                break
            name = cursor["ns"].partition(".")[2]
            reply = run({"getMore": cursor["id"], "collection": name, "batchSize": size, "maxTimeMS": 10})
            cursor = reply["cursor"]
            found.append(comparable(mongo, cursor))
    return found


def comparable(mongo: MongoForTests, cursor: Mapping[str, Any]) -> Any:
    """A batch with its names and times replaced by what two servers have in common."""
    events = cursor["nextBatch"]
    token = cursor["postBatchResumeToken"]["_data"]
    for event in events:
        if "ns" in event:
            assert event["ns"].pop("db") == mongo.database
    shapes = [shape(event.pop("_id")["_data"], event.get("documentKey")) for event in events]
    times = [event.pop("clusterTime") for event in events]
    steps = [later > earlier for earlier, later in itertools.pairwise(times)]
    order = [list(event) for event in events]
    return events, order, shapes, steps, shape(token, None), bool(cursor["id"]), cursor.get("invalidated")


def shape(token: str, key: Mapping[str, Any] | None) -> str:
    """A token without its time, the identity of its collection, and a key the fake writes its own way."""
    before, space, after = token[18:].partition("5A1004")
    plain = key is not None and type(key["_id"]) in (str, ObjectId)
    return before + space + (after[32:] if plain else after[32:34])


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("seed", range(8))
def test_the_same_changes_give_the_same_batches(
    fake: FakePrimary, real: RealBackend, scope: str, seed: int
) -> None:
    rng = random.Random(seed)
    mongos = (FakeBackend(fake), real)
    there: list[Any] = []
    for mongo in mongos:
        mongo.insert({"_id": "first"})
    begins = []
    for mongo in mongos:
        with pymongo.MongoClient[dict[str, Any]](mongo.url) as client:
            now = client.admin.command("ping")["operationTime"]
            begins.append(Timestamp(now.time, now.inc + 1))
    for _ in range(25):
        change(rng, mongos, there)
    sizes = [rng.randint(1, 12) for _ in range(12)]
    on_fake, on_real = (replies(m, b, scope, sizes) for m, b in zip(mongos, begins, strict=True))
    for batch_of_fake, batch_of_real in zip(on_fake, on_real, strict=True):
        for part_of_fake, part_of_real in zip(batch_of_fake, batch_of_real, strict=True):
            assert part_of_fake == part_of_real
    assert any(batch[0] for batch in on_real)
