"""What happened and is not over: lines above the machines, none while all is well."""

from __future__ import annotations

from html import escape

from api.context import Context
from api.words import Language, say
from core.errors import StoreUnavailable
from inference.consumer.states import State

_ORDINARY: frozenset[State] = frozenset(
    {"streaming", "opening", "loading", "connecting", "draining", "stopped"}
)
"""States that come and go by themselves, or are said by the end of the service."""


def notices(here: Context, language: Language) -> str:
    """The list as HTML; empty where there is nothing to say."""
    lines = []
    state = here.status().state
    if state not in _ORDINARY:
        lines.append(escape(say("consumer", state, language)))
    try:
        newest, _ = here.reader.gaps(1)
        letters = here.reader.dead_letter_count()
    except StoreUnavailable:
        newest, letters = [], 0  # the page says below that nothing can be read
    for gap in newest:
        if gap["closed_at"] is None:
            words = say("page", "gap_open", language, seen=gap["seen"], judged=gap["judged"])
            lines.append(f'<a href="/api/v1/gaps">{escape(words)}</a>')
    if letters:
        words = say("page", "letters_open", language, n=letters)
        lines.append(f'<a href="/api/v1/dead-letters?state=open">{escape(words)}</a>')
    return f'<ul class="notices">{"".join(f"<li>{line}</li>" for line in lines)}</ul>' if lines else ""
