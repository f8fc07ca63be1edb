"""What a group may be given when its detector is chosen by evidence and the profile lists nothing."""

from __future__ import annotations

from core.profile import CandidateRule
from models.detector import Detector

DEFAULT_CANDIDATES: tuple[CandidateRule, ...] = (
    CandidateRule("nearest_neighbours"),
    CandidateRule("ensemble"),
    CandidateRule("gaussian_mixture"),
    CandidateRule("pca"),
    CandidateRule("robust_covariance"),
    CandidateRule("isolation_forest"),
    CandidateRule("mean_z2"),
)
"""In the order in which they are preferred: docs/decisions/0011-choice-by-evidence.md."""


def closed_form_detectors() -> dict[str, type[Detector]]:
    """Kind to estimator class of everything that needs no tensorflow. Loads scikit-learn."""
    from models.ensemble import MEMBERS, Ensemble
    from models.isolation_forest import IsolationForest

    return {"isolation_forest": IsolationForest, **MEMBERS, "ensemble": Ensemble}
