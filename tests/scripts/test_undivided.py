"""Ctrl-C between two steps, never in one."""

from __future__ import annotations

import signal
import threading

import pytest

from scripts.undivided import undivided


def test_ctrl_c_waits_for_the_end_of_a_step() -> None:
    done = []

    def step() -> None:
        with undivided():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")

    with pytest.raises(KeyboardInterrupt):
        step()
    assert done == ["all of it"]


def test_an_error_in_a_step_is_told_whatever_was_pressed() -> None:
    before = signal.getsignal(signal.SIGINT)

    def step() -> None:
        with undivided():
            signal.raise_signal(signal.SIGINT)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        step()
    assert signal.getsignal(signal.SIGINT) is before


def test_another_thread_is_never_interrupted_and_just_goes_on() -> None:
    done = []

    def step() -> None:
        with undivided():
            done.append("all of it")

    thread = threading.Thread(target=step)
    thread.start()
    thread.join()
    assert done == ["all of it"]
