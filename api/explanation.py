"""A verdict's reasons, flags and filled values in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
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


def labels(profile: Profile) -> dict[str, str]:
    """Variable to what the profile says people call it; empty where it says nothing."""
    return {v.name: v.label for v in profile.variables}


def sentence(
    reason: Mapping[str, Any],
    filled: Any,
    units: Mapping[str, str],
    language: Language,
    called: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """One reason as a sentence: the variable, its value, its normal band, how far beyond it lies.

    Parameters
    ----------
    reason : mapping
        One of the verdict's ``reasons``, see `inference.explain.Reason`.
    filled : mapping
        The verdict's ``filled``: a value that was not measured is said to be so.
    units : mapping of str to str
        Variable to its unit: `plain_units` or `units_in_words`.
    language : {"en", "ko", "ru"}
    called : mapping of str to str
        Variable to its label: `labels`; for those the catalogue has no words for.
    """
    name = str(reason.get("variable", ""))

    unit = units.get(name, "")
    value, low, high = (_number(reason.get(key)) for key in ("value", "low", "high"))
    kind = _kind(reason, value, low, high)
    above = value is not None and high is not None and value > high
    edge = high if above else low
    words = {
        "variable": variable_name(name, language, called.get(name, "")),
        "value": quantity(value, unit, language),
        # "4.1 to 5.3 mm": the unit once
        "low": quantity(low, unit if kind == "limit_below" else "", language),
        "high": quantity(high, unit, language),
        "far": "–" if value is None or edge is None else _apart(value, edge, unit, language),
        "from": quantity(_interval(reason)[0], "", language),
        "to": quantity(_interval(reason)[1], unit, language),
    }
    text = say("reason", kind, language, **words)
    if reason.get("evidence") == "range" and kind in ("above", "below"):
        text = say("reason", "unseen", language, text=text)
    way = filled.get(name) if isinstance(filled, Mapping) else None
    if way:
        text += " " + say("reason", "filled", language, way=say("way", str(way), language))
    return text


def sentences(
    verdict: Mapping[str, Any],
    units: Mapping[str, str],
    language: Language,
    called: Mapping[str, str] = MappingProxyType({}),
) -> list[dict[str, str]]:
    """Every reason of a verdict as ``{"variable", "text"}``, in the verdict's order; see `sentence`."""
    reasons: Sequence[Any] = verdict["reasons"] if isinstance(verdict["reasons"], list) else []
    return [
        {
            "variable": str(reason.get("variable", "")),
            "text": sentence(reason, verdict["filled"], units, language, called),
        }
        for reason in reasons
        if isinstance(reason, Mapping)
    ]


def summary(verdict: Mapping[str, Any], language: Language) -> str:
    """The whole verdict in one or two sentences: outcome, score and limit, who stood in, what was filled.

    Parameters
    ----------
    verdict : mapping
        By the names of `core.verdict.VERDICT_FIELDS`.
    language : {"en", "ko", "ru"}
    """
    score, base = _number(verdict["anomaly_score"]), _number(verdict["base"])
    limit = None if base is None else base + (_number(verdict["tolerance"]) or 0.0)
    kind = _verdict_kind(verdict, score, limit)
    figures = {"score": score, "base": base, "limit": limit}
    said = {name: "–" if value is None else number(value, language) for name, value in figures.items()}
    parts = [say("verdict", kind, language, outcome=say("outcome", verdict["outcome"], language), **said)]
    whose = stand_in_text(verdict, language)
    if whose:
        parts.append(whose + ".")
    filled = verdict["filled"] if isinstance(verdict["filled"], Mapping) else {}
    if filled:
        names = ", ".join(variable_name(str(name), language) for name in filled)
        parts.append(say("verdict", "filled", language, names=names))
    return " ".join(parts)


def stand_in_text(verdict: Mapping[str, Any], language: Language) -> str:
    """Whose model stood in, as a sentence without its stop; empty where none did.

    A setting's own model may judge it as a substitute: the shot was set too far from any it was trained on.
    """
    label = verdict["substitute"]
    if not label:
        return ""
    if label != "|".join(str(verdict[name]) for name in ("facility", "item", "cluster")):
        return say("badge", "stands_in", language, name=stand_in_name(verdict, language))
    said = say("badge", "same_setting", language)
    far = distance_text(verdict, language)
    return f"{said} ({far})" if far else said


