"""MongoDB as the stream needs it: reachable, a replica set, readable, and holding its past."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from pymongo.errors import PyMongoError

from core.config import redacted
from ingest.mongo_client import connect
from ingest.mongo_errors import translate
from scripts.diagnosis import mongo_collection, mongo_oplog, mongo_server, mongo_stream
from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, NotExamined, note, said_by
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.mongo_unreachable import why_unreachable


def examine(installation: Installation) -> Iterator[Finding]:
    """The server first; without one nothing else is asked."""
    config = installation.config
    if config.without_stream:
        yield note("stream", "none is read: SPRUE_WITHOUT_STREAM is set, so MongoDB was not looked at")
        return
    url = config.mongo_url.get_secret_value()
    where = redacted(url)
    with connect(url, appname="sprue doctor") as client:
        began = time.monotonic()
        try:
            hello = client.admin.command("hello")
        except PyMongoError as error:
            yield from attempt("reachable", partial(why_unreachable, url, where, error))
            return
        took = time.monotonic() - began
        yield mongo_server.reached(hello, where, took)
        yield mongo_server.replica_set(hello)
        if not mongo_server.is_set(hello):
            return
        yield from attempt("version", lambda: [mongo_server.version(client.server_info()["version"])])
        yield from attempt("clock", lambda: [_clock(client, installation)])
        try:
            client[config.mongo_database][config.mongo_collection].find_one({}, {"_id": 1}, max_time_ms=5000)
        except PyMongoError as error:
            found = said_by("right to read", translate(error, f"{where} {config.mongo_database}"))
            role = f'{{role: "read", db: "{config.mongo_database}"}}'
            yield replace(found, advice=f"{found.advice}; enough to read and to watch is {role}")
            return
        yield from attempt("collection", lambda: mongo_collection.examine(client, installation))
        yield from attempt("change stream", lambda: [mongo_stream.watching(installation)])
        yield from attempt("position", lambda: mongo_stream.resuming(installation))
        yield from attempt("oplog", lambda: mongo_oplog.examine(client, installation))


def _clock(client: mongo_server.Client, installation: Installation) -> Finding:
    before = installation.now()
    answer = client.admin.command("hello").get("localTime")
    if answer is None:
        raise NotExamined("the server does not tell its time")
    return mongo_server.clock(mongo_server.seconds(answer), before, installation.now())
