"""What may happen to the consumer: each is the answer to one action, or a wish from outside.

`now` is monotonic time [s] of the edge's clock; the machine has none of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.stream import Phase, Position

StoreFault = Literal["away", "full", "lost"]
"""``away``: not reachable, outcome unknown. ``full``: no space left. ``lost``: the database
vanished, only its identity file is left."""

StreamFault = Literal["away", "unknown", "position_refused", "history_lost"]
"""``away``: network, failover, a restarting server. ``unknown``: an answer nobody foresaw.
``position_refused``: the token does not fit, its time may. ``history_lost``: what came after
the position is gone."""


@dataclass(frozen=True, slots=True)
class Started:
    """The process began."""


@dataclass(frozen=True, slots=True)
class StoreOpened:
    """The store is open, ours alone, and the one that lived here; `position` as stored."""

    position: Position | None


@dataclass(frozen=True, slots=True)
class StoreFailed:
    """The store could not be opened, read or written; of a write the outcome is unknown."""

    fault: StoreFault
    reason: str


@dataclass(frozen=True, slots=True)
class ModelReady:
    """There is a model to judge with; asked at `now`."""

    version: str
    now: float


@dataclass(frozen=True, slots=True)
class ModelMissing:
    """There is none; nothing is read, so nothing is skipped."""

    reason: str


@dataclass(frozen=True, slots=True)
class ModelFailed:
    """The model fails on everything: the model is at fault, not the records."""

    reason: str


@dataclass(frozen=True, slots=True)
class StreamOpened:
    """The source is open and reads `phase`; opened at `now`."""

    phase: Phase
    now: float


@dataclass(frozen=True, slots=True)
class StreamFailed:
    """The source could not be opened or read."""

    fault: StreamFault
    reason: str
    code: int | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """Events were read and wait for `actions.Work`."""

    phase: Phase


@dataclass(frozen=True, slots=True)
class Quiet:
    """No events came; `moved`: the source's position is not the one last written."""

    phase: Phase
    moved: bool
    now: float


@dataclass(frozen=True, slots=True)
class Committed:
    """Verdicts, dead letters and position of what was read are durable."""

    phase: Phase
    now: float


@dataclass(frozen=True, slots=True)
class Ordered:
    """The operator ordered something that only the writer of the store can do."""


@dataclass(frozen=True, slots=True)
class Obeyed:
    """The orders were carried out, each in a transaction of its own."""


@dataclass(frozen=True, slots=True)
class GapOpened:
    """The gap is noted in the store, and with it the position reconciling begins from."""

    now: float


@dataclass(frozen=True, slots=True)
class Waited:
    """The waiting time is over, or a stop cut it short."""


@dataclass(frozen=True, slots=True)
class Drained:
    """The last position is written as far as it could be, everything is closed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Only the operator can mend it: a setting, a right, another process on the same store."""

    reason: str


@dataclass(frozen=True, slots=True)
class StopAsked:
    """Somebody wants an orderly end."""


Happened = (
    Started
    | StoreOpened
    | StoreFailed
    | ModelReady
    | ModelMissing
    | ModelFailed
    | StreamOpened
    | StreamFailed
    | Arrived
    | Quiet
    | Committed
    | Ordered
    | Obeyed
    | GapOpened
    | Waited
    | Drained
    | Refused
    | StopAsked
)
