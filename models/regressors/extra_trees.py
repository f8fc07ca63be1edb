"""Extremely randomised trees."""

from __future__ import annotations

from sklearn import ensemble

from models.regressors.trees import TreeRegressor


class ExtraTrees(TreeRegressor, ensemble.ExtraTreesRegressor):  # type: ignore[misc]  # scikit-learn ships no types
    """Extremely randomised trees (Geurts, Ernst & Wehenkel 2006): all rows, thresholds drawn at random.

    scikit-learn's own class; parameters and predictions are unchanged. Random thresholds fall
    anywhere between two settings, so the mean of many trees changes smoothly between them,
    where a random forest jumps half way.
    """
