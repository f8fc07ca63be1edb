"""How the service's process ends: in order, at once, or by its own watchdog."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

if os.name != "posix":
    pytest.skip("platform: signals between processes", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
PROLOGUE = """
import functools, threading
from concurrent.futures import ThreadPoolExecutor
from inference.service import JudgingService
from scripts import behind_api, serve
"""
SERVE = "serve.serve(None, None, None, None, None, None, None, None, None, None)"
HANGS = """
def run(self):
    self.heartbeat = 0.0
    ThreadPoolExecutor(1).submit(threading.Event().wait).result()  # a step that never comes back
JudgingService.run = run
"""
Start = Callable[..., "Process"]


class Process:
    """The service, with some of its parts replaced."""

    def __init__(self, program: str, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def url(self) -> str:
        """Where it answers, once it does."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if found := re.search(r"health +(http://\S+)/readyz", line):
                return found[1]
        raise AssertionError(self.end()[1])

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Exit code and everything it said on standard error."""
        said = self._process.communicate(timeout=60)[1]
        return self._process.returncode, said

    def kill(self) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """``start(parts)``: runs the service after these lines of Python."""
    running: list[Process] = []

    def start(parts: str = "", **more: str) -> Process:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SPRUE_")}
        environment |= {
            "SPRUE_HOME": str(tmp_path),
            "SPRUE_PORT": "0",
            "SPRUE_MONGO_URL": "mongodb://127.0.0.1:1/?replicaSet=rs0",
            "PYTHONUTF8": "1",
            **more,
        }
        running.append(Process(PROLOGUE + textwrap.dedent(parts) + SERVE, environment))
        return running[-1]

    yield start
    for process in running:
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_in_order_while_the_stream_is_away(start: Start, number: int) -> None:
    process = start()
    process.url()

    began = time.monotonic()
    process.signal(number)

    assert process.end()[0] == 0
    assert time.monotonic() - began < 10


def test_a_loop_that_does_not_end_is_given_up_in_time_and_the_exit_code_says_so(start: Start) -> None:
    process = start(HANGS + "serve.STOP_SECONDS = 1.0\n")
    process.url()

    began = time.monotonic()
    process.signal(signal.SIGTERM)
    code, said = process.end()

    assert code == 1
    assert time.monotonic() - began < 10
    assert "judging did not end in time" in said


def test_a_second_signal_ends_at_once(start: Start) -> None:
    says_so = "lambda notice: 'STOPPING' in notice and print('health http://x/readyz', flush=True)"
    process = start(HANGS + f"serve.tell_manager = {says_so}\n")
    process.url()
    process.signal(signal.SIGTERM)
    assert process.url() == "http://x"  # the first one was taken

    process.signal(signal.SIGTERM)

    code, said = process.end()
    assert code == 1
    assert "judging did not end in time" not in said


def test_a_loop_that_hangs_makes_it_unhealthy_then_ends_it_with_its_stacks(start: Start) -> None:
    process = start(HANGS + "behind_api.Watchdog = functools.partial(behind_api.Watchdog, limit_s=6.0)\n")
    health = process.url() + "/healthz"
    answers = []

    while 503 not in answers:
        try:
            with urllib.request.urlopen(health, timeout=10) as answer:  # own loopback address
                answers.append(answer.status)
        except urllib.error.HTTPError as error:
            answers.append(error.code)

    code, said = process.end()
    assert answers[0] == 200
    assert code == 70
    assert "judging hangs" in said
    assert re.search(r"File .* line \d+ in run", said)


def test_the_manager_is_told_when_it_is_up_and_when_it_ends(start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        process = start(NOTIFY_SOCKET=str(tmp_path / "notify"))
        assert manager.recv(100) == b"READY=1"
        process.url()

        process.signal(signal.SIGTERM)

        told = [manager.recv(100)]
        while told[-1] == b"WATCHDOG=1":
            told.append(manager.recv(100))
        assert told[-1] == b"STOPPING=1"
    assert process.end()[0] == 0


def test_a_second_service_is_refused_while_the_first_is_stopped_which_then_goes_on(start: Start) -> None:
    first = start()
    first.url()
    first.signal(signal.SIGSTOP)

    code, said = start().end()
    first.signal(signal.SIGCONT)
    first.signal(signal.SIGTERM)

    assert code == 1
    assert "already written by process" in said
    assert first.end()[0] == 0
