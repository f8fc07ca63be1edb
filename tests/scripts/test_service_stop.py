"""Signals and console events: an orderly end first, the end at once second."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from scripts.service_stop import CLOSE, LOGOFF, SHUTDOWN, StopRequests, stop_requests

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ended() -> list[int]:
    return []


@pytest.fixture
def requests(ended: list[int]) -> StopRequests:
    return StopRequests(ended.append)


def test_nobody_asked_yet(requests: StopRequests) -> None:
    assert not requests.wait(0.0)
    assert not requests.asked


def test_the_first_signal_asks_and_the_second_ends_at_once(requests: StopRequests, ended: list[int]) -> None:
    requests.on_signal(signal.SIGTERM, None)

    assert requests.wait(0.0)
    assert requests.wait(60.0)  # asked once is asked for good
    assert ended == []

    requests.on_signal(signal.SIGINT, None)
    assert ended == [1]


@pytest.mark.parametrize("event", [CLOSE, LOGOFF, SHUTDOWN])
def test_a_console_that_closes_asks_and_is_kept_until_everything_is_drained(
    requests: StopRequests, ended: list[int], event: int
) -> None:
    answered: list[bool] = []
    windows = threading.Thread(target=lambda: answered.append(requests.on_console(event)))
    windows.start()

    assert requests.wait(10.0)
    assert answered == []  # Windows would end the process now
    requests.drained()
    windows.join(10)

    assert answered == [True]
    assert ended == []


def test_a_console_is_not_kept_longer_than_windows_allows(
    requests: StopRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("scripts.service_stop.CONSOLE_GRACE_S", 0.01)

    assert requests.on_console(CLOSE)
    assert requests.asked


@pytest.mark.parametrize("event", [0, 1, 3])
def test_ctrl_c_and_ctrl_break_are_left_to_python(requests: StopRequests, event: int) -> None:
    assert not requests.on_console(event)
    assert not requests.asked


def test_handlers_are_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_requests() as requests:
        assert signal.getsignal(signal.SIGTERM) == requests.on_signal
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.skipif(os.name != "posix", reason="platform: signals between processes")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_process_ends_in_order_or_at_once(number: signal.Signals) -> None:
    program = textwrap.dedent(
        """
        import sys
        from scripts.service_stop import stop_requests
        with stop_requests() as requests:
            print("up", flush=True)
            while not requests.wait(0.05):
                pass
            print("draining", flush=True)
            if sys.argv[1] == "2":
                while True:  # a batch that takes for ever
                    requests.wait(0.05)
        """
    )
    for signals, code in (("1", 0), ("2", 1)):
        with subprocess.Popen(
            [sys.executable, "-c", program, signals], cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == "up\n"
            process.send_signal(number)
            assert process.stdout.readline() == "draining\n"
            if signals == "2":
                process.send_signal(number)
            assert process.wait(10) == code


@pytest.mark.skipif(os.name != "posix", reason="platform: signals between processes")
def test_signals_that_arrive_at_any_moment_of_the_waiting_never_block_it() -> None:
    """A handler runs in the waiting thread, wherever that one is: it must need no lock."""
    program = textwrap.dedent(
        """
        import os, signal, threading
        from scripts.service_stop import StopRequests
        for round in range(300):
            requests = StopRequests(end=lambda code: None)
            signal.signal(signal.SIGUSR1, requests.on_signal)
            threading.Timer(0.0005, os.kill, (os.getpid(), signal.SIGUSR1)).start()
            while not requests.wait(0.0001):
                pass
        print("done")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert done.stdout == "done\n", done.stderr
