"""The collection with the shots, and its newest documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bson.raw_bson import DEFAULT_RAW_BSON_OPTIONS
from pymongo.collection import Collection
from pymongo.errors import OperationFailure

from scripts.diagnosis.finding import Finding, NotExamined, note, ok, problem, warning
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.mongo_server import Client
from scripts.diagnosis.sample import about_sample

SAMPLE = 100
_WAIT_MS = 5_000


def examine(client: Client, installation: Installation) -> Iterator[Finding]:
    """Whether it is there, of a kind that can be watched, and what its documents look like."""
    config = installation.config
    database, name = client[config.mongo_database], config.mongo_collection
    try:
        there = next(iter(database.list_collections(filter={"name": name})), None)
        others = [] if there else sorted(database.list_collection_names())
    except OperationFailure:  # reading may be allowed without listing
        there, others = {"type": "collection"}, []
    if there is None:
        yield _absent(config.mongo_database, name, others)
        return
    kind = str(there.get("type", "collection"))
    if kind != "collection":
        yield problem(
            "collection",
            expected="a plain collection: only those have change streams",
            found=f"{config.mongo_database}.{name} is a {kind}",
            advice="name the collection the shots are written to in SPRUE_MONGO_COLLECTION",
        )
        return
    count = database[name].estimated_document_count(maxTimeMS=_WAIT_MS)
    if not count:
        yield note("collection", f"{config.mongo_database}.{name} is empty")
        return
    yield ok("collection", f"{config.mongo_database}.{name}: about {count:,} documents")
    raw: Collection[Any] = database.get_collection(name, codec_options=DEFAULT_RAW_BSON_OPTIONS)
    newest = raw.find({}, sort=[("$natural", -1)], limit=SAMPLE, max_time_ms=_WAIT_MS)
    documents = [bytes(document.raw) for document in newest]
    if not documents:
        raise NotExamined("the documents went away meanwhile")
    yield from about_sample(documents, installation.profile, installation.now())


def _absent(database: str, name: str, others: list[str]) -> Finding:
    if not others:
        return note("collection", f"{database}.{name} is not there yet; the first shot makes it")
    more = ", ..." if len(others) > 6 else ""
    return warning(
        "collection",
        expected=f"a collection {name!r} in {database!r}",
        found=f"only {', '.join(others[:6])}{more}",
        advice="correct SPRUE_MONGO_COLLECTION or SPRUE_MONGO_DATABASE, unless no shot came yet",
    )
