"""Coverage: what was trained joined with what was judged of late."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from clustering.setting import SettingSpace
from core.batch import NO_TIME, Batch
from core.profile import GroupKey, Profile
from core.profile_file import parse_profile
from core.verdict import ROUTES
from inference.coverage import Cell, Missing, cells, history_end, trained_at
from inference.live_counts import LiveCount, LiveKey
from inference.router import route
from inference.routes import compile_routes
from ingest.spots import Spots
from models.artifact import QUANTILES, Coverage, GroupModel, LossSummary, TrainedPlant

PROFILE = b"""
[process]
name = "line"
[keys]
time = "t"
maker = "m"
facility = "f"
item = "i"
[lot]
good = "g"
bad = "b"
[selection]
min_shots = 100
[[detector]]
kind = "mean_z2"
min_rows = 100
[[variable]]
name = "heat"
role = "setting"
[[variable]]
name = "load"
role = "production"
"""
# One set value; scaled = (heat - 100) / 10. Clusters 0..3 at 0, 1, 3, 9.
CENTRES = np.array([[0.0], [1.0], [3.0], [9.0]])
SPACE = SettingSpace(
    "M", np.array([100.0]), np.array([10.0]), CENTRES, np.full(4, 0.2), 100 + 10 * CENTRES, np.arange(4)
)
TRAINED = {
    GroupKey("M", "F1", "A", 0): 0.0,
    GroupKey("M", "F1", "A", 2): 3.0,
    GroupKey("M", "F2", "B", 3): 9.0,
}
END = 5_000


def model(key: GroupKey, centre: float) -> GroupModel:
    losses = LossSummary(90, 0.1, 0.02, 0.05, 0.2, np.linspace(0.05, 0.2, len(QUANTILES)), 0.2)
    one = np.ones(1)
    weights: dict[str, Any] = {}
    return GroupModel(
        key, "mean_z2", weights, 0 * one, one, 0 * one, one / 2, one, losses, 0.16, np.array([centre]),
        400, 4, 0.001, (0, END),
    )  # fmt: skip


def row(key: GroupKey, status: str, rows: int, reason: str = "", bad: float = 0.0) -> Coverage:
    kind = "mean_z2" if status == "trained" else None
    return Coverage(key, rows, 2, 100.0 - bad, bad, 0, END, status, kind, reason)


@pytest.fixture(scope="module")
def profile() -> Profile:
    return parse_profile(PROFILE, where="test")


@pytest.fixture(scope="module")
def plant(profile: Profile) -> TrainedPlant:
    rows = (
        *(row(key, "trained", 400) for key in TRAINED),
        row(GroupKey("M", "F1", "A", 1), "too_few", 60, "60 shots"),
        row(GroupKey("M", "F3", "A", 1), "too_few", 300, "20 shots (280 more in lots without good and bad)"),
        row(GroupKey("M", "F2", "B", 1), "validate", 500, "defect rate", bad=9.0),
        row(GroupKey("M", "F2", "B", 2), "refused", 500, "memory unused"),
    )
    models = tuple(model(key, centre) for key, centre in TRAINED.items())
    return TrainedPlant(profile.name, profile.sha256, ("heat",), ("load",), (SPACE,), models, (), rows, {})


def live(key: LiveKey, way: Any, shots: int, later: int = 0, distance: float | None = None) -> LiveCount:
    return LiveCount(key, way, shots, 1, later, END + 10, distance)


def of(found: list[Cell], *key: Any) -> Cell:
    (one,) = (cell for cell in found if cell.key == LiveKey(*key))
    return one


def test_each_status_says_what_is_missing(plant: TrainedPlant, profile: Profile) -> None:
    found = cells(plant, (), profile)

    assert of(found, "M", "F1", "A", 0).missing == Missing("nothing")
    assert of(found, "M", "F1", "A", 1).missing == Missing("shots", 40)
    assert of(found, "M", "F3", "A", 1).missing == Missing("counts")
    assert of(found, "M", "F2", "B", 1).missing == Missing("defects")
    assert of(found, "M", "F2", "B", 2).missing == Missing("refused")
    assert history_end(plant) == END


@pytest.mark.parametrize(
    ("later", "missing"), [(30, Missing("shots", 10)), (40, Missing("train")), (90, Missing("train"))]
)
def test_shots_made_since_the_history_ended_count_towards_the_next_training(
    plant: TrainedPlant, profile: Profile, later: int, missing: Missing
) -> None:
    key = LiveKey("M", "F1", "A", 1)

    found = cells(plant, [live(key, "nearest", 95, later, 2.0)], profile)

    assert of(found, *key).missing == missing


def test_what_the_history_never_saw_is_told_from_live_verdicts(plant: TrainedPlant, profile: Profile) -> None:
    met = {
        LiveKey("M", "F9", "A", 0): (Missing("shots", 93), "nearest"),
        LiveKey("M", "F1", "Z", 3): (Missing("shots", 93), "nearest"),
        LiveKey("N", "F8", "A", 0): (Missing("shots", 93), "limits"),
        LiveKey(None, "F7", "A", None): (Missing("maker"), "limits"),
        LiveKey("M", "F6", None, 1): (Missing("item"), "nearest"),
        LiveKey("M", "F1", "A", None): (Missing("setting"), "limits"),
    }

    found = cells(plant, [live(key, "limits", 7, 7) for key in met], profile)

    for key, (missing, way) in met.items():
        cell = of(found, *key)
        assert (cell.status, cell.missing, cell.stand_in.route) == ("never_seen", missing, way), key
        assert cell.history is None
        assert (cell.live_shots, cell.blind) == (7, 7)


def test_the_blindest_come_first_then_those_without_a_model(plant: TrainedPlant, profile: Profile) -> None:
    outside, blind = LiveKey("M", "F2", "B", 3), LiveKey("M", "F2", "B", 2)
    counts = [
        live(outside, "trained", 900),
        live(outside, "nearest", 3, 0, 1.0),
        live(blind, "nearest", 8, 0, 6.0),
    ]

    found = cells(plant, counts, profile)

    assert [cell.key for cell in found[:2]] == [blind, outside]
    assert found[1].missing == Missing("outside", 3)
    assert (found[1].live_shots, found[1].blind) == (903, 3)
    rest = [cell.status == "trained" for cell in found[2:]]
    assert rest == sorted(rest)


def test_who_stands_in_and_how_far_is_what_the_router_decides(plant: TrainedPlant, profile: Profile) -> None:
    keys = list(TRAINED)
    centres = np.array([[centre] for centre in TRAINED.values()])
    routes = compile_routes(plant.spaces, keys, centres, np.ones(len(keys), dtype=np.bool_))
    found = cells(plant, [live(LiveKey("M", "F9", "A", c), "nearest", 1, 1, 2.0) for c in range(4)], profile)
    compared = 0
    for cell in found:
        if cell.key.maker != "M" or cell.key.cluster is None:
            continue
        heat = 100 + 10 * CENTRES[cell.key.cluster, 0]
        shot = {"id": "x", "maker": "M", "facility": cell.key.facility, "item": cell.key.item, "heat": heat}
        batch = Batch.of(profile, [shot])
        routed = route(batch.settings, Spots.of(batch), routes)
        assert ROUTES[routed.route[0]] == cell.stand_in.route, cell.key
        if cell.stand_in.substitute is not None:
            assert keys[routed.group[0]] == cell.stand_in.substitute
            assert cell.stand_in.distance == pytest.approx(routed.distance[0] / routed.reference[0])
        compared += 1
    assert compared == len(plant.coverage) + 4


def test_distances_of_live_shots_are_in_reference_distances(plant: TrainedPlant, profile: Profile) -> None:
    key = LiveKey("M", "F1", "A", 1)

    cell = of(cells(plant, [live(key, "nearest", 5, 0, 6.0)], profile), *key)

    assert cell.stand_in.reference == pytest.approx(3.0)
    assert cell.live_distance == pytest.approx(2.0)


def test_a_plant_without_a_model_leaves_all_to_limits(plant: TrainedPlant, profile: Profile) -> None:
    found = cells(replace(plant, models=()), (), profile)

    assert {cell.stand_in.route for cell in found} == {"limits"}


def test_a_group_without_times_has_no_age(plant: TrainedPlant, profile: Profile) -> None:
    bare = tuple(replace(one, first=NO_TIME, last=NO_TIME) for one in plant.coverage)

    found = cells(replace(plant, coverage=bare), (), profile)

    assert {cell.last for cell in found} == {None}
    assert history_end(replace(plant, coverage=bare)) == 0


@pytest.mark.parametrize("name", ["v1", "", "99999999T999999Z"])
def test_a_version_whose_name_is_no_time_has_no_age(name: str) -> None:
    assert trained_at(name) is None
