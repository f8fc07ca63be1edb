"""Scoring of mixed batches in plain numpy: many groups' weights stacked, one kernel a kind."""
