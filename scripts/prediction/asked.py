"""What a person types after ``predict`` and ``advise``: ``NAME=NUMBER`` and ``NAME=LOW..HIGH``."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

import typer

from core.typed_number import readings

Band = tuple[float, float]
_DASHED = re.compile(r"([+-]?[\d.,]+)\s*(?:-|–|to|:)\s*([+-]?[\d.,]+)", re.IGNORECASE)
"""A range as people write it elsewhere."""


def values(words: Sequence[str]) -> dict[str, float]:
    """``NAME=NUMBER`` each, blanks around the equals sign allowed.

    Raises
    ------
    typer.BadParameter
        A word is none of these, or a name stands there twice.

    Examples
    --------
    >>> values(["IW=47", "VW", "=", "4,5"])
    {'IW': 47.0, 'VW': 4.5}
    """
    return {name: number(text, name) for name, text in _pairs(words, "NAME=NUMBER, such as speed=4.5")}


def bands(words: Sequence[str]) -> dict[str, Band]:
    """``NAME=LOW..HIGH`` each; either end may be left out, ``NAME=VALUE`` is both ends.

    Raises
    ------
    typer.BadParameter
        A word is none of these, a name stands there twice, or no number lies between the ends.

    Examples
    --------
    >>> bands(["depth=1.1..1.4", "width=..2"])
    {'depth': (1.1, 1.4), 'width': (-inf, 2.0)}
    """
    shape = "NAME=LOW..HIGH, NAME=LOW.. or NAME=..HIGH, such as size=1.1..1.4"
    return {name: _band(text, name, shape) for name, text in _pairs(words, shape)}


def number(text: str, name: str) -> float:
    """The number in a text; a comma may be its decimal point.

    Raises
    ------
    typer.BadParameter
        It is none, or may be two: ``1,234``.

    Examples
    --------
    >>> number("47,5", "current")
    47.5
    """
    found = readings(text)
    if len(found) > 1:
        either = " or ".join(found)
        msg = f"{name}: expected a number that can be read one way only, got {text!r}: {either}?"
        raise typer.BadParameter(msg)
    if not found:
        hint = ", without its unit" if re.match(r"[+-]?\d", text) else ""
        msg = f"{name}: expected a number such as 4.5{hint}, got {text!r}"
        raise typer.BadParameter(msg)
    return float(found[0])


def _band(text: str, name: str, shape: str) -> Band:
    ends = [end.strip() for end in text.split("..")]
    if len(ends) == 1 and (dashed := _DASHED.fullmatch(text)):
        msg = f"{name}: expected LOW..HIGH, such as {dashed[1]}..{dashed[2]}, got {text!r}"
        raise typer.BadParameter(msg)
    if len(ends) == 1:
        return (number(text, name),) * 2
    if len(ends) != 2 or not any(ends):
        msg = f"{name}: expected {shape}, got {text!r}"
        raise typer.BadParameter(msg)
    low = number(ends[0], name) if ends[0] else -math.inf
    high = number(ends[1], name) if ends[1] else math.inf
    if low > high:
        msg = f"{name}: expected the lower end first, got {text!r}"
        raise typer.BadParameter(msg)
    return low, high


def _pairs(words: Iterable[str], shape: str) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for word in _joined(words):
        name, equals, text = (part.strip() for part in word.partition("="))
        if not (name and equals and text):
            msg = f"expected {shape}, got {word!r}"
            raise typer.BadParameter(msg)
        if any(name.casefold() == other.casefold() for other, _ in pairs):
            msg = f"{name}: expected each name once, got it twice"
            raise typer.BadParameter(msg)
        pairs.append((name, text))
    return pairs


def _joined(words: Iterable[str]) -> list[str]:
    """Words that a shell parted at the blanks around an equals sign, as one."""
    joined: list[str] = []
    for word in words:
        if joined and (word.startswith("=") or joined[-1].endswith("=")):
            joined[-1] += word
        else:
            joined.append(word)
    return joined
