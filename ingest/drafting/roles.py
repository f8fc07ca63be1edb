"""Set or measured: the role of a numeric column that is neither key nor label."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from ingest.drafting.column import Column
from ingest.drafting.experiment import Experiment, experiment_in
from ingest.drafting.guess import Confidence, Guess
from ingest.drafting.keys import is_count
from ingest.drafting.runs import on_its_grid, runs_of
from ingest.drafting.words import says

MOST_LEVELS = 40
"""A setting that has been at more levels than this looks like a measured value."""
MOSTLY_MISSING = 0.9
_SEPARATE = 0.02
"""Share of rows in short runs that a setting may have: an operator who corrects himself."""
_SELDOM = 0.1
"""Share of rows at which a setting may change."""


def roles_of(
    columns: Mapping[str, Column], sequence: NDArray[np.int64], *, timed: bool
) -> tuple[dict[str, Guess], Experiment | None]:
    """A guess for each numeric column, and the experiment if they make one.

    Parameters
    ----------
    columns : mapping of str to Column
        Numeric ones left after keys and labels.
    sequence : (n,) int64
        Rows of one machine and item that followed one another; -1: a row by itself.
    timed : bool
        Whether the rows have times: such a table is a log and no experiment.
    """
    guesses = {name: guess for name, c in columns.items() if (guess := _nothing_in(c)) is not None}
    rest = {name: column for name, column in columns.items() if name not in guesses}
    experiment = None if timed else experiment_in(rest)
    if experiment is not None:
        guesses |= _of_experiment(experiment)
    else:
        guesses |= {name: _in_series(column, sequence) for name, column in rest.items()}
    return {name: guesses[name] for name in columns}, experiment


def _nothing_in(column: Column) -> Guess | None:
    """A column that cannot say anything of a record: constant, hardly there, or a count of rows."""
    name = column.name
    if column.distinct == 1:
        level = column.levels[0]
        if says(name, "setting", of="roles") and not says(name, "measured", of="roles"):
            return None
        reason = f"never varies: {level:g} in every row; make it a setting if others have other values"
        return Guess(name, what="constant", confidence="sure", reasons=(reason,))
    if column.missing_share > MOSTLY_MISSING:
        reason = f"{column.missing_share:.0%} of its values are missing"
        return Guess(name, what="mostly missing", confidence="likely", reasons=(reason,))
    if is_count(column):
        word = says(name, "index")
        reason = "counts the rows: one more from row to row" + (
            f", and its name has {word!r}" if word else ""
        )
        return Guess(name, what="index", confidence="sure" if word else "likely", reasons=(reason,))
    if says(name, "lot") and column.whole:
        reason = f"named by {says(name, 'lot')!r}, whole numbers; lots are counted by facility, item and day"
        return Guess(name, what="lot", confidence="likely", reasons=(reason,))
    if set(column.levels.tolist()) == {0.0, 1.0} and not says(name, "setting", of="roles"):
        return Guess(name, what="state", confidence="unsure", reasons=("only 0 and 1: a state or a label",))
    return None


def _of_experiment(found: Experiment) -> dict[str, Guess]:
    guesses = {}
    named = {name: word for name in found.outcomes if (word := says(name, "target", of="roles"))}
    for name in found.settings:
        again = "set and repeated" if found.combinations < found.rows else "set"
        reason = f"few levels, {again} ({found.repeated})"
        confidence: Confidence = "sure" if named else "likely"
        guesses[name] = Guess(name, role="setting", confidence=confidence, reasons=(reason,))
    last = set(found.outcomes[-1:]) if found.settings else set()
    for name in found.outcomes:
        differs = (
            "differs where the settings are the same"
            if found.combinations < found.rows
            else "differs from row to row"
        )
        if name in named:
            reason = f"{differs}, and its name has {named[name]!r}"
            guesses[name] = Guess(name, role="target", confidence="sure", reasons=(reason,))
        elif not named and (len(found.outcomes) <= 3 or name in last):
            reason = f"{differs}; if the table is a log and no experiment it is 'production'"
            guesses[name] = Guess(name, role="target", confidence="unsure", reasons=(reason,))
        else:
            reason = f"{differs}: 'target' to predict it, 'production' to predict from it"
            guesses[name] = Guess(name, what="outcome", confidence="unsure", reasons=(reason,))
    return guesses


def _in_series(column: Column, sequence: NDArray[np.int64]) -> Guess:
    name, runs = column.name, runs_of(column, sequence)
    set_word, measured_word = (says(name, group, of="roles") for group in ("setting", "measured"))
    levels = f"{column.distinct} level{'s' if column.distinct > 1 else ''}"
    seen = f"{levels}, changes at {runs.changes:.1%} of the rows"
    steady = (
        column.distinct <= MOST_LEVELS
        and runs.changes <= min(_SELDOM, 0.5 * runs.by_chance)
        and runs.short <= _SEPARATE
    )
    if set_word and not measured_word:
        if runs.changes <= 0.5 or column.distinct <= 2:
            return Guess(
                name, role="setting", confidence="sure" if steady or column.distinct == 1 else "likely",
                reasons=(f"its name has {set_word!r}; {seen}",),
            )  # fmt: skip
        reason = f"its name has {set_word!r}, yet it changes at {runs.changes:.0%} of the rows"
        return Guess(name, role="production", confidence="unsure", reasons=(reason,))
    if measured_word and not set_word:
        return Guess(
            name, role="production", confidence="sure", reasons=(f"its name has {measured_word!r}; {seen}",)
        )
    if steady and on_its_grid(column.levels):
        reason = f"{seen}, but by steps of its last digit only: measured, and steady"
        return Guess(name, role="production", confidence="likely", reasons=(reason,))
    if steady:
        long = runs.count >= 3 and runs.typical >= 10
        reason = f"{seen}, in runs of {runs.typical:g} rows: set"
        return Guess(name, role="setting", confidence="likely" if long else "unsure", reasons=(reason,))
    if column.distinct > MOST_LEVELS or runs.changes > 0.3:
        return Guess(name, role="production", confidence="sure", reasons=(f"{seen}: measured",))
    why = (
        f"{runs.short:.0%} of the rows in runs under 3"
        if runs.short > _SEPARATE
        else "nearly as often as by chance"
    )
    return Guess(name, role="production", confidence="likely", reasons=(f"{seen}, {why}: measured",))
