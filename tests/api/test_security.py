from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from api.security import BODY_LIMIT, check_binding
from core.config import load_config
from core.errors import ConfigError

Serve = Callable[..., Any]
KEY = "a-key-of-enough-characters-é"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "plant-pc.local", ""])
def test_refuses_to_be_reached_from_elsewhere_without_a_key(host: str) -> None:
    with pytest.raises(ConfigError, match="SPRUE_API_KEY is not set"):
        check_binding(load_config(host=host))
    check_binding(load_config(host=host, api_key=KEY))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.0.0.9"])
def test_loopback_needs_no_key(host: str) -> None:
    check_binding(load_config(host=host))


def test_a_key_too_short_to_be_one_is_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError, match="at least 16 characters, got 6") as caught:
        check_binding(load_config(api_key="s3cret"))
    assert "s3cret" not in str(caught.value)


def test_with_a_key_every_path_but_healthz_needs_it(serve: Serve) -> None:
    served = serve(api_key=KEY)
    paths = {*served.app.openapi()["paths"], "/", "/hall", "/static/hall.css", "/nowhere"}
    assert len(paths) > 10

    for path in paths:
        url = path.replace("{facility}", "A-01").replace("{identifier}", "t0")
        expected = 200 if path == "/healthz" else 401
        assert served.get(url).status_code == expected, path
        assert served.get(url, headers={"X-API-Key": KEY[:-1]}).status_code == expected, path
        allowed = served.get(url, headers={b"X-API-Key": KEY.encode()})
        assert allowed.status_code != 401, path


def test_a_browser_may_give_the_key_as_password(serve: Serve) -> None:
    served = serve(api_key=KEY)

    refused = served.get("/")
    assert refused.headers["www-authenticate"].startswith("Basic ")
    assert refused.headers["content-type"] == "application/problem+json"
    assert served.get("/", auth=("anyone", KEY)).status_code == 200
    assert served.get("/", auth=("anyone", "wrong")).status_code == 401


@pytest.mark.parametrize("given", ["Basic", "Basic %%%", "Basic /w==", "Bearer x", "Basic bm9jb2xvbg=="])
def test_a_broken_authorization_is_a_401(serve: Serve, given: str) -> None:
    assert serve(api_key=KEY).get("/", headers={"Authorization": given}).status_code == 401


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
def test_on_loopback_only_this_machines_names_are_answered(served: Any, host: str, status: int) -> None:
    assert served.get("/healthz", headers={"Host": host}).status_code == status


def test_a_request_without_host_is_refused(served: Any) -> None:
    where = served.client.base_url
    with socket.create_connection((where.host, where.port), timeout=10) as raw:
        raw.sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert raw.recv(100).split()[1] in (b"421", b"400")


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/api/v1/verdicts", "/static/hall.js", "/nowhere", "/metrics"]
)
def test_every_answer_has_the_security_headers(served: Any, path: str) -> None:
    headers = served.get(path).headers

    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers
    assert "server" not in headers


def test_a_large_body_is_refused_by_its_length(served: Any) -> None:
    answer = served.client.post("/api/v1/verdicts", content=b"x" * (BODY_LIMIT + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_route_changes_anything(served: Any) -> None:
    methods = {method for path in served.app.openapi()["paths"].values() for method in path}
    assert methods == {"get"}
