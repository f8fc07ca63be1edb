"""Regressors: one kind a file, each a scikit-learn estimator that exports plain arrays."""
