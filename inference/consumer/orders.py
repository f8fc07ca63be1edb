"""Orders of the operator, carried out by the thread that writes the store, between batches."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from core.errors import StoreUnavailable
from core.stream import Sink
from inference.isolation import Judge
from inference.plan import Plan
from ingest.document import DocumentDecoder
from ingest.fill_memory import FillMemory

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Desk:
    """What an order may use, for as long as it is carried out."""

    sink: Sink
    decoder: DocumentDecoder
    judge: Judge
    plan: Plan
    memory: FillMemory


class Orders:
    """A queue of orders with answers. Handing in is safe from any thread."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Callable[[Desk], Any], Future[Any]]] = deque()

    def hand_in(self, order: Callable[[Desk], Answer]) -> Future[Answer]:
        """Queue an order; the future holds its answer, or what it raised.

        Each order writes in one transaction of its own, and nothing else of the consumer's.
        """
        answer: Future[Answer] = Future()
        self._waiting.append((order, answer))
        return answer

    def __len__(self) -> int:
        return len(self._waiting)

    def carry_out(self, desk: Desk) -> None:
        """Carry out what is queued now.

        Raises
        ------
        StoreUnavailable
            The store failed; that order is answered with it, too, the others wait.
        """
        for _ in range(len(self._waiting)):
            order, answer = self._waiting.popleft()
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                answer.set_result(order(desk))
            except StoreUnavailable as error:
                answer.set_exception(error)
                raise
            except Exception as error:  # the loop's edge: whoever gave the order is told, judging goes on
                answer.set_exception(error)

    def refuse_all(self, error: Exception) -> None:
        """Answer everything that is queued with an error: nobody will carry it out."""
        while self._waiting:
            _, answer = self._waiting.popleft()
            if answer.set_running_or_notify_cancel():
                answer.set_exception(error)
