"""What a fake primary holds: documents, and an oplog of the changes that made them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import bson
from bson.timestamp import Timestamp

from tests.faults.raw_document import as_bytes, id_element
from tests.faults.tokens import event_token

FIRST_SECOND: Final = 1_790_000_000


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the oplog.

    Attributes
    ----------
    key : bytes
        The element ``_id`` of the document changed; empty for the others.
    document : bytes or None
        What was inserted or put in place; None for other operations.
    parts : int
        0; else the event is taken for larger than 16 MB while it holds its document, and
        is sent in so many parts where a stream asks for splitting.
    """

    time: Timestamp
    index: int
    operation: str
    database: str
    collection: str
    namespace_id: bytes
    key: bytes = b""
    document: bytes | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    parts: int = 0

    @property
    def token(self) -> str:
        """Resume token of its event."""
        return event_token(self.time, self.index, self.namespace_id, self.key)


class Collection:
    """Documents by their ``_id`` element; a new one, with another identity, after each drop."""

    def __init__(self, namespace_id: bytes) -> None:
        self.namespace_id = namespace_id
        self.documents: dict[bytes, bytes] = {}


class Oplog:
    """Changes in order, and the collections they led to. Time is a counter.

    Parameters of the changes: `database`, `collection` and a document as a mapping or as
    BSON, which may be broken anywhere but in its lengths.

    Notes
    -----
    `changed` guards everything and is notified with every change; it may be held by a test
    to make several changes look like one.
    """

    def __init__(self) -> None:
        self.changed = threading.Condition(threading.RLock())
        self.entries: list[Change] = []
        self.collections: dict[tuple[str, str], Collection] = {}
        self.now = Timestamp(FIRST_SECOND, 1)
        self.oldest: Timestamp | None = None
        self._made = 0
        self._in_transaction = -1

    def advance(self, seconds: int) -> None:
        """Let time pass on the server."""
        with self.changed:
            self.now = Timestamp(self.now.time + seconds, 1)
            self.changed.notify_all()

    def insert(
        self, database: str, collection: str, *documents: Mapping[str, Any] | bytes, parts: int = 0
    ) -> None:
        """Insert documents; `parts` as in `Change`."""
        for document in documents:
            raw = as_bytes(document)
            key = id_element(raw)
            with self.changed:
                held = self._collection(database, collection).documents
                if key in held:
                    msg = f"expected a new _id in {database}.{collection}, got one that is there: {key!r}"
                    raise ValueError(msg)
                held[key] = raw
                self._note("insert", database, collection, key, raw, parts=parts)

    def update(
        self, database: str, collection: str, identifier: Any, fields: Mapping[str, Any], *, parts: int = 0
    ) -> None:
        """Set fields of one document."""
        key = _key(identifier)
        with self.changed:
            held = self._collection(database, collection).documents
            raw = bson.encode({**bson.decode(held[key]), **fields})
            if raw == held[key]:
                return  # what changes nothing is no change
            held[key] = raw
            described = {"updatedFields": dict(fields), "removedFields": [], "truncatedArrays": []}
            self._note(
                "update", database, collection, key, parts=parts, more={"updateDescription": described}
            )

    def replace(self, database: str, collection: str, document: Mapping[str, Any] | bytes) -> None:
        """Put a whole document in the place of the one with its ``_id``."""
        raw = as_bytes(document)
        with self.changed:
            held = self._collection(database, collection).documents
            if held.get(id_element(raw)) == raw:
                return
            held[id_element(raw)] = raw
            self._note("replace", database, collection, id_element(raw), raw)

    def delete(self, database: str, collection: str, identifier: Any) -> None:
        """Delete one document."""
        key = _key(identifier)
        with self.changed:
            del self._collection(database, collection).documents[key]
            self._note("delete", database, collection, key)

    def create(self, database: str, collection: str) -> None:
        """Make an empty collection, which a stream does not tell."""
        with self.changed:
            self._collection(database, collection)
            self._tick()

    def drop(self, database: str, collection: str) -> None:
        """Drop a collection; its next insertion makes another one of the same name."""
        with self.changed:
            self._note("drop", database, collection)
            del self.collections[database, collection]

    def rename(self, database: str, collection: str, to: str) -> None:
        """Rename a collection within its database."""
        with self.changed:
            self._note("rename", database, collection, more={"to": {"db": database, "coll": to}})
            self.collections[database, to] = self.collections.pop((database, collection))

    def drop_database(self, database: str) -> None:
        """Drop a database and, before it, all its collections."""
        with self.changed:
            for name in [c for d, c in self.collections if d == database]:
                self.drop(database, name)
            self._tick()
            self.entries.append(Change(self.now, 0, "dropDatabase", database, "", b""))
            self.changed.notify_all()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Changes of one cluster time, which all become visible at once."""
        with self.changed:
            self._tick()
            self._in_transaction = 0
            try:
                yield
            finally:
                self._in_transaction = -1

    def truncate_oplog(self, keep: int = 1) -> None:
        """Forget all but the newest entries: positions before the oldest one kept are lost."""
        with self.changed:
            self.entries = self.entries[-keep:]
            self.oldest = self.entries[0].time if self.entries else self.now
            self.changed.notify_all()

    def lookup(self, change: Change) -> bytes | None:
        """The present document of a change; None when it or its collection is gone."""
        held = self.collections.get((change.database, change.collection))
        if held is None or held.namespace_id != change.namespace_id:
            return None
        return held.documents.get(change.key)

    def _collection(self, database: str, collection: str) -> Collection:
        name = (database, collection)
        if name not in self.collections:
            self._made += 1
            if self._in_transaction >= 0:  # making it is the transaction's first operation
                self._in_transaction += 1
            self.collections[name] = Collection(hashlib.md5(f"{name} {self._made}".encode()).digest())
        return self.collections[name]

    def _tick(self) -> None:
        self.now = Timestamp(self.now.time, self.now.inc + 1)

    def _note(
        self,
        operation: str,
        database: str,
        collection: str,
        key: bytes = b"",
        document: bytes | None = None,
        *,
        parts: int = 0,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        index = max(0, self._in_transaction)
        if self._in_transaction < 0:
            self._tick()
        else:
            self._in_transaction += 1
        space = self._collection(database, collection).namespace_id
        self.entries.append(
            Change(self.now, index, operation, database, collection, space, key, document, more or {}, parts)
        )
        self.changed.notify_all()


def _key(identifier: Any) -> bytes:
    return id_element(bson.encode({"_id": identifier}))
