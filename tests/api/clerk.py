"""Carries out the API's orders in a test, in the judging thread's place."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from core.errors import StoreUnavailable
from inference.consumer.orders import Desk, Orders

Answer = TypeVar("Answer")


class Clerk:
    """Carries orders out as they come, one at a time, unless it is `away`."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.orders = Orders()
        self.away = False
        self.came = threading.Event()
        self._one_at_a_time = threading.Lock()

    def hand_in(self, order: Callable[[Desk], Answer], /) -> Future[Answer]:
        answer = self.orders.hand_in(order)
        self.came.set()
        if not self.away:
            self.work()
        return answer

    def work(self) -> None:
        """Carry out what is queued."""
        with self._one_at_a_time, suppress(StoreUnavailable):
            self.orders.carry_out(self.desk)
