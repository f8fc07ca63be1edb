"""Our two ways to choose a detector, as lines of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from core.errors import ModelRefused
from core.profile import Profile
from models.candidates import DEFAULT_CANDIDATES
from models.detector import Detector
from models.evidence import LEAST_PROBED, fit_by_evidence
from models.scaling import InputRange
from scripts.evaluation.methods import BY_COUNT, BY_EVIDENCE, FoldScores, OwnKind
from scripts.evaluation.trial import Fold, Trial


class Choice:
    """A way to choose; what was chosen is then fitted as the single detectors are."""

    own = True
    name: str

    def chosen(self, seed: int, fold: Fold) -> OwnKind:
        """The detector for a fold."""
        raise NotImplementedError

    def wanted(self, seed: int, trial: Trial) -> list[OwnKind]:
        """The detector of each fold."""
        return [self.chosen(seed, fold) for fold in trial.folds]

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        """See `scripts.evaluation.methods.Method`."""
        return [self.scores_of(seed, trial, self.wanted(seed, trial)) for seed, trial in trials]

    def scores_of(self, seed: int, trial: Trial, wanted: Sequence[OwnKind]) -> list[FoldScores]:
        """Scores of each fold by the detector wanted for it; those of one kind train together."""
        found: dict[int, FoldScores] = {}
        for kind in dict.fromkeys(wanted):
            mine = [number for number, one in enumerate(wanted) if one is kind]
            part = Trial(
                [trial.folds[number] for number in mine],
                trial.unit[:0],
                trial.bad[:0],
                trial.cluster[:0],
                0,
                trial.calibrated,
            )
            found |= dict(zip(mine, kind.scores([(seed, part)])[0], strict=True))
        return [found[number] for number in range(len(wanted))]


class ByCount(Choice):
    """The kind the profile names for this many rows; with too few for any, its least demanding one."""

    name = BY_COUNT

    def __init__(self, profile: Profile, kinds: Mapping[str, OwnKind]) -> None:
        self._rules = sorted(profile.detectors, key=lambda rule: rule.min_rows)
        self._kinds = kinds

    def chosen(self, seed: int, fold: Fold) -> OwnKind:
        """See `Choice`."""
        rows = len(fold.fit) + len(fold.held_out)
        fitting = [rule.kind for rule in self._rules if rule.min_rows <= rows]
        return self._kinds[fitting[-1] if fitting else self._rules[0].kind]


class ByEvidence(Choice):
    """The candidate that finds most of the faults planted into held-out rows (`models.evidence`).

    With too few rows to hold out for that the count decides, as in training.
    """

    name = BY_EVIDENCE

    def __init__(
        self,
        profile: Profile,
        kinds: Mapping[str, OwnKind],
        detectors: Mapping[str, type[Detector]],
        otherwise: Choice,
    ) -> None:
        self._rules = profile.candidates or DEFAULT_CANDIDATES
        self._candidates = [
            kinds[rule.kind]
            if kinds[rule.kind].parameters == rule.parameters
            else OwnKind(rule.kind, detectors[rule.kind], rule.parameters)
            for rule in self._rules
        ]
        self._detectors, self._otherwise = detectors, otherwise

    def chosen(self, seed: int, fold: Fold) -> OwnKind:
        """See `Choice`."""
        rows, held_out = self._divided(fold)
        limits = InputRange.fit(rows)
        try:
            *_, table = fit_by_evidence(
                limits.scale(rows), limits.scale(held_out), self._rules, seed, detectors=self._detectors
            )
        except ModelRefused:
            return self._otherwise.chosen(seed, fold)
        return self._candidates[[bool(row["chosen"]) for row in table].index(True)]

    @staticmethod
    def _divided(fold: Fold) -> tuple[np.ndarray, np.ndarray]:
        """Rows to fit and held-out rows, as many of these as a choice takes if half of all are enough."""
        known = fold.known
        wanted = max(len(fold.held_out), min(LEAST_PROBED, len(known) // 2))
        return known[:-wanted], known[-wanted:]
