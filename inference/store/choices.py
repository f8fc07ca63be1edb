"""How people chose the limit: rows that are only added; the newest counts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from inference.store.audit import append_audit
from inference.store.reading import StoreReading, page
from inference.store.rows import safe_text
from inference.store.tables import threshold_choices


@dataclass(frozen=True, slots=True)
class ThresholdChoice:
    """One choice of the limit.

    Attributes
    ----------
    id : int
        Its number: a later choice has a higher one.
    at_ms : int
        ms since 1970 UTC.
    who, why : str
    rule : dict
        The rule as it was given; an empty one gives the limit back to the profile. Of an entry
        that is no JSON object ``{"damaged": text}``, which counts for nobody.
    """

    id: int
    at_ms: int
    who: str
    why: str
    rule: dict[str, Any]


def append_choice(
    connection: Connection, now: int, who: str, why: str, rule: Mapping[str, Any]
) -> ThresholdChoice:
    """Add a choice, and one row to the audit.

    Parameters
    ----------
    connection : Connection
        In a transaction of the writer.
    now : int
        ms since 1970 UTC.
    who, why : str
    rule : mapping
        Of finite JSON values.

    Raises
    ------
    ValueError
        The rule is not made of JSON values, or one is not finite; nothing was added.
    """
    try:
        text = safe_text(json.dumps(dict(rule), ensure_ascii=False, allow_nan=False, sort_keys=True))
    except (TypeError, ValueError) as error:
        msg = f"expected a rule of finite JSON values, got {dict(rule)!r}: {error}"
        raise ValueError(msg) from error
    row = {"at_ms": now, "who": safe_text(who), "why": safe_text(why), "rule": text}
    made = connection.execute(insert(threshold_choices), row).inserted_primary_key
    assert made is not None
    number = int(made[0])
    result = f"rule {text}" if rule else "the profile's rule"
    subject = f"threshold choice {number}"
    append_audit(connection, now, who=who, verb="threshold", subject=subject, detail=why, result=result)
    return _choice(row | {"id": number})


class ChoiceReader(StoreReading):
    """Reads how the limit was chosen."""

    def newest_threshold_choice(self) -> ThresholdChoice | None:
        """The choice that counts; None where nobody ever chose."""
        found, _ = self.threshold_choices(1)
        return found[0] if found else None

    def threshold_choices(
        self, limit: int, before: int | None = None
    ) -> tuple[list[ThresholdChoice], int | None]:
        """One page of choices, newest first, and the next page's `before` (None: this was the last)."""
        query = select(threshold_choices).order_by(threshold_choices.c.id.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(threshold_choices.c.id < before)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        shown, following = page([dict(row._mapping) for row in rows], limit, "id")
        return [_choice(row) for row in shown], following


def _choice(row: Mapping[str, Any]) -> ThresholdChoice:
    try:
        rule = json.loads(row["rule"])
    except (ValueError, RecursionError):
        rule = None
    whole = rule if isinstance(rule, dict) else {_DAMAGED: str(row["rule"])[:_MOST_TOLD]}
    return ThresholdChoice(**{**row, "rule": whole})


_DAMAGED, _MOST_TOLD = "damaged", 200
