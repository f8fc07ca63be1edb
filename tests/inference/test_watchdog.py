"""A loop that hangs ends the process; one that waits, sleeps or was stopped with it does not."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from inference.watchdog import BEAT_S, HUNG, Watchdog, beating

ROOT = Path(__file__).resolve().parents[2]


class Trial:
    """A watchdog with a clock, a heart and an end of the test's own."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.beat: float | None = 1000.0
        self.did: list[object] = []
        self.dog = Watchdog(
            lambda: self.beat,
            limit_s=60.0,
            clock=lambda: self.now,
            alive=lambda: self.did.append("alive"),
            dump=lambda: self.did.append("dump"),
            end=self.did.append,
        )

    def pass_time(self, seconds: float, *, hanging: bool) -> None:
        """Look as often as the watchdog's thread would."""
        until = self.now + seconds
        while self.now < until:
            self.now += self.dog.interval_s
            self.beat = self.beat if hanging or self.beat is None else self.now
            self.dog.look()


@pytest.fixture
def trial() -> Trial:
    return Trial()


def test_a_loop_that_moves_is_left_alone(trial: Trial) -> None:
    trial.pass_time(3600, hanging=False)

    assert set(trial.did) == {"alive"}
    assert trial.dog.healthy


def test_a_loop_that_hangs_is_written_down_and_ends_the_process(trial: Trial) -> None:
    with capture_logs() as logs:
        trial.pass_time(60, hanging=True)

    assert trial.did[-2:] == ["dump", HUNG]
    assert trial.did.count("alive") == 11
    assert [(line["log_level"], line["code"]) for line in logs] == [("critical", 70)]


def test_health_turns_bad_at_a_third_of_the_limit_and_good_again_with_the_next_step(trial: Trial) -> None:
    trial.pass_time(15, hanging=True)
    assert trial.dog.healthy
    trial.pass_time(5, hanging=True)
    assert not trial.dog.healthy
    assert trial.dog.silent_s == 20
    trial.pass_time(5, hanging=False)
    assert trial.dog.healthy


def test_a_process_that_was_stopped_is_not_taken_for_one_that_hangs(trial: Trial) -> None:
    """SIGSTOP, a debugger, a laptop closed over night: the clock went on, the loop could not."""
    trial.pass_time(20, hanging=False)
    trial.now += 12 * 3600

    trial.dog.look()

    assert HUNG not in trial.did
    trial.pass_time(40, hanging=True)
    assert HUNG not in trial.did
    trial.pass_time(20, hanging=True)
    assert HUNG in trial.did


def test_a_loop_that_ended_by_itself_does_not_hang(trial: Trial) -> None:
    trial.pass_time(30, hanging=True)
    trial.beat = None
    trial.pass_time(3600, hanging=True)

    assert HUNG not in trial.did
    assert trial.dog.healthy


def test_whoever_waits_beats(trial: Trial) -> None:
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        trial.pass_time(seconds, hanging=True)
        return False

    def beat() -> None:
        trial.beat = trial.now

    assert beating(wait, beat)(120.25) is False
    assert sum(waited) == 120.25
    assert max(waited) == BEAT_S
    assert HUNG not in trial.did


def test_a_stop_ends_the_waiting_at_once() -> None:
    waits = iter([False, False, True])

    assert beating(lambda _: next(waits), lambda: None)(30.0) is True
    assert list(waits) == []


@pytest.mark.parametrize("how", ["a lock that is never freed", "compiled code that keeps the lock of Python"])
def test_a_process_that_hangs_ends_and_says_where(how: str) -> None:
    program = textwrap.dedent(
        f"""
        import ctypes, threading, time
        from inference.watchdog import Watchdog
        how = {how!r}
        dog = Watchdog(lambda: 0.0, limit_s=0.6)
        dog.start()
        def hangs():
            if how.startswith("a lock"):
                lock = threading.Lock()
                lock.acquire()
                lock.acquire()
            else:
                threading.Event().wait(0.2)  # until the watchdog has looked once
                ctypes.PyDLL(None).sleep(60)
        hangs()
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == (HUNG if how.startswith("a lock") else 1), done.stderr
    assert "in hangs" in done.stderr


def test_a_watchdog_that_was_stopped_ends_nothing() -> None:
    program = textwrap.dedent(
        """
        import threading
        from inference.watchdog import Watchdog
        dog = Watchdog(lambda: 0.0, limit_s=0.1)
        dog.start()
        dog.stop()
        dog.stop()
        threading.Event().wait(0.6)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
