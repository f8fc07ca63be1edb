"""The production history in PostgreSQL: needed to train, not to judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial

import psycopg2
from psycopg2 import extensions, sql

from core.config import redacted
from core.errors import HistoryError
from ingest.history_query import NUMBER_TYPES, HistoryTable
from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding, Level, NotExamined, note, ok, problem, warning
from scripts.diagnosis.installation import Installation

_CONNECT_S = 5
_STATEMENT_MS = 5_000
_KEYS = ("id", "time", "maker", "facility", "item")


def examine(installation: Installation) -> Iterator[Finding]:
    """Reachable, with the table the profile needs; a note at most where nobody set it up."""
    config = installation.config
    configured = bool({"history_url", "history_table"} & config.model_fields_set)
    # Without a stream nothing is judged by what a history knows; training may read a file.
    worst: Level = "warning" if configured and not config.without_stream else "note"
    if not configured:
        said = "SPRUE_HISTORY_URL is not set, so its default is tried; serving needs no history"
        yield note("settings", said, "set it before ./sprue train, or give that --history FILE")
    for finding in attempt("history", lambda: _look(installation)):
        yield finding.at(worst) if finding.level in ("problem", "warning") else finding


def _look(installation: Installation) -> Iterator[Finding]:
    config = installation.config
    url = config.history_url.get_secret_value()
    where = redacted(url)
    options = f"-c default_transaction_read_only=on -c statement_timeout={_STATEMENT_MS}"
    try:
        connection = psycopg2.connect(url, connect_timeout=_CONNECT_S, options=options)
    except psycopg2.Error as error:
        # The words about an address that is none repeat it.
        is_none = isinstance(error, psycopg2.ProgrammingError)
        said = "an address it cannot read" if is_none else " ".join(str(error).split())
        yield problem(
            "reachable",
            expected=f"a PostgreSQL at {where}",
            found=said[:300] or type(error).__name__,
            advice="start it, or correct SPRUE_HISTORY_URL (host, port, user, password, database)",
        )
        return
    try:
        connection.autocommit = True
        yield ok("reachable", where)
        profile = installation.profile
        try:
            with connection:  # finding the table uses a savepoint
                connection.autocommit = False
                table = HistoryTable.find(connection, config.history_table, profile)
        except HistoryError as error:
            yield problem(
                "table",
                expected=f"a table {config.history_table!r} with the profile's fields",
                found=str(error).partition("': ")[2] or str(error),
                advice="correct SPRUE_HISTORY_TABLE, or offer a view with these columns",
            )
            return
        connection.autocommit = True
        yield ok("table", f"{config.history_table} with {len(table.columns)} fields of the profile")
        if table.without_lots:
            found, _, advice = table.without_lots.partition("': ")[2].partition("; ")
            expected, _, came = found.removeprefix("expected ").partition(", found ")
            yield warning("lot totals", expected=expected, found=came, advice=advice)
        texts = [n for n, t in table.types.items() if n not in _KEYS and t not in NUMBER_TYPES]
        if texts:
            yield warning(
                "column types",
                expected="numbers",
                found=", ".join(f"{name} as {table.types[name]}" for name in texts[:6]),
                advice="change the columns to double precision, or offer a view that does",
            )
        yield from attempt("rows", partial(_rows, connection, config.history_table))
        yield from attempt("newest", partial(_newest, connection, table, installation.now()))
    except psycopg2.Error as error:
        said = " ".join(str(error).split())
        yield problem("readable", expected="answers", found=said[:300], advice="see the server's log")
    finally:
        connection.close()


def _rows(connection: extensions.connection, name: str) -> Iterator[Finding]:
    with connection.cursor() as cursor:
        identifier = sql.Identifier(*name.split("."))
        try:
            cursor.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(identifier))
            any_row = cursor.fetchone() is not None
        except psycopg2.errors.InsufficientPrivilege:
            yield problem(
                "rights",
                expected=f"the right to read {name}",
                found="permission denied",
                advice=f"GRANT SELECT ON {name} TO the user in SPRUE_HISTORY_URL",
            )
            raise NotExamined("no right to read the table") from None
        cursor.execute(
            "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%s)",
            (identifier.as_string(connection),),
        )
        row = cursor.fetchone()
    estimate = row[0] if row is not None else -1
    if not any_row:
        yield warning(
            "rows",
            expected="shots to learn from",
            found="an empty table",
            advice="fill it, then ./sprue train",
        )
    else:
        yield ok(
            "rows", f"about {estimate:,}" if estimate > 0 else "some; the server has not counted them yet"
        )


def _newest(connection: extensions.connection, table: HistoryTable, now: float) -> Iterator[Finding]:
    column = sql.Identifier(table.columns["time"])
    name = sql.Identifier(*table.name.split("."))
    with connection.cursor() as cursor:
        try:
            # "infinity" is a time to PostgreSQL, and the newest of all
            cursor.execute(
                sql.SQL("SELECT extract(epoch FROM max({t}))::float8 FROM {n} WHERE {t} < 'infinity'").format(
                    t=column, n=name
                )
            )
            row = cursor.fetchone()
        except psycopg2.errors.QueryCanceled:
            yield note(
                "newest", "not found within 5 s", f"an index on {table.columns['time']} helps training, too"
            )
            return
        except psycopg2.errors.InsufficientPrivilege:
            raise NotExamined("no right to read the table") from None
    if row is None or row[0] is None:
        return
    days = (now - row[0]) / 86_400
    yield ok(
        "newest", f"{datetime.fromtimestamp(row[0], UTC):%Y-%m-%d %H:%M} UTC, {max(days, 0):,.0f} days ago"
    )
