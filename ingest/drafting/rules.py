"""How many records train a model, and with which detectors or regressors, by how many there are."""

from __future__ import annotations

from dataclasses import dataclass

USUAL_ROWS = 500
"""Records a group needs, where there is enough."""
LEAST_ROWS = 50
MAX_DEFECT_RATE = 0.01
"""Share of bad records below which a group trains."""
SMALL, LARGE = 1500, 4000
"""From here on an autoencoder, from there on one with a memory."""
MOST_FOR_ALL = 2000
"""Beyond so many rows a Gaussian process takes too long: its time grows with their cube."""


@dataclass(frozen=True, slots=True)
class DetectorDraft:
    """A ``[[detector]]`` table."""

    kind: str
    min_rows: int
    max_rows: int | None
    parameters: str


def least_rows(largest_group: int) -> tuple[int, str]:
    """``selection.min_shots`` and its reason.

    >>> least_rows(20_000)[0], least_rows(605)[0], least_rows(72)[0]
    (500, 300, 50)
    """
    if largest_group >= 2 * USUAL_ROWS:
        return USUAL_ROWS, "groups under this are not trained"
    least = max(LEAST_ROWS, largest_group // 2 // 10 * 10)
    return (
        least,
        f"half of the largest group ({largest_group:,}); {USUAL_ROWS} is better, where there are as many",
    )


def detectors_for(least: int, measured: int) -> tuple[DetectorDraft, ...]:
    """One detector for every number of rows from `least` on.

    Parameters
    ----------
    least : int
    measured : int
        Measured values a record has; the networks are no wider than they need.
    """
    narrow = max(1, min(3, measured // 2))
    hidden = f"hidden = [{min(32, max(4, 4 * measured))}, {narrow}]"
    trees = f"{{ n_estimators = 100, max_samples = {min(256, least)} }}"
    return (
        DetectorDraft("isolation_forest", least, SMALL, trees),
        DetectorDraft("autoencoder", SMALL, LARGE, f"{{ {hidden}, epochs = 200, patience = 20 }}"),
        DetectorDraft("memae", LARGE, None, f"{{ {hidden}, slots = 50, epochs = 200, patience = 20 }}"),
    )


def regressors_for(rows: int) -> tuple[tuple[str, str], ...]:
    """Kinds of regressors and their parameters, all of which are tried; the first stands."""
    kinds = [
        ("gaussian_process", '{ nu = 2.5, length_scales = "shared" }'),
        ("extra_trees", "{ n_estimators = 300 }"),
        ("linear_regression", ""),
        ("random_forest", "{ n_estimators = 300 }"),
        ("neural_network", "{ hidden = [16, 8], epochs = 600, patience = 60 }"),
    ]
    return tuple(k for k in kinds if k[0] != "gaussian_process" or rows <= MOST_FOR_ALL)
