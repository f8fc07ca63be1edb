"""A choice of the limit: read, refused, and which group gets what."""

from __future__ import annotations

from typing import Any

import pytest

from core.errors import ConfigError
from core.profile import GroupKey, ThresholdRule
from inference.threshold_choice import Choice

KEY = GroupKey("A", "A-01", "cap", 2)
PROFILE = ThresholdRule()


def test_an_empty_choice_leaves_the_profiles_rule() -> None:
    assert Choice.of({}).for_group(KEY, PROFILE) is PROFILE
    assert Choice().as_rule() == {}


def test_what_is_not_named_stays_as_the_profile_has_it() -> None:
    rule = Choice.of({"rule": "budget", "budget": 2}).for_group(KEY, PROFILE)

    assert (rule.rule, rule.budget, rule.distance_gain) == ("budget", 2.0, PROFILE.distance_gain)


def test_overrides_count_for_the_groups_they_name_the_later_one_last() -> None:
    choice = Choice.of(
        {
            "cv_gain": 1,
            "overrides": [
                {"facility": "A-01", "cv_gain": 2, "warn_share": 0.5},
                {"item": "cap", "cluster": 2, "cv_gain": 3},
                {"maker": "B", "cv_gain": 4},
                {"facility": "A-01"},
            ],
        }
    )

    assert choice.of_group(KEY) == {"cv_gain": 3.0, "warn_share": 0.5}
    assert choice.of_group(KEY._replace(item="lid")) == {"cv_gain": 2.0, "warn_share": 0.5}
    assert choice.of_group(KEY._replace(facility="A-02", item="lid")) == {"cv_gain": 1.0}


def test_a_choice_comes_back_from_what_is_stored() -> None:
    rule = {
        "rule": "cv",
        "cv_gain": 0.5,
        "overrides": [{"facility": "A-01", "rule": "budget", "budget": 5.0}],
    }

    assert Choice.of(Choice.of(rule).as_rule()).as_rule() == rule


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({"rule": "best"}, "rule: expected one of cv, budget, got 'best'"),
        ({"budget": 0}, "budget: expected a number from 0.001 to 100, got 0"),
        ({"budget": True}, "budget: expected a number"),
        ({"cv_gain": float("nan")}, "cv_gain: expected a number"),
        ({"cv_gain": float("inf")}, "cv_gain: expected a number"),
        ({"cv_gain": 10**400}, "cv_gain: expected a number"),
        ({"cv_gain": "1"}, "cv_gain: expected a number"),
        ({"warn_share": 1.5}, "warn_share: expected a number from 0 to 1"),
        ({"range_excess": 2}, "expected one of rule, budget"),
        ({"overrides": {}}, "expected a list"),
        ({"overrides": [5]}, r"overrides\[0\]: expected an object"),
        ({"overrides": [{"cluster": "2", "budget": 5}]}, "cluster: expected a whole number"),
        ({"overrides": [{"facility": 2, "budget": 5}]}, "facility: expected a text"),
    ],
)
def test_what_cannot_be_chosen_is_refused_and_named(rule: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Choice.of(rule)


@pytest.mark.parametrize("rule", [5, None, "budget", [1], []])
def test_what_is_no_object_is_refused(rule: object) -> None:
    with pytest.raises(ConfigError, match="expected an object"):
        Choice.of(rule)
