"""Random forest."""

from __future__ import annotations

from sklearn import ensemble

from models.regressors.trees import TreeRegressor


class RandomForest(TreeRegressor, ensemble.RandomForestRegressor):  # type: ignore[misc]  # scikit-learn ships no types
    """Random forest (Breiman 2001): the mean of trees grown on rows drawn with replacement.

    scikit-learn's own class; parameters and predictions are unchanged.
    """
