"""What the pure function says about the same shots in the same order, without any service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import bson

from core.profile_file import load_profile
from core.stream import Event
from inference.judge import judge
from inference.plan_provider import load_plan
from ingest.document import decode
from ingest.fill_memory import FillMemory
from models.registry import Registry
from tests.faults.crash.shot_ledger import Shot


def expected_outcomes(
    shots: Sequence[Shot], registry: Path, profile_name: str = "injection_molding"
) -> dict[str, tuple[str, str, float | None]]:
    """Outcome, route and anomaly score of every shot that gets a verdict, judged as one batch."""
    profile = load_profile(profile_name)
    plan, _ = load_plan(Registry(registry), None, profile)
    events = [
        Event(str(number), shot.identifier, "insert", bson.encode(shot.document))
        for number, shot in enumerate(shots)
    ]
    batch = decode(events, profile).batch
    if not len(batch):
        return {}
    columns = judge(batch, plan, FillMemory()).verdicts.plain_columns()
    names = ("outcome", "route", "anomaly_score")
    rows = zip(*(columns[name] for name in names), strict=True)
    return dict(zip(columns["shot_id"], rows, strict=True))
