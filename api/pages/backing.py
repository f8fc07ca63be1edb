"""Who stands behind a verdict when it is not the group's own model: a badge with sign and words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from typing import Any

from api.pages.signs import sign
from api.words import Language, number, say


def badge(verdict: Mapping[str, Any], language: Language) -> str:
    """The badge as HTML; empty for a verdict of the group's own model.

    Whatever route a verdict took, an outcome without the badge means an own model.
    """
    if verdict["route"] == "trained":
        return ""
    if verdict["route"] == "limits":
        return _pill("limits", say("badge", "limits", language), "")
    words = say("badge", "substitute", language)
    distance = verdict["distance"]
    if distance is not None and math.isfinite(distance):
        # Two digits: it is compared at a glance, not read.
        words += " · " + say(
            "badge", "distance", language, distance=number(float(f"{distance:.2g}"), language)
        )
    return _pill("substitute", words, " ".join(stand_in(verdict, language)))


def stand_in(verdict: Mapping[str, Any], language: Language) -> list[str]:
    """Whose model stood in, or that none did, as one sentence; none beside an own model.

    `substitute` of a verdict is ``facility|item|cluster``; another text is shown as it is.
    """
    if verdict["route"] == "limits" and verdict["outcome"] == "OK":
        return [say("badge", "limits_kept", language)]
    label = verdict["substitute"]
    if not label:
        return []
    parts = str(label).split("|")
    name = str(label)
    if len(parts) == 3:
        name = say("badge", "group", language, facility=parts[0], item=parts[1], cluster=parts[2])
    return [say("badge", "stands_in", language, name=name)]


def _pill(kind: str, words: str, title: str) -> str:
    more = f' title="{escape(title)}"' if title else ""
    shape = sign("substitute" if kind == "substitute" else "not_covered")
    return f'<p class="badge {kind}"{more}>{shape}{escape(words)}</p>'
