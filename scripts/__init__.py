"""The commands, one module a verb; `python -m scripts`."""
