"""Feedback where a flagged shot is seen: its last word and a button, and the one dialogue all share.

The dialogue stands outside what the page exchanges every two seconds, so that a refresh takes
nothing away from whoever is writing.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from api.feedback_rows import MEANS
from api.words import Language, say
from core.judgement import JUDGEMENTS, Judgement

# Each judgement's sign, drawn in a 24 x 24 box: told apart by shape alone.
_SIGNS: Mapping[Judgement, str] = {
    "confirm": '<path d="M5 5l14 14M19 5L5 19"/>',
    "false_alarm": '<path d="M4 13l5 5L20 7"/>',
    "unsure": '<path d="M8.5 9a3.5 3.5 0 1 1 3.5 3.5V15M12 19v.5"/>',
}
# What is no answer to an alarm, because there was none.
_UNFLAGGED: Mapping[Judgement, str] = {"confirm": "missed", "false_alarm": "good"}


def cell(
    verdict: Mapping[str, Any],
    last_word: Mapping[str, Any] | None,
    about: str,
    language: Language,
    *,
    may: bool,
) -> str:
    """What was said of a shot, and the button to say something.

    Parameters
    ----------
    verdict : mapping
    last_word : mapping or None
        The feedback that counts, see `inference.store.feedback.Feedback`; None: nobody said anything.
    about : str
        The shot in words: when, where, what.
    language : {"en", "ko", "ru"}
    may : bool
        Whether whoever reads the page may give feedback.
    """
    shown = "" if last_word is None else _word(last_word, language)
    if not may:
        return shown or "–"
    words = say("feedback", "give" if last_word is None else "change", language)
    given = (
        ("class", "give"),
        ("type", "button"),
        ("data-outcome", verdict["outcome"]),
        ("data-token", verdict["event_token"]),
        ("data-about", about),
        ("aria-label", f"{words}: {about}"),
        ("aria-haspopup", "dialog"),
    )
    attributes = "".join(f' {name}="{escape(str(value))}"' for name, value in given)
    return f"{shown}<button{attributes}>{escape(words)}</button>"


def dialogue(language: Language, *, named: bool) -> str:
    """The dialogue, with its script and style.

    Parameters
    ----------
    language : {"en", "ko", "ru"}
    named : bool
        Whether keys say who it is; else the dialogue asks for a name.
    """

    def words(key: str) -> str:
        return escape(say("feedback", key, language))

    def alarm(judgement: Judgement) -> str:
        """What it says of an alarm; hidden where there was none."""
        if judgement == "unsure":
            return ""
        return f'<span class="alarm">{words(f"{MEANS[judgement]}_alarm")}</span>'

    choices = "".join(
        f'<button type="button" class="choice" data-judgement="{one}">{_sign(one)}<span>{words(MEANS[one])}'
        f"{alarm(one)}</span></button>"
        for one in JUDGEMENTS
    )
    name = "" if named else f'<label>{words("name")}<input id="feedback-who" maxlength="100" /></label>'
    return (
        '<link rel="stylesheet" href="/static/feedback.css">'
        '<dialog id="feedback" aria-labelledby="feedback-title">'
        f'<h2 id="feedback-title">{words("question")}</h2><p id="feedback-about"></p>'
        f'<label>{words("reason")}<textarea id="feedback-reason" rows="2" maxlength="500"></textarea></label>'
        f'{name}<div class="choices">{choices}</div>'
        f'<p id="feedback-problem" role="alert" hidden>{words("not_saved")} <span lang="en"></span></p>'
        f'<button type="button" class="cancel">{words("cancel")}</button></dialog>'
        f'<p id="feedback-saved" role="status" data-saved="{words("saved")}" hidden></p>'
        '<script src="/static/feedback.js" defer></script>'
    )


def _word(last_word: Mapping[str, Any], language: Language) -> str:
    judgement: Judgement = last_word["judgement"]
    key = _UNFLAGGED.get(judgement, judgement) if last_word["outcome"] == "OK" else judgement
    words = escape(say("feedback", key, language))
    reason = f'<span class="said">{escape(last_word["reason"])}</span>' if last_word["reason"] else ""
    return (
        f'<p class="word {judgement}">{_sign(judgement)}<b>{words}</b> '
        f'<span class="who">{escape(last_word["who"])}</span>{reason}</p>'
    )


def _sign(judgement: Judgement) -> str:
    return f'<svg class="mark" viewBox="0 0 24 24" aria-hidden="true">{_SIGNS[judgement]}</svg>'
