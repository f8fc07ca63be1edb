"""Errors of the store and of the source, as the faults the machine tells apart."""

from __future__ import annotations

from core.errors import (
    PositionLost,
    PositionRefused,
    SourceUnavailable,
    StoreFull,
    StoreLost,
    StoreUnavailable,
    UnknownAnswer,
)
from inference.consumer.happened import StoreFailed, StoreFault, StreamFailed, StreamFault

# The first that fits is meant: the last of each is what all of them are.
_STORE_FAULTS: tuple[tuple[type[StoreUnavailable], StoreFault], ...] = (
    (StoreLost, "lost"),
    (StoreFull, "full"),
    (StoreUnavailable, "away"),
)
_STREAM_FAULTS: tuple[tuple[type[SourceUnavailable], StreamFault], ...] = (
    (PositionLost, "history_lost"),
    (PositionRefused, "position_refused"),
    (UnknownAnswer, "unknown"),
    (SourceUnavailable, "away"),
)


def store_failed(error: StoreUnavailable) -> StoreFailed:
    """What happened when the store raised `error`.

    >>> store_failed(StoreFull("no space left"))
    StoreFailed(fault='full', reason='no space left')
    """
    fault = next(fault for kind, fault in _STORE_FAULTS if isinstance(error, kind))
    return StoreFailed(fault, str(error))


def stream_failed(error: SourceUnavailable) -> StreamFailed:
    """What happened when the source raised `error`; the server's code goes along.

    >>> stream_failed(PositionLost("the oplog is gone", 286))
    StreamFailed(fault='history_lost', reason='the oplog is gone', code=286)
    """
    fault = next(fault for kind, fault in _STREAM_FAULTS if isinstance(error, kind))
    return StreamFailed(fault, str(error), error.code)
