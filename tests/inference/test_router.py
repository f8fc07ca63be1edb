"""Routing: trained, nearest, limits, by a small plant whose settings lie on a line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import inference.router
from clustering.setting import SettingSpace
from core.batch import Batch
from core.profile import GroupKey, Profile
from core.profile_file import parse_profile
from core.verdict import ROUTES
from inference.router import Routed, route
from inference.routes import Routes, compile_routes
from ingest.spots import Spots

PROFILE_TEXT = b"""
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
[[detector]]
kind = "isolation_forest"
min_rows = 1
[[variable]]
name = "heat"
role = "setting"
[[variable]]
name = "load"
role = "production"
"""

# One set value; scaled = (heat - 100) / 10. Clusters 0..3 of maker M at 0, 1, 3, 9.
CENTRES = np.array([[0.0], [1.0], [3.0], [9.0]])
SPACE = SettingSpace(
    "M",
    np.array([100.0]),
    np.array([10.0]),
    CENTRES,
    np.full(4, 0.2),
    100 + 10 * np.array([[0.0], [0.1], [1.0], [3.0], [9.0]]),
    np.array([0, 0, 1, 2, 3]),
)
OTHER = replace(SPACE, maker="N")
KEYS = [
    GroupKey("M", "F1", "A", 0),
    GroupKey("M", "F1", "A", 2),
    GroupKey("M", "F2", "A", 1),
    GroupKey("M", "F2", "B", 3),
]


@pytest.fixture(scope="module")
def line() -> Profile:
    return parse_profile(PROFILE_TEXT, where="test")


@pytest.fixture(scope="module")
def routes() -> Routes:
    return compile_routes([SPACE, OTHER], KEYS, CENTRES[[0, 2, 1, 3]], np.ones(4, dtype=np.bool_))


def _route(routes: Routes, profile: Profile, *shots: tuple[str | None, str, str | None, float]) -> Routed:
    batch = Batch.of(
        profile, [{"id": "x", "maker": m, "facility": f, "item": i, "heat": heat} for m, f, i, heat in shots]
    )
    return route(batch.settings, Spots.of(batch), routes)


def _one(
    routes: Routes, profile: Profile, *shot: str | float | None
) -> tuple[str, int, int, float | None, bool]:
    routed = _route(routes, profile, shot)  # type: ignore[arg-type]  # one shot, spelled out
    far = float(routed.distance[0])
    return (
        ROUTES[routed.route[0]],
        int(routed.cluster[0]),
        int(routed.group[0]),
        None if np.isnan(far) else round(far, 6),
        bool(routed.new_setting[0]),
    )


def test_a_trained_setting_is_judged_by_its_own_model(routes: Routes, line: Profile) -> None:
    assert _one(routes, line, "M", "F1", "A", 100.0) == ("trained", 0, 0, None, False)
    assert _one(routes, line, "M", "F1", "A", 101.5) == ("trained", 0, 0, None, False)


def test_a_setting_history_never_saw_does_not_pass_as_trained(routes: Routes, line: Profile) -> None:
    assert _one(routes, line, "M", "F1", "A", 104.0) == ("nearest", 0, 0, 0.4, True)


def test_the_same_facility_and_item_stand_in_first(routes: Routes, line: Profile) -> None:
    # Cluster 1 at 110 is trained at F2; F1's own settings are 100 and 130.
    assert _one(routes, line, "M", "F1", "A", 110.0) == ("nearest", 1, 0, 1.0, False)
    assert _one(routes, line, "M", "F1", "A", 190.0) == ("nearest", 3, 1, 6.0, False)


@pytest.mark.parametrize(("facility", "item"), [("F9", "A"), ("F1", "C"), ("F1", None)])
def test_an_unknown_facility_or_item_is_judged_within_the_maker(
    routes: Routes, line: Profile, facility: str, item: str | None
) -> None:
    assert _one(routes, line, "M", facility, item, 109.0) == ("nearest", 1, 2, 0.1, False)


def test_without_maker_setting_or_model_static_limits_judge(routes: Routes, line: Profile) -> None:
    assert _one(routes, line, None, "F1", "A", 100.0) == ("limits", -1, -1, None, False)
    assert _one(routes, line, "X", "F1", "A", 100.0) == ("limits", -1, -1, None, False)
    assert _one(routes, line, "M", "F1", "A", float("nan")) == ("limits", -1, -1, None, False)
    assert _one(routes, line, "N", "F1", "A", 100.0) == ("limits", 0, -1, None, False)


def test_reference_distances_of_scopes(routes: Routes) -> None:
    # F1 A: settings 3 apart. F2 A and F2 B have one setting each: the maker's counts,
    # clusters at 0, 1, 3, 9 have neighbours at 1, 1, 2, 6: median 1.5. N has none: 1.
    assert [scope.reference for scope in routes.place_scopes] == [3.0, 1.5, 1.5]
    assert [scope.reference for scope in routes.maker_scopes] == [1.5, 1.0]


def test_a_model_that_cannot_judge_is_no_route(line: Profile) -> None:
    usable = np.array([False, True, True, True])
    routes = compile_routes([SPACE], KEYS, CENTRES[[0, 2, 1, 3]], usable)
    assert _one(routes, line, "M", "F1", "A", 100.0) == ("nearest", 0, 1, 3.0, False)


def test_nothing_trained_at_all(line: Profile) -> None:
    routes = compile_routes([], [], np.empty((0, 1)), np.empty(0, np.bool_))
    assert _one(routes, line, "M", "F1", "A", 100.0) == ("limits", -1, -1, None, False)


def test_a_batch_routes_as_its_records_do(routes: Routes, line: Profile) -> None:
    rng = np.random.default_rng(0)
    heats = [100.0, 101.0, 110.0, 130.0, 190.0, 104.0, -0.0, 0.0, float("nan"), *(100 + 90 * rng.random(20))]
    shots = [
        (maker, facility, item, heat)
        for maker in ("M", "N", None)
        for facility in ("F1", "F2", "F9")
        for item in ("A", "B", None)
        for heat in heats
    ]
    order = rng.permutation(len(shots)).tolist()
    together = _route(routes, line, *[shots[k] for k in order])
    for position, k in enumerate(order):
        alone = _route(routes, line, shots[k])
        for name in Routed._fields:
            np.testing.assert_array_equal(getattr(alone, name)[0], getattr(together, name)[position])


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["M", "N", "X", None]),
            st.sampled_from(["F1", "F2", "F9"]),
            st.sampled_from(["A", "B", None]),
            st.sampled_from([100.0, 101.5, 104.0, 109.0, 110.0, 115.0, 190.0, 1e9, float("nan"), -0.0]),
        ),
        max_size=20,
    )
)
def test_a_few_new_settings_go_where_many_do(line: Profile, shots: list[Any]) -> None:
    both = []
    for few in (0, 1000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(inference.router, "FEW", few)
            routes = compile_routes([SPACE, OTHER], KEYS, CENTRES[[0, 2, 1, 3]], np.ones(4, dtype=np.bool_))
            both.append(_route(routes, line, *shots))
            if few:  # and a second time, when all are known
                both.append(_route(routes, line, *shots))
    for name in Routed._fields:
        for other in both[1:]:
            np.testing.assert_array_equal(getattr(both[0], name), getattr(other, name))
