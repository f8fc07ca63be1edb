"""What people say of verdicts: an order for the thread that writes the store."""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

from core.errors import ConfigError
from core.judgement import Judgement
from inference.consumer.orders import Desk


@runtime_checkable
class FeedbackSink(Protocol):
    """A sink that keeps feedback; see `inference.store.sink.VerdictStore`."""

    def give_feedback(self, event_token: str, judgement: Judgement, reason: str, who: str) -> dict[str, Any]:
        """Add what a person says of a verdict, note who did it."""


def give(desk: Desk, event_token: str, judgement: Judgement, reason: str, who: str) -> dict[str, Any]:
    """Add what a person says of a verdict; the row as it was written.

    Raises
    ------
    VerdictUnknown
        There is no such verdict.
    StoreUnavailable
        Nothing was written, or whether it was is unknown.
    """
    if not isinstance(desk.sink, FeedbackSink):
        msg = f"expected a store that keeps feedback, got {type(desk.sink).__name__}"
        raise ConfigError(msg)
    return desk.sink.give_feedback(event_token, judgement, reason, who)
