"""A version that failed in judging is left for the one before, until something about it changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.errors import ModelRefused
from core.profile import Profile
from inference.plan_provider import PlanProvider
from models.artifact import TrainedPlant
from models.registry import Registry

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def test_a_distrusted_version_is_left_for_the_one_before(
    registry: Registry, profile: Profile, two: tuple[str, str]
) -> None:
    before, now = two
    plans = PlanProvider(registry, profile)
    assert plans().version == now

    plans.distrust(now, "judging failed on 20 records in a row")

    plan = plans()
    assert plan.version == plans.version == before
    assert plans() is plan
    assert "failed on 20 records in a row" in (plans.problem or "")
    assert f"version {before} judges in its place" in (plans.problem or "")
    assert registry.current() == now


def test_a_distrusted_version_without_one_before_leaves_none(
    registry: Registry, profile: Profile, plant: TrainedPlant
) -> None:
    only = registry.save(plant, now=NOON)
    plans = PlanProvider(registry, profile)
    plans()

    plans.distrust(only, "fails on everything")

    for _ in range(2):
        with pytest.raises(ModelRefused, match="fails on everything"):
            plans()
    assert plans.version is None


def test_when_the_one_before_is_damaged_the_one_before_that_judges(
    registry: Registry, profile: Profile, plant: TrainedPlant, two: tuple[str, str]
) -> None:
    third = registry.save(plant, now=NOON + timedelta(hours=2))
    (registry.folder / two[1] / "manifest.json").unlink()
    plans = PlanProvider(registry, profile)
    plans()

    plans.distrust(third, "fails")

    assert plans().version == two[0]


def test_versions_that_fail_one_after_the_other_end_in_a_pause_not_in_a_circle(
    registry: Registry, profile: Profile, two: tuple[str, str]
) -> None:
    plans = PlanProvider(registry, profile)
    for version in reversed(two):
        assert plans().version == version
        plans.distrust(version, f"{version} fails")

    for _ in range(3):
        with pytest.raises(ModelRefused, match=f"{two[1]} fails"):
            plans()


def test_a_distrusted_version_is_taken_again_when_the_operator_activates_it_again(
    registry: Registry, profile: Profile, two: tuple[str, str]
) -> None:
    plans = PlanProvider(registry, profile)
    plans()
    plans.distrust(two[1], "fails")
    assert plans().version == two[0]

    registry.set_current(two[1])

    assert plans().version == two[1]
    assert plans.problem is None


def test_going_back_and_forth_lifts_the_distrust_only_of_what_is_made_current(
    registry: Registry, profile: Profile, two: tuple[str, str]
) -> None:
    plans = PlanProvider(registry, profile)
    plans()
    plans.distrust(two[1], "fails")
    registry.set_current(two[0])
    assert plans().version == two[0]
    plans.distrust(two[0], "fails, too")

    with pytest.raises(ModelRefused, match="fails, too"):
        plans()  # not the one distrusted before, although it judged before this one

    registry.set_current(two[1])
    assert plans().version == two[1]


def test_a_distrusted_version_is_taken_again_when_its_files_changed(
    registry: Registry, profile: Profile, two: tuple[str, str]
) -> None:
    plans = PlanProvider(registry, profile)
    plans()
    plans.distrust(two[1], "fails")
    assert plans().version == two[0]

    manifest = registry.folder / two[1] / "manifest.json"
    content = manifest.read_bytes()
    manifest.unlink()
    manifest.write_bytes(content)

    assert plans().version == two[1]


def test_a_new_version_after_a_distrusted_one_is_taken(
    registry: Registry, profile: Profile, plant: TrainedPlant, two: tuple[str, str]
) -> None:
    plans = PlanProvider(registry, profile)
    plans()
    plans.distrust(two[1], "fails")
    assert plans().version == two[0]

    third = registry.save(plant, now=NOON + timedelta(hours=2))

    assert plans().version == third
    assert plans.problem is None
