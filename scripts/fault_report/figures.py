"""Adds up the figures that trials of faults noted, one JSON line each."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass
class FaultFigures:
    """All trials of one run together.

    Attributes
    ----------
    faults : Counter of str
        Faults injected, by kind.
    written : int
        Events written into the source.
    verdicts, dead_letters : int
        What came of them.
    lost, doubled : int
        Events with no answer, and with more than one.
    planted, caught : int
        Bugs planted into the service for a trial, and how many the trial found.
    universes : int
        Simulated runs.
    seconds_to_notice : float or None
        Longest time until a dead line was noticed [s].
    """

    faults: Counter[str] = field(default_factory=Counter)
    written: int = 0
    verdicts: int = 0
    dead_letters: int = 0
    lost: int = 0
    doubled: int = 0
    planted: int = 0
    caught: int = 0
    universes: int = 0
    seconds_to_notice: float | None = None

    def add(self, line: str) -> None:
        """One note: ``{"kind": "events", "written": 10, ...}``.

        Kind ``fault`` names its faults itself; every other kind uses the names above.
        """
        note = json.loads(line)
        kind = note.pop("kind")
        if kind == "fault":
            self.faults.update({name: int(count) for name, count in note.items()})
            return
        for name, value in note.items():
            if name == "seconds_to_notice":
                self.seconds_to_notice = max(self.seconds_to_notice or 0.0, round(float(value), 1))
            elif isinstance(getattr(self, name, None), int):
                setattr(self, name, getattr(self, name) + int(value))

    def as_dict(self) -> dict[str, object]:
        """For JSON; the most frequent kind of fault first."""
        return {**asdict(self), "faults": dict(self.faults.most_common())}

    def lines(self) -> list[str]:
        """For people."""
        said = [f"{count:6} x {kind}" for kind, count in self.faults.most_common()]
        said.append(f"{self.faults.total()} faults injected")
        said.append(
            f"{self.written} events written: {self.verdicts} verdicts, {self.dead_letters} dead letters, "
            f"{self.lost} lost, {self.doubled} doubled"
        )
        said.append(f"{self.caught} of {self.planted} planted bugs caught in {self.universes} universes")
        if self.seconds_to_notice is not None:
            said.append(f"a dead line was noticed within {self.seconds_to_notice} s")
        return said


def read_figures(file: Path) -> FaultFigures:
    """The figures noted in this file; all zero where there is none."""
    figures = FaultFigures()
    if file.is_file():
        for line in file.read_text(encoding="utf-8").splitlines():
            figures.add(line)
    return figures
