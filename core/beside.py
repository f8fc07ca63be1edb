"""What is counted beside the verdicts and written along with them: the shadow's account, drift's lots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

RunState = Literal["running", "dropped"]


class Cell(NamedTuple):
    """Where a shot is counted in the comparison of champion and challenger.

    Attributes
    ----------
    champion : str
        Version whose verdict counted.
    facility, item : str
        Empty where unknown.
    cluster : int
        Setting cluster as the champion saw it, -1 where unknown.
    day : int
        The plant's day, in days since 1970; -1 without a time.
    """

    champion: str
    facility: str
    item: str
    cluster: int
    day: int


class Tally(NamedTuple):
    """Shots of one cell by who flagged them, and some they disagreed on.

    Attributes
    ----------
    neither, champion, challenger, both : int
        Flagged by nobody, by the one alone, by the other alone, by both.
    champion_shots, challenger_shots : tuple of str
        Identifiers of a few shots that only this one flagged.
    """

    neither: int
    champion: int
    challenger: int
    both: int
    champion_shots: tuple[str, ...] = ()
    challenger_shots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ShadowAccount:
    """What a challenger judged since the last transaction.

    Attributes
    ----------
    run : int
        Which trial it is: when it was begun, ms since 1970 UTC.
    challenger : str
        Registry version.
    number : int
        One more with each account of the run: one that was written before is not added again.
    compared, skipped : int
        Shots both judged, and those only the champion did.
    tallies : mapping of Cell to Tally
    state : {"running", "dropped"}
    reason : str
        Why it was dropped.
    """

    run: int
    challenger: str
    number: int
    compared: int = 0
    skipped: int = 0
    tallies: Mapping[Cell, Tally] | None = None
    state: RunState = "running"
    reason: str = ""


class ShadowRun(NamedTuple):
    """A run as the store holds it; see `ShadowAccount`. Times in ms since 1970 UTC."""

    run: int
    challenger: str
    number: int
    compared: int
    skipped: int
    state: RunState
    reason: str
    updated: int


class DriftLot(NamedTuple):
    """What one group made in one day of the plant, as judged by one version.

    Attributes
    ----------
    version : str
        Registry version.
    group : int
        Number of the model in its version; -1: judged by no model.
    day : int
        Days since 1970.
    shots, flagged : int
        Of the group's own setting, and of these NG.
    substituted : int
        Shots of other settings that its model judged.
    measured : bytes
        Little-endian float64 ``(2, p)``: how many values of the group's own setting, and their
        sum, clipped. Empty where the version keeps no reference.
    """

    version: str
    group: int
    day: int
    shots: int
    flagged: int
    substituted: int
    measured: bytes


@dataclass(frozen=True, slots=True)
class Beside:
    """What goes into the next transaction beside verdicts and position."""

    shadow: ShadowAccount | None = None
    drift: Sequence[DriftLot] = ()
