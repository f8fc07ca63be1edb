"""One facility of the machine hall as a tile.

Grey says all is well; colour is kept for what is not (ISA-101), and each state has a
sign and words of its own, so that nobody needs to see colours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from api.explanation import labels, sentences, units_in_words
from api.pages.backing import badge, stand_in
from api.pages.signs import State, sign
from api.words import Language, number, say
from core.profile import Profile, WarmUpRule
from inference.store.reader import TrendPoint
from inference.warm_up import longest_pause

IDLE_AFTER_MS = 15 * 60 * 1000
"""A facility without a verdict for this long is shown as idle."""
RECENT_SHOTS = 100
_BARS = 60
_CEILING = 1.5  # the trend's upper edge, in limits


def facility_state(latest: Mapping[str, Any], trend: Sequence[TrendPoint], now: int) -> State:
    """What the tile shows: what needs somebody comes first.

    A warning of a substitute model is no alarm: under a setting that was never trained
    it is the ordinary answer, and a hall full of alarms says nothing. Nor is its OK that
    of an own model: it never shows as one.
    """
    if now - latest["judged_at"] > IDLE_AFTER_MS:
        return "idle"
    if latest["outcome"] == "NG":
        return "ng"
    had_ng = any(point.outcome == "NG" for point in trend)
    if not expected(latest["outcome"], latest["route"]):
        return "warn"
    if latest["outcome"] == "WARN":
        return "recent" if had_ng else "substitute"
    if latest["route"] == "limits":
        return "not_covered"
    if latest["route"] != "trained":
        return "recent" if had_ng else "substitute"
    if "warm_up" in latest["flags"]:
        return "warming_up"
    return "recent" if had_ng else "ok"


def tile(
    latest: Mapping[str, Any], trend: Sequence[TrendPoint], now: int, profile: Profile, language: Language
) -> str:
    """The tile's HTML. `trend` is oldest first, `now` ms since 1970 UTC."""
    state = facility_state(latest, trend, now)
    named = say("state", state, language)
    if state == "warming_up":
        made, shots = warm_up_shots(trend, profile.warm_up), profile.warm_up.shots
        named = say("page", "warming_up", language, n=made, shots=shots)
    if state in ("ng", "warn"):
        said = [
            one["text"]
            for one in sentences(latest, units_in_words(profile, language), language, labels(profile))[:2]
        ]
    else:
        said = stand_in(latest, language)
    why = "".join(f"<li>{escape(text)}</li>" for text in said)
    details = [
        (say("page", "setting", language), "–" if latest["cluster"] is None else str(latest["cluster"])),
        (say("page", "score", language), _quantity(latest["anomaly_score"], language)),
        (say("page", "limit", language), _quantity(_limit(latest["base"], latest["tolerance"]), language)),
    ]
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in details)
    return (
        f'<li class="tile {state}"><div class="head">{sign(state)}<div class="who">'
        f'<h2>{escape(latest["facility"])}</h2><p class="item">{escape(latest["item"] or "–")}</p></div>'
        f'<p class="age">{escape(age(now - latest["judged_at"], language))}</p></div>'
        f'<p class="state">{escape(named)}</p>{badge(latest, language)}'
        f'<ul class="why">{why}</ul>{chart(trend[-_BARS:], language)}<dl>{facts}</dl></li>'
    )


def warm_up_shots(trend: Sequence[TrendPoint], rule: WarmUpRule) -> int:
    """How many shots the warm-up has had that the last shot of the trend stands in."""
    pause, made = longest_pause(rule), 0
    later: int | None = None
    for point in reversed(trend):
        silent = later is not None and point.shot_time is not None and later - point.shot_time > pause
        if silent or not point.warming_up:
            break
        made, later = made + 1, point.shot_time
        if point.changed_over:
            break
    return min(made, rule.shots)


def expected(outcome: str, route: str) -> bool:
    """Whether a verdict needs nobody: OK, or a substitute's warning.

    >>> expected("WARN", "nearest"), expected("NG", "nearest"), expected("WARN", "trained")
    (True, False, False)
    """
    return outcome == "OK" or (outcome == "WARN" and route == "nearest")


def chart(trend: Sequence[TrendPoint], language: Language) -> str:
    """The last shots as bars against the limit, the newest at the right."""
    bars = []
    for place, point in enumerate(trend, start=_BARS - len(trend)):
        limit = _limit(point.base, point.tolerance)
        if point.anomaly_score is None or not limit or limit <= 0:
            share = 0.0
        else:
            share = min(max(point.anomaly_score / limit, 0.0), _CEILING) / _CEILING
        height = max(round(36 * share, 1), 1.5)
        kind = "ok" if expected(point.outcome, point.route) else point.outcome.lower()
        bars.append(
            f'<rect class="{kind}" x="{place * 5}" y="{40 - height:.1f}" width="3.6" height="{height}"/>'
        )
    ng = sum(point.outcome == "NG" for point in trend)
    warn = sum(point.outcome == "WARN" for point in trend)
    label = say("page", "trend", language, n=len(trend), ng=ng, warn=warn)
    limited = any(point.base is not None for point in trend)
    line = f'<path class="limit" d="M0 {40 - 36 / _CEILING}H{_BARS * 5}"/>' if limited else ""
    return (
        f'<svg class="trend" viewBox="0 0 {_BARS * 5} 42" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(label)}"><title>{escape(label)}</title>{"".join(bars)}'
        f"{line}</svg>"
    )


def age(ms: int, language: Language) -> str:
    """How long ago, in the largest unit that fits.

    >>> age(95_000, "en")
    '1 min ago'
    """
    seconds = max(ms // 1000, 0)
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return say("page", f"ago_{unit}", language, n=seconds // size)
    return say("page", "ago_s", language, n=seconds)


def _limit(base: float | None, tolerance: float | None) -> float | None:
    return None if base is None else base + (tolerance or 0.0)


def _quantity(value: float | None, language: Language) -> str:
    return "–" if value is None else number(value, language)
