"""Counts what became of every event; the service's status is made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.stream import Written

MOST_UNKNOWN_FIELDS = 1000
"""Names of unknown fields kept; a sender that makes up names must not fill the memory."""
OTHERS = "(others)"


@dataclass(slots=True)
class Ledger:
    """Events since the start, each in exactly one account.

    Attributes
    ----------
    read : int
        Events received of what is written by now.
    verdicts, dead_letters : int
        Rows newly written.
    ignored : int
        Events that bring no record, and records found unchanged while reconciling.
    replayed : int
        Events whose row was there already.
    unknown_fields : Counter
        Fields the profile does not name, and in how many records they were; past
        `MOST_UNKNOWN_FIELDS` names the rest is counted as `OTHERS`.
    """

    read: int = 0
    verdicts: int = 0
    dead_letters: int = 0
    ignored: int = 0
    replayed: int = 0
    unknown_fields: Counter[str] = field(default_factory=Counter)

    def add(self, read: int, ignored: int, written: Written, unknown: Mapping[str, int]) -> None:
        """Account for a batch that is durable."""
        self.read += read
        self.ignored += ignored
        self.verdicts += written.verdicts
        self.dead_letters += written.dead_letters
        self.replayed += written.replayed
        for name, count in unknown.items():
            known = name in self.unknown_fields or len(self.unknown_fields) < MOST_UNKNOWN_FIELDS
            self.unknown_fields[name if known else OTHERS] += count

    @property
    def balanced(self) -> bool:
        """Whether every event read is accounted for."""
        return self.read == self.verdicts + self.dead_letters + self.ignored + self.replayed
