"""What the guesses together say of the data, and what they lack."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import ConfigError
from ingest.drafting.column import Column
from ingest.drafting.experiment import Experiment
from ingest.drafting.guess import Absent, Guess, Place
from ingest.drafting.moments import Moments
from ingest.drafting.naming import RESERVED
from ingest.drafting.sample import Sample

FILL_FROM = 0.01
"""Share of rows with an unreadable value from which such values are filled, not refused."""
MOST_TWICE = 0.2
"""Share of rows that may be the same as earlier ones."""
_KEYS: tuple[tuple[Place, str], ...] = (("maker", "maker 1"), ("facility", "facility 1"), ("item", "item 1"))


def check_any(guesses: Mapping[str, Guess], sample: Sample) -> None:
    """Refuse a table in which nothing is measured.

    Raises
    ------
    ConfigError
        No column is production or target.
    """
    used = [g for g in guesses.values() if g.place == "variable" and g.role in ("production", "target")]
    if used:
        return
    settings = [g.column for g in guesses.values() if g.role == "setting"]
    found = f"settings alone ({', '.join(settings[:5])})" if settings else "none"
    raise ConfigError(
        f"{sample.source}: expected at least one column with numbers that are measured and vary, "
        f"found {found} among {len(guesses)} columns"
    )


def absent_keys(guesses: Mapping[str, Guess], sample: Sample) -> dict[Place, Absent]:
    """The keys that no column holds, and what counts instead."""
    there = {g.place for g in guesses.values()}
    absent: dict[Place, Absent] = {}
    if "id" not in there:
        absent["id"] = Absent("id", "row", "no column whose value no two rows share: rows are numbered")
    for place, otherwise in _KEYS:
        if place not in there:
            absent[place] = Absent(place, otherwise, f"no column names the {place}: all rows count as one")
    return absent


def groups_of(columns: Mapping[str, Column], guesses: Mapping[str, Guess], rows: int) -> NDArray[np.int64]:
    """(rows,) number of each row's group of machine, item and setting."""
    keys = [
        columns[name].codes
        for name, g in guesses.items()
        if g.place in ("maker", "facility", "item") or g.role == "setting"
    ]
    group = np.zeros(rows, dtype=np.int64)
    for codes in keys:
        group = pd.factorize(group * (int(codes.max(initial=0)) + 2) + codes + 1)[0].astype(np.int64)
    return group


def largest_group(columns: Mapping[str, Column], guesses: Mapping[str, Guess], sample: Sample) -> int:
    """Rows of the largest group of machine, item and setting, scaled up to all the data."""
    n = len(sample.frame)
    return int(np.bincount(groups_of(columns, guesses, n)).max() * max(1.0, sample.rows / n))


def unreadable_share(columns: Mapping[str, Column], guesses: Mapping[str, Guess]) -> float:
    """Share of the rows that hold a text where a number belongs, at most."""
    used = [columns[name] for name, g in guesses.items() if g.place == "variable" and g.role != "ignored"]
    wrong = sum(column.unreadable for column in used)
    return wrong / max(1, max((len(c.codes) for c in used), default=1))


def notes_on(
    columns: Mapping[str, Column],
    guesses: Mapping[str, Guess],
    moments: Moments,
    sequence: NDArray[np.int64],
    sample: Sample,
) -> list[str]:
    """What is to be known of the data as a whole."""
    notes = []
    if moments.trouble:
        notes.append(moments.trouble)
    measured = [name for name, g in guesses.items() if g.role in ("setting", "production", "target")]
    if moments.ms is not None and len(measured) >= 3:
        table = pd.DataFrame({name: columns[name].numbers for name in measured}).assign(_when=moments.ms)
        twins = float(table.duplicated().mean())
        if twins > 0.05:
            notes.append(
                f"{twins:.0%} of the rows repeat another row's time and measured values: perhaps one record "
                "is several rows (cavities, parts); make one row of them, or never divide them over training "
                "and judging"
            )
    again = float(sample.frame.astype(str).duplicated().mean())
    if again > MOST_TWICE and len(measured) >= 3 and not any("another row's time" in note for note in notes):
        notes.append(
            f"{again:.0%} of the rows are in every column the same as an earlier one: a copy among the data?"
        )
    hidden = [str(c) for c in columns if str(c) in RESERVED and guesses[str(c)].place != str(c)]
    notes += [
        f"column {name!r} has the name of a key and would be read as one: rename it, or use --convert"
        for name in hidden
    ]
    if not moments.logged and moments.ms is None and not any(g.role == "target" for g in guesses.values()):
        notes.append("no column says when a record was made: training leaves records without a time out")
    if sample.part.min(initial=0) < 0 or len(sample.frame) < sample.rows:
        notes.append(f"guessed from {len(sample.frame):,} of {sample.rows:,} rows")
    return notes


def notes_on_experiment(experiment: Experiment | None, guesses: Mapping[str, Guess]) -> list[str]:
    """What an experiment lacks, and what it may have been run with besides."""
    if experiment is None:
        return []
    left_out = [name for name in experiment.doubtful if guesses[name].role == "ignored"]
    notes = [
        f"{name!r} has few levels and is left out: was it set? Then make its role 'setting', or predictions "
        "know nothing of it"
        for name in left_out
    ]
    if experiment.combinations == experiment.rows:
        notes.append(
            f"{experiment.rows} rows, {experiment.combinations} combinations: no repetition, so nothing "
            "tells how far a setting that is run again scatters"
        )
    return notes
