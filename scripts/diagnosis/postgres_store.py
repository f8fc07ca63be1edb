"""The server of a PostgreSQL verdict store."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import Connection, inspect, text

from inference.store.instance import ADVISORY_LOCK
from inference.store.tables import metadata, store_identity
from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, note, ok, problem, warning

OLDEST = 120_000


def examine(connection: Connection) -> Iterator[Finding]:
    """Version, recovery, rights, writer, durability."""
    checks = {"version": version, "primary": primary, "rights": rights, "writer": writer, "commit": commit}
    for subject, check in checks.items():
        yield from attempt(subject, partial(_each, check, connection))


def _each(check: object, connection: Connection) -> list[Finding]:
    assert callable(check)
    return [check(connection)]


def version(connection: Connection) -> Finding:
    """Whether the server is one that is maintained."""
    number = int(connection.scalar(text("SHOW server_version_num")) or 0)
    said = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number >= OLDEST:
        return ok("version", said)
    return warning("version", expected="PostgreSQL 12 or later", found=said, advice="update the server")


def primary(connection: Connection) -> Finding:
    """Whether the server can be written at all."""
    if not connection.scalar(text("SELECT pg_is_in_recovery()")):
        return ok("primary", "the server can be written")
    return problem(
        "primary",
        expected="the primary",
        found="a standby, which only reads",
        advice="name the primary in SPRUE_STORE_URL",
    )


def rights(connection: Connection) -> Finding:
    """Whether this user may write the tables, or make them."""
    user = connection.scalar(text("SELECT current_user"))
    if connection.scalar(text("SELECT to_regclass(:name)"), {"name": store_identity.name}) is None:
        if connection.scalar(text("SELECT has_schema_privilege(current_schema(), 'CREATE')")):
            return ok("rights", f"{user} may make the tables")
        return problem(
            "rights",
            expected=f"the right of {user} to make tables",
            found="none in the schema in use",
            advice=f"GRANT CREATE, USAGE ON SCHEMA public TO {user}",
        )
    ask = text("SELECT has_table_privilege(:name, :right)")
    there = set(inspect(connection).get_table_names())  # an older store has not all of them yet
    lacking = [
        f"{right} on {name}"
        for name in metadata.tables
        if name in there
        for right in ("SELECT", "INSERT", "UPDATE")
        if not connection.scalar(ask, {"name": name, "right": right})
    ]
    if not lacking:
        return ok("rights", f"{user} may read and write the tables")
    return problem(
        "rights",
        expected=f"the right of {user} to read and write the tables",
        found="no " + ", ".join(lacking[:6]),
        advice=f"GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO {user}",
    )


def writer(connection: Connection) -> Finding:
    """Who holds the lock of the one writer; it is looked up, not tried."""
    query = text(
        "SELECT l.pid, a.client_addr, a.application_name FROM pg_locks l "
        "LEFT JOIN pg_stat_activity a ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
        "AND l.classid::bigint = :high AND l.objid::bigint = :low"
    )
    key = {"high": ADVISORY_LOCK >> 32, "low": ADVISORY_LOCK & 0xFFFFFFFF}
    row = connection.execute(query, key).first()
    if row is None:
        return ok("writer", "nobody: no service runs on this store")
    return ok("writer", f"session {row[0]} from {row[1] or 'the server itself'}: a service is running")


def commit(connection: Connection) -> Finding:
    """Whether a commit waits for the disk; the writer asks for that itself."""
    value = connection.scalar(text("SHOW synchronous_commit"))
    if value != "off":
        return ok("synchronous_commit", str(value))
    return note("synchronous_commit", "off as the server's default; sprue's writer sets it on for itself")
