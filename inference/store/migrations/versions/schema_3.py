"""Layout 3: what people said of verdicts, and how they chose the limit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text()


def upgrade() -> None:
    """Add tables; no row is rewritten."""
    op.create_table(
        "feedback",
        sa.Column("id", _INTEGER, sa.Identity(), primary_key=True),
        sa.Column("event_token", _TEXT, nullable=False),
        sa.Column("shot_id", _TEXT, nullable=False),
        sa.Column(
            "judgement",
            _TEXT,
            sa.CheckConstraint("judgement IN ('confirm', 'false_alarm', 'unsure')"),
            nullable=False,
        ),
        sa.Column("reason", _TEXT, nullable=False),
        sa.Column("who", _TEXT, nullable=False),
        sa.Column("at_ms", _INTEGER, nullable=False),
        sa.Column("outcome", _TEXT, nullable=False),
        sa.Column("model_version", _TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
    op.create_index("feedback_shot_id", "feedback", ["shot_id", "id"])
    op.create_table(
        "threshold_choices",
        sa.Column("id", _INTEGER, sa.Identity(), primary_key=True),
        sa.Column("at_ms", _INTEGER, nullable=False),
        sa.Column("who", _TEXT, nullable=False),
        sa.Column("why", _TEXT, nullable=False),
        sa.Column("rule", _TEXT, nullable=False),
        sqlite_strict=True,
        sqlite_autoincrement=True,
    )
