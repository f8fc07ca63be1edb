"""A choice of the limit: an order for the thread that writes the store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from core.errors import ConfigError
from inference.consumer.orders import Desk

if TYPE_CHECKING:
    from inference.store.choices import ThresholdChoice


@runtime_checkable
class ChoiceSink(Protocol):
    """A sink that keeps choices; see `inference.store.sink.VerdictStore`."""

    def choose_threshold(self, who: str, why: str, rule: Mapping[str, Any]) -> ThresholdChoice:
        """Add a choice of the limit, note who did it."""


def choose(desk: Desk, who: str, why: str, rule: Mapping[str, Any]) -> ThresholdChoice:
    """Store a choice; it counts from the next batches on.

    Parameters
    ----------
    desk : Desk
    who, why : str
        For the audit.
    rule : mapping
        As `inference.threshold_choice.Choice.as_rule` gives it; an empty one gives the limit
        back to the profile.

    Raises
    ------
    StoreUnavailable
        Nothing was written, or whether it was is unknown.
    """
    if not isinstance(desk.sink, ChoiceSink):
        msg = f"expected a store that keeps choices of the limit, got {type(desk.sink).__name__}"
        raise ConfigError(msg)
    return desk.sink.choose_threshold(who, why, rule)
