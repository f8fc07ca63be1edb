"""What one check found."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from core.errors import SprueError

Level = Literal["ok", "note", "warning", "problem"]
LEVELS: Final[tuple[Level, ...]] = ("problem", "warning", "note", "ok")
"""Worst first."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what was found.

    Attributes
    ----------
    level : {"ok", "note", "warning", "problem"}
        In order; worth knowing; may hurt; sprue cannot do its work so.
    subject : str
        What was looked at, in a word or two.
    found : str
        What is there.
    expected : str
        What should be there; empty where `found` says it all.
    advice : str
        What to do; empty where there is nothing to do.
    area : str
        The heading it stands under; put in by `scripts.diagnosis.examination`.
    """

    level: Level
    subject: str
    found: str
    expected: str = ""
    advice: str = ""
    area: str = ""

    @property
    def sentence(self) -> str:
        """What was expected and what came.

        >>> problem("port", expected="a free port", found="8000 taken", advice="choose another").sentence
        'expected a free port; found 8000 taken'
        """
        return f"expected {self.expected}; found {self.found}" if self.expected else self.found

    def at(self, level: Level) -> Finding:
        """The same at another level."""
        return replace(self, level=level)


class NotExamined(Exception):
    """A check that has nothing to look at; the message says why."""


def ok(subject: str, found: str) -> Finding:
    """Everything as it should be."""
    return Finding("ok", subject, found)


def note(subject: str, found: str, advice: str = "") -> Finding:
    """Worth knowing; nothing has to be done."""
    return Finding("note", subject, found, advice=advice)


def warning(subject: str, *, expected: str, found: str, advice: str) -> Finding:
    """It works, but may not for long or not for everybody."""
    return Finding("warning", subject, found, expected, advice)


def problem(subject: str, *, expected: str, found: str, advice: str) -> Finding:
    """Sprue cannot do its work like this."""
    return Finding("problem", subject, found, expected, advice)


def said_by(subject: str, error: SprueError) -> Finding:
    """A problem in the words of an error of ours, which end with what to do."""
    found, _, advice = str(error).partition("; ")
    return Finding("problem", subject, found, advice=advice)
