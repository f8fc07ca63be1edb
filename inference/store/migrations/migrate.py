"""Bring an older store up to date, in the transaction of the caller: all of it or nothing."""

from __future__ import annotations

from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

_FOLDER = Path(__file__).parent


def revision(schema: int) -> str:
    """Alembic's name of a table layout.

    >>> revision(2)
    '0002'
    """
    return f"{schema:04d}"


def migrate(connection: Connection, have: int, want: int) -> None:
    """Take every step from layout `have` to layout `want`.

    Parameters
    ----------
    connection : Connection
        In a transaction, which the caller commits: both databases undo changes of tables, too.
    have, want : int
        Numbers of table layouts; 0 is an empty database.

    Notes
    -----
    ``store_identity.schema_number`` says which layout a store has. Alembic's own table is
    written along from it, so that Alembic's tools agree.
    """
    script = ScriptDirectory(_FOLDER)

    def steps(_heads: object, _context: object) -> object:
        return script._upgrade_revs(revision(want), revision(have) if have else "base")

    context = MigrationContext.configure(connection, opts={"fn": steps})
    if have:
        context.stamp(script, revision(have))
    with Operations.context(context):
        context.run_migrations()
