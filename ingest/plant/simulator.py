"""The plant: one timeline of shots, the history before going live and the stream after."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from core.profile_file import load_profile
from ingest.plant.catalogue import SETTING_NAMES, Floats, Ints, make_items, make_presses
from ingest.plant.conditions import make_conditions
from ingest.plant.counting import running_totals
from ingest.plant.defect import Truth, make_defects
from ingest.plant.missing import drop_fields
from ingest.plant.physics import measure
from ingest.plant.program import make_programs
from ingest.plant.schedule import Runs, plan_day

GO_LIVE = date(2026, 3, 2)
"""The plant's day, a Monday, from which on shots are live."""
_PLANT_UTC_OFFSET = pd.Timedelta(hours=9)
_FIRST_DAY = 100_000
"""Keeps seeds from being negative; the plant is not older than that."""
_LAYOUT, _PLAN, _SHOTS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class PlantChunk:
    """Shots of (part of) one day, in time order.

    Attributes
    ----------
    frame : DataFrame
        ``id, time, maker, facility, item, lot_good, lot_bad`` and the profile's variables.
    truth : DataFrame
        ``shot_id, bad, cause, severity``, row for row. Never part of a document or table.
    """

    frame: pd.DataFrame
    truth: pd.DataFrame

    def rows(self, start: int, stop: int | None) -> PlantChunk:
        """The chunk's rows from `start` up to `stop`."""
        part = slice(start, stop)
        return PlantChunk(
            self.frame.iloc[part].reset_index(drop=True), self.truth.iloc[part].reset_index(drop=True)
        )


