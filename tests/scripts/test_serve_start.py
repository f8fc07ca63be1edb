"""What a starting service refuses, in a sentence, and how it speaks HTTP and ends."""

from __future__ import annotations

import http.client
import os
import signal
import time
from pathlib import Path

import pytest

from tests.scripts.running_service import SECRET, Start


@pytest.mark.skipif(os.name != "posix", reason="needs SIGINT to another process")
def test_ctrl_c_ends_it_in_order_within_ten_seconds(start: Start) -> None:
    service = start()
    service.get("/healthz")

    began = time.monotonic()
    assert service.end(signal.SIGINT) == 0
    assert time.monotonic() - began < 10


def test_a_second_service_on_the_same_store_is_refused(start: Start) -> None:
    first = start()
    first.get("/healthz")

    second = start()

    assert second.wait() == 1
    assert f"already written by process {first.process.pid}" in second.output
    assert "Traceback" not in second.output


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"host": "0.0.0.0"}, "nothing encrypts what they send"),
        ({"host": "0.0.0.0", "behind_proxy": "true"}, "there is no key in"),
        ({"tls_cert": "nowhere.pem"}, "SPRUE_TLS_KEY: expected a file"),
        ({"tls_cert": "nowhere.pem", "tls_key": "nowhere.pem"}, "SPRUE_TLS_CERT: expected a file this user"),
        ({"port": "70000"}, "Invalid value for"),
        ({"profile": "nowhere"}, "profile 'nowhere'"),
        ({"store_url": f"mysql://judge:{SECRET}@h/d"}, "SPRUE_STORE_URL: expected sqlite or postgresql"),
        ({"log_level": "LOUD"}, "SPRUE_LOG_LEVEL"),
    ],
    ids=["binding", "key", "half a certificate", "certificate", "port", "profile", "store", "level"],
)
def test_a_wrong_setting_ends_it_with_a_sentence(start: Start, settings: dict[str, str], said: str) -> None:
    service = start(**settings)

    assert service.wait() in (1, 2)
    assert said in service.output
    assert "Traceback" not in service.output
    assert SECRET not in service.output


def test_a_connection_that_is_kept_does_not_wait_for_acknowledgements(start: Start) -> None:
    service = start()
    assert service.get("/healthz")[0] == 200
    connection = http.client.HTTPConnection(service.url.removeprefix("http://"))
    times = []
    for _ in range(31):
        begin = time.perf_counter()
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        times.append(time.perf_counter() - begin)
    connection.close()
    assert sorted(times)[15] < 0.03  # a delayed acknowledgement takes 0.04


def test_a_taken_port_is_said(start: Start, tmp_path: Path) -> None:
    first = start()
    first.get("/healthz")
    port = first.url.rpartition(":")[2]

    second = start(port=port, home=str(tmp_path / "other"))

    assert second.wait() == 1
    assert f"SPRUE_PORT: cannot listen on 127.0.0.1 port {port}" in second.output
