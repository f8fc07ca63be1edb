"""Trained versions from the command line: put in place, tried beside another, looked at."""
