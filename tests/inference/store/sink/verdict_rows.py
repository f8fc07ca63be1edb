"""Partial rows of verdicts, by their tokens, and when they are written."""

from __future__ import annotations

from typing import Any

NOW = 1_795_000_000_000


def rows_of(*tokens: str, **fields: Any) -> list[dict[str, Any]]:
    return [{"token": token, "shot_id": f"shot {token}", **fields} for token in tokens]
