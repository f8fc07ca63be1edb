from __future__ import annotations

from typing import Any


def test_models_say_where_their_limits_come_from(served: Any) -> None:
    body = served.get("/api/v1/models").json()

    assert (body["version"], body["profile"]) == ("v1", "injection_molding")
    (model,) = body["models"]
    assert (model["maker"], model["facility"], model["item"], model["cluster"]) == ("A", "A-01", "cap", 1)
    assert (model["kind"], model["rows"], model["lots"]) == ("memae", 6000, 12)
    assert model["threshold"] == {
        "fixed": 0.16,
        "base": 0.2,
        "loss_mean": 0.1,
        "loss_std": 0.02,
        "loss_max": 0.2,
        "cv": 0.2,
        "count": 900,
        "trimmed": 3,
    }


def test_cluster_centres_are_in_real_units_and_infinity_is_null(served: Any) -> None:
    body = served.get("/api/v1/clusters").json()

    assert body["units"]["hold_pressure_set"] == "bar"
    (maker,) = body["makers"]
    zero, one = maker["clusters"]
    assert zero["centre"]["hold_pressure_set"] == 100.0
    assert one["centre"]["hold_pressure_set"] == 110.0
    assert (zero["combinations"], one["combinations"]) == (1, 2)
    assert (zero["radius"], one["radius"]) == (0.5, None)
