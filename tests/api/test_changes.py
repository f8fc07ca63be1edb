"""What changes something: roles, foreign pages, bodies. No such route exists yet, so the tests add one."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import Body

from api.json_body import DEPTH_LIMIT, parse_json
from api.roles import needs
from api.security import BODY_LIMIT

Serve = Callable[..., Any]
JSON = {"Content-Type": "application/json"}


@needs("operator")
def _change(value: Annotated[Any, Body()] = None) -> dict[str, Any]:
    return {"value": value}


@pytest.fixture
def changing(serve: Serve) -> Any:
    served = serve()
    served.app.add_api_route("/change", _change, methods=["POST"])
    return served


@pytest.mark.parametrize(
    ("who", "status"), [("no key", 401), ("viewer", 403), ("operator", 200), ("admin", 200), ("revoked", 401)]
)
def test_a_change_needs_the_role_of_its_route(
    serve: Serve, keys: dict[str, str], who: str, status: int
) -> None:
    served = serve()
    served.app.add_api_route("/change", _change, methods=["POST"])
    headers = JSON | ({} if who == "no key" else {"X-API-Key": keys[who]})

    answer = served.client.post("/change", content="{}", headers=headers)

    assert answer.status_code == status
    if status == 403:
        assert answer.json()["detail"] == "expected a key of role operator or higher, got viewer"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"Content-Type": "Application/JSON; charset=utf-8"}, 200),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, 415),
        ({"Content-Type": ""}, 415),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": "http://[::1"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_a_foreign_page_changes_nothing(changing: Any, headers: dict[str, str], status: int) -> None:
    answer = changing.client.post("/change", content="1", headers=JSON | headers)

    assert answer.status_code == status, answer.text


def test_our_own_page_may_ask_for_a_change(changing: Any) -> None:
    own = str(changing.client.base_url).rstrip("/")

    assert changing.client.post("/change", content="1", headers=JSON | {"Origin": own}).status_code == 200


def test_two_origins_are_none(changing: Any) -> None:
    own = str(changing.client.base_url).rstrip("/")
    headers = [("Content-Type", "application/json"), ("Origin", own), ("Origin", "https://evil.example")]

    assert changing.client.post("/change", content="1", headers=headers).status_code == 403


def test_a_change_without_a_body_needs_the_content_type_too(changing: Any) -> None:
    assert changing.client.post("/change").status_code == 415
    assert changing.client.post("/change", headers=JSON).status_code == 200


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": 1, "a": 2}', "got a key given twice"),
        (b'{"a": NaN}', "got NaN"),
        (b"[-Infinity]", "got -Infinity"),
        (b"[1e999]", "got a number beyond the range of numbers"),
        (b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1), "got more than 20 levels"),
        (b"[" * 30_000, "got "),
        (b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "got more than 20 levels"),
        (b"9" * 60_000, "got a number beyond the range of numbers"),
        (b'["\\ud800"]', "got half of a character"),
        (b'{"\\udfff": 1}', "got half of a character"),
        (b'["\xff"]', "got bytes that are no UTF-8 at 2"),
        (b"{", "got none: "),
        (b"\xef\xbb\xbf1", "got none: "),
    ],
    ids=range(13),
)
def test_json_that_does_not_mean_one_thing_is_refused_and_not_repeated(
    changing: Any, body: bytes, said: str
) -> None:
    answer = changing.client.post("/change", content=body, headers=JSON)

    assert answer.status_code == 400, answer.text[:200]
    assert answer.json()["detail"].startswith(f"expected a JSON body, {said}")
    assert len(answer.content) < 400


def test_json_at_the_limit_is_read() -> None:
    text = "[" * DEPTH_LIMIT + '"한글 😀"' + "]" * DEPTH_LIMIT

    value = parse_json(text.encode())

    for _ in range(DEPTH_LIMIT):
        (value,) = value
    assert value == "한글 😀"


def test_a_large_body_that_hides_its_length_is_refused_while_it_comes(changing: Any) -> None:
    where = changing.client.base_url
    head = "POST /change HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    with socket.create_connection((where.host, where.port), timeout=10) as raw:
        raw.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
        piece = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
        sent = 0
        try:
            for _ in range(1000):  # 16 MB; it must be refused long before
                raw.sendall(piece)
                sent += 0x4000
                raw.setblocking(False)
                try:
                    answer = raw.recv(4096)
                    break
                except BlockingIOError:
                    raw.setblocking(True)
        except OSError:
            answer = b"HTTP/1.1 413 "
        assert answer.split()[1] == b"413"
        assert sent >= BODY_LIMIT // 2
