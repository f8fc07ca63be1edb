"""A version that fails on every record: the one before it judges, and no record is given up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import bson
import pytest
import structlog

from core.batch import Batch
from core.errors import ModelRefused
from core.profile import Profile
from core.stream import Event, Position
from inference.consumer.judging import MOST_FAILURES, Judging
from inference.judge import Judged, judge
from inference.plan import Plan
from inference.plan_provider import PlanProvider
from ingest.document import DocumentDecoder
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from ingest.replay import documents
from models.artifact import TrainedPlant
from models.registry import Registry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HERE = Position("t", (1, 1), "event", "test")


@pytest.fixture
def events(plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]) -> list[Event]:
    frame = frame_from_batch(make_shots(plant, MOST_FAILURES + 5), profile)
    return [
        Event(f"t{i:04d}", str(d["_id"]), "insert", bson.encode(d), (50 + i, 1))
        for i, d in enumerate(documents(frame, profile))
        if d is not None
    ]


def test_twenty_failures_in_a_row_hand_over_to_the_version_before_without_a_dead_letter(
    tmp_path: Path, plant: TrainedPlant, profile: Profile, events: list[Event]
) -> None:
    registry = Registry(tmp_path / "registry")
    good, bad = (registry.save(plant, now=NOON + timedelta(hours=i)) for i in range(2))

    def fails_under_the_new_one(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        if plan.version == bad:
            raise FloatingPointError("every time")
        return judge(batch, plan, memory)

    plans = PlanProvider(registry, profile)
    judging = Judging(DocumentDecoder(profile), fails_under_the_new_one, structlog.get_logger("test"))
    with pytest.raises(ModelRefused, match="25 records in a row") as failed:
        judging.of(events, plans(), FillMemory(), HERE)

    plans.distrust(bad, str(failed.value))
    judging.another_model()
    judged = judging.of(events, plans(), FillMemory(), HERE)

    assert judged.work.verdicts is not None
    assert set(judged.work.verdicts.columns["model_version"]) == {good}
    assert list(judged.work.tokens) == [event.token for event in events]
    assert list(judged.work.dead_letters) == []
    assert f"model {bad}" in (plans.problem or "")
