"""Predicting targets: sizes with their intervals, where they can be trusted, the reverse question."""
