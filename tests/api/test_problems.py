from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.roles import needs

Serve = Callable[..., Any]


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/api/v1/verdicts?fcility=A", "query.fcility: unknown parameter; expected one of cursor, facility"),
        ("/api/v1/verdicts?facility=A&facility=B", "query.facility: expected it once"),
        ("/api/v1/verdicts?limit=0", "query.limit"),
        ("/api/v1/verdicts?limit=1001", "query.limit"),
        ("/api/v1/verdicts?limit=NaN", "query.limit"),
        ("/api/v1/verdicts?outcome=bad", "query.outcome: Input should be 'OK', 'WARN' or 'NG'"),
        ("/api/v1/verdicts?from=yesterday", "query.from: expected a time with its offset"),
        ("/api/v1/verdicts?from=2026-11-20", "query.from: expected a time with its offset"),
        ("/api/v1/verdicts?from=2026-11-20T08:00:00", "query.from: expected a time with its offset"),
        ("/api/v1/verdicts?to=2026-02-30T08:00:00Z", "query.to: "),
        ("/api/v1/verdicts?cursor=abc", "query.cursor: expected a cursor"),
        ("/api/v1/verdicts?cursor=%00", "query.cursor: expected a cursor"),
        ("/api/v1/verdicts/t3?lang=xx", "query.lang"),
        ("/api/v1/dead-letters?state=gone", "query.state"),
        ("/api/v1/models?x=1", "query.x: unknown parameter; this path takes no parameters"),
        ("/healthz?x=1", "query.x: unknown parameter"),
        ("/?x=1", "query.x: unknown parameter"),
    ],
)
def test_what_is_not_understood_is_a_422_that_names_it(served: Any, path: str, named: str) -> None:
    answer = served.get(path)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == "urn:sprue:invalid-request"
    assert body["detail"].startswith(named)
    assert body["errors"][0]["field"] == named.partition(":")[0]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/api/v1/verdicts/unknown", 404),
        ("GET", "/api/v1/facilities/unknown/latest", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("GET", "/docs", 404),
        ("POST", "/api/v1/verdicts", 405),
        ("DELETE", "/healthz", 405),
        ("OPTIONS", "/api/v1/verdicts", 405),
    ],
)
def test_every_error_is_a_problem(served: Any, method: str, path: str, status: int) -> None:
    answer = served.client.request(method, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert {"type", "title", "detail", "instance"} <= set(body)


def test_an_error_of_ours_has_an_id_that_the_log_has_too(
    served: Any, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    @needs("viewer")
    def broken() -> None:
        msg = "the inside story"
        raise RuntimeError(msg)

    served.app.add_api_route("/broken", broken)

    answer = served.get("/broken")

    assert answer.status_code == 500
    assert answer.headers["x-content-type-options"] == "nosniff"
    body = answer.json()
    assert "inside story" not in answer.text
    logged = caplog.text + "".join(capsys.readouterr())
    assert body["error_id"] in body["detail"]
    assert body["error_id"] in logged
    assert "the inside story" in logged


def test_without_a_store_answers_are_503_that_say_when_to_come_again(serve: Serve) -> None:
    served = serve(empty=True)

    answer = served.get("/api/v1/verdicts")

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["type"] == "urn:sprue:store-unavailable"


def test_without_a_model_answers_are_503_that_say_what_to_do(serve: Serve) -> None:
    served = serve(trained=False)

    for path in ("/api/v1/models", "/api/v1/clusters", "/api/v1/coverage"):
        body = served.get(path).json()
        assert (body["status"], body["type"]) == (503, "urn:sprue:no-model")
        assert "./sprue train" in body["detail"]
