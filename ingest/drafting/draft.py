"""A profile's draft: a guess for every column of a sample, and what follows from them all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from core.errors import ConfigError
from ingest.drafting.column import Column, columns_of, numeric
from ingest.drafting.experiment import Experiment
from ingest.drafting.guess import ORDER, Absent, Guess, Place
from ingest.drafting.keys import identifier, is_bad, item_by_runs, kinds_of_thing, label_of, lot_totals
from ingest.drafting.measure import USUAL, limits_of, standard_of, tweak_of, unit_of
from ingest.drafting.moments import Moments, in_time_order, moments_of
from ingest.drafting.naming import RESERVED, variable_names
from ingest.drafting.roles import roles_of
from ingest.drafting.sample import Sample, check_sample
from ingest.drafting.words import says

_FORMS = {"decimal comma": "a decimal comma", "thousands": "commas between thousands"}
FILL_FROM = 0.01
"""Share of rows with an unreadable value from which such values are filled, not refused."""
_KEYS: tuple[tuple[Place, str], ...] = (("maker", "maker 1"), ("facility", "facility 1"), ("item", "item 1"))


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

    def least_sure(self) -> list[Guess]:
        """The guesses to look at, the least sure first; sure ones are not among them."""
        doubtful = [g for g in self.guesses if g.confidence != "sure"]
        return sorted(doubtful, key=lambda g: (ORDER[g.confidence], g.role == "ignored"))


def draft_profile(sample: Sample) -> Draft:
    """Guess what every column of a sample is.

    Raises
    ------
    ConfigError
        The sample is none that a profile can be drafted from: too few rows, no number that varies.
    """
    check_sample(sample)
    columns = columns_of(sample.frame)
    guesses: dict[str, Guess] = {}
    moments = moments_of(sample, columns)
    guesses |= moments.guesses
    if moments.ms is not None and not in_time_order(moments.ms, sample.part):
        return draft_profile(_by_time(sample, moments.ms))
    part = sample.part
    guesses |= kinds_of_thing(_left(columns, guesses))
    guesses |= lot_totals(_left(columns, guesses), _sequences(columns, guesses, part))
    label: tuple[str, Any] | None = None
    for name, column in _left(columns, guesses).items():
        told = label_of(column)
        if told is not None:
            advice = "tells the answer: never an input; lots can be counted by it"
            guesses[name] = Guess(name, what="label", confidence="likely", reasons=(told[0], advice))
            if told[1] is not None and label is None:
                label = (name, told[1])
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
        guesses[name] = _of_no_use(column)
    guesses = {
        name: _measured(
            guesses[name], columns[name], sample.units.get(name, ""), sequence, experiment is not None
        )
        for name in columns
    }
    _check_any(guesses, sample)
    named = _named(tuple(guesses.values()))
    return Draft(
        sample=sample,
        columns=columns,
        guesses=named,
        absent=_absent(guesses, sample),
        moments=moments,
        experiment=experiment,
        largest_group=_largest_group(columns, guesses, sample),
        label=label,
        fills=_unreadable_share(columns, guesses) > FILL_FROM,
        notes=(*sample.notes, *_notes(columns, guesses, moments, sequence, sample)),
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


def _of_no_use(column: Column) -> Guess:
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


def _measured(
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


def _named(guesses: tuple[Guess, ...]) -> tuple[Guess, ...]:
    names = variable_names([g.column for g in guesses])
    return tuple(replace(g, name=name) for g, name in zip(guesses, names, strict=True))


def _check_any(guesses: Mapping[str, Guess], sample: Sample) -> None:
    used = [g for g in guesses.values() if g.place == "variable" and g.role in ("production", "target")]
    if used:
        return
    settings = [g.column for g in guesses.values() if g.role == "setting"]
    found = f"settings alone ({', '.join(settings[:5])})" if settings else "none"
    raise ConfigError(
        f"{sample.source}: expected at least one column with numbers that are measured and vary, "
        f"found {found} among {len(guesses)} columns"
    )


def _absent(guesses: Mapping[str, Guess], sample: Sample) -> dict[Place, Absent]:
    there = {g.place for g in guesses.values()}
    absent: dict[Place, Absent] = {}
    if "id" not in there:
        absent["id"] = Absent("id", "row", "no column whose value no two rows share: rows are numbered")
    for place, otherwise in _KEYS:
        if place not in there:
            absent[place] = Absent(place, otherwise, f"no column names the {place}: all rows count as one")
    return absent


def _largest_group(columns: Mapping[str, Column], guesses: Mapping[str, Guess], sample: Sample) -> int:
    """Rows of the largest group of machine, item and setting, scaled up to all the data."""
    n = len(sample.frame)
    keys = [
        columns[name].codes
        for name, g in guesses.items()
        if g.place in ("maker", "facility", "item") or g.role == "setting"
    ]
    group = np.zeros(n, dtype=np.int64)
    for codes in keys:
        group = pd.factorize(group * (int(codes.max(initial=0)) + 2) + codes + 1)[0].astype(np.int64)
    return int(np.bincount(group).max() * max(1.0, sample.rows / n))


def _unreadable_share(columns: Mapping[str, Column], guesses: Mapping[str, Guess]) -> float:
    used = [columns[name] for name, g in guesses.items() if g.place == "variable" and g.role != "ignored"]
    wrong = sum(column.unreadable for column in used)
    return wrong / max(1, max((len(c.codes) for c in used), default=1))


def _notes(
    columns: Mapping[str, Column],
    guesses: Mapping[str, Guess],
    moments: Moments,
    sequence: NDArray[np.int64],
    sample: Sample,
) -> list[str]:
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
