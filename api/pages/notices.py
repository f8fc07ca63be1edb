"""What happened and is not over: lines above the machines, none while all is well.

Each says what is going on, what to do about it, and the reason as the service gave it.
"""

from __future__ import annotations

import re
from html import escape

from api.context import Context
from api.pages.signs import sign
from api.words import Language, say
from core.errors import StoreUnavailable
from inference.consumer.states import State
from inference.status import ServiceStatus

_ORDINARY: frozenset[State] = frozenset(
    {"streaming", "opening", "loading", "connecting", "draining", "answering", "stopped"}
)
"""States that come and go by themselves, or are said by the end of the service."""
_GAVE_UP: frozenset[State] = frozenset({"halted", "failed"})
"""States that nothing but an operator ends."""


def notices(here: Context, language: Language) -> str:
    """The list as HTML; empty where there is nothing to say."""
    status = here.status()
    lines = []
    if status.state not in _ORDINARY:
        lines.append(_consumer(status, here, language))
    if status.model_problem:
        refused, step = say("page", "model_refused", language), say("next", "model_refused", language)
        lines.append(_line("", escape(refused), step, status.model_problem))
    try:
        newest, _ = here.reader.gaps(1)
        letters = here.reader.dead_letter_count()
    except StoreUnavailable:
        newest, letters = [], 0  # the page says below that nothing can be read
    for gap in newest:
        if gap["closed_at"] is None:
            words = say("page", "gap_open", language, seen=gap["seen"], judged=gap["judged"])
            lines.append(_line("", f'<a href="/api/v1/gaps">{escape(words)}</a>', "", ""))
    if letters:
        words = say("page", "letters_open", language, n=letters)
        link = f'<a href="/api/v1/dead-letters?state=open">{escape(words)}</a>'
        lines.append(_line("", link, say("next", "letters", language), ""))
    return f'<ul class="notices">{"".join(lines)}</ul>' if lines else ""


def command_in_words(text: str) -> str:
    """A sentence of the catalogue as HTML, what stands between backticks as something to type.

    >>> command_in_words("Run `./sprue doctor`.")
    'Run <code>./sprue doctor</code>.'
    """
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _consumer(status: ServiceStatus, here: Context, language: Language) -> str:
    """What the judging loop does, and the way out of it."""
    without_model = status.state == "paused" and here.catalog.plant is None
    step = say("next", "no_model" if without_model else status.state, language)
    kind = "gave-up" if status.state in _GAVE_UP else ""
    return _line(kind, escape(say("consumer", status.state, language)), step, status.reason)


def _line(kind: str, what: str, step: str, reason: str) -> str:
    """One notice; `what` is HTML, `step` a text of the catalogue, `reason` whatever came."""
    text = f'<span class="what">{what}</span>'
    if step:
        text += f' <span class="next">{command_in_words(step)}</span>'
    if reason:
        # As in the log and in /readyz: in English, whatever the page speaks.
        text += f'<span class="cause" lang="en">{escape(reason)}</span>'
    shape = sign("ng" if kind else "warn")
    return f'<li class="{kind or "waits"}">{shape}<div>{text}</div></li>'
