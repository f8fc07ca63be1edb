"""The state of a facility as a sign: a shape of its own, so that nobody needs to see colours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

State = Literal["ng", "warn", "recent", "ok", "substitute", "warming_up", "not_covered", "idle"]

# Each state's sign, drawn in a 24 x 24 box.
_SIGNS: Mapping[State, str] = {
    "ng": '<path d="M8 2h8l6 6v8l-6 6H8l-6-6V8z"/><path class="in" d="M8 8l8 8M16 8l-8 8"/>',
    "warn": '<path d="M12 2l11 20H1z"/><path class="in" d="M12 9v6M12 18v1"/>',
    "recent": '<path class="line" d="M12 3l10 18H2z"/><path class="line" d="M12 10v5M12 17.5v.5"/>',
    "ok": '<path class="line" d="M4 13l5 5L20 7"/>',
    "substitute": '<path class="line" d="M3 9c3-4 6-4 9 0s6 4 9 0M3 16c3-4 6-4 9 0s6 4 9 0"/>',
    "warming_up": '<circle class="line" cx="12" cy="12" r="9"/><path class="line" d="M12 7v5l4 2"/>',
    "not_covered": '<circle class="line dash" cx="12" cy="12" r="9"/>'
    '<path class="line" d="M9 10a3 3 0 1 1 3 3v1.5M12 17v.5"/>',
    "idle": '<path class="line" d="M8 6v12M16 6v12"/>',
}


def sign(state: State) -> str:
    """The state's sign as SVG; the words beside it say the same, so it is hidden from readers."""
    return f'<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">{_SIGNS[state]}</svg>'
