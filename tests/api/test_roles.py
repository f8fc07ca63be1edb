"""Every route against everybody: no key, each role, and what is no key any more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.guarded_route import GuardedRoute, check_routes
from api.roles import RANK, ROLES, needs

Serve = Callable[..., Any]
NOBODY = ("no key", "expired", "revoked", "malformed", "wrong secret")
PARAMETERS = {
    "{facility}": "A-01",
    "{identifier}": "t0",
    "{seq:number}": "1",
    "{facility:path}": "A-01",
    "{identifier:path}": "t0",
}


def _routes(routes: list[Any], prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Method, address and least role of every route."""
    for route in routes:
        if hasattr(route, "original_router"):
            inner = prefix + route.include_context.prefix
            yield from _routes(route.original_router.routes, inner)
            continue
        path = prefix + str(getattr(route, "path", ""))
        if path == "/static":
            path += "/hall.css"
        for wild, value in PARAMETERS.items():
            path = path.replace(wild, value)
        role = getattr(route, "least_role", "viewer")
        for method in getattr(route, "methods", None) or {"GET"}:
            yield method, path, role


@pytest.mark.fault_row(40)
@pytest.mark.parametrize("exposed", [False, True], ids=["loopback", "behind a proxy"])
def test_every_route_lets_in_its_role_and_higher_ones_and_nobody_else(
    serve: Serve, keys: dict[str, str], exposed: bool
) -> None:
    served = serve(behind_proxy=exposed)
    found = list(_routes(served.app.routes))
    described = {(m.upper(), p) for p, ops in served.app.openapi()["paths"].items() for m in ops}
    tried = 0

    for method, path, least in found:
        for who in (*NOBODY, *ROLES):
            headers = {"Content-Type": "application/json"}
            headers |= {} if who == "no key" else {"X-API-Key": keys[who]}
            status = served.client.request(method, path, headers=headers).status_code
            may = RANK[who] >= RANK[least] if who in RANK else least == "anyone"
            refused = {403} if who in RANK else {401}
            assert (status not in (401, 403)) if may else (status in refused), (method, path, who, status)
            assert status < 500, (method, path, who)
            tried += 1

    addresses = {path for _, path, _ in found}
    assert len(described) <= len(found)
    assert {
        "/",
        "/hall",
        "/coverage",
        "/api/v1/coverage",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/v1/verdicts/t0",
    } <= addresses
    needed = {(method, path): least for method, path, least in found if path.endswith(("feedback", "counts"))}
    assert needed == {
        ("POST", "/api/v1/verdicts/t0/feedback"): "operator",
        ("GET", "/api/v1/verdicts/t0/feedback"): "viewer",
        ("GET", "/api/v1/feedback"): "viewer",
        ("GET", "/api/v1/feedback/counts"): "viewer",
    }
    assert tried == len(found) * (len(NOBODY) + len(ROLES)) >= 15 * 8


def test_addresses_that_lead_nowhere_say_nothing_without_a_key(serve: Serve, keys: dict[str, str]) -> None:
    served = serve()

    for path in ("/nowhere", "/api/v1/nowhere", "/static/nowhere", "/docs", "/api/v1/lots/"):
        assert served.get(path).status_code == 401
        assert served.get(path, headers={"X-API-Key": keys["viewer"]}).status_code == 404


def test_on_loopback_everything_is_open_while_no_keys_exist(serve: Serve) -> None:
    served = serve()

    for method, path, _ in _routes(served.app.routes):
        if method == "GET":
            assert served.get(path).status_code == 200, path


def test_the_first_key_shuts_a_running_service_and_a_revoked_one_does_not_open_it(
    serve: Serve, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.keyring.LOOK_SECONDS", 0)
    served = serve()
    assert served.get("/readyz").status_code == 200

    keys = request.getfixturevalue("keys")

    assert served.get("/readyz").status_code == 401
    assert served.get("/readyz", headers={"X-API-Key": keys["viewer"]}).status_code == 200
    assert served.get("/readyz", headers={"X-API-Key": keys["revoked"]}).status_code == 401


@pytest.mark.parametrize("content", ["", "[]", None], ids=["emptied", "other", "deleted"])
def test_a_key_file_that_goes_bad_lets_nobody_in_and_the_log_says_why(
    serve: Serve,
    keys: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    content: str | None,
) -> None:
    monkeypatch.setattr("api.keyring.LOOK_SECONDS", 0)
    served = serve()
    file = served.app.state.context.config.keys_file
    before = file.read_text(encoding="utf-8")
    headers = {"X-API-Key": keys["admin"]}
    assert served.get("/readyz", headers=headers).status_code == 200

    if content is None:
        file.unlink()
    else:
        file.write_text(content, encoding="utf-8")

    for given in ({}, headers):
        answer = served.get("/readyz", headers=given)
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:sprue:no-keys")
        assert str(file) not in answer.text
    assert served.get("/healthz").status_code == 200
    assert str(file) in capsys.readouterr().out
    file.write_text(before, encoding="utf-8")
    assert served.get("/readyz", headers=headers).status_code == 200


def test_a_route_without_a_role_is_refused_when_it_is_registered(served: Any) -> None:
    with pytest.raises(TypeError, match="/secret: expected a function with @needs"):
        served.app.add_api_route("/secret", lambda: "")


@pytest.mark.parametrize("included", [False, True])
def test_an_application_with_a_route_of_another_kind_does_not_start(included: bool) -> None:
    app, router = FastAPI(openapi_url=None, docs_url=None, redoc_url=None), APIRouter()
    (router if included else app.router).routes.append(Route("/plain", PlainTextResponse("")))
    app.include_router(router)

    with pytest.raises(TypeError, match="'/plain': expected a GuardedRoute, got Route"):
        check_routes(app.routes, ())
    check_routes(app.routes, ("/plain",))


def test_a_guarded_route_refuses_whoever_did_not_pass_the_guard() -> None:
    @needs("viewer")
    def inside() -> None: ...

    route = GuardedRoute("/inside", inside)

    with pytest.raises(Exception, match="expected a key of role viewer or higher, got no key"):
        route.check({"type": "http", "method": "GET", "headers": []})
