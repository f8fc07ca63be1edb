"""A profile's draft: a guess for every column of a sample, and what follows from them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.drafting.column import Column, columns_of, numeric
from ingest.drafting.completing import measured, named, of_no_use
from ingest.drafting.experiment import Experiment
from ingest.drafting.guess import ORDER, Absent, Guess, Place
from ingest.drafting.keys import (
    identifier,
    is_bad,
    item_by_runs,
    kinds_of_thing,
    label_of,
    label_said,
    lot_totals,
)
from ingest.drafting.moments import Moments, in_time_order, moments_of
from ingest.drafting.remarks import (
    FILL_FROM,
    absent_keys,
    check_any,
    largest_group,
    notes_on,
    notes_on_experiment,
    unreadable_share,
)
from ingest.drafting.roles import roles_of
from ingest.drafting.sample import Sample, check_sample
from ingest.drafting.words import says

_NO_LABEL = ("label", "index", "lot", "date", "another name")
"""What a column of two values is not a label as."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What is guessed of a sample.

    Attributes
    ----------
    sample : Sample
    columns : mapping of str to Column
    guesses : tuple of Guess
        One for each column, in their order.
    absent : mapping of str to Absent
        Keys that no column has.
    moments : Moments
    experiment : Experiment or None
        Set where targets were found: then the profile predicts.
    largest_group : int
        Rows of the largest group of machine, item and setting, in all the data.
    label : tuple of str and object, or None
        The column that tells good from bad, and its bad value.
    fills : bool
        Whether unreadable values are to be filled.
    notes : tuple of str
        What is to be known of the data as a whole.
    """

    sample: Sample
    columns: Mapping[str, Column]
    guesses: tuple[Guess, ...]
    absent: Mapping[Place, Absent]
    moments: Moments
    experiment: Experiment | None
    largest_group: int
    label: tuple[str, Any] | None
    fills: bool
    notes: tuple[str, ...]

    def key(self, place: Place) -> Guess | None:
        """The column that holds a key, None where none does."""
        return next((g for g in self.guesses if g.place == place), None)

    def of_role(self, *roles: str) -> tuple[Guess, ...]:
        """Variables of these roles."""
        return tuple(g for g in self.guesses if g.place == "variable" and g.role in roles)

    @property
    def predicts(self) -> bool:
        """Whether there are targets."""
        return self.experiment is not None

    @property
    def lacks_totals(self) -> bool:
        """Whether no group could be trained: detectors want counted lots."""
        return not self.predicts and not (self.key("lot_good") and self.key("lot_bad"))

    @property
    def unreadable(self) -> str:
        """What readers of records do not take as it is written; empty where they take it all."""
        used = [g for g in self.guesses if g.place == "variable" and g.role != "ignored"]
        odd = [g.column for g in used if self.columns[g.column].form != "plain"]
        commas = f"numbers of {', '.join(odd[:5])} are written with commas" if odd else ""
        return "; ".join(part for part in (self.moments.trouble, commas) if part)

    @property
    def bad_share(self) -> float:
        """Share of the sampled rows that the label calls bad; NaN without one."""
        if self.label is None:
            return float("nan")
        name, bad = self.label
        return float(is_bad(self.columns[name], bad).mean())

    @property
    def two_valued(self) -> tuple[str, ...]:
        """Columns of two values that may be an inspection's verdict, though no name says so."""
        return tuple(g.column for g in self.guesses if _may_be_label(g, self.columns[g.column]))

    def least_sure(self) -> list[Guess]:
        """The guesses to look at, the least sure first; sure ones are not among them."""
        doubtful = [g for g in self.guesses if g.confidence != "sure"]
        return sorted(doubtful, key=lambda g: (ORDER[g.confidence], g.role == "ignored"))


def _may_be_label(guess: Guess, column: Column) -> bool:
    taken = guess.place != "variable" and not (guess.place == "item" and guess.confidence == "unsure")
    if taken or column.distinct != 2 or guess.what in _NO_LABEL:
        return False
    if column.kind in ("truth", "text"):
        return True
    set_so = guess.role == "setting" and bool(says(guess.column, "setting", of="roles"))
    return column.whole and float(np.ptp(column.levels)) == 1 and not set_so


