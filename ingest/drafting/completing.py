"""What a guess still lacks: name, unit, standard, limits, tweak."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ingest.drafting.column import Column
from ingest.drafting.guess import Guess
from ingest.drafting.measure import USUAL, limits_of, standard_of, tweak_of, unit_of
from ingest.drafting.naming import variable_names
from ingest.drafting.words import says

_FORMS = {"decimal comma": "a decimal comma", "thousands": "commas between thousands"}


def of_no_use(column: Column) -> Guess:
    """The guess for a column that nothing else was said of."""
    if column.kind == "empty":
        return Guess(column.name, what="empty", confidence="sure", reasons=("no value in any row",))
    lot = says(column.name, "lot")
    if lot and column.distinct > 1:
        reason = f"named by {lot!r}; lots are counted by facility, item and day"
        return Guess(column.name, what="lot", confidence="likely", reasons=(reason,))
    if column.distinct == 1:
        return Guess(column.name, what="constant", confidence="sure", reasons=("the same text in every row",))
    kind = {"truth": "true or false", "time": "a time"}.get(column.kind, "text")
    return Guess(column.name, what=kind, confidence="likely", reasons=(f"{kind}: not a number",))


def measured(
    guess: Guess, column: Column, given_unit: str, sequence: NDArray[np.int64], experiment: bool
) -> Guess:
    """With unit, standard, limits and tweak, where the column is a variable that is used."""
    if guess.place != "variable" or guess.role == "ignored":
        return guess
    unit, why = (given_unit, "stands under its name") if given_unit else unit_of(guess.column)
    limits, limit_reason = limits_of(column, unit)
    said = [limit_reason]
    if unit or why:
        said.append(f"unit {unit or 'unknown'}: {why}")
    standard = standard_of(guess.column) if guess.role == "production" else ""
    tweak = None
    found = tweak_of(column, sequence, experiment=experiment) if guess.role == "setting" else None
    if found is not None:
        tweak, tweak_reason = found
        said.append(f"tweak: {tweak_reason}")
    if column.unreadable:
        said.append(f"{column.unreadable} values are no numbers")
    if column.missing_share > 0:
        said.append(f"{column.missing_share:.1%} missing: filled")
    doubtful = column.missing_share > 0.2
    if column.form != "plain":
        said.append(f"written with {_FORMS[column.form]}, which readers refuse: --convert")
    guess = replace(
        guess,
        unit=unit,
        unit_by_word=bool(unit) and why.startswith(USUAL),
        standard=standard,
        limits=limits if limits[0] < limits[1] else None,
        tweak=tweak,
    )
    guess = guess.because(*said, confidence="likely" if doubtful else None)
    return guess.because(column.doubt, confidence="unsure") if column.doubt else guess


def named(guesses: tuple[Guess, ...]) -> tuple[Guess, ...]:
    """With names that a profile takes, each once."""
    names = variable_names([g.column for g in guesses])
    return tuple(replace(g, name=name) for g, name in zip(guesses, names, strict=True))
