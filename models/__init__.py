"""Detectors, scaling, selection, training of many groups at once, and the registry."""
