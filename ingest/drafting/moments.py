"""Which columns say when: one, a date and a time of day, or a time of day and the file's name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from core.batch import NO_TIME
from ingest.drafting.clock import clock_of, days_of_parts, on_day
from ingest.drafting.column import Column
from ingest.drafting.guess import Guess
from ingest.drafting.sample import Sample
from ingest.drafting.time_forms import Clock, Milliseconds
from ingest.drafting.words import says


@dataclass(frozen=True, slots=True)
class Moments:
    """When the rows were made.

    Attributes
    ----------
    ms : (n,) int64 or None
        Milliseconds of what the plant's clocks showed; None where nothing says when.
    path : str or None
        The column that readers take times from as they are; None where there is none.
    offset : str
        The offset the times carry; empty where they carry none.
    guesses : dict of str to Guess
        A guess for every column that speaks of time.
    trouble : str
        Why readers cannot take the times as they are; empty where they can.
    logged : bool
        Whether rows have a time of day: so a machine writes them, one after the other.
    """

    ms: Milliseconds | None
    path: str | None
    offset: str
    guesses: dict[str, Guess]
    trouble: str = ""
    logged: bool = True


def moments_of(sample: Sample, columns: Mapping[str, Column]) -> Moments:
    """Find out when the rows were made."""
    clocks: dict[str, Clock] = {}
    for name, column in columns.items():
        named_so = bool(says(name, "time") or says(name, "date"))
        clock = clock_of(column, named_so=named_so)
        constant = clock is not None and not clock.has_date and column.distinct == 1
        if clock is not None and not constant and (clock.has_date or named_so or column.kind == "text"):
            clocks[name] = clock
    whole = [n for n, c in clocks.items() if c.has_date and c.has_time]
    if whole:
        # The one that moves on most, and among equals the one named by time.
        best = max(whole, key=lambda n: (columns[n].distinct, bool(says(n, "time")), -whole.index(n)))
        return _one(best, clocks, columns)
    dates = [n for n, c in clocks.items() if c.has_date and columns[n].distinct >= 1]
    times = [n for n, c in clocks.items() if c.has_time and not c.has_date]
    times.sort(key=lambda n: -columns[n].distinct)
    if times and (dates or sample.days):
        return _together(sample, clocks, times[0], dates[0] if dates else None)
    if times:
        reason = f"{clocks[times[0]].form}, and no date anywhere: give it with --date"
        guesses = {times[0]: Guess(times[0], "time", confidence="unsure", reasons=(reason,))}
        guesses |= _others([*times[1:], *dates], clocks)
        return Moments(None, None, "", guesses, reason)
    if dates:
        best = max(dates, key=lambda n: columns[n].distinct)
        found = _one(best, clocks, columns)
        guess = found.guesses[best].because("only the day is known", confidence="likely")
        guesses = {**found.guesses, best: guess}
        return Moments(found.ms, found.path, found.offset, guesses, found.trouble, logged=False)
    return Moments(None, None, "", {}, logged=False)


def _one(name: str, clocks: Mapping[str, Clock], columns: Mapping[str, Column]) -> Moments:
    clock = clocks[name]
    reason = f"written as {clock.form}, {columns[name].distinct} different ones"
    trouble = "" if clock.readable else f"column {name!r} is written as {clock.form}; readers take ISO 8601"
    guess = Guess(name, "time", confidence="sure", reasons=(reason,))
    if clock.doubt:
        guess = guess.because(clock.doubt, confidence="unsure")
    if trouble:
        guess = guess.because(
            "not ISO 8601: --convert writes a table with times that are", confidence="likely"
        )
    rest = [other for other in clocks if other != name]
    path = name if clock.readable else None
    return Moments(clock.ms, path, clock.offset, {name: guess, **_others(rest, clocks)}, trouble)


def _together(sample: Sample, clocks: Mapping[str, Clock], time: str, date: str | None) -> Moments:
    if date is not None:
        day, where = clocks[date].ms, f"column {date!r}"
    else:
        day, where = days_of_parts(sample.part, sample.days), "the file's name"
    ms = on_day(clocks[time].ms, day)
    reason = f"{clocks[time].form}; its day is in {where}"
    trouble = f"{reason}; readers take one ISO 8601 time"
    guess = Guess(time, "time", confidence="likely", reasons=(reason, "--convert puts them together"))
    guesses = {time: guess}
    if date is not None:
        doubt = clocks[date].doubt
        guesses[date] = Guess(date, what="date", confidence="sure", reasons=(f"the day of {time!r}",))
        if doubt:
            guesses[date] = guesses[date].because(doubt, confidence="unsure")
    rest = [other for other in clocks if other not in guesses]
    return Moments(ms, None, "", {**guesses, **_others(rest, clocks)}, trouble)


def _others(names: list[str], clocks: Mapping[str, Clock]) -> dict[str, Guess]:
    guesses = {}
    for name in names:
        what = "date" if clocks[name].has_date else "time"
        guesses[name] = Guess(name, what=what, reasons=(f"another {what} ({clocks[name].form}); not needed",))
    return guesses


def in_time_order(ms: Milliseconds | None, part: np.ndarray[tuple[int], np.dtype[np.int64]]) -> bool:
    """Whether the rows of each part stand in the order of their times, or backwards."""
    if ms is None:
        return True
    same = (part[1:] == part[:-1]) & (part[1:] >= 0) & (ms[1:] != NO_TIME) & (ms[:-1] != NO_TIME)
    steps = np.diff(ms)[same]
    if not len(steps):
        return True
    return min(float((steps < 0).mean()), float((steps > 0).mean())) <= 0.01
