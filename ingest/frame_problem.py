"""A row of a table that cannot become a record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FrameProblem:
    """A row that cannot become a record: the table's dead letter.

    Attributes
    ----------
    row : int
        Position in the frame, from 0.
    record_id : str
        Its identifier, ``""`` when that is what is missing.
    column : str
        Field name (``id``, ``time``, ..., or the variable).
    reason : str
        Code as in `core.errors.RecordError`.
    detail : str
        What was expected and what came.
    """

    row: int
    record_id: str
    column: str
    reason: str
    detail: str
