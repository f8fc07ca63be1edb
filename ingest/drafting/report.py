"""What to check by hand, and what to do next, in words."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np

from ingest.drafting.draft import Draft
from ingest.drafting.guess import Guess
from ingest.drafting.trial import Trial

MOST_NAMED = 12
MOST_BAD = 0.01
_HOW_TO_TRAIN = (
    "groups train below 1 % (selection.max_defect_rate); give `train` good days alone by --start and --end"
)


def to_check(draft: Draft) -> list[str]:
    """What a person should look at, the least sure first."""
    found = [*draft.notes]
    found += [_line(g) for g in draft.least_sure() if g.confidence == "unsure"]
    if draft.predicts:
        targets = ", ".join(g.name for g in draft.of_role("target"))
        found.append(f"targets {targets}: nominal and tolerance, if predictions are to be judged")
    else:
        found += _about_lots(draft)
    found += [f"{a.place}: {a.reason} ({a.otherwise!r})" for a in draft.absent.values()]
    likely = [g for g in draft.least_sure() if g.confidence == "likely"]
    found += [_line(g) for g in likely[:MOST_NAMED]]
    if len(likely) > MOST_NAMED:
        found.append(f"{len(likely) - MOST_NAMED} more guesses that are likely: see the comments in the file")
    usual = [f"{g.name} ({g.unit})" for g in draft.guesses if g.unit_by_word]
    if usual:
        found.append(f"units by what is usual: {_some(usual)}")
    without = [g.name for g in draft.of_role("setting", "production", "target") if not g.unit]
    if without:
        found.append(f"units of {_some(without)}: not known from the names")
    if not draft.predicts and not draft.of_role("setting"):
        found.append("no column looks like a set value: all records of an item count as one setting")
    found.append("limits: by what was seen, widened; outside them a value counts as a sensor's error")
    return found


def _about_lots(draft: Draft) -> list[str]:
    if draft.key("lot_good") and draft.key("lot_bad"):
        return []
    lacking = "no running totals of good and bad parts: no group is trained without them"
    if draft.label is not None:
        name, bad = draft.label
        shown = f"{bad:g}" if isinstance(bad, float) else repr(bad)
        counted = f"{lacking}; --convert counts them by {name!r}, where {shown} is taken for bad"
        share = draft.bad_share
        if share < MOST_BAD:
            return [counted]
        return [counted, f"{share:.2%} of the rows are bad by {name!r}: {_HOW_TO_TRAIN}"]
    return [f"{lacking}; --convert with --assume-good counts every record as good, where that is true"]


def _line(guess: Guess) -> str:
    place = guess.role if guess.place == "variable" else f"key {guess.place}"
    what = f" ({guess.what})" if guess.what and guess.place == "variable" else ""
    return f"{guess.column!r}: {place}{what}, {guess.confidence}: {'; '.join(guess.reasons[:2])}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def next_commands(
    draft: Draft, profile: str, given: str, *, file: str | None, converted: bool = False
) -> list[str]:
    """The commands that come after, for data in files.

    Parameters
    ----------
    draft : Draft
    profile : str
        Path of the drafted profile.
    given : str
        The files and options `init` was given, as typed.
    file : str or None
        A file that `train` and `judge` read, None where there is none.
    converted : bool
        Whether that file is the converted one.
    """
    option = f"--profile {shlex.quote(profile)}"
    commands = []
    blind = draft.lacks_totals and draft.label is None
    if not converted and (file is None or draft.unreadable or draft.lacks_totals):
        again = f"./sprue init {given} --out {shlex.quote(profile)} --force"
        options = "--convert data.csv" + (" --assume-good" if blind else "")
        commands.append(f"{again} {options}    # before you edit: it drafts anew")
        file = "data.csv"
    assert file is not None
    commands.append(f"./sprue train {option} --history {shlex.quote(file)}")
    if draft.predicts:
        values = " ".join(f"{g.name}={_usual(draft, g)}" for g in draft.of_role("setting", "production"))
        return [*commands, f"./sprue predict {option} {values}"]
    return [*commands, f"./sprue judge {shlex.quote(file)} {option} --out verdicts.csv"]


def next_of_database(draft: Draft, profile: str, table: str) -> list[str]:
    """The commands that come after, for data in PostgreSQL (`table`) or, without one, in MongoDB."""
    place = shlex.quote(profile)
    if table:
        start = f"SPRUE_HISTORY_TABLE={shlex.quote(table)} ./sprue train --profile {place}"
        return [f"{start}    # and SPRUE_HISTORY_URL, as here"]
    return [
        f"./sprue train --profile {place} --history FILE    # or SPRUE_HISTORY_URL",
        f"SPRUE_PROFILE={place} ./sprue serve    # and SPRUE_MONGO_URL, as here",
    ]


def _usual(draft: Draft, guess: Guess) -> str:
    """A value that was seen, near the middle."""
    known = np.sort(draft.columns[guess.column].known)
    return f"{known[len(known) // 2]:g}"


def as_json(draft: Draft, trial: Trial, **more: Any) -> dict[str, Any]:
    """Guesses, check and advice, for programs."""
    return {
        "source": draft.sample.source,
        "rows": draft.sample.rows,
        "sampled": len(draft.sample.frame),
        "predicts": draft.predicts,
        "guesses": [{**asdict(g), "limits": g.limits and list(g.limits)} for g in draft.guesses],
        "absent": {a.place: {"otherwise": a.otherwise, "reason": a.reason} for a in draft.absent.values()},
        "check": {
            "rows": trial.rows,
            "readable": trial.readable,
            "refused": dict(trial.refused),
            "examples": trial.examples,
            "trouble": trial.trouble,
            "doubled": trial.doubled,
        },
        "to_check": to_check(draft),
        **more,
    }


def told(draft: Draft, trial: Trial, out: str, where: str, commands: list[str]) -> Iterator[str]:
    """What people are told, line by line.

    Parameters
    ----------
    draft : Draft
    trial : Trial
    out : str
        The drafted profile's path.
    where : str
        What it was tried on.
    commands : list of str
        What comes next.
    """
    roles = ("setting", "production", "target", "ignored")
    counts = ", ".join(f"{len(found)} {role}" for role in roles if (found := draft.of_role(role)))
    yield f"{out}: drafted from {draft.sample.source}, {draft.sample.rows:,} rows: {counts}"
    if trial.trouble:
        yield f"Check: {trial.trouble}"
    else:
        yield f"Check: {trial.readable:,} of {trial.rows:,} rows of {where} can be read with it"
    if trial.doubled:
        yield f"  {trial.doubled:,} rows have an identifier that an earlier row has: training leaves them out"
    yield from (f"  refused, {reason}: {count:,}" for reason, count in trial.refused.most_common())
    yield from (f"    {example}" for example in trial.examples)
    yield ""
    yield "To check by hand:"
    yield from (f"{number:3}. {line}" for number, line in enumerate(to_check(draft), start=1))
    yield ""
    yield "Next:"
    yield from (f"  {command}" for command in commands)
