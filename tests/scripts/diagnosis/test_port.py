"""The API's port: free, ours, of another home, or somebody else's."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from inference.store.sink import VerdictStore
from scripts.diagnosis import port

Install = Callable[..., Any]
Pick = Callable[..., Any]
Fill = Callable[..., VerdictStore]


@contextmanager
def answering(status: int, body: bytes) -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 503)
            self.end_headers()
            self.wfile.write(body if self.path == "/healthz" else b'{"reasons": ["stream: no connection"]}')

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def test_a_running_sprue_on_the_port_is_in_order_and_says_how_it_is(install: Install, pick: Pick) -> None:
    with answering(200, b'{"status": "alive"}') as number:
        found = list(port.examine(install(port=number)))

    assert pick(found, "port").level == "ok"
    assert pick(found, "readiness").level == "warning"
    assert "stream: no connection" in pick(found, "readiness").found


def test_another_program_on_the_port_is_a_problem(install: Install, pick: Pick) -> None:
    with answering(404, b"<html>") as number:
        (found,) = port.examine(install(port=number))

    assert found.level == "problem"
    assert "answered /healthz with 404" in found.found


def test_something_that_says_nothing_on_the_port_is_a_problem(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(port, "_WAIT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        (found,) = port.examine(install(port=listening.getsockname()[1]))

    assert found.level == "problem"
    assert "says nothing" in found.found


def test_a_free_port_is_in_order_and_stays_free(install: Install) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        number = listening.getsockname()[1]

    assert [f.level for f in port.examine(install(port=number))] == ["ok"]
    socket.create_server(("127.0.0.1", number)).close()


def test_an_address_of_another_machine_is_a_problem(install: Install) -> None:
    config = install(host="192.0.2.1").config

    assert port.may_listen(config, "192.0.2.1").level == "problem"


def test_a_service_of_another_home_on_the_port_is_told_from_the_one_of_this_home(
    install: Install, pick: Pick, fill: Fill, tmp_path: Path
) -> None:
    with answering(200, b'{"status": "alive"}') as number:
        installation = install(port=number, home=tmp_path)
        other = pick(port.examine(installation), "whose service")
        fill(f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}")
        own = list(port.examine(installation))

    assert other.level == "warning"
    assert str(tmp_path) in other.expected
    assert "another home" in other.found
    assert "SPRUE_HOME" in other.advice
    assert [f.subject for f in own] == ["port", "readiness"]
