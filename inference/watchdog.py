"""Ends the process when the judging loop hangs, so that whoever manages it starts it anew.

Ending at once is safe: what is not committed is read and judged again.
"""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

LIMIT_S = 60.0
"""How long the loop may take for one step; reading waits 1 s, the rest is one batch."""
CHECKS = 12
"""Looks within the limit."""
HUNG = 70
"""Exit code of a process that hung."""
BEAT_S = 1.0
"""A wait beats at least this often."""

Beat = Callable[[], float | None]
Wait = Callable[[float], bool]


class Watchdog:
    """Watches that a heartbeat moves.

    Only time in which the watchdog itself was awake counts: a process that was stopped, or
    a computer that slept, is not taken for one that hangs when it goes on.

    Parameters
    ----------
    heartbeat : callable
        The loop's last step [s, monotonic]; None while there is no loop to watch.
    limit_s : float
        Silence after which the process ends.
    clock : callable
        Seconds that never jump.
    alive : callable
        Called at every look as long as the loop moves, for a manager that watches, too.
    dump : callable
        Writes down where every thread stands.
    end : callable
        Ends the process with an exit code, without waiting for anything.
    """

    def __init__(
        self,
        heartbeat: Beat,
        *,
        limit_s: float = LIMIT_S,
        clock: Callable[[], float] = time.monotonic,
        alive: Callable[[], object] = lambda: None,
        dump: Callable[[], object] | None = None,
        end: Callable[[int], object] = os._exit,
        log: Any = None,
    ) -> None:
        self._heartbeat, self._clock, self._alive = heartbeat, clock, alive
        self._dump, self._end = dump or dump_stacks, end
        self._log = log or structlog.get_logger("watchdog")
        self.limit_s = limit_s
        self.interval_s = limit_s / CHECKS
        self._seen = heartbeat()
        self._looked = clock()
        self._silent = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)

    @property
    def silent_s(self) -> float:
        """For how long the loop has taken no step; safe from any thread."""
        return self._silent

    @property
    def healthy(self) -> bool:
        """Whether the loop moves; False from a third of the limit on."""
        return self._silent < self.limit_s / 3

    def look(self) -> None:
        """Look once; ends the process when the silence has reached the limit."""
        now, beat = self._clock(), self._heartbeat()
        # Longer than between two looks: nobody was awake to look, and so none to beat.
        awake = min(now - self._looked, 2 * self.interval_s)
        self._silent = self._silent + awake if beat is not None and beat == self._seen else 0.0
        self._seen, self._looked = beat, now
        if self._silent < self.limit_s:
            self._alive()
            return
        self._log.critical(
            "judging hangs; ending, to be started anew", silent_s=round(self._silent), code=HUNG
        )
        self._dump()
        self._end(HUNG)

    def start(self) -> None:
        """Look in a thread of its own from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; ends nothing from now on. Safe to call twice."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(1.0)  # it may be just about to set the C timer
        faulthandler.cancel_dump_traceback_later()

    def _run(self) -> None:
        while not self._over.wait(self.interval_s):
            self._guard_against_native_code()
            self.look()

    def _guard_against_native_code(self) -> None:
        """Compiled code that never comes back stops this thread, too; only the C timer still runs."""
        stream = _stderr()
        if stream is not None and not self._over.is_set():
            faulthandler.dump_traceback_later(3 * self.limit_s, exit=True, file=stream)


def dump_stacks() -> None:
    """Where every thread stands, on standard error; file, line and function, no values."""
    stream = _stderr()
    if stream is not None:
        faulthandler.dump_traceback(stream, all_threads=True)


def beating(wait: Wait, beat: Callable[[], object]) -> Wait:
    """The same waiting, with a beat every second: whoever waits does not hang.

    Parameters
    ----------
    wait : callable
        Waits up to so many seconds; returns early, True, when a stop was asked for.
    beat : callable
        Says that the loop is alive.
    """

    def wait_and_beat(seconds: float) -> bool:
        left = seconds
        while left > BEAT_S:
            if wait(BEAT_S):
                return True
            beat()
            left -= BEAT_S
        return wait(left)

    return wait_and_beat


def _stderr() -> Any:
    """Standard error as a real file, None where there is none (a process without console)."""
    try:
        sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        return None
    return sys.stderr
