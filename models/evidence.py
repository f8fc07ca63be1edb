"""How well a candidate detector tells bad from good, without a single shot known to be bad.

Two kinds of evidence: lots whose bad parts were counted (`models.lot_evidence`), and faults planted
into held-out shots (`models.probe_faults`). `choose` weighs them; `fit_by_evidence` does all of it for
one table of normal rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ModelRefused
from core.profile import CandidateRule
from models.candidates import DEFAULT_CANDIDATES, closed_form_detectors
from models.choice import Choice, Measured, choose
from models.detector import Detector, Task
from models.lot_evidence import LotShots, lot_concordance, lot_weights
from models.probe_faults import FAMILIES, Probes, plant_faults

Floats = NDArray[np.float64]

LEAST_PROBED = 10
"""With fewer held-out shots nothing is measured; the standard errors tell how little some more say."""
MOST_HELD_OUT = 400
REPLICATES = 60
"""Bootstrap samples of held-out shots and of lots; the same ones for all candidates."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What every candidate for one group is tried on.

    Attributes
    ----------
    held_out : (m, p) float64
        Held-out normal shots, scaled.
    probes : Probes
        Faults planted into them.
    shot_weights : (B, m) float64
        How often a bootstrap sample holds each held-out shot; the first holds each once.
    lots : LotShots or None
        Lots with counted defects, where there are enough.
    lot_weights : (B, L) float64
    """

    held_out: Floats
    probes: Probes
    shot_weights: Floats
    lots: LotShots | None
    lot_weights: Floats

    def measure(self, detector: Detector) -> Measured:
        """Try one fitted detector; only candidates of the same group may be compared.

        The same numbers for the same group and seed, whatever else is tried.
        """
        usual = -detector.score_samples(self.held_out)
        strange = -detector.score_samples(self.probes.rows)
        faults = np.array(
            [
                _areas(usual, strange[mine], self.shot_weights, self.shot_weights[:, self.probes.base[mine]])
                for mine in (self.probes.family == number for number in range(len(FAMILIES)))
            ]
        )
        found = np.empty(0)
        if self.lots is not None:
            found = lot_concordance(-detector.score_samples(self.lots.rows), self.lots, self.lot_weights)
        return Measured(faults, found)


def gather(train: Floats, held_out: Floats, lots: LotShots | None, seed: int) -> Evidence | None:
    """Evidence for one group; None with fewer held-out shots than `LEAST_PROBED`.

    Parameters
    ----------
    train, held_out : (n, p), (m, p) float64
        Normal shots, scaled to [0, 1] by the range of `train`.
    lots : LotShots or None
        Scaled likewise.
    """
    if len(held_out) < LEAST_PROBED:
        return None
    random = np.random.default_rng(seed)
    if len(held_out) > MOST_HELD_OUT:
        held_out = held_out[np.sort(random.choice(len(held_out), MOST_HELD_OUT, replace=False))]
    weights = _resampled(len(held_out), random)
    probes = plant_faults(train, held_out, random)
    usable = lots is not None and lots.enough
    return Evidence(
        held_out,
        probes,
        weights,
        lots if usable else None,
        lot_weights(lots, REPLICATES, random) if lots is not None and usable else np.empty((0, 0)),
    )


def fit_by_evidence(
    train_rows_scaled: Floats,
    held_out_rows_scaled: Floats,
    candidates: Sequence[CandidateRule] = (),
    seed: int = 0,
    *,
    detectors: Mapping[str, type[Detector]] | None = None,
) -> tuple[str, Detector, list[dict[str, Any]]]:
    """Fit every candidate and choose one, as training does for a group without lots.

    Parameters
    ----------
    train_rows_scaled, held_out_rows_scaled : (n, p), (m, p) float64
        Normal rows, scaled to [0, 1] by the range of the training rows (`models.scaling`).
    candidates : sequence of CandidateRule
        In the order in which they are preferred; none: `models.candidates.DEFAULT_CANDIDATES`.
    seed : int
        Of detectors and evidence.
    detectors : mapping of str to type, optional
        Kind to estimator class; without it the closed-form ones and isolation forests.

    Returns
    -------
    kind : str
    detector : Detector
        Fitted on the training rows.
    table : list of dict
        A row for every candidate: `models.choice.Choice.table`.

    Raises
    ------
    ModelRefused
        No candidate can judge, or there are too few held-out rows to choose by.
    """
    rules = tuple(candidates) or DEFAULT_CANDIDATES
    classes = detectors or closed_form_detectors()
    evidence = gather(train_rows_scaled, held_out_rows_scaled, None, seed)
    if evidence is None:
        msg = f"expected at least {LEAST_PROBED} held-out rows to choose by, got {len(held_out_rows_scaled)}"
        raise ModelRefused(msg)
    fitted: list[Detector] = []
    measured: list[Measured | str] = []
    for rule in rules:
        task = Task(train_rows_scaled, held_out_rows_scaled, seed)
        ((_, detector),) = classes[rule.kind].fit_many([task], rule.parameters)
        fitted.append(detector)
        measured.append(detector.refusal() or evidence.measure(detector))
    choice: Choice = choose(rules, measured)
    return rules[choice.number].kind, fitted[choice.number], choice.table


def _areas(usual: Floats, strange: Floats, of_usual: Floats, of_strange: Floats) -> Floats:
    """Areas under the ROC curve ``(B,)``: how often a fault scores above a normal shot; ties count half.

    Parameters
    ----------
    usual, strange : (m,), (k,)
        Scores, higher = worse.
    of_usual, of_strange : (B, m), (B, k)
        Weights of the bootstrap samples.
    """
    order = np.argsort(usual, kind="stable")
    ladder = usual[order]
    total = np.concatenate([np.zeros((len(of_usual), 1)), np.cumsum(of_usual[:, order], axis=1)], axis=1)
    below, not_above = (np.searchsorted(ladder, strange, side=side) for side in ("left", "right"))
    beaten = (total[:, below] + total[:, not_above]) / 2
    areas: Floats = (beaten * of_strange).sum(axis=1) / (total[:, -1] * of_strange.sum(axis=1))
    return areas


def _resampled(count: int, random: np.random.Generator) -> Floats:
    drawn = random.multinomial(count, np.full(count, 1 / count), size=REPLICATES)
    return np.concatenate([np.ones((1, count)), drawn])