def draft_profile(sample: Sample, *, label: str = "") -> Draft:
    """Guess what every column of a sample is.

    Parameters
    ----------
    sample : Sample
    label : str
        What a person says tells good from bad: ``NAME=BAD``, a column and its bad value.

    Raises
    ------
    ConfigError
        The sample is none that a profile can be drafted from: too few rows, no number that
        varies, no column of that label.
    """
    check_sample(sample)
    columns = columns_of(sample.frame)
    guesses: dict[str, Guess] = {}
    moments = moments_of(sample, columns)
    guesses |= moments.guesses
    if moments.ms is not None and not in_time_order(moments.ms, sample.part):
        sample = _by_time(sample, moments.ms)
        columns = columns_of(sample.frame)
        moments = moments_of(sample, columns)
    part = sample.part
    said: tuple[str, Any] | None = None
    if label:
        said = label_said(columns, label)
        guesses[said[0]] = Guess(said[0], what="label", confidence="sure", reasons=(f"--label {label}",))
    guesses |= kinds_of_thing(_left(columns, guesses))
    guesses |= lot_totals(_left(columns, guesses), _sequences(columns, guesses, part))
    for name, column in _left(columns, guesses).items():
        told = label_of(column)
        if told is not None:
            advice = "tells the answer: never an input; lots can be counted by it"
            guesses[name] = Guess(name, what="label", confidence="likely", reasons=(told[0], advice))
            if told[1] is not None and said is None:
                said = (name, told[1])
    if not any(g.place == "item" for g in guesses.values()):
        guesses |= item_by_runs(_left(columns, guesses), _sequences(columns, guesses, part))
    own = identifier(_left(columns, guesses))
    if own is not None:
        guesses[own.column] = own
    sequence = _sequences(columns, guesses, part)
    numbers = {c.name: c for c in numeric(_left(columns, guesses))}
    found, experiment = roles_of(numbers, sequence, timed=moments.logged)
    guesses |= found
    for name, column in _left(columns, guesses).items():
        guesses[name] = of_no_use(column)
    guesses = {
        name: measured(
            guesses[name], columns[name], sample.units.get(name, ""), sequence, experiment is not None
        )
        for name in columns
    }
    check_any(guesses, sample)
    return Draft(
        sample=sample,
        columns=columns,
        guesses=named(tuple(guesses.values())),
        absent=absent_keys(guesses, sample),
        moments=moments,
        experiment=experiment,
        largest_group=largest_group(columns, guesses, sample),
        label=said,
        fills=unreadable_share(columns, guesses) > FILL_FROM,
        notes=(
            *sample.notes,
            *notes_on_experiment(experiment, guesses),
            *notes_on(columns, guesses, moments, sequence, sample),
        ),
    )


def _left(columns: Mapping[str, Column], guesses: Mapping[str, Guess]) -> dict[str, Column]:
    return {name: column for name, column in columns.items() if name not in guesses}


def _by_time(sample: Sample, ms: NDArray[np.int64]) -> Sample:
    """The rows in the order of their times, and of one part; those by themselves stay so, at the end."""
    alone = sample.part < 0
    order = np.lexsort((ms, alone))
    files = sample.part if sample.days else np.zeros(len(ms), dtype=np.int64)
    part = np.where(alone, -1, files)[order]
    return replace(sample, frame=sample.frame.iloc[order].reset_index(drop=True), part=part)


def _sequences(
    columns: Mapping[str, Column], guesses: Mapping[str, Guess], part: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Rows of the same part, machine and item: those whose values follow one another."""
    keys = [columns[name].codes for name, g in guesses.items() if g.place in ("maker", "facility", "item")]
    sequence = part.copy()
    for codes in keys:
        sequence = np.where(sequence < 0, -1, sequence * (int(codes.max(initial=0)) + 2) + codes + 1)
    return sequence.astype(np.int64)
