"""Clients that are slow, silent or too many."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

Open = Callable[[], socket.socket]


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.connection.REQUEST_SECONDS", 0.2)
    monkeypatch.setattr("api.connection.TAKE_SECONDS", 0.2)


@pytest.fixture
def connect(served: Any) -> Iterator[Open]:
    where = served.client.base_url
    with ExitStack() as ending:
        yield lambda: ending.enter_context(socket.create_connection((where.host, where.port), timeout=20))


def ask(one: socket.socket) -> bytes:
    one.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
    found = b""
    while not found.endswith(b"}"):
        found += one.recv(4096)
    return found


def until_closed(one: socket.socket) -> bytes:
    """What comes until the other side ends it; a time-out is a failure."""
    found = b""
    try:
        while piece := one.recv(65536):
            found += piece
    except ConnectionResetError:
        pass
    return found


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("sent", "answer"),
    [
        (b"", b""),
        (b"GET /healthz HT", b"HTTP/1.1 408 "),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Slow: ", b"HTTP/1.1 408 "),
        (b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n", b"HTTP/1.1 200 "),
    ],
    ids=["silent", "half a line", "half a head", "no body"],
)
def test_a_request_that_does_not_come_whole_is_ended(connect: Open, sent: bytes, answer: bytes) -> None:
    one = connect()
    one.sendall(sent)

    found = until_closed(one)

    assert found.startswith(answer)
    if b" 408 " in answer:
        assert b"application/problem+json" in found
        assert b"Content-Security-Policy" in found


@pytest.mark.usefixtures("hurried")
def test_a_head_that_comes_byte_by_byte_gets_no_more_time_by_it(connect: Open) -> None:
    one = connect()
    one.settimeout(0.01)
    answer = b""
    for byte in b"GET /healthz HTTP/1.1\r\nX: " + b"x" * 4000:
        try:
            one.sendall(bytes([byte]))
            answer = one.recv(4096)
            break
        except TimeoutError:
            continue
        except ConnectionError:
            break

    assert answer.startswith(b"HTTP/1.1 408 ") or answer == b""


@pytest.mark.usefixtures("hurried")
def test_whoever_asks_again_and_again_is_not_cut_off(served: Any) -> None:
    for _ in range(40):
        assert served.get("/healthz").status_code == 200
    assert served.get("/api/v1/verdicts").status_code == 200


def test_one_connection_too_many_is_refused_and_the_others_go_on(
    connect: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.connection.MOST_CONNECTIONS", 2)
    first, second = connect(), connect()
    assert ask(first).startswith(b"HTTP/1.1 200 ")
    assert ask(second).startswith(b"HTTP/1.1 200 ")

    found = until_closed(connect())

    assert found.startswith(b"HTTP/1.1 503 ")
    assert b"too many connections" in found
    assert ask(first).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    "sent",
    [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500, b"NO SUCH THING\r\n\r\n", b"\0" * 70_000],
    ids=["TLS", "words", "zeros"],
)
def test_what_is_no_http_is_refused_with_a_problem(connect: Open, sent: bytes) -> None:
    one = connect()
    one.sendall(sent)

    found = until_closed(one)

    assert found.startswith(b"HTTP/1.1 400 ")
    assert b"Content-Security-Policy" in found
    assert b"urn:sprue:bad-request" in found


def test_a_websocket_is_not_opened(connect: Open) -> None:
    one = connect()
    one.sendall(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )

    assert b" 101 " not in one.recv(4096).partition(b"\r\n")[0]


@pytest.mark.usefixtures("hurried")
def test_an_answer_that_nobody_takes_is_given_up(served: Any, connect: Open) -> None:
    one = connect()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    request = b"GET /api/v1/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"

    def ask_for_ever() -> None:
        while True:  # and read no answer: in the end nobody listens any more
            one.sendall(request)

    with pytest.raises(ConnectionError):
        ask_for_ever()
    assert served.get("/healthz").status_code == 200
