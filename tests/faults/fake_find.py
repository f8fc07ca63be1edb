"""``find`` on the fake primary: a walk along the index on ``_id``, in one batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import bson
from bson.int64 import Int64
from bson.raw_bson import RawBSONDocument

from tests.faults.oplog import Oplog
from tests.faults.raw_document import id_element, sort_key, wrapped
from tests.faults.server_error import ServerError

_LARGEST_BATCH: Final = 16 * 1024 * 1024
_KNOWN: Final = frozenset(
    ["find", "filter", "sort", "hint", "min", "projection", "limit", "batchSize", "singleBatch"]
)
_OF_EVERY_COMMAND: Final = frozenset(
    ["readConcern", "lsid", "$db", "$clusterTime", "$readPreference", "maxTimeMS", "comment"]
)


def find(oplog: Oplog, database: str, command: RawBSONDocument) -> dict[str, Any]:
    """The documents of a collection in the order of their ``_id``.

    Raises
    ------
    ServerError
        The command asks for what the fake has not: another order, index or filter.
    """
    if unknown := set(command) - _KNOWN - _OF_EVERY_COMMAND:
        raise ServerError(40415, f"BSON field 'find.{min(unknown)}' is an unknown field.")
    for name in ("sort", "hint"):
        if name in command and bson.decode(command[name].raw) != {"_id": 1}:
            raise ServerError(2, f"expected {name} by _id, the fake's only index")
    held = oplog.collections.get((database, command["find"]))
    documents = {} if held is None else held.documents
    keys = _wanted(documents, command)
    limit = int(command.get("limit", 0)) or len(keys)
    projection = command.get("projection")
    rows: list[Any] = []
    size = 0
    for key in keys[:limit]:
        row = _row(key, documents[key], bson.decode(projection.raw) if projection is not None else {})
        size += len(row.raw)
        if rows and size > _LARGEST_BATCH:
            break
        rows.append(row)
    return {"cursor": {"firstBatch": rows, "id": Int64(0), "ns": f"{database}.{command['find']}"}}


def _wanted(documents: Mapping[bytes, bytes], command: RawBSONDocument) -> list[bytes]:
    """The keys asked for, in the order of the index."""
    keys = sorted(documents, key=sort_key)
    if "min" in command:
        lowest = sort_key(id_element(bytes(command["min"].raw)))
        keys = [key for key in keys if sort_key(key) >= lowest]
    query = command.get("filter")
    asked = b"" if query is None else bytes(query.raw)
    if len(asked) <= 5:
        return keys
    if (left_out := _left_out(asked)) is not None:
        return [key for key in keys if key != left_out]
    wanted = asked[4:-1]
    if not wanted[1:].startswith(b"_id\x00") or wrapped(id_element(asked)) != asked or b"$" in wanted:
        raise ServerError(2, "expected no filter or the _id of one document, the fake knows no other")
    return [key for key in keys if key == wanted]


def _left_out(query: bytes) -> bytes | None:
    """The key of ``{_id: {$ne: ...}}``, None for any other filter."""
    wanted = query[9:-1]
    named = query[4:9] == b"\x03_id\0" and wanted[5:9] == b"$ne\0"
    return wanted[4:5] + b"_id\0" + wanted[9:-1] if named else None


def _row(key: bytes, document: bytes, projection: Mapping[str, Any]) -> RawBSONDocument:
    if not projection:
        return RawBSONDocument(document)
    return RawBSONDocument(_built(projection, key, document))


def _built(projection: Mapping[str, Any], key: bytes, document: bytes) -> bytes:
    body = b""
    for name, wanted in projection.items():
        field = name.encode() + b"\x00"
        if wanted == "$$ROOT":
            body += b"\x03" + field + document
        elif wanted == "$_id":
            body += key[:1] + field + key[5:]
        elif isinstance(wanted, Mapping):
            body += b"\x03" + field + _built(wanted, key, document)
        elif name != "_id" or wanted not in (0, 1):
            raise ServerError(2, f"expected $$ROOT, $_id or _id in the projection, got {name!r}: {wanted!r}")
        elif wanted:
            body += key
    return (len(body) + 5).to_bytes(4, "little") + body + b"\x00"
