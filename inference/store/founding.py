"""Which store a database holds: found, made, brought up to date, taken over."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, insert, inspect, select, update

from core.errors import ConfigError
from inference.store.gaps import drop_indexes
from inference.store.identity import begin_identity, confirm_identity
from inference.store.statements import stored_position
from inference.store.tables import SCHEMA, metadata, store_identity


class Known(NamedTuple):
    """What a database says of itself; `positioned`: a position was written."""

    uuid: str
    schema: int
    positioned: bool


def known_store(connection: Connection, where: str) -> Known | None:
    """The store in this database, None where there is none.

    Raises
    ------
    ConfigError
        The tables are those of a newer program.
    """
    if not inspect(connection).has_table(store_identity.name):
        return None
    row = connection.execute(select(store_identity)).one_or_none()
    if row is None:
        return None
    if row.schema_number > SCHEMA:
        msg = f"{where}: expected table layout {SCHEMA}, got {row.schema_number}; update the program"
        raise ConfigError(msg)
    return Known(row.uuid, row.schema_number, stored_position(connection) is not None)


def found(connection: Connection, path: Path | None, now: int, *, anew: bool) -> str:
    """Make the tables; the new store's uuid, which a file beside it gets first.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    path : Path or None
        Beside which the identity file stands; None: nowhere.
    now : int
        ms since 1970 UTC.
    anew : bool
        It replaces a lost store: see `inference.store.identity.confirm_identity`.
    """
    name = str(uuid.uuid4())
    if path is not None:
        if anew:
            confirm_identity(path, name, begun=True)
        else:
            begin_identity(path, name)
    metadata.create_all(connection)
    row = {"id": 1, "uuid": name, "schema_number": SCHEMA, "created": now, "epoch": 0}
    connection.execute(insert(store_identity), row)
    return name


def take_over(connection: Connection, known: Known | None) -> int:
    """Bring the tables up to date and count up the epoch; the new one."""
    if known is not None and known.schema < SCHEMA:
        from inference.store.migrations.migrate import migrate  # 0.2 s that a store up to date never needs

        migrate(connection, known.schema, SCHEMA)
        connection.execute(update(store_identity).values(schema_number=SCHEMA))
    drop_indexes(connection)
    connection.execute(update(store_identity).values(epoch=store_identity.c.epoch + 1))
    epoch: int = connection.scalar(select(store_identity.c.epoch)) or 0
    return epoch
