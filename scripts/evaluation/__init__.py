"""What ``./sprue evaluate`` does: backtests of a version, comparisons on data sets, their reports."""
