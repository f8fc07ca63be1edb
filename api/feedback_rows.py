"""Feedback as the API and the command line give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from api.times import to_rfc3339
from core.judgement import Judgement
from inference.feedback_counts import GroupFeedback, Judged

MEANS: Mapping[Judgement, str] = {"confirm": "bad", "false_alarm": "good", "unsure": "unknown"}
"""What a judgement says of the shot."""


def outward(row: Mapping[str, Any]) -> dict[str, Any]:
    """A stored row, with its times as text and what it says of the shot."""
    given = {name: value for name, value in row.items() if name not in ("at_ms", "shot_time")}
    times = {"at": to_rfc3339(row["at_ms"]), "shot_time": to_rfc3339(row["shot_time"])}
    return given | times | {"shot": MEANS[row["judgement"]]}


def counts_outward(counted: GroupFeedback) -> dict[str, Any]:
    """A group's counts with precision and interval."""
    flags = {"ng": _judged(counted.ng), "warn": _judged(counted.warn)}
    return counted.group._asdict() | flags | {"missed": counted.missed}


def _judged(judged: Judged) -> dict[str, Any]:
    low, high = judged.interval or (None, None)
    return asdict(judged) | {"precision": judged.precision, "low": low, "high": high}
