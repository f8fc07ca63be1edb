"""Which of several candidate detectors to take, by what they were measured to find."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused
from core.profile import CandidateRule
from models.probe_faults import FAMILIES

Floats = NDArray[np.float64]

DOUBT = 0.05
"""Planted faults are made up: an area under the curve this much smaller is no reason against anybody.
docs/decisions/0011-choice-by-evidence.md has what that was measured on."""
CHANCE, CERTAIN = 0.5, 2.0
"""Lots count once the candidate that orders them best does so better than chance by two standard errors."""
AGREEING = 2
"""So many families of faults have to speak against a candidate before it is passed over."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one candidate found; the first entry of B is the measurement, the rest its bootstrap.

    Attributes
    ----------
    faults : (F, B) float64
        Area under the ROC curve of each family of planted faults against held-out shots.
    lots : (B,) float64
        Share of pairs of lots whose worse one was flagged more; empty without lots.
    """

    faults: Floats
    lots: Floats


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen and why.

    Attributes
    ----------
    number : int
        Position among the candidates.
    reason : str
        In words.
    table : list of dict
        For each candidate: kind, parameters, chosen, refusal; area under the curve by family and on
        average with its standard error; concordance of lots with its standard error; what speaks against
        it by planted faults (``regret``) and by lots (``lots_behind``). What was not measured is None.
    """

    number: int
    reason: str
    table: list[dict[str, Any]]


def choose(candidates: Sequence[CandidateRule], measured: Sequence[Measured | str]) -> Choice:
    """The first candidate that nothing speaks against.

    Counted lots come first, if anybody orders them better than chance: who orders them within
    one standard error of the best stays.
    Among those, planted faults: on every family each candidate falls behind the best by some
    area; what exceeds one standard error and `DOUBT` speaks against it. One family alone may
    be badly made up, so the second largest excess counts. Who has the least is taken, the
    first of several. Nobody knows which faults will come: a candidate that is blind to some is
    a worse bet than one that is nowhere the best.

    Parameters
    ----------
    candidates : sequence of CandidateRule
        In the order in which they are preferred.
    measured : sequence of Measured or str
        Of each candidate; a text says why it must not judge.

    Raises
    ------
    ModelRefused
        No candidate may judge.
    """
    usable = [i for i, found in enumerate(measured) if isinstance(found, Measured)]
    if not usable:
        reasons = "; ".join(f"{c.kind} refused: {m}" for c, m in zip(candidates, measured, strict=True))
        raise ModelRefused(reasons or "expected candidates to choose from, got none")
    found = [m for m in measured if isinstance(m, Measured)]
    faults = np.array([m.faults for m in found])
    lots = np.array([m.lots for m in found])
    behind_lots = np.zeros(len(found))
    best = lots[:, 0].argmax() if lots.shape[1] else 0
    telling = lots.shape[1] > 0 and bool(lots[best, 0] - CHANCE > CERTAIN * lots[best, 1:].std())
    if telling:
        behind_lots = np.maximum(_behind(lots[:, None, :]), 0.0)[:, 0]
    regret = np.sort(np.maximum(_behind(faults) - DOUBT, 0.0), axis=1)[:, -AGREEING]
    stays = behind_lots <= behind_lots.min()
    place = int(np.argmin(np.where(stays, regret, np.inf)))
    number = usable[place]
    table = [_row(rule, m, i == number) for i, (rule, m) in enumerate(zip(candidates, measured, strict=True))]
    for i, own, left in zip(usable, regret, behind_lots, strict=True):
        table[i] |= {"regret": round(float(own), 4), "lots_behind": round(float(left), 4)}
    return Choice(number, _reason(table, number, telling), table)


def _behind(values: Floats) -> Floats:
    """How much each candidate falls behind the best one ``(c, F)``, less one standard error.

    `values` are ``(c, F, B)``; the standard error is that of the difference, whose bootstrap
    samples are paired.
    """
    best = values[:, :, 0].argmax(axis=0)
    apart = np.take_along_axis(values, best[None, :, None], axis=0) - values
    behind: Floats = apart[:, :, 0] - apart[:, :, 1:].std(axis=2)
    return behind


def _row(rule: CandidateRule, measured: Measured | str, chosen: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"kind": rule.kind, "parameters": dict(rule.parameters), "chosen": chosen}
    if isinstance(measured, str):
        return row | {"refusal": measured}
    mean = measured.faults.mean(axis=0)
    row |= {"refusal": None, "faults": _figure(mean[0]), "faults_error": _figure(mean[1:].std())}
    row |= {"by_fault": dict(zip(FAMILIES, map(_figure, measured.faults[:, 0]), strict=True))}
    if len(measured.lots):
        row |= {"lots": _figure(measured.lots[0]), "lots_error": _figure(measured.lots[1:].std())}
    else:
        row |= {"lots": None, "lots_error": None}
    return row


def _figure(value: float) -> float | None:
    return round(float(value), 4) if math.isfinite(value) else None


def _reason(table: list[dict[str, Any]], number: int, with_lots: bool) -> str:
    """Why this one, in a sentence."""
    own = table[number]
    text = f"{own['kind']} chosen: finds planted faults with an area of {own['faults']:.3f}"
    text += f" ± {own['faults_error']:.3f}"
    if with_lots:
        text += f", orders lots right in {own['lots']:.0%} ± {own['lots_error']:.0%} of pairs"
    passed = [row for row in table[:number] if row["refusal"] is None]
    if not passed:
        return f"{text}; the first candidate, and nothing speaks against it"
    against = ", ".join(f"{row['kind']} {_against(row, own)}" for row in passed)
    return f"{text}; passed over: {against}"


def _against(row: dict[str, Any], own: dict[str, Any]) -> str:
    if row["lots_behind"] > own["lots_behind"]:
        return f"orders lots right in {row['lots']:.0%}"
    gaps = {name: (own["by_fault"][name] or 0.0) - (area or 0.0) for name, area in row["by_fault"].items()}
    worst = max(gaps, key=lambda name: gaps[name])
    areas = f"{row['by_fault'][worst]:.3f} against {own['by_fault'][worst]:.3f}"
    return f"finds {worst.replace('_', ' ')} with {areas}"
