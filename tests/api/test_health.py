from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from inference.consumer.states import READY
from inference.status import STATES, ServiceStatus

Serve = Callable[..., Any]


def test_alive_whatever_the_stream_does(serve: Serve) -> None:
    served = serve(empty=True, trained=False)
    served.status = ServiceStatus(state="failed", reason="x")

    assert served.get("/healthz").json() == {"status": "alive"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/api/v1/verdicts"])
def test_head_answers_as_get_without_the_body(served: Any, path: str) -> None:
    asked, got = served.client.head(path), served.get(path)

    assert (asked.status_code, asked.content) == (got.status_code, b"")
    assert asked.headers["content-type"] == got.headers["content-type"]


def test_ready_when_streaming_with_model_and_store(served: Any) -> None:
    assert served.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("state", sorted(set(STATES) - READY))
def test_not_ready_while_not_streaming_and_says_why(served: Any, state: Any) -> None:
    served.status = ServiceStatus(state=state, reason="no connection")

    answer = served.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["reasons"] == [f"stream: {state}: no connection"]


@pytest.mark.parametrize(
    ("trained", "empty", "state"),
    [
        (False, False, "answering"),
        (True, False, "answering"),
        (True, True, "streaming"),
        (True, False, "gap"),
    ],
)
def test_the_status_is_ready_when_readyz_is(serve: Serve, trained: bool, empty: bool, state: Any) -> None:
    served = serve(empty=empty, trained=trained)
    served.status = ServiceStatus(state=state)

    ready = served.get("/readyz").status_code == 200

    assert served.get("/api/v1/status").json()["ready"] is ready


def test_not_ready_names_every_reason(serve: Serve) -> None:
    served = serve(empty=True, trained=False)
    served.status = ServiceStatus()
    served.catalog.problem = "manifest differs"

    reasons = served.get("/readyz").json()["reasons"]

    assert reasons[:2] == ["stream: opening", "model: manifest differs"]
    assert reasons[2].startswith("store: ")


def test_not_ready_does_not_claim_that_nothing_is_trained_before_anyone_looked(serve: Serve) -> None:
    served = serve(trained=False)
    served.status = ServiceStatus(state="reconnecting", reason="no connection")

    reasons = served.get("/readyz").json()["reasons"]

    assert reasons == ["stream: reconnecting: no connection", "model: none is in use yet"]


def test_status_is_the_services_own(served: Any) -> None:
    served.status = replace(
        served.status,
        read=10,
        verdicts=7,
        dead_letters=1,
        ignored=2,
        lag_seconds=1.5,
        unknown_fields={"x": 3},
    )

    body = served.get("/api/v1/status").json()

    assert (body["state"], body["ready"], body["balanced"]) == ("streaming", True, True)
    assert (body["read"], body["verdicts"], body["lag_seconds"]) == (10, 7, 1.5)
    assert body["since"] == "2026-09-21T14:13:20.000Z"
    assert (body["last_commit"], body["unknown_fields"]) == (None, {"x": 3})


def test_metrics_count_what_the_store_wrote(served: Any) -> None:
    served.status = replace(
        served.status, read=6, dead_letters=1, lag_seconds=2.0, model_version='v"1', last_commit=5000
    )

    answer = served.get("/metrics")

    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    verdicts = {tuple(s.labels.values()): s.value for s in families["sprue_verdicts"].samples}
    assert verdicts == {
        ("OK", "trained"): 2,
        ("WARN", "trained"): 1,
        ("OK", "limits"): 1,
        ("NG", "trained"): 1,
    }
    values = {s.name: s.value for family in families.values() for s in family.samples if not s.labels}
    assert values["sprue_read_total"] == 6
    assert values["sprue_dead_letters_total"] == 1
    assert values["sprue_lag_seconds"] == 2
    assert values["sprue_ready"] == 1
    assert values["sprue_last_commit_timestamp_seconds"] == 5
    assert families["sprue_model_info"].samples[0].labels["version"] == 'v"1'
    states = {s.labels["state"]: s.value for s in families["sprue_state"].samples}
    assert [name for name, value in states.items() if value] == ["streaming"]
