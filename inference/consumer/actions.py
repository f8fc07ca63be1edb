"""What the consumer asks of its edge, one at a time; each is answered by a `happened`."""

from __future__ import annotations

from dataclasses import dataclass

from core.stream import Begin


@dataclass(frozen=True, slots=True)
class OpenStore:
    """Lock, open and check the store, read position and fill memory.

    Whatever was read and not committed is forgotten. With `anew`, a store that was lost
    is made anew: its gap is the whole collection. Answered by ``StoreOpened``,
    ``StoreFailed`` or ``Refused``.
    """

    anew: bool = False


@dataclass(frozen=True, slots=True)
class LoadModel:
    """Ask for the current model: ``ModelReady`` or ``ModelMissing``."""


@dataclass(frozen=True, slots=True)
class OpenStream:
    """Close the source and open it: ``StreamOpened``, ``StreamFailed`` or ``Refused``."""

    begin: Begin


@dataclass(frozen=True, slots=True)
class NoteGap:
    """Write the gap, and as position "reconcile, then go on from where the stream is open now".

    Answered by ``GapOpened`` or ``StoreFailed``.
    """

    cause: str


@dataclass(frozen=True, slots=True)
class Read:
    """Wait for events: ``Arrived``, ``Quiet``, ``Ordered``, ``StreamFailed`` or ``Refused``."""


@dataclass(frozen=True, slots=True)
class Work:
    """Decode, judge and commit what was read, with the position after it, in one transaction.

    Answered by ``Committed``, ``StoreFailed``, ``ModelFailed`` or ``Refused``.
    """


@dataclass(frozen=True, slots=True)
class Obey:
    """Carry out the operator's orders: ``Obeyed``, ``StoreFailed`` or ``Refused``."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Write the position alone: ``Committed``, ``StoreFailed`` or ``Refused``."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Close the source and do nothing for a while: ``Waited``.

    Parameters
    ----------
    attempt : int
        Failures in a row: the edge draws a time that grows with it (`inference.backoff`).
    seconds : float or None
        This long instead.
    """

    attempt: int = 0
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Drain:
    """Write the position if it moved, close source and store: ``Drained``."""


@dataclass(frozen=True, slots=True)
class End:
    """Close everything; nothing more happens."""

    orderly: bool


Action = OpenStore | LoadModel | OpenStream | NoteGap | Read | Work | Obey | Checkpoint | Wait | Drain | End
