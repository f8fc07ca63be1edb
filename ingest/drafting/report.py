"""What to check by hand, and what to do next, in words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from ingest.drafting.draft import Draft
from ingest.drafting.guess import Guess
from ingest.drafting.rules import MAX_DEFECT_RATE
from ingest.drafting.trial import Trial

MOST_NAMED = 12
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
        if share < MAX_DEFECT_RATE:
            return [counted]
        return [counted, f"{share:.2%} of the rows are bad by {name!r}: {_HOW_TO_TRAIN}"]
    if draft.two_valued:
        told = f"does {_some([repr(name) for name in draft.two_valued])} tell good from bad?"
        return [f"{lacking}; {told} --label NAME=BAD with --convert counts by it"]
    return [f"{lacking}; --convert with --assume-good counts every record as good, where that is true"]


def _line(guess: Guess) -> str:
    place = guess.role if guess.place == "variable" else f"key {guess.place}"
    what = f" ({guess.what})" if guess.what and guess.place == "variable" else ""
    return f"{guess.column!r}: {place}{what}, {guess.confidence}: {'; '.join(guess.reasons[:2])}"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


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
