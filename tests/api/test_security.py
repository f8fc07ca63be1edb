from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.key_file import add_key, revoke_key
from api.security import BODY_LIMIT, HEADER_BYTES, HEADER_LIMIT, QUERY_BYTES, check_binding
from core.config import Config, load_config
from core.errors import ConfigError
from inference.store.sink import now_ms

Serve = Callable[..., Any]
ELSEWHERE = ["0.0.0.0", "::", "192.168.0.7", "plant-pc.local", ""]
HERE = ["127.0.0.1", "localhost", "::1", "127.0.0.9"]


@pytest.fixture
def bound(tmp_path: Path) -> Callable[..., Config]:
    return lambda **settings: load_config(home=tmp_path, **settings)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_refuses_to_be_reached_from_elsewhere_without_encryption(
    bound: Callable[..., Config], keys: dict[str, str], host: str
) -> None:
    with pytest.raises(ConfigError, match="nothing encrypts"):
        check_binding(bound(host=host))
    check_binding(bound(host=host, behind_proxy=True))


@pytest.mark.parametrize("host", [*ELSEWHERE, *HERE])
def test_refuses_to_be_reached_from_elsewhere_without_a_key_that_holds(
    bound: Callable[..., Config], host: str
) -> None:
    config, now = bound(host=host, behind_proxy=True), now_ms()
    with pytest.raises(ConfigError, match=r"there is no key in .*keys\.json that holds"):
        check_binding(config)
    add_key(config.keys_file, "old", "viewer", now - 2 * 86_400_000, days=1)
    add_key(config.keys_file, "gone", "admin", now)
    revoke_key(config.keys_file, "gone", now)
    with pytest.raises(ConfigError, match="there is no key"):
        check_binding(config)
    add_key(config.keys_file, "line", "viewer", now)
    check_binding(config)


@pytest.mark.parametrize("host", HERE)
def test_loopback_needs_no_key(bound: Callable[..., Config], host: str) -> None:
    check_binding(bound(host=host))


def test_a_damaged_key_file_keeps_the_service_from_being_reached(bound: Callable[..., Config]) -> None:
    config = bound(behind_proxy=True)
    config.keys_file.write_text("{", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"keys\.json: expected a file of keys, got no JSON"):
        check_binding(config)


def test_a_browser_may_give_the_key_as_password_and_gets_no_cookie(
    serve: Serve, keys: dict[str, str]
) -> None:
    served = serve()

    refused = served.get("/")
    assert refused.headers["www-authenticate"].startswith("Basic ")
    assert refused.headers["content-type"] == "application/problem+json"
    answer = served.get("/", auth=("anyone", keys["viewer"]))
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers
    assert served.get("/", auth=("anyone", "wrong")).status_code == 401
    assert served.get("/", auth=(keys["viewer"], "")).status_code == 401


@pytest.mark.parametrize("given", ["Basic", "Basic %%%", "Basic /w==", "Bearer x", "Basic bm9jb2xvbg=="])
@pytest.mark.fault_row(40)
def test_a_broken_authorization_is_a_401(serve: Serve, keys: dict[str, str], given: str) -> None:
    assert serve().get("/", headers={"Authorization": given}).status_code == 401


def test_of_two_keys_given_the_first_counts(serve: Serve, keys: dict[str, str]) -> None:
    good, bad = ("X-API-Key", keys["viewer"]), ("X-API-Key", keys["revoked"])
    served = serve()

    assert served.get("/readyz", headers=[good, bad]).status_code == 200
    assert served.get("/readyz", headers=[bad, good]).status_code == 401


@pytest.mark.fault_row(40)
def test_a_key_in_the_address_is_none(serve: Serve, keys: dict[str, str]) -> None:
    answer = serve().get("/api/v1/status", params={"api_key": keys["admin"]})

    assert answer.status_code == 401
    assert keys["admin"] not in answer.text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil@127.0.0.1.example", 421),
        ("[::1", 421),
    ],
)
@pytest.mark.fault_row(40)
def test_on_loopback_only_this_machines_names_are_answered(served: Any, host: str, status: int) -> None:
    assert served.get("/healthz", headers={"Host": host}).status_code == status


def test_behind_a_proxy_the_plants_own_names_are_answered(serve: Serve, keys: dict[str, str]) -> None:
    headers = {"Host": "sprue.plant.example", "X-API-Key": keys["viewer"]}

    assert serve(behind_proxy=True).get("/readyz", headers=headers).status_code == 200


@pytest.mark.fault_row(40)
def test_a_request_without_host_is_refused(served: Any) -> None:
    where = served.client.base_url
    with socket.create_connection((where.host, where.port), timeout=10) as raw:
        raw.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert raw.recv(100).split()[1] in (b"421", b"400")


@pytest.mark.parametrize(
    "path",
    ["/", "/healthz", "/api/v1/verdicts", "/static/hall.js", "/nowhere", "/metrics", "/api/v1/lots?x=1"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
def test_every_answer_has_the_security_headers(served: Any, path: str, method: str) -> None:
    headers = served.client.request(method, path).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert not [name for name in headers if name.startswith("access-control-")]
    assert "server" not in headers


@pytest.mark.fault_row(40)
def test_a_preflight_of_another_origin_is_not_granted(served: Any) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = served.client.request("OPTIONS", "/api/v1/verdicts", headers=asked)

    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    ("headers", "path", "status"),
    [
        ({}, "/healthz?" + "x" * (QUERY_BYTES + 1), 414),
        ({"X-Long": "x" * (HEADER_BYTES + 1)}, "/healthz", 431),
        ({f"X-{n}": "1" for n in range(HEADER_LIMIT + 1)}, "/healthz", 431),
        ({"Content-Length": "1" * 5000}, "/healthz", 413),
        ({"X-Longer": "x" * 200_000}, "/healthz", 400),
    ],
    ids=["query", "header", "headers", "length", "head"],
)
@pytest.mark.fault_row(40)
def test_what_is_too_large_is_refused_with_a_problem(
    served: Any, headers: dict[str, str], path: str, status: int
) -> None:
    where = served.client.base_url
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *(f"{n}: {v}" for n, v in headers.items()), "", ""]
    with socket.create_connection((where.host, where.port), timeout=10) as raw:
        raw.sendall("\r\n".join(lines).encode())
        head = raw.recv(4096)

    assert int(head.split()[1]) in (status, 400, 431)
    assert b"application/problem+json" in head
    assert b"content-security-policy" in head.lower()


@pytest.mark.fault_row(40)
def test_a_large_body_is_refused_by_its_length(served: Any) -> None:
    answer = served.client.post("/api/v1/verdicts", content=b"x" * (BODY_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_route_changes_anything_without_an_operator(served: Any) -> None:
    operations = [
        (path, operation["x-role"])
        for path, methods in served.app.openapi()["paths"].items()
        for method, operation in methods.items()
        if method != "get"
    ]

    assert len(operations) >= 6
    # A trial asks by POST, as its question is too long for an address, and changes nothing.
    asked_only = {"/api/v1/threshold/try"}
    assert {path for path, role in operations if role == "viewer"} == asked_only
    assert {role for path, role in operations if path not in asked_only} <= {"operator", "admin"}
