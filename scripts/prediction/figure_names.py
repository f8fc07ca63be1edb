"""What the figures of a regressor are called, wherever the command line shows them."""

from __future__ import annotations

from typing import Final

R2: Final = "R2 by setting"
R2_RANDOM: Final = "R2 at random"
ERROR: Final = "mean error by setting"
ERROR_RANDOM: Final = "mean error at random"
INSIDE: Final = "inside the interval"
WIDTH: Final = "interval width"
MEANING: Final = (
    "by setting: each predicted without any of its rows; at random: rows left out whose twins stay, "
    "which flatters."
)


def named(regressor: str, *, chosen: bool) -> str:
    """The regressor, marked where it is the one that predicts.

    >>> named("random_forest", chosen=True)
    'random_forest (chosen)'
    """
    return f"{regressor} (chosen)" if chosen else regressor