class Plant:
    """A simulated injection molding plant; the same seed always makes the same shots.

    Three makers, twelve presses, twenty items, one to five settings for each item on a
    press. Time is one line: `history` ends where `live` begins, at `GO_LIVE`. Every day is
    made from the seed and its date alone, so a stream may be any length in constant memory
    and no day depends on how much history was asked for.

    Parameters
    ----------
    seed : int
        At least 0.

    Examples
    --------
    >>> plant = Plant(seed=1)
    >>> sum(len(chunk.frame) for chunk in plant.history(1000))
    1000
    >>> [sorted(chunk.truth) for chunk in plant.live(10)]
    [['bad', 'cause', 'severity', 'shot_id']]
    """

    def __init__(self, seed: int = 0) -> None:
        self.seed = seed
        self._profile = load_profile("injection_molding")
        rng = np.random.default_rng([seed, _LAYOUT])
        self.presses = make_presses(rng)
        self.items = make_items(rng)
        self.programs = make_programs(self.presses, self.items)

    def history(self, shots: int) -> Iterator[PlantChunk]:
        """The last `shots` shots before going live, oldest first."""
        day, counted = 0, 0
        while counted < shots:
            day -= 1
            counted += int(self._plan(day).count.sum())
        surplus = counted - shots
        for later in range(day, 0):
            chunk = self._day(later)
            if chunk is not None:
                yield chunk.rows(surplus, None) if surplus else chunk
                surplus = 0

    def live(self, shots: int | None = None) -> Iterator[PlantChunk]:
        """The first `shots` shots from going live on; None never ends.

        All presses interleaved in time order; some run settings, and one an item, that the
        history never saw. The caller decides the pace.
        """
        day, left = 0, shots
        while left is None or left > 0:
            chunk = self._day(day)
            day += 1
            if chunk is None:
                continue
            if left is not None:
                chunk = chunk.rows(0, left)
                left -= len(chunk.frame)
            yield chunk

    def _date(self, day: int) -> date:
        return GO_LIVE + timedelta(days=day)

    def _plan(self, day: int) -> Runs:
        rng = np.random.default_rng([self.seed, _PLAN, day + _FIRST_DAY])
        return plan_day(rng, day, self._date(day).weekday(), self.presses, self.items, self.programs)

    def _day(self, day: int) -> PlantChunk | None:
        """All shots of a day, None on idle days."""
        runs = self._plan(day)
        if not len(runs.count):
            return None
        rng = np.random.default_rng([self.seed, _SHOTS, day + _FIRST_DAY])
        today = self._date(day)
        conditions = make_conditions(
            rng, self.seed, day, today.timetuple().tm_yday, runs, self.presses, self.items, self.programs
        )
        program = runs.program[conditions.run]
        truth = make_defects(rng, conditions, runs, self.programs.trouble[program])
        measured = measure(rng, conditions, self.presses, self.items)
        for row, name, factor, addend in truth.reading:
            measured[name][row] = round(measured[name][row] * factor + addend, 2)
        seconds = self._clock(rng, runs, conditions.run, measured["cycle_time"])
        good, bad = self._count(rng, program, seconds, truth)
        item = self.items.name[conditions.item].copy()
        settings = conditions.settings.copy()
        production = np.stack([measured[v.name] for v in self._profile.production], axis=1)
        drop_fields(rng, day >= 0, item, settings, production)
        midnight = pd.Timestamp(today, tz="UTC") - _PLANT_UTC_OFFSET
        facility = self.presses.name[conditions.press]
        order = np.lexsort((conditions.press, seconds))
        keys = pd.DataFrame(
            {
                "id": _names(facility, today, conditions.press),
                "time": midnight + pd.to_timedelta(np.round(seconds * 1000).astype(np.int64), unit="ms"),
                "maker": self.presses.maker[conditions.press],
                "facility": facility,
                "item": item,
                "lot_good": good,
                "lot_bad": bad,
            }
        )
        keys["time"] = keys["time"].astype("datetime64[ns, UTC]")
        frame = pd.concat(
            [
                keys,
                pd.DataFrame(settings, columns=list(SETTING_NAMES)),
                pd.DataFrame(production, columns=[v.name for v in self._profile.production]),
            ],
            axis=1,
        )
        truth_frame = pd.DataFrame(
            {"shot_id": keys["id"], "bad": truth.bad, "cause": truth.cause, "severity": truth.severity}
        )
        return PlantChunk(
            frame.iloc[order].reset_index(drop=True), truth_frame.iloc[order].reset_index(drop=True)
        )

    @staticmethod
    def _clock(rng: np.random.Generator, runs: Runs, run: Ints, cycle_time: Floats) -> Floats:
        """(n,) seconds after the plant's midnight at which each shot is complete, short stops included."""
        steps = cycle_time + np.where(rng.random(len(run)) < 0.01, rng.uniform(5, 60, len(run)), 0.0)
        passed = np.cumsum(steps)
        before = np.concatenate([[0.0], passed])[np.cumsum(runs.count) - runs.count]
        seconds: Floats = runs.start[run] + passed - before[run]
        return seconds

    def _count(
        self, rng: np.random.Generator, program: Ints, seconds: Floats, truth: Truth
    ) -> tuple[Ints, Ints]:
        """(n,) running totals of good and bad per lot: press and item, whatever the setting."""
        n = len(program)
        good, bad = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
        lot = self.programs.press[program] * len(self.items.name) + self.programs.item[program]
        for one in np.unique(lot):
            rows = np.flatnonzero(lot == one)
            rows = rows[np.argsort(seconds[rows], kind="stable")]
            good[rows], bad[rows] = running_totals(rng, truth.bad[rows])
        return good, bad


def _names(facility: np.ndarray[tuple[int], np.dtype[np.object_]], today: date, press: Ints) -> list[str]:
    """Shot identifiers: press, day, number of the press's shot on that day."""
    # Runs are ordered by press, so a press's shots stand together.
    number = np.arange(len(press)) - np.searchsorted(press, press) + 1
    return [f"{f}-{today:%Y%m%d}-{k:05d}" for f, k in zip(facility, number, strict=True)]
