"""Layout 1: verdicts, dead letters, position, fill memory, identity."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_NUMBER: sa.Double[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
_TEXT = sa.Text()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "verdict",
        sa.Column("seq", _INTEGER, sa.Identity(), primary_key=True),
        sa.Column("event_token", _TEXT, nullable=False, unique=True),
        sa.Column("judged_at", _INTEGER, nullable=False),
        sa.Column("shot_id", _TEXT, nullable=False),
        sa.Column("shot_time", _INTEGER),
        sa.Column("maker", _TEXT),
        sa.Column("facility", _TEXT, nullable=False),
        sa.Column("item", _TEXT),
        sa.Column("lot", _TEXT),
        sa.Column("cluster", _INTEGER),
        sa.Column("route", _TEXT, nullable=False),
        sa.Column("substitute", _TEXT),
        sa.Column("distance", _NUMBER),
        sa.Column("model_kind", _TEXT),
        sa.Column("model_version", _TEXT, nullable=False),
        sa.Column("anomaly_score", _NUMBER),
        sa.Column("scaled_score", _NUMBER),
        sa.Column("base", _NUMBER),
        sa.Column("weight", _NUMBER),
        sa.Column("tolerance", _NUMBER),
        sa.Column("margin", _NUMBER),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("reasons", _TEXT, nullable=False),
        sa.Column("filled", _TEXT, nullable=False),
        sa.Column("flags", _TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    for column in ("facility", "item", "outcome", "lot"):
        op.create_index(f"verdict_{column}", "verdict", [column, "seq"])
    for column in ("shot_time", "shot_id"):
        op.create_index(f"verdict_{column}", "verdict", [column])
    op.create_table(
        "dead_letter",
        sa.Column("seq", _INTEGER, sa.Identity(), primary_key=True),
        sa.Column("event_token", _TEXT, nullable=False, unique=True),
        sa.Column("record_id", _TEXT, nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("detail", _TEXT, nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("raw_length", _INTEGER, nullable=False),
        sa.Column("raw_sha256", _TEXT, nullable=False),
        sa.Column("first_seen", _INTEGER, nullable=False),
        sa.Column("attempts", _INTEGER, nullable=False),
        sa.Column(
            "state",
            _TEXT,
            sa.CheckConstraint("state IN ('open', 'replayed', 'dismissed')"),
            nullable=False,
        ),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("dead_letter_state", "dead_letter", ["state", "seq"])
    op.create_table(
        "position",
        _singleton(),
        sa.Column("token_json", _TEXT, nullable=False),
        sa.Column("cluster_t", _INTEGER, nullable=False),
        sa.Column("cluster_i", _INTEGER, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("source_id", _TEXT, nullable=False),
        sa.Column("epoch", _INTEGER, nullable=False),
        sa.Column("updated", _INTEGER, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "fill_memory",
        sa.Column("facility", _TEXT, primary_key=True),
        sa.Column("memory", _TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "store_identity",
        _singleton(),
        sa.Column("uuid", _TEXT, nullable=False),
        sa.Column("schema_number", _INTEGER, nullable=False),
        sa.Column("created", _INTEGER, nullable=False),
        sa.Column("epoch", _INTEGER, nullable=False),
        sqlite_strict=True,
    )


def _singleton() -> sa.Column[int]:
    return sa.Column("id", _INTEGER, sa.CheckConstraint("id = 1"), primary_key=True, autoincrement=False)
