"""What goes wrong with which of the next commands."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Way(Enum):
    """How a command fails."""

    ERROR = "an error is answered, nothing is done"
    CLOSE_BEFORE = "the connection is closed, nothing is done"
    CLOSE_AFTER = "the command is carried out, the connection closed before its reply"
    STALL = "the command is carried out, its reply never sent"
    TEAR = "the connection is closed in the middle of the reply"
    DRIP = "the reply is sent byte by byte"


@dataclass
class Fault:
    """One line of the script.

    Attributes
    ----------
    command : str
        Its name: ``aggregate``, ``getMore``, ``find``...
    times : int
        How many of those commands are still to fail.
    after : int
        How many of those commands go well before.
    """

    command: str
    way: Way
    times: int = 1
    after: int = 0
    code: int = 0
    labels: Sequence[str] = ()


class FaultScript:
    """The faults to come, in the order they were written.

    Attributes
    ----------
    done : list of Fault
        One entry for each command that failed: what a test counts.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self.done: list[Fault] = []

    def fail(
        self, command: str, code: int, labels: Sequence[str] = (), *, times: int = 1, after: int = 0
    ) -> None:
        """Answer the next `times` of these commands with an error."""
        self._add(Fault(command, Way.ERROR, times, after, code, labels))

    def close(self, command: str, *, acted: bool = False, times: int = 1, after: int = 0) -> None:
        """Close the connection instead of answering; `acted`: the command was carried out."""
        self._add(Fault(command, Way.CLOSE_AFTER if acted else Way.CLOSE_BEFORE, times, after))

    def stall(self, command: str, *, times: int = 1, after: int = 0) -> None:
        """Never answer: the connection stays open and silent."""
        self._add(Fault(command, Way.STALL, times, after))

    def tear(self, command: str, *, times: int = 1, after: int = 0) -> None:
        """Send the first half of the reply and close the connection."""
        self._add(Fault(command, Way.TEAR, times, after))

    def drip(self, command: str, *, times: int = 1, after: int = 0) -> None:
        """Send the reply one byte at a time."""
        self._add(Fault(command, Way.DRIP, times, after))

    def clear(self) -> None:
        """Let all that is still to come go well."""
        with self._lock:
            self._faults.clear()

    def take(self, command: str) -> Fault | None:
        """The fault of a command that has just come, None when it goes well."""
        with self._lock:
            for fault in self._faults:
                if fault.command != command:
                    continue
                if fault.after:
                    fault.after -= 1
                    return None
                fault.times -= 1
                if not fault.times:
                    self._faults.remove(fault)
                self.done.append(fault)
                return fault
        return None

    def _add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)
