"""What the consumer remembers between one action and the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.stream import Position
from inference.consumer.states import State

OnGap = Literal["reconcile", "fail"]


@dataclass(frozen=True, slots=True)
class Machine:
    """All the consumer remembers.

    Attributes
    ----------
    on_gap : str
        What the plant wants done about a gap: ``reconcile`` or ``fail``.
    state, reason : str
        Where it is, and why it is not reading; empty while it is.
    code : int or None
        The server's error code behind the reason.
    position : Position or None
        As the store last said.
    failures : int
        Attempts in a row that came to nothing.
    unknown, gaps : int
        In a row, see `decide.MOST_UNKNOWN` and `decide.MOST_GAPS`.
    model : str
        Why there is no model to judge with, empty when there is one.
    gap : str
        Cause of a gap that is found, but not noted yet.
    repositioned : bool
        The position's time was tried instead of its token, and nothing came of it yet.
    lost : bool
        The store is to be made anew.
    pending : bool
        Events were read and are not committed yet.
    stopping : bool
        A stop was asked for; the batch at hand is finished first.
    model_checked, written : float
        Times [s] of the last look for a model and the last commit.
    """

    on_gap: OnGap = "reconcile"
    state: State = "opening"
    reason: str = ""
    code: int | None = None
    position: Position | None = None
    failures: int = 0
    unknown: int = 0
    gaps: int = 0
    model: str = ""
    gap: str = ""
    repositioned: bool = False
    lost: bool = False
    pending: bool = False
    stopping: bool = False
    model_checked: float = float("-inf")
    written: float = float("-inf")
