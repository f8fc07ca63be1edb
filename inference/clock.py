"""The two clocks of the service: one for durations, one for dates."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from; a test gives its own."""

    def monotonic(self) -> float:
        """Seconds that never jump; only differences mean anything."""

    def now_ms(self) -> int:
        """The present, ms since 1970 UTC."""


class SystemClock:
    """The machine's clocks."""

    def monotonic(self) -> float:
        """Seconds since some start, unmoved when the date is corrected."""
        return time.monotonic()

    def now_ms(self) -> int:
        """The present, ms since 1970 UTC."""
        return time.time_ns() // 1_000_000
