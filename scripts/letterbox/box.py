"""What can be done with dead letters, whoever does it."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Protocol

from inference.letters import Tried

Letter = dict[str, Any]
"""A dead letter as the REST API gives it."""


class Letterbox(Protocol):
    """Dead letters that can be read, judged again and dismissed. A context manager.

    Every method may raise `StoreUnavailable`, `ConfigError` and, of one letter,
    `LetterSettled` and `LetterNotWhole`.
    """

    def __enter__(self) -> Letterbox:
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Let go of everything."""

    def letters(self, state: str | None, reason: str | None, limit: int) -> list[Letter]:
        """The newest letters in a state and of a reason, at most `limit`."""

    def letter(self, seq: int) -> Letter:
        """One letter with its record."""

    def replay(self, seq: int) -> Tried:
        """Judge one letter again."""

    def replay_reason(self, reason: str) -> Iterator[dict[str, int]]:
        """Judge all open letters of a reason again; what became of them, some at a time."""

    def dismiss(self, seq: int, reason: str) -> None:
        """Close one letter without a verdict."""
