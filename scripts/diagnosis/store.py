"""The verdict store: there, whole, of this layout, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError

from inference.store.engine import parse_url, place, sqlite_path, why
from inference.store.tables import SCHEMA, store_identity
from scripts.diagnosis import postgres_store, sqlite_store
from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, note, ok, problem
from scripts.diagnosis.installation import Installation
from scripts.diagnosis.reading import reading
from scripts.diagnosis.stored import dead_letters, position


def examine(installation: Installation) -> Iterator[Finding]:
    """SQLite's files or PostgreSQL's server, then what both hold alike."""
    url = parse_url(installation.config.resolved_store_url)
    where = place(url)
    path = sqlite_path(url)
    if path is not None:
        yield sqlite_store.library()
        yield from sqlite_store.holder(path)
        if not path.is_file():
            yield sqlite_store.absent(path)
            return
        yield sqlite_store.log_size(path)
    try:
        with reading(url) as connection:
            if path is not None:
                whole = sqlite_store.whole(connection)
                yield whole
                if whole.level == "problem":  # nothing read from such a file can be relied on
                    return
                yield from attempt("identity", lambda: [sqlite_store.identity(path, _uuid(connection))])
            else:
                yield ok("reachable", where)
                yield from postgres_store.examine(connection)
            if _uuid(connection) is None:
                yield note("tables", f"none in {where} yet; the first start makes them")
                return
            yield layout(connection)
            for subject, check in (("position", position), ("dead letters", dead_letters)):
                yield from attempt(subject, partial(check, connection, installation.now()))
    except DBAPIError as error:
        found, _, advice = why(error.orig, where).rpartition("; ")
        yield problem("readable", expected="a store that can be read", found=found, advice=advice)


def layout(connection: Connection) -> Finding:
    """Whether this program knows the tables."""
    number = connection.scalar(select(store_identity.c.schema_number))
    if number == SCHEMA:
        return ok("table layout", str(number))
    return problem(
        "table layout",
        expected=str(SCHEMA),
        found=str(number),
        advice="update the program"
        if (number or 0) > SCHEMA
        else "keep a copy, then start ./sprue serve: it adds what is missing, all of it or nothing",
    )


def _uuid(connection: Connection) -> str | None:
    if not inspect(connection).has_table(store_identity.name):
        return None
    return connection.scalar(select(store_identity.c.uuid))