def distance_text(verdict: Mapping[str, Any], language: Language) -> str:
    """How far the judging model's setting is, in reference distances; empty where that is not known."""
    distance = _number(verdict["distance"])
    if distance is None:
        return ""
    # Two digits: it is compared at a glance, not read.
    return say("badge", "distance", language, distance=number(float(f"{distance:.2g}"), language))


def stand_in_name(verdict: Mapping[str, Any], language: Language) -> str:
    """Whose model stood in; empty where none did.

    `substitute` of a verdict is ``facility|item|cluster``; another text is shown as it is.
    """
    label = str(verdict["substitute"] or "")
    parts = label.split("|")
    if len(parts) != 3:
        return label
    return say("badge", "group", language, facility=parts[0], item=parts[1], cluster=parts[2])


def quantity(value: float | None, unit: str, language: Language) -> str:
    """A value with its unit; a dash for none.

    >>> quantity(1.25, "mm", "ru"), quantity(None, "mm", "ru")
    ('1,25 mm', '–')
    """
    return "–" if value is None else f"{number(value, language)} {unit}".strip()


def flag_texts(verdict: Mapping[str, Any], language: Language) -> list[str]:
    """Every flag of a verdict in words."""
    flags = verdict["flags"]
    names = flags if isinstance(flags, (list, Mapping)) else []
    return [say("flag", str(name), language) for name in names]


def _kind(reason: Mapping[str, Any], value: float | None, low: float | None, high: float | None) -> str:
    """Which sentence of the catalogue fits; see `inference.explain.Reason`."""
    if reason.get("evidence") == "limits":
        return "limit_above" if reason.get("direction") == "high" else "limit_below"
    if reason.get("evidence") == "predicted":
        return _predicted_kind(value, low, high, _interval(reason))
    if reason.get("evidence") == "unwanted":
        return "predicted_unwanted"
    if value is None or low is None or high is None:
        return "no_band"
    if value > high:
        return "above"
    return "below" if value < low else "inside"


def _predicted_kind(
    value: float | None, low: float | None, high: float | None, interval: tuple[float | None, float | None]
) -> str:
    """Which sentence fits a predicted size and its interval beside its tolerance."""
    least, most = interval
    if value is None or low is None or high is None:
        return "predicted"
    if not low <= value <= high:
        return "predicted_outside"
    known = least is not None and most is not None and low <= least and most <= high
    return "predicted_within" if known else "predicted_open"


def _interval(reason: Mapping[str, Any]) -> tuple[float | None, float | None]:
    """What a predicted size may be; of anything else, and of what is damaged, nothing."""
    ends = reason.get("interval")
    if not isinstance(ends, list) or len(ends) != 2:
        return None, None
    return _number(ends[0]), _number(ends[1])


def _verdict_kind(verdict: Mapping[str, Any], score: float | None, limit: float | None) -> str:
    """Which sentence of the catalogue fits the whole verdict."""
    outcome = verdict["outcome"]
    if score is None or limit is None:
        return "limits_broken" if outcome == "NG" else "limits_kept"
    if score > limit:
        return "over"
    if outcome != "OK" and "range_violation" in verdict["flags"]:
        return "range"
    return "near" if outcome == "WARN" else "within"


def _apart(value: float, edge: float, unit: str, language: Language) -> str:
    """How far a value lies from an edge: between the two as they are written, so that it adds up.

    >>> _apart(213.165, 213.3, "°C", "en")  # "213.2 °C: 0.1 °C below its normal band 213.3 to ..."
    '0.1 °C'
    """
    written = abs(float(f"{value:.4g}") - float(f"{edge:.4g}"))
    return quantity(float(f"{written or abs(value - edge):.3g}"), unit, language)


def _number(value: Any) -> float | None:
    """A number as float; None for anything else."""
    usable = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if usable else None
