"""Layout 4: what a challenger would have judged, and the last lots that drift is told from."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text()


def upgrade() -> None:
    """Add tables; no row is rewritten."""
    op.create_table(
        "shadow_run",
        _key("run", _INTEGER),
        sa.Column("challenger", _TEXT, nullable=False),
        *_counts("number", "compared", "skipped"),
        sa.Column("state", _TEXT, sa.CheckConstraint("state IN ('running', 'dropped')"), nullable=False),
        sa.Column("reason", _TEXT, nullable=False),
        *_counts("updated"),
        sqlite_strict=True,
    )
    op.create_table(
        "shadow",
        _key("run", _INTEGER),
        _key("champion", _TEXT),
        _key("facility", _TEXT),
        _key("item", _TEXT),
        _key("cluster", _INTEGER),
        _key("day", _INTEGER),
        *_counts("neither", "champion_alone", "challenger_alone", "both"),
        sa.Column("shots", _TEXT, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "drift",
        _key("version", _TEXT),
        _key("model", _INTEGER),
        _key("day", _INTEGER),
        *_counts("shots", "flagged", "substituted"),
        sa.Column("measured", sa.LargeBinary(), nullable=False),
        *_counts("updated"),
        sqlite_strict=True,
    )


def _key(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, primary_key=True, autoincrement=False)


def _counts(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, _INTEGER, nullable=False) for name in names]
