"""The commands of the fake primary: those a reader of change streams and collections sends."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

import bson
from bson.int64 import Int64
from bson.objectid import ObjectId
from bson.raw_bson import RawBSONDocument

from tests.faults.change_cursor import LARGEST_DOCUMENT, ChangeCursor, Scope
from tests.faults.event_stages import read_stages
from tests.faults.fake_find import find
from tests.faults.oplog import Oplog
from tests.faults.server_error import ServerError

_FIRST_CURSOR: Final = 7_000_000_001
_STAGE_OPTIONS: Final = frozenset(
    ["fullDocument", "resumeAfter", "startAfter", "startAtOperationTime", "allChangesForCluster"]
)


class FakeCommands:
    """Carries commands out on an oplog.

    Attributes
    ----------
    cursors : dict of int to ChangeCursor
        Those open.
    set_name : str or None
        None: a standalone server.
    longest_wait_s : float
        How long a ``getMore`` with nothing to send waits, whatever longer time it allows.
    """

    def __init__(self, oplog: Oplog, set_name: str | None, longest_wait_s: float) -> None:
        self.oplog = oplog
        self.set_name = set_name
        self.set_id = ObjectId("0123456789abcdef01234567")
        self.longest_wait_s = longest_wait_s
        self.cursors: dict[int, ChangeCursor] = {}
        self.primary = True
        self.address = ""
        self._next_cursor = _FIRST_CURSOR

    def run(self, name: str, database: str, command: RawBSONDocument) -> dict[str, Any]:
        """The body of the reply, an error's as well."""
        with self.oplog.changed:
            try:
                body = {**self._answer(name, database, command), "ok": 1.0}
            except ServerError as error:
                body = error.document()
            return self._timed(body)

    def failed(self, error: ServerError) -> dict[str, Any]:
        """The body of a reply that tells of an error."""
        with self.oplog.changed:
            return self._timed(error.document())

    def _timed(self, body: dict[str, Any]) -> dict[str, Any]:
        if self.set_name is None:
            return body
        now = self.oplog.now
        signature = {"hash": b"\x00" * 20, "keyId": Int64(0)}
        return {**body, "$clusterTime": {"clusterTime": now, "signature": signature}, "operationTime": now}

    def _answer(self, name: str, database: str, command: RawBSONDocument) -> dict[str, Any]:
        match name:
            case "hello" | "ismaster" | "isMaster":
                return self._hello()
            case "ping" | "endSessions":
                if name == "endSessions":
                    self._end_sessions(command)
                return {}
            case "buildInfo":
                return {"version": "6.0.5", "versionArray": [6, 0, 5, 0]}
            case "replSetGetConfig" if self.set_name is not None:
                return {"config": {"_id": self.set_name, "settings": {"replicaSetId": self.set_id}}}
            case "aggregate":
                return self._aggregate(database, command)
            case "getMore":
                return self._get_more(database, command)
            case "killCursors":
                return self._kill_cursors(command)
            case "find":
                self._only_primary()
                return find(self.oplog, database, command)
        raise ServerError(59, f"no such command: {name!r}")

    def _hello(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "isWritablePrimary": self.primary,
            "ismaster": self.primary,
            "helloOk": True,
            "maxBsonObjectSize": LARGEST_DOCUMENT,
            "maxMessageSizeBytes": 48_000_000,
            "maxWriteBatchSize": 100_000,
            "localTime": bson.DatetimeMS(1000 * self.oplog.now.time),
            "logicalSessionTimeoutMinutes": 30,
            "minWireVersion": 0,
            "maxWireVersion": 17,
            "readOnly": False,
        }
        if self.set_name is None:
            return body
        me = self.address
        body.update({"setName": self.set_name, "setVersion": 1, "hosts": [me], "me": me})
        body.update({"secondary": not self.primary, **({"primary": me} if self.primary else {})})
        return body

    def _only_primary(self) -> None:
        if not self.primary:
            raise ServerError(13435, "not primary and secondaryOk=false")

    def _aggregate(self, database: str, command: RawBSONDocument) -> dict[str, Any]:
        self._only_primary()
        pipeline = [bson.decode(stage.raw) for stage in command["pipeline"]]
        if not pipeline or "$changeStream" not in pipeline[0]:
            raise ServerError(40324, "expected $changeStream as the first stage: the fake has no other")
        if self.set_name is None:
            raise ServerError(40573, "The $changeStream stage is only supported on replica sets")
        options: Mapping[str, Any] = pipeline[0]["$changeStream"]
        if unknown := set(options) - _STAGE_OPTIONS:
            raise ServerError(40415, f"BSON field '$changeStream.{min(unknown)}' is an unknown field.")
        collection = command["aggregate"] if isinstance(command["aggregate"], str) else None
        scope = Scope(None if options.get("allChangesForCluster") else database, collection)
        cursor = ChangeCursor(self.oplog, scope, options, read_stages(pipeline[1:]), _session(command))
        number, self._next_cursor = self._next_cursor, self._next_cursor + 1
        self.cursors[number] = cursor
        asked = bson.decode(command["cursor"].raw).get("batchSize", 101)
        return self._batch(number, f"{database}.{collection or '$cmd.aggregate'}", "firstBatch", asked)

    def _get_more(self, database: str, command: RawBSONDocument) -> dict[str, Any]:
        number, space = int(command["getMore"]), f"{database}.{command['collection']}"
        most = int(command.get("batchSize", 101)) or 101
        wait_s = min(int(command.get("maxTimeMS", 1000)) / 1000, self.longest_wait_s)
        until = time.monotonic() + wait_s
        while True:
            body = self._batch(number, space, "nextBatch", most)
            left = until - time.monotonic()
            if body["cursor"]["nextBatch"] or left <= 0 or not body["cursor"]["id"]:
                return body
            self.oplog.changed.wait(left)

    def _batch(self, number: int, space: str, field: str, most: int) -> dict[str, Any]:
        cursor = self.cursors.get(number)
        if cursor is None:
            raise ServerError(43, f"cursor id {number} not found")
        try:
            events = [RawBSONDocument(raw) for raw in cursor.batch(most)]
        except ServerError:
            del self.cursors[number]
            raise
        body = {
            field: events,
            "postBatchResumeToken": {"_data": cursor.position},
            **({"invalidated": True} if cursor.invalidated else {}),
            "id": Int64(0 if cursor.invalidated else number),
            "ns": space,
        }
        if cursor.invalidated:
            del self.cursors[number]
        return {"cursor": body}

    def _kill_cursors(self, command: RawBSONDocument) -> dict[str, Any]:
        asked = [int(number) for number in command["cursors"]]
        killed = [Int64(number) for number in asked if self.cursors.pop(number, None)]
        missing = [Int64(number) for number in asked if number not in killed]
        return {"cursorsKilled": killed, "cursorsNotFound": missing, "cursorsAlive": [], "cursorsUnknown": []}

    def _end_sessions(self, command: RawBSONDocument) -> None:
        ended = {bytes(session["id"]) for session in command["endSessions"]}
        for number in [n for n, cursor in self.cursors.items() if cursor.session in ended]:
            del self.cursors[number]


def _session(command: RawBSONDocument) -> bytes:
    return bytes(command["lsid"]["id"]) if "lsid" in command else b""
