"""The commands that come after a draft, as one would type them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import numpy as np

from core.batch import NO_TIME
from ingest.drafting.clock import DAY_MS
from ingest.drafting.draft import Draft
from ingest.drafting.guess import Guess
from ingest.drafting.keys import is_bad
from ingest.drafting.remarks import groups_of
from ingest.drafting.rules import MAX_DEFECT_RATE, least_rows


@dataclass(frozen=True, slots=True)
class Names:
    """What the files and folders of one process are called: two in one place do not meet.

    Attributes
    ----------
    process : str
    profile : str
        Path of the drafted profile.
    """

    process: str
    profile: str

    @property
    def converted(self) -> str:
        """The table that `--convert` writes."""
        return f"{self.process}_converted.csv"

    @property
    def home(self) -> str:
        """Where its models and verdicts are."""
        return f"var/{self.process}"

    @property
    def options(self) -> str:
        """Profile and home, for the verbs that take both."""
        return f"--profile {shlex.quote(self.profile)} --home {self.home}"


def next_commands(
    draft: Draft, names: Names, given: str, *, file: str | None, converted: bool = False
) -> list[str]:
    """The commands that come after, for data in files.

    Parameters
    ----------
    draft : Draft
    names : Names
    given : str
        The files and options `init` was given, as typed.
    file : str or None
        A file that `train` and `judge` read, None where there is none.
    converted : bool
        Whether that file is the converted one.
    """
    commands = []
    if not converted and (file is None or draft.unreadable or draft.lacks_totals):
        commands.append(_conversion(draft, names, given))
        file = names.converted
    assert file is not None
    place = shlex.quote(file)
    training = f"./sprue train {names.options} --history {place}"
    if draft.predicts:
        values = " ".join(f"{g.name}={_usual(draft, g)}" for g in draft.of_role("setting", "production"))
        wanted = draft.of_role("target")[0]
        within = f"{wanted.name}={_usual(draft, wanted, 0.25)}..{_usual(draft, wanted, 0.75)}"
        return [
            *commands,
            training,
            f"./sprue predict {names.options} {values}",
            f"./sprue advise {names.options} --within {within}    # what it makes small: [advice]",
        ]
    judging = f"SPRUE_HOME={names.home} ./sprue judge {place} --profile {shlex.quote(names.profile)}"
    return [*commands, training + _left_out(draft), f"{judging} --out {names.process}_verdicts.csv"]


def _conversion(draft: Draft, names: Names, given: str) -> str:
    again = f"./sprue init {given} --out {shlex.quote(names.profile)} --force --convert {names.converted}"
    note = "before you edit: it drafts anew"
    if not draft.lacks_totals or draft.label is not None:
        return f"{again}    # {note}"
    if not draft.two_valued:
        return f"{again} --assume-good    # {note}"
    # A column of two values may be the verdict of an inspection: nobody may call all records good then.
    column = draft.two_valued[0]
    values = draft.columns[column].values.dropna().astype(str).str.strip()
    rare = values.value_counts().index[-1]
    told = f"if {column!r} tells good from bad and {rare} is bad; else name another column"
    return f"{again} --label {shlex.quote(f'{column}={rare}')}    # {told}; {note}"


def _left_out(draft: Draft) -> str:
    """A remark where groups have more bad records than one that trains may have."""
    if draft.label is None:
        return ""
    name, bad = draft.label
    groups = groups_of(draft.columns, {g.column: g for g in draft.guesses}, len(draft.sample.frame))
    counts = np.bincount(groups)
    rates = np.bincount(groups, weights=is_bad(draft.columns[name], bad)) / counts
    scaled = counts * max(1.0, draft.sample.rows / len(groups))
    enough = rates[scaled >= least_rows(draft.largest_group)[0]]
    out = enough[enough >= MAX_DEFECT_RATE]
    if not len(out):
        return ""
    those = "every group" if len(out) == len(enough) else f"{len(out)} of {len(enough)} groups"
    shown = f"{out.min():.2%}" + ("" if np.ptp(out) < 1e-4 else f" to {out.max():.2%}")
    above = np.floor(out.max() * 100 + 1) / 100
    return (
        f"    # as drafted it leaves {those} out: {shown} bad, and selection.max_defect_rate is "
        f"{MAX_DEFECT_RATE}; set that to {above:g}, or give good days alone: {_good_days(draft)}"
    )


def _good_days(draft: Draft) -> str:
    """Options that leave the longest row of days with few bad records, of those that were seen."""
    ms, unknown = draft.moments.ms, "--start DAY --end DAY"
    if ms is None or draft.label is None or draft.moments.offset:
        return unknown
    name, bad = draft.label
    timed = ms != NO_TIME
    days, place = np.unique(ms[timed] // DAY_MS, return_inverse=True)
    wrong = np.bincount(place, weights=is_bad(draft.columns[name], bad)[timed])
    good = wrong < MAX_DEFECT_RATE * np.bincount(place)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], good.astype(np.int64), [0]])))
    if not len(edges):
        return unknown
    begins, ends = edges[::2], edges[1::2]
    longest = int((ends - begins).argmax())
    first, after = begins[longest], ends[longest]
    start = [f"--start {_day(days[first])}"] if first > 0 else []
    end = [f"--end {_day(days[after - 1] + 1)}"] if after < len(days) else []
    return " ".join([*start, *end])


def _day(number: int) -> str:
    return str(np.datetime64(int(number), "D"))


def next_of_database(draft: Draft, names: Names, table: str) -> list[str]:
    """The commands that come after, for data in PostgreSQL (`table`) or, without one, in MongoDB."""
    if table:
        start = f"SPRUE_HISTORY_TABLE={shlex.quote(table)} ./sprue train {names.options}"
        return [f"{start}    # and SPRUE_HISTORY_URL, as here"]
    place = shlex.quote(names.profile)
    return [
        f"./sprue train {names.options} --history FILE    # or SPRUE_HISTORY_URL",
        f"SPRUE_PROFILE={place} SPRUE_HOME={names.home} ./sprue serve    # and SPRUE_MONGO_URL, as here",
    ]


def _usual(draft: Draft, guess: Guess, share: float = 0.5) -> str:
    """A value that was seen, so many of them below it."""
    known = np.sort(draft.columns[guess.column].known)
    return f"{known[int(len(known) * share)]:g}"
