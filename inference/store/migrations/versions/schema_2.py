"""Layout 2: what was judged of each record, gaps, the state log, the audit.

What was written before has no record id and no checksum: after a gap such records are
judged once more, which is the side on which nothing is lost.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text()


def upgrade() -> None:
    """Add columns and tables; no row is rewritten."""
    op.add_column("verdict", sa.Column("record_id", _TEXT))
    op.add_column("verdict", sa.Column("content", _INTEGER))
    op.add_column("verdict", sa.Column("origin", _TEXT, nullable=False, server_default="stream"))
    op.add_column("dead_letter", sa.Column("content", _INTEGER))
    op.add_column("dead_letter", sa.Column("after_verdict", _INTEGER))
    op.create_table(
        "gap",
        sa.Column("id", _INTEGER, sa.Identity(), primary_key=True),
        sa.Column("opened_at", _INTEGER, nullable=False),
        sa.Column("closed_at", _INTEGER),
        sa.Column("cause", _TEXT, nullable=False),
        sa.Column("from_t", _INTEGER, nullable=False),
        sa.Column("from_i", _INTEGER, nullable=False),
        sa.Column("to_t", _INTEGER, nullable=False),
        sa.Column("to_i", _INTEGER, nullable=False),
        sa.Column("seen", _INTEGER, nullable=False),
        sa.Column("judged", _INTEGER, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "state_log",
        sa.Column("seq", _INTEGER, sa.Identity(), primary_key=True),
        sa.Column("at", _INTEGER, nullable=False),
        sa.Column("before", _TEXT, nullable=False),
        sa.Column("after", _TEXT, nullable=False),
        sa.Column("code", _INTEGER),
        sa.Column("reason", _TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit",
        sa.Column("seq", _INTEGER, primary_key=True, autoincrement=False),
        sa.Column("at", _INTEGER, nullable=False),
        sa.Column("who", _TEXT, nullable=False),
        sa.Column("verb", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("detail", _TEXT, nullable=False),
        sa.Column("result", _TEXT, nullable=False),
        sa.Column("previous_sha", _TEXT, nullable=False),
        sa.Column("sha", _TEXT, nullable=False),
        sqlite_strict=True,
    )
