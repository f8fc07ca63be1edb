"""The API abused while the service judges: refused, no memory lost, and judging does not notice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psutil
import pytest

from tests.faults.crash.hall import Hall
from tests.faults.crash.hostile_client import HostileClient, large_picture, pieces

ORDER: Final = "/api/v1/dead-letters/replay"
"""A route that takes a body."""
JSON: Final = {"Content-Type": "application/json"}
FORM: Final = {"Content-Type": "application/x-www-form-urlencoded"}
GIGABYTE: Final = 1 << 30
GROWTH_MB: Final = 60.0
"""What the memory of a service under load may vary by."""
IN_TIME_S: Final = 20.0
"""In which a hundred shots are judged on a loaded machine, abused or not."""

Request = tuple[str, str, Mapping[str, str], bytes]
REFUSED: Final[dict[str, tuple[Request, int]]] = {
    "form fields": (("POST", ORDER, FORM, b"a=1&" * 200_000), 413),
    "form": (("POST", ORDER, FORM, b"a=1&" * 10_000), 415),
    "picture": (("POST", ORDER, {"Content-Type": "image/png"}, large_picture()), 415),
    "deep lists": (("POST", ORDER, JSON, b"[" * 60_000), 400),
    "deep objects": (("POST", ORDER, JSON, b'{"a":' * 10_000 + b"1" + b"}" * 10_000), 400),
    "NaN": (("POST", ORDER, JSON, b'{"reason": "x", "before": NaN}'), 400),
    "endless": (("POST", ORDER, JSON, b'{"reason": "x", "before": 1e999}'), 400),
    "twice": (("POST", ORDER, JSON, b'{"reason": "x", "reason": "y"}'), 400),
    "half a character": (("POST", ORDER, JSON, b'{"reason": "\\ud800"}'), 400),
    "statement as number": (("GET", "/api/v1/verdicts?limit=1;DROP%20TABLE%20verdict", {}, b""), 422),
    "statement as order": (("GET", "/api/v1/verdicts?outcome=OK'--", {}, b""), 422),
    "statement as cursor": (("GET", "/api/v1/verdicts?cursor=1%20OR%201=1", {}, b""), 422),
    "statement as number of a letter": (("GET", "/api/v1/dead-letters/1'%20OR%20'1'='1", {}, b""), 404),
    "path": (("GET", "/static/../security.py", {}, b""), 404),
    "path in escapes": (("GET", "/static/%2e%2e/%2e%2e/security.py", {}, b""), 404),
    "path of a system file": (("GET", "/static/..%2f..%2f..%2f..%2fetc%2fpasswd", {}, b""), 404),
    "path of a verdict": (("GET", "/api/v1/verdicts/..%2f..%2fkeys.json", {}, b""), 404),
    "another host": (("GET", "/api/v1/verdicts", {"Host": "evil.example"}, b""), 421),
    "no method": (("G\x01T", "/healthz", {}, b""), 400),
}
"""Requests that must be refused, and how."""
HARMLESS: Final = {
    "statement as name": "/api/v1/verdicts?facility='%20OR%20'1'='1",
    "statement in a path": "/api/v1/facilities/'%3B%20DROP%20TABLE%20verdict%3B--/latest",
}
"""Requests in which a statement is a name like any other: nothing is found under it."""


def judge_in_time(hall: Hall) -> float:
    """Write a hundred shots; how long until all is answered [s]."""
    began = time.monotonic()
    hall.feed.write(100)
    hall.await_answers()
    return time.monotonic() - began


@pytest.fixture
def abused(hall: Hall) -> Hall:
    """A hall that judges, warmed up: what is loaded with the first requests is."""
    hall.start()
    judge_in_time(hall)
    for path in ("/api/v1/verdicts", "/static/hall.js", "/"):
        HostileClient(hall.service.url).ask("GET", path)
    return hall


def check_unharmed(hall: Hall, memory: float, kind: str, times: int) -> None:
    """As much memory as before, in a few megabytes; nothing lost."""
    grown = hall.service.resident_mb() - memory
    hall.note_faults(kind, times)
    findings = hall.settle()

    assert grown < GROWTH_MB
    assert findings.all_well, str(findings)


@pytest.mark.fault_row(40)
def test_what_nobody_should_send_is_refused_and_does_no_harm(abused: Hall) -> None:
    client, memory = HostileClient(abused.service.url), abused.service.resident_mb()
    abused.feed.run()
    answers = {name: client.ask(*request) for name, (request, _) in REFUSED.items()}
    ranges = "bytes=" + ",".join(f"{n}-{n}" for n in range(1_200))
    began = time.monotonic()
    ranged = client.ask("GET", "/static/hall.js", {"Range": ranges})
    seconds = time.monotonic() - began
    harmless = {name: client.ask("GET", path) for name, path in HARMLESS.items()}
    abused.feed.pause()
    took = judge_in_time(abused)

    assert answers == {name: due for name, (_, due) in REFUSED.items()}
    assert ranged in (200, 206, 400, 416)
    assert seconds < 5.0
    assert harmless == {"statement as name": 200, "statement in a path": 404}
    assert took < IN_TIME_S
    check_unharmed(abused, memory, "API abused", len(answers) + len(harmless) + 1)


@pytest.mark.fault_row(40)
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Length": str(GIGABYTE)}, pieces(GIGABYTE)),
        ({"Transfer-Encoding": "chunked"}, pieces(GIGABYTE, chunked=True)),
    ],
    ids=["with its length", "in chunks"],
)
def test_of_a_body_of_a_gigabyte_next_to_nothing_is_taken(
    abused: Hall, headers: dict[str, str], body: Iterable[bytes]
) -> None:
    client, memory = HostileClient(abused.service.url), abused.service.resident_mb()
    status = client.ask("POST", ORDER, {**JSON, **headers}, body)

    assert status in (413, 0)  # 0: it hung up while more was on the way, which loses its answer
    assert client.sent < GIGABYTE / 16
    assert judge_in_time(abused) < IN_TIME_S
    check_unharmed(abused, memory, "API abused", 1)


@pytest.mark.fault_row(40)
def test_a_burst_of_requests_is_answered_and_judging_keeps_up(abused: Hall) -> None:
    client, memory = HostileClient(abused.service.url), abused.service.resident_mb()
    abused.feed.run()
    with ThreadPoolExecutor(8) as pool:
        waited: list[Any] = [pool.submit(client.burst, "/healthz", 1_000) for _ in range(10)]
        answered = abused.answered()
        good = sum(one.result() for one in waited)
        judged = abused.answered() - answered
    abused.feed.pause()
    took = judge_in_time(abused)

    assert good == 10_000
    assert judged > 0
    assert took < IN_TIME_S
    check_unharmed(abused, memory, "API abused", 10_000)


@pytest.mark.fault_row(40)
def test_clients_that_never_finish_are_hung_up_on_and_judging_does_not_notice(abused: Hall) -> None:
    client, memory = HostileClient(abused.service.url), abused.service.resident_mb()
    process = psutil.Process(abused.service.pid)
    handles: Callable[[], int] = getattr(process, "num_fds", None) or process.num_handles
    most = handles() + 20
    lines = [client.connect() for _ in range(400)]
    for line in lines[:300]:  # the others say nothing at all
        line.sendall(b"POST /api/v1/dead-letters/replay HTTP/1.1\r\nHost: localhost\r\nX-")
    took = judge_in_time(abused)
    answers = {client.status_on(line) for line in lines}
    for line in lines:
        line.close()
    abused.service.wait_until(lambda: handles() < most, "the connections to be let go of")

    assert answers <= {408, 503, 0}
    assert took < IN_TIME_S
    assert client.ask("GET", "/healthz") == 200
    check_unharmed(abused, memory, "API abused", len(lines))
