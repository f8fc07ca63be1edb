"""What is typed as inputs: taken by name or field, and refused by name."""

from __future__ import annotations

import pytest

from core.errors import InputsRefused
from inference.prediction.predictor import Predictor

GOOD: dict[str, object] = {"IW": 47, "IF": 139, "VW": 4.5, "FP": 80}


@pytest.mark.parametrize(
    "values",
    [
        GOOD,
        {"iw": "47", "if": "139", "vw": "4.5", "fp": "80"},
        {"weld_current": 47, "Focus_Current": 139.0, "WELD_SPEED": 4.5, " FP ": 80},
    ],
)
def test_inputs_are_taken_by_field_or_name_in_any_case(
    predictor: Predictor, values: dict[str, object]
) -> None:
    assert predictor.read(values).tolist() == [[47.0, 139.0, 4.5, 80.0]]


@pytest.mark.parametrize(
    ("change", "name", "told"),
    [
        ({"FP": None}, "focal_distance", "expected a number [mm], got None"),
        ({"FP": "far"}, "focal_distance", "expected a number [mm], got 'far'"),
        ({"FP": True}, "focal_distance", "expected a number [mm], got True"),
        ({"FP": [80]}, "focal_distance", "expected a number [mm], got [80]"),
        ({"FP": "80,5"}, "focal_distance", "write the decimals after a point"),
        ({"FP": float("nan")}, "focal_distance", "expected a finite number [mm], got nan"),
        ({"FP": "inf"}, "focal_distance", "expected a finite number [mm], got 'inf'"),
        ({"VW": 0}, "weld_speed", "between the physical limits 0.5 and 100 [mm/s], got 0"),
        ({"weld_current": 48}, "weld_current", "expected one value, got another one as 'weld_current'"),
        ({"Depth": 1.2}, "Depth", "depth is what is predicted, leave it out"),
        ({"weld_curent": 1}, "weld_curent", "did you mean 'weld_current'?"),
        ({"colour": 1}, "colour", "weld_current (IW), focus_current (IF), weld_speed (VW)"),
    ],
)
def test_a_value_that_cannot_be_used_is_named(
    predictor: Predictor, change: dict[str, object], name: str, told: str
) -> None:
    with pytest.raises(InputsRefused) as refused:
        predictor.read(GOOD | change)

    assert list(refused.value.problems) == [name]
    assert told in refused.value.problems[name]


def test_every_problem_is_named_at_once(predictor: Predictor) -> None:
    with pytest.raises(InputsRefused) as refused:
        predictor.read({"IW": "x", "VW": 10**400})

    assert list(refused.value.problems) == ["weld_current", "weld_speed", "focus_current", "focal_distance"]
    assert "focus_current: expected a number [mA], got nothing" in str(refused.value)


def test_quantities_go_by_their_names_too(predictor: Predictor) -> None:
    assert predictor.name_of("Line_Energy") == "line_energy"
    assert predictor.name_of("Width") == "width"
    assert predictor.name_of("nothing") is None
