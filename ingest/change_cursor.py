"""The server's cursor on a change stream: what is asked, and what comes back.

Plain ``aggregate`` and ``getMore`` commands rather than the driver's cursor: one reply is
one batch with its own resume token, nothing is waited for while events are at hand, and
the driver never resumes behind our back from a position that is not ours. Documents stay
raw BSON, so one that cannot be decoded stops nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from bson.int64 import Int64
from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS, RawBSONDocument
from pymongo import MongoClient
from pymongo.client_session import ClientSession

from ingest.change_events import FIELDS, Reply, pair, read_reply
from ingest.resume_token import token_json
from native.library import compiled

OPERATIONS: Final = ("insert", "update", "replace")
"""Changes that bring a record; deletes and drops bring none."""
LONGEST_TOKEN: Final = 6_000_000
"""Bytes. A reply holds a token twice and the key, half as long, besides: of 16 MB, not one much longer."""

Asked = Literal["whole", "keys", "small", "small keys"]
"""``whole``: events with their documents. ``keys``: without. ``small``: those alone whose token
fits into a reply."""


class ChangeCursor:
    """A cursor on the changes of one collection.

    Parameters
    ----------
    client : MongoClient
    database, collection : str
        The database's stream is filtered on the server, so that dropping or renaming the
        collection does not end it.

    Attributes
    ----------
    open : bool
        False before the first `begin` and after the server closed it.
    head : tuple of int
        The server's own time at its last answer.
    """

    def __init__(self, client: MongoClient[Any], database: str, collection: str) -> None:
        self._database = client[database]
        self._client = client
        self._collection = collection
        self._session: ClientSession | None = None
        self._number = Int64(0)
        self.head = (0, 0)

    @property
    def open(self) -> bool:
        """Whether the server still has it."""
        return bool(self._number)

    def begin(self, stage: Mapping[str, Any], asked: Asked = "whole") -> str:
        """Open it anew, after what the options of ``$changeStream`` say; the token it begins at."""
        self.end()
        self._session = self._client.start_session(causal_consistency=False)
        here = {"ns.coll": self._collection, "operationType": {"$in": list(OPERATIONS)}}
        wanted: list[dict[str, Any]] = [{"$or": [here, {"operationType": "invalidate"}]}]
        if asked.startswith("small"):
            wanted.append({"$expr": {"$lte": [{"$strLenBytes": "$_id._data"}, LONGEST_TOKEN]}})
        fields = [name for name in FIELDS if asked in ("whole", "small") or name != "fullDocument"]
        pipeline = [
            {"$changeStream": {"fullDocument": "updateLookup", **stage}},
            *({"$match": one} for one in wanted),
            {"$project": dict.fromkeys(fields, 1)},
        ]
        # Batch size 0: the answer holds no event, only the position the stream starts from.
        command = {"aggregate": 1, "pipeline": pipeline, "cursor": {"batchSize": 0}}
        reply = self._command({**command, "readConcern": {"level": "majority"}}, self._session)
        self._number = reply["cursor"]["id"]
        return token_json(reply["cursor"]["postBatchResumeToken"])

    def more(self, max_events: int, wait_s: float) -> Reply:
        """The next batch; empty when nothing came within `wait_s` seconds."""
        reply = read_reply(bytes(self._get_more(max_events, wait_s).raw), compiled())
        self._number = Int64(reply.cursor)
        return reply

    def one(self, wait_s: float) -> tuple[RawBSONDocument | None, Reply]:
        """The key of the next event's document, None when there is none, and the event."""
        cursor = self._get_more(1, wait_s)
        change = next(iter(cursor["nextBatch"]), None)
        key = change.get("documentKey") if change is not None else None
        return key, read_reply(bytes(cursor.raw), None)

    def look_up(self, key: RawBSONDocument) -> bytes | None:
        """The present document with this key, None when it is gone."""
        command = {"find": self._collection, "filter": key, "limit": 1, "singleBatch": True}
        reply = self._command({**command, "readConcern": {"level": "majority"}}, None)
        found = next(iter(reply["cursor"]["firstBatch"]), None)
        return None if found is None else bytes(found.raw)

    def end(self) -> None:
        """Forget it; the server drops it with its session. Sends nothing."""
        session, self._session = self._session, None
        self._number = Int64(0)
        if session is not None:
            session.end_session()

    def _get_more(self, max_events: int, wait_s: float) -> RawBSONDocument:
        command = {
            "getMore": self._number,
            "collection": "$cmd.aggregate",
            "batchSize": max_events,
            "maxTimeMS": max(1, round(wait_s * 1000)),
        }
        cursor: RawBSONDocument = self._command(command, self._session)["cursor"]
        return cursor

    def _command(self, command: dict[str, Any], session: ClientSession | None) -> RawBSONDocument:
        reply = self._database.command(command, session=session, codec_options=DEFAULT_RAW_BSON_OPTIONS)
        self.head = pair(reply["operationTime"])
        return reply
