"""The page of the limit: what it costs now, what another would, and choosing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.context import Context, Here, Speaking
from api.guarded_route import GuardedRoute
from api.pages.frame import page
from api.pages.ways import ways
from api.roles import RANK, RANK_IN_SCOPE, needs
from api.routes.threshold_lab import threshold
from api.words import Language, number, say
from core.errors import ModelNotFound, StoreUnavailable
from inference.store.choices import ThresholdChoice
from inference.threshold_lab.trial import BUDGETS, GAINS

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

_LAST = 10
_PLACES = ("maker", "facility", "item", "cluster")
_SPOKEN = (
    "budget_value", "cv_gain_value", "of", "shots", "left_out", "newest_only", "no_shots", "saved",
    "needs_why", "line_present", "line_tried", "present", "tried", "flags_a_day", "flags", "warns",
    "confirmed", "false_alarms", "precision",
)  # fmt: skip
"""What the script says; it gets the words with the page."""
_PERIODS = (("newest", "days_newest"), ("7", "days_7"), ("1", "days_1"), ("30", "days_30"), ("", "days_all"))


@router.get("/threshold", response_class=HTMLResponse)
@needs("viewer")
def limit_page(here: Here, request: Request, language: Speaking) -> HTMLResponse:
    """The whole page."""
    may = int(request.scope.get(RANK_IN_SCOPE, 0)) >= RANK["admin"]
    named = not request.app.state.keyring.empty
    title = say("threshold", "title", language)
    try:
        now = threshold(here)
        choices, _ = here.reader.threshold_choices(_LAST)
    except ModelNotFound:
        body = f'<p class="empty">{_say("no_model", language)}</p>'
    except StoreUnavailable:
        body = f'<p class="empty">{escape(say("page", "no_store", language))}</p>'
    else:
        body = _body(here, now, choices, language, may=may, named=named)
    links, summary = ways("/threshold", language, here.profile), _summary(here, language)
    return HTMLResponse(page(title, language, summary=summary, body=body, script="threshold.js", ways=links))


def _say(key: str, language: Language, **values: object) -> str:
    return escape(say("threshold", key, language, **values))


def _summary(here: Context, language: Language) -> str:
    number_ = here.status().threshold_choice
    return _say("by_choice", language, n=number_) if number_ else _say("by_profile", language)


def _body(
    here: Context,
    now: Mapping[str, Any],
    choices: list[ThresholdChoice],
    language: Language,
    *,
    may: bool,
    named: bool,
) -> str:
    words = {key: _template(key, language) for key in _SPOKEN}
    rule = dict(now["profile"]) | dict((now["choice"] or {}).get("rule", {}))
    held_out = any(group["held_out"] for group in now["groups"])
    about = {
        "words": words,
        "newest": _newest(here),
        "steps": {"budget": BUDGETS, "cv_gain": GAINS},
        "rule": (now["choice"] or {}).get("rule", {}),
        "knob": "budget" if held_out and rule["rule"] == "budget" else "cv_gain",
        "value": {"budget": rule["budget"], "cv_gain": rule["cv_gain"]},
    }
    return (
        '<link rel="stylesheet" href="/static/threshold.css">'
        f'<div class="limit" id="limit" data-about="{escape(json.dumps(about, ensure_ascii=False))}">'
        f"{_knobs(language, held_out)}{_figures(language)}</div>"
        f"{_setting(language, named) if may else ''}"
        f"{_history(here, choices, language)}{_groups(now, language)}"
    )


def _newest(here: Context) -> int:
    """When the newest shot was made, ms since 1970 UTC; now, where none tells.

    A press with a wrong clock may have made shots of tomorrow: they are not asked.
    """
    now = here.clock()
    times = [one["shot_time"] for one in here.reader.latest()]
    return max((made for made in times if made is not None and made <= now), default=now)


def _template(key: str, language: Language) -> str:
    """A text with its places left open, for the script to fill."""
    names = {name: f"{{{name}}}" for name in ("n", "k", "days")}
    return say("threshold", key, language, **names)


def _knobs(language: Language, held_out: bool) -> str:
    options = "".join(f'<option value="{v}">{_say(key, language)}</option>' for v, key in _PERIODS)
    closed = "" if held_out else " disabled"
    note = "" if held_out else f'<p class="note">{_say("budget_refused", language)}</p>'
    return (
        f'<section class="panel"><fieldset><legend>{_say("knob", language)}</legend>'
        f'<label><input type="radio" name="knob" value="budget"{closed}> {_say("budget", language)}</label>'
        f'<label><input type="radio" name="knob" value="cv_gain"> {_say("cv_gain", language)}</label>'
        "</fieldset>"
        f'{note}<label for="slide" id="value" class="value">–</label>'
        f'<input type="range" id="slide" min="0" max="{len(BUDGETS) - 1}" step="1">'
        f'<label class="period">{_say("period", language)} <select id="period">{options}</select></label>'
        '<p id="told" class="told" role="status"></p>'
        '<table class="numbers"><thead><tr><th scope="col"></th>'
        f'<th scope="col">{_say("present", language)}</th><th scope="col">{_say("tried", language)}</th>'
        "</tr></thead>"
        '<tbody id="numbers"></tbody></table></section>'
    )


def _figures(language: Language) -> str:
    legend = "".join(
        f'<li class="{name}"><i></i>{_say(name, language)}</li>' for name in ("unknown", "good", "bad")
    )
    lines = "".join(
        f'<li class="{name}"><i></i>{_say(name, language)}</li>' for name in ("line_present", "line_tried")
    )
    return (
        f'<section class="panel"><h2>{_say("histogram", language)}</h2>'
        f'<svg id="histogram" role="img" aria-label="{_say("histogram", language)}" viewBox="0 0 800 430">'
        "</svg>"
        f'<ul class="legend">{legend}{lines}</ul></section>'
    )


def _setting(language: Language, named: bool) -> str:
    who = "" if named else f'<label>{_say("who", language)} <input id="who" maxlength="100"></label>'
    return (
        f'<section class="panel setting"><label class="why">{_say("why", language)} '
        f'<input id="why" maxlength="500"></label>{who}'
        f'<button type="button" id="set">{_say("set", language)}</button>'
        f'<button type="button" id="clear">{_say("clear", language)}</button>'
        '<p id="outcome" role="status"></p></section>'
    )


def _history(here: Context, choices: list[ThresholdChoice], language: Language) -> str:
    heading = f'<h2 class="section">{_say("choices", language)}</h2>'
    if not choices:
        return f'{heading}<p class="empty">{_say("nobody", language)}</p>'
    head = "".join(
        f'<th scope="col">{_say(key, language)}</th>' for key in ("number", "when", "by_whom", "why", "rule")
    )
    rows = "".join(
        f'<tr><td>{one.id}</td><td class="time">{escape(_when(here, one.at_ms))}</td>'
        f"<td>{escape(one.who)}</td><td>{escape(one.why)}</td>"
        f"<td>{escape(_rule_text(one.rule, language))}</td></tr>"
        for one in choices
    )
    return f'{heading}<table class="choices"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _rule_text(rule: Mapping[str, Any], language: Language) -> str:
    """A rule in a few words; what the page cannot turn as it is stored."""
    if not rule:
        return say("threshold", "clear", language)
    told = dict(rule)
    places = told.pop("overrides", [])
    texts = [_values_text(told, language)] if told else []
    for one in places:
        names = " · ".join(str(one[name]) for name in _PLACES if name in one)
        values = {name: value for name, value in one.items() if name not in _PLACES}
        texts.append(f"{names}: {_values_text(values, language)}")
    return "; ".join(texts)


def _values_text(values: Mapping[str, Any], language: Language) -> str:
    told = dict(values)
    texts = []
    for knob in ("budget", "cv_gain"):
        if knob in told and told.get("rule", knob) != ("cv" if knob == "budget" else "budget"):
            value = number(told.pop(knob), language)
            texts.append(say("threshold", f"{knob}_value", language, n=value))
    told.pop("rule", None)
    return ", ".join([*texts, *(f"{name} {value}" for name, value in told.items())])


def _groups(now: Mapping[str, Any], language: Language) -> str:
    head = "".join(
        f'<th scope="col">{_say(key, language)}</th>' for key in ("group", "origin", "limit", "expected")
    )
    rows = "".join(_group(group, language) for group in now["groups"])
    return (
        f'<details><summary class="section">{_say("groups", language)}</summary>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _group(group: Mapping[str, Any], language: Language) -> str:
    name = f"{group['facility']} · {group['item']} · {group['cluster']}"
    limit = "–" if group["limit"] is None else number(group["limit"], language)
    expected = "–"
    if group["high"] is not None:
        expected = f"{number(group['low'], language)} … {number(group['high'], language)}"
    return (
        f"<tr><td>{escape(name)}</td><td>{_say('origin_' + group['origin'], language)}</td>"
        f"<td>{limit}</td><td>{expected}</td></tr>"
    )


def _when(here: Context, ms: int) -> str:
    """On the plant's clock."""
    offset = timedelta(milliseconds=ms, minutes=here.profile.lot.utc_offset_minutes)
    return (datetime(1970, 1, 1, tzinfo=UTC) + offset).strftime("%Y-%m-%d %H:%M")
