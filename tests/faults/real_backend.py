"""A real mongod as a MongoDB for tests."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final, Self
from uuid import uuid4

import pymongo
import pytest
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from bson.timestamp import Timestamp

from ingest.embedded import EmbeddedMongo
from ingest.embedded.mongo import mongod_program
from tests.faults.mongo_for_tests import Ability, Document, MongoForTests
from tests.faults.raw_document import as_bytes

PRODUCT: Final = "sprue"
"""The name under which the product connects: faults are its alone, not the test's."""
_NOISE: Final = 8 << 20


class FragileMongo(EmbeddedMongo):
    """A server that tests may kill, demote and fill; it lets go of old oplog entries within a second."""

    def start(self) -> Self:
        """As `EmbeddedMongo.start`."""
        script = self.folder / "mongod"
        if os.name == "nt":
            return super().start()
        script.write_text(f'#!/bin/sh\nexec "{mongod_program()}" "$@" --syncdelay 1\n', encoding="utf-8")
        script.chmod(0o755)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MONGOD", str(script))
            return super().start()


class RealBackend(MongoForTests):
    """A database of its own on a started `FragileMongo`."""

    name = "real"
    abilities = frozenset(() if os.name == "nt" else (Ability.ROLL_OPLOG,))

    def __init__(self, server: FragileMongo) -> None:
        self._server = server
        self.database = f"test_{uuid4().hex[:12]}"
        self._client = pymongo.MongoClient[dict[str, Any]](
            "127.0.0.1", server.port, directConnection=True, serverSelectionTimeoutMS=10_000
        )
        self._shots = self._client[self.database][self.collection]

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def port(self) -> int:
        return self._server.port

    def close(self) -> None:
        """Leave the server as it was found."""
        self.start()
        self.heal()
        self.step_up()
        self._client.drop_database(self.database)
        self._client.close()

    def insert(self, *documents: Document) -> None:
        for document in documents:
            self._insert([document])

    def insert_together(self, *documents: Document) -> None:
        with self._client.start_session() as session, session.start_transaction():
            self._insert(documents, session=session)

    def insert_elsewhere(self, count: int = 1) -> None:
        self._client[self.database]["others"].insert_many([{} for _ in range(count)])

    def update(self, identifier: Any, fields: Mapping[str, Any]) -> None:
        self._shots.update_one({"_id": identifier}, {"$set": fields})

    def replace(self, document: Mapping[str, Any]) -> None:
        self._shots.replace_one({"_id": document["_id"]}, document)

    def delete(self, identifier: Any) -> None:
        self._shots.delete_one({"_id": identifier})

    def drop(self) -> None:
        self._shots.drop()

    def rename(self, to: str) -> None:
        self._shots.rename(to)

    def drop_database(self) -> None:
        self._client.drop_database(self.database)

    def fail_command(self, name: str, code: int, labels: Sequence[str] = (), *, times: int = 1) -> None:
        self._fail(times, failCommands=[name], errorCode=code, **({"errorLabels": labels} if labels else {}))

    def close_connection(self, name: str, *, times: int = 1) -> None:
        self._fail(times, failCommands=[name], closeConnection=True)

    def heal(self) -> None:
        self._client.admin.command({"configureFailPoint": "failCommand", "mode": "off"})

    def step_down(self) -> None:
        self._client.admin.command({"replSetStepDown": 60, "force": True})

    def step_up(self) -> None:
        hello = self._client.admin.command("hello")
        if not hello["isWritablePrimary"]:
            self._client.admin.command({"replSetFreeze": 0})
        while not hello["isWritablePrimary"]:
            # Answered as soon as the server's role changes.
            known = {"topologyVersion": hello["topologyVersion"], "maxAwaitTimeMS": 10_000}
            hello = self._client.admin.command({"hello": 1, **known})

    def kill(self) -> None:
        self._server.kill()

    def start(self) -> None:
        self._server.start()

    def kill_cursors(self) -> None:
        stages: list[dict[str, Any]] = [
            {"$currentOp": {"idleCursors": True}},
            {"$match": {"type": "idleCursor"}},
        ]
        mine = [
            operation["cursor"]["cursorId"]
            for operation in self._client.admin.aggregate(stages)
            if operation["ns"].startswith(f"{self.database}.")
        ]
        self._client[self.database].command({"killCursors": "$cmd.aggregate", "cursors": mine})

    def roll_oplog(self) -> None:
        before = self._oplog_end(-1)
        with self._client.start_session() as session:
            noise = self._client[f"{self.database}_noise"]
            for _ in range(30):
                noise["noise"].insert_one({"filling": os.urandom(_NOISE)}, session=session)
            self._client.drop_database(noise)
        while self._oplog_end(1) <= before:
            self._client.admin.command("fsync")

    def _insert(self, documents: Sequence[Document], **options: Any) -> None:
        # Not `insert_many`, which would look for an _id in what may be broken.
        command = {
            "insert": self.collection,
            "documents": [RawBSONDocument(as_bytes(document)) for document in documents],
        }
        self._client[self.database].command(command, codec_options=DEFAULT_RAW_BSON_OPTIONS, **options)

    def _fail(self, times: int, **data: Any) -> None:
        point = {"configureFailPoint": "failCommand", "mode": {"times": times}}
        self._client.admin.command({**point, "data": {"appName": PRODUCT, **data}})

    def _oplog_end(self, direction: int) -> Timestamp:
        entry = self._client["local"]["oplog.rs"].find_one(sort=[("$natural", direction)])
        assert entry is not None
        time: Timestamp = entry["ts"]
        return time
