"""Judging: plan, route, score, threshold, verdict, store, and the service around them."""
