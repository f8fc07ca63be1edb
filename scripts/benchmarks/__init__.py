"""Benchmarks: every figure is a ratio, its two sides measured in turn in one run."""
