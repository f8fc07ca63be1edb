"""The SQL of a history: what is asked, in which order, and from where on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from psycopg2 import errors, extensions, sql

from core.batch import Batch
from core.errors import ConfigError, HistoryError
from core.profile import Profile
from ingest.history_columns import history_columns, without_lots

TIME_TYPES = {"timestamp with time zone", "timestamp without time zone"}
NUMBER_TYPES = {"smallint", "integer", "bigint", "real", "double precision", "numeric"}
KEYS = ("id", "maker", "facility", "item")
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class HistoryQuery:
    """One history: a table, and the makers and time range wanted of it.

    Attributes
    ----------
    table : str
        Name, ``schema.table`` allowed.
    makers : tuple of str
        Empty: all.
    start, end : datetime or None
        ``start <= time < end``, with an offset; None: no bound.
    """

    table: str
    makers: tuple[str, ...] = ()
    start: datetime | None = None
    end: datetime | None = None

    def __post_init__(self) -> None:
        for name, time in (("start", self.start), ("end", self.end)):
            if time is not None and time.tzinfo is None:
                raise ConfigError(f"{name}: expected a time with its UTC offset, got {time.isoformat()!r}")
        if self.start and self.end and self.start >= self.end:
            raise ConfigError(
                f"start: expected a time before end {self.end.isoformat()}, got {self.start.isoformat()}"
            )

    def wants(self, batch: Batch) -> NDArray[np.bool_]:
        """Which rows ``(n,)`` of a table that was read whole are wanted."""
        mask = np.ones(len(batch), dtype=bool)
        if self.makers:
            mask &= pd.Series(batch.maker).isin(self.makers).to_numpy()
        if self.start is not None:
            mask &= batch.time >= self.start.timestamp() * 1000
        if self.end is not None:
            mask &= batch.time < self.end.timestamp() * 1000
        return mask

    def as_text(self) -> dict[str, Any]:
        """The query in plain values, the same for equal queries."""
        return {
            "table": self.table,
            "makers": sorted(set(self.makers)),
            "start": None if self.start is None else _utc(self.start),
            "end": None if self.end is None else _utc(self.end),
        }


@dataclass(frozen=True, slots=True)
class HistoryTable:
    """A table as it is in this database.

    Attributes
    ----------
    name : str
    identity : str
        Server, database and table: a table made anew is another one.
    columns : dict of str to str
        Flat name -> column.
    types : dict of str to str
        Flat name -> PostgreSQL type.
    without_lots : str
        What to say of lot totals it has no column for; empty where it has both.
    """

    name: str
    identity: str
    columns: dict[str, str]
    types: dict[str, str]
    without_lots: str = ""

    @classmethod
    def find(cls, connection: extensions.connection, name: str, profile: Profile) -> HistoryTable:
        """Look the table up.

        Raises
        ------
        HistoryError
            No such table or columns, with what is there instead.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s)::oid::bigint", (_quoted(connection, name),))
            oid = _one(cursor)[0]
            if oid is None:
                cursor.execute(
                    "SELECT table_schema || '.' || table_name FROM information_schema.tables "
                    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1 LIMIT 20"
                )
                found = ", ".join(row[0] for row in cursor.fetchall()) or "no table at all"
                raise HistoryError(f"history table {name!r}: not found or not readable; found {found}")
            cursor.execute(
                "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
                "WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                (oid,),
            )
            type_of = dict(cursor.fetchall())
            columns = history_columns(list(type_of), profile, where=f"history table {name!r}")
            notice = without_lots(list(type_of), profile, where=f"history table {name!r}")
            types = {flat: type_of[column] for flat, column in columns.items()}
            if types["time"] not in TIME_TYPES:
                raise HistoryError(
                    f"history table {name!r}: column {columns['time']!r}: expected "
                    f"timestamp with time zone, got {types['time']}"
                )
            cursor.execute("SELECT oid::bigint FROM pg_database WHERE datname = current_database()")
            database = _one(cursor)[0]
        return cls(name, f"{_server(connection)}/{database}/{oid}", columns, types, notice)

    def select_rows(self, query: HistoryQuery, after: Sequence[str] | None) -> tuple[sql.Composed, list[Any]]:
        """Rows in the order of (time, id), after the row named by `after`; and parameters."""
        condition, parameters = self._condition(query)
        if after is not None:
            # Without a type of their own the texts take the columns' types.
            condition += sql.SQL(" AND ({}, {}) > (%s, %s)").format(self._column("time"), self._column("id"))
            parameters += list(after)
        # Columns carry the table's alias: a bare ORDER BY "id" would sort by the text selected.
        statement = sql.SQL("SELECT {} FROM {} AS h WHERE {} AND {} IS NOT NULL ORDER BY {}, {}").format(
            sql.SQL(", ").join(self._expression(flat) for flat in self.columns),
            self._table(),
            condition,
            self._column("id"),
            self._column("time"),
            self._column("id"),
        )
        return statement, parameters

    def count_unplaced(self, cursor: extensions.cursor, query: HistoryQuery) -> int:
        """Rows that no keyset reaches: no identifier, or (without a range) no usable time."""
        condition, parameters = self._condition(query)
        statement = sql.SQL("SELECT count(*) FROM {} AS h WHERE {} AND {} IS NULL").format(
            self._table(), condition, self._column("id")
        )
        cursor.execute(statement, parameters)
        count = int(_one(cursor)[0])
        if query.start is None and query.end is None:
            makers, parameters = self._makers(query)
            statement = sql.SQL(
                "SELECT count(*) FROM {table} AS h WHERE {makers} AND "
                "({time} IS NULL OR {time} < %s OR {time} >= %s)"
            ).format(table=self._table(), makers=makers, time=self._column("time"))
            cursor.execute(statement, [*parameters, _utc(EARLIEST), _utc(LATEST)])
            count += int(_one(cursor)[0])
        return count

    def frame(self, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
        """Fetched rows by flat names, numbers as float64, time as datetime64[ns, UTC]."""
        columns: dict[str, Any] = {}
        for (flat, type_), values in zip(self.types.items(), zip(*rows, strict=True), strict=True):
            if flat == "time":
                microseconds = np.array(values, dtype="datetime64[us]")
                columns[flat] = pd.DatetimeIndex(microseconds.astype("datetime64[ns]")).tz_localize("UTC")
            elif flat not in KEYS and type_ in NUMBER_TYPES:
                columns[flat] = np.array(values, dtype=np.float64)
            else:
                columns[flat] = pd.Series(values, dtype=object)
        return pd.DataFrame(columns)

    def after(self, row: tuple[Any, ...]) -> list[str]:
        """Where to go on after this row."""
        names = list(self.columns)
        time = np.datetime64(row[names.index("time")], "us")
        return [str(time), row[names.index("id")]]

    def _condition(self, query: HistoryQuery) -> tuple[sql.Composed, list[Any]]:
        makers, parameters = self._makers(query)
        bounds = [_utc(query.start or EARLIEST), _utc(query.end or LATEST)]
        time = self._column("time")
        condition = sql.SQL("{} AND {} >= %s AND {} < %s").format(makers, time, time)
        return condition, [*parameters, *bounds]

    def _makers(self, query: HistoryQuery) -> tuple[sql.Composable, list[Any]]:
        if not query.makers:
            return sql.SQL("TRUE"), []
        if "maker" not in self.columns:
            raise HistoryError(f"history table {self.name!r}: expected a maker column to choose makers by")
        return sql.SQL("{}::text = ANY(%s)").format(self._column("maker")), [sorted(set(query.makers))]

    def _expression(self, flat: str) -> sql.Composed:
        column = self._column(flat)
        if flat == "time":  # exact: PostgreSQL keeps whole microseconds
            return sql.SQL("(extract(epoch FROM {}) * 1000000)::bigint").format(column)
        if flat not in KEYS and self.types[flat] in NUMBER_TYPES:
            return sql.SQL("{}::float8").format(column)
        if self.types[flat] == "boolean":  # stays what it is, and is refused as a number
            return sql.SQL("{}").format(column)
        return sql.SQL("{}::text").format(column)

    def _column(self, flat: str) -> sql.Identifier:
        return sql.Identifier("h", self.columns[flat])

    def _table(self) -> sql.Identifier:
        return sql.Identifier(*self.name.split("."))


def _quoted(connection: extensions.connection, name: str) -> str:
    return sql.Identifier(*name.split(".")).as_string(connection)


def _one(cursor: extensions.cursor) -> tuple[Any, ...]:
    row = cursor.fetchone()
    if row is None:
        raise HistoryError("history: expected one row from the database's own catalogue, got none")
    return row


def _server(connection: extensions.connection) -> str:
    """Identity of the database cluster; "" for a user who may not ask."""
    with connection.cursor() as cursor:
        cursor.execute("SAVEPOINT identity")
        try:
            cursor.execute("SELECT system_identifier::text FROM pg_control_system()")
            found = str(_one(cursor)[0])
        except errors.InsufficientPrivilege:
            cursor.execute("ROLLBACK TO SAVEPOINT identity")
            found = ""
        cursor.execute("RELEASE SAVEPOINT identity")
    return found


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
