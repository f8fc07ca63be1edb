"""Who stands behind a verdict when it is not the group's own model: a badge with sign and words."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from api.explanation import distance_text, stand_in_text
from api.pages.signs import sign
from api.words import Language, say


def badge(verdict: Mapping[str, Any], language: Language) -> str:
    """The badge as HTML; empty for a verdict of the group's own model.

    Whatever route a verdict took, an outcome without the badge means an own model.
    """
    if verdict["route"] == "trained":
        return ""
    if verdict["route"] == "limits":
        return _pill("limits", say("badge", "limits", language), "")
    words = say("badge", "substitute", language)
    far = distance_text(verdict, language)
    if far:
        words += f" · {far}"
    return _pill("substitute", words, " ".join(stand_in(verdict, language)))


def stand_in(verdict: Mapping[str, Any], language: Language) -> list[str]:
    """Whose model stood in, or that none did, as one sentence; none beside an own model."""
    if verdict["route"] == "limits" and verdict["outcome"] == "OK":
        return [say("badge", "limits_kept", language)]
    said = stand_in_text(verdict, language)
    return [said] if said else []


def _pill(kind: str, words: str, title: str) -> str:
    more = f' title="{escape(title)}"' if title else ""
    shape = sign("substitute" if kind == "substitute" else "not_covered")
    return f'<p class="badge {kind}"{more}>{shape}{escape(words)}</p>'
