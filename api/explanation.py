"""A verdict's reasons, flags and filled values in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.words import Language, catalogue, number, say, variable_name
from core.profile import Profile


def plain_units(profile: Profile) -> dict[str, str]:
    """Variable to its unit as the profile writes it."""
    return {v.name: v.unit for v in profile.variables}


def units_in_words(profile: Profile, language: Language) -> dict[str, str]:
    """Variable to its unit as the language writes it: ``мм`` for ``mm`` on a Russian page.

    A unit the catalogue does not know stays as the profile writes it.
    """
    known = catalogue()["unit"]
    return {name: known.get(unit, {}).get(language, unit) for name, unit in plain_units(profile).items()}


def sentence(reason: Mapping[str, Any], filled: Any, units: Mapping[str, str], language: Language) -> str:
    """One reason as a sentence: the variable, its value, its normal band.

    Parameters
    ----------
    reason : mapping
        One of the verdict's ``reasons``, see `inference.explain.Reason`.
    filled : mapping
        The verdict's ``filled``: a value that was not measured is said to be so.
    units : mapping of str to str
        Variable to its unit: `plain_units` or `units_in_words`.
    language : {"en", "ko", "ru"}
    """
    name = str(reason.get("variable", ""))

    def quantity(key: str) -> str | None:
        value = reason.get(key)
        if not isinstance(value, (int, float)):
            return None
        unit = units.get(name, "")
        return f"{number(float(value), language)} {unit}".strip()

    value, low, high = quantity("value"), quantity("low"), quantity("high")
    kind = _kind(reason, value, low, high)
    if kind not in ("limit_above", "limit_below") and low is not None:
        low = number(float(reason["low"]), language)  # "4.1 to 5.3 mm": the unit once
    words = {"variable": variable_name(name, language), "value": value or "–", "low": low, "high": high}
    text = say("reason", kind, language, **words)
    way = filled.get(name) if isinstance(filled, Mapping) else None
    if way:
        text += " " + say("reason", "filled", language, way=say("way", str(way), language))
    return text


def sentences(
    verdict: Mapping[str, Any], units: Mapping[str, str], language: Language
) -> list[dict[str, str]]:
    """Every reason of a verdict as ``{"variable", "text"}``, in the verdict's order; see `sentence`."""
    reasons: Sequence[Any] = verdict["reasons"] if isinstance(verdict["reasons"], list) else []
    return [
        {
            "variable": str(reason.get("variable", "")),
            "text": sentence(reason, verdict["filled"], units, language),
        }
        for reason in reasons
        if isinstance(reason, Mapping)
    ]


def flag_texts(verdict: Mapping[str, Any], language: Language) -> list[str]:
    """Every flag of a verdict in words."""
    flags = verdict["flags"]
    names = flags if isinstance(flags, (list, Mapping)) else []
    return [say("flag", str(name), language) for name in names]


def _kind(reason: Mapping[str, Any], value: str | None, low: str | None, high: str | None) -> str:
    """Which sentence of the catalogue fits; see `inference.explain.Reason`."""
    if reason.get("evidence") == "limits":
        return "limit_above" if reason.get("direction") == "high" else "limit_below"
    if value is None or low is None or high is None:
        return "no_band"
    if reason["value"] > reason["high"]:
        return "above"
    if reason["value"] < reason["low"]:
        return "below"
    return "inside"
