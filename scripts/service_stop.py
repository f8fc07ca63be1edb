"""How the service is asked to end: signals, and on Windows what happens to the console.

The first request asks for an orderly end, a second signal ends the process at once. Both
are safe: what is not committed is read and judged again.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from types import FrameType

ENDED_AT_ONCE = 1
"""Exit code after a second signal."""
CONSOLE_GRACE_S = 4.0
"""Windows ends the process some 5 s after it closed the console, logged off or shut down."""
CLOSE, LOGOFF, SHUTDOWN = 2, 5, 6
"""What Windows calls a console's handler with, besides Ctrl-C (0) and Ctrl-Break (1)."""


class StopRequests:
    """Whether somebody asked for the end.

    Parameters
    ----------
    end : callable
        Ends the process at once with an exit code.
    """

    def __init__(self, end: Callable[[int], object] = os._exit) -> None:
        self._end = end
        # Of all ways to wake a thread the only one that a signal handler may use at any moment:
        # it runs in the thread that waits, maybe while that one holds the lock of an Event.
        self._requests: SimpleQueue[None] = SimpleQueue()
        self._asked = False
        self._drained = threading.Event()

    @property
    def asked(self) -> bool:
        """Whether an end was asked for."""
        return self._asked

    def wait(self, seconds: float) -> bool:
        """Wait up to so long for a request; whether there was one."""
        if not self._asked:
            try:
                self._requests.get(timeout=seconds)
            except Empty:
                return False
        return self._asked

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        """Ask for an orderly end; the second time, end at once."""
        if self._asked:
            self._end(ENDED_AT_ONCE)
        self._ask()

    def on_console(self, event: int) -> bool:
        """Answer a console event of Windows, in the thread that Windows made for it.

        Returns when everything is drained or the grace is over: afterwards Windows ends
        the process, whatever it does.

        Returns
        -------
        bool
            Whether it was taken care of. Ctrl-C and Ctrl-Break are not: Python makes signals of them.
        """
        if event not in (CLOSE, LOGOFF, SHUTDOWN):
            return False
        self._ask()
        self._drained.wait(CONSOLE_GRACE_S)
        return True

    def drained(self) -> None:
        """Say that everything is written and closed."""
        self._drained.set()

    def _ask(self) -> None:
        self._asked = True
        self._requests.put(None)


@contextmanager
def stop_requests() -> Iterator[StopRequests]:
    """Requests to end, from signals and console; as it was afterwards. Main thread only."""
    requests = StopRequests()
    names = ["SIGINT", "SIGTERM"] + (["SIGBREAK"] if sys.platform == "win32" else [])
    numbers = [getattr(signal, name) for name in names]
    before = {number: signal.signal(number, requests.on_signal) for number in numbers}
    try:
        with _console(requests.on_console):
            try:
                yield requests
            finally:  # before the handler is taken out, which may wait for its return
                requests.drained()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _console(handle: Callable[[int], bool]) -> Iterator[None]:
    """Have Windows call `handle` when the console closes, the user logs off, the PC shuts down."""
    if sys.platform != "win32":
        yield
        return
    import ctypes
    from ctypes import wintypes

    handler = ctypes.WINFUNCTYPE(wintypes.BOOL, wintypes.DWORD)(handle)
    register = ctypes.WinDLL("kernel32").SetConsoleCtrlHandler
    register(handler, True)
    try:
        yield
    finally:
        register(handler, False)
