"""The machine hall: it answers which press needs somebody now."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from api.context import Context, Here, Speaking
from api.explanation import flag_texts, labels, sentences, units_in_words
from api.guarded_route import GuardedRoute
from api.pages import feedback
from api.pages.backing import badge
from api.pages.frame import page
from api.pages.notices import command_in_words, notices
from api.pages.plant_clock import plant_clock, plant_time
from api.pages.shot import shot_link
from api.pages.signs import State, sign
from api.pages.tile import RECENT_SHOTS, expected, facility_state, tile
from api.pages.ways import ways_down
from api.roles import RANK, RANK_IN_SCOPE, needs
from api.routes.status import why_not_ready
from api.words import Language, say
from core.errors import StoreUnavailable
from core.verdict import Outcome
from inference.store.reader import VerdictFilter

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

_ABNORMAL: tuple[Outcome, ...] = ("NG", "WARN")
_RECENT_ROWS = 10
_LOOKED_AT = 200
"""Latest verdicts of an outcome among which the page looks: bounds its cost."""
_ORDER: tuple[State, ...] = (
    "ng", "warn", "recent", "substitute", "warming_up", "not_covered", "ok", "idle",
)  # fmt: skip


@router.get("/", response_class=HTMLResponse)
@needs("viewer")
def hall(here: Here, request: Request, language: Speaking) -> HTMLResponse:
    """The whole page."""
    may = _may(request)
    summary, body = _content(here, language, may)
    beside = feedback.dialogue(language, named=not request.app.state.keyring.empty) if may else ""
    title = say("page", "title", language)
    return HTMLResponse(page(title, language, summary=summary, body=body, script="hall.js", beside=beside))


@router.get("/hall", response_class=HTMLResponse)
@needs("viewer")
def fragment(here: Here, request: Request, language: Speaking) -> HTMLResponse:
    """What changes: the page fetches it every two seconds."""
    summary, body = _content(here, language, _may(request))
    return HTMLResponse(f'<div id="summary">{summary}</div><div id="content">{body}</div>')


def _may(request: Request) -> bool:
    """Whether whoever asks may give feedback."""
    return bool(request.scope.get(RANK_IN_SCOPE, 0) >= RANK["operator"])


def _content(here: Context, language: Language, may: bool) -> tuple[str, str]:
    return _summary(here, language), notices(here, language) + _machines(here, language, may)


def _machines(here: Context, language: Language, may: bool) -> str:
    now = here.clock()
    try:
        latest = here.reader.latest()
        trends = {v["facility"]: here.reader.trend(v["facility"], RECENT_SHOTS) for v in latest}
        recent = _recent(here)
        said = here.reader.last_words([verdict["shot_id"] for verdict in recent])
    except StoreUnavailable:
        step = command_in_words(say("next", "no_store", language))
        return f'<p class="empty">{escape(say("page", "no_store", language))} {step}</p>'
    if not latest:
        why = say("page", "no_stream" if _streamless(here) else "no_verdicts", language)
        empty = f'<p class="empty">{escape(why)}</p>'
        # Predictions need no shot: where they are made, the way to them is there from the first minute.
        return empty + (_ways(here, language) if here.profile.regressors else "")
    states = Counter(facility_state(v, trends[v["facility"]], now) for v in latest)
    tiles = "".join(tile(v, trends[v["facility"]], now, here.profile, language) for v in latest)
    table = _table(recent, said, here, language, may)
    return f'{_counts(states, language)}<ul class="tiles">{tiles}</ul>{_ways(here, language)}{table}'


def _ways(here: Context, language: Language) -> str:
    return f'<p class="way">{ways_down(language, here.profile)}</p>'


def _recent(here: Context) -> list[dict[str, Any]]:
    """The latest verdicts that need somebody, newest first."""
    found = [
        verdict
        for outcome in _ABNORMAL
        for verdict in here.reader.verdicts(VerdictFilter(outcome=outcome), _LOOKED_AT)[0]
        if not expected(verdict["outcome"], verdict["route"])
    ]
    return sorted(found, key=lambda v: -int(v["seq"]))[:_RECENT_ROWS]


def _counts(states: Mapping[State, int], language: Language) -> str:
    """How many machines are in each state: also the legend of the signs."""
    counted = ""
    for state in _ORDER:
        if state in states:
            words = escape(say("state", state, language))
            counted += f'<li class="{state}">{sign(state)}<b>{states[state]}</b> {words}</li>'
    return f'<ul class="counts">{counted}</ul>'


def _summary(here: Context, language: Language) -> str:
    reasons = why_not_ready(here)
    status = here.status()
    if reasons:
        text, detail = escape(say("page", "not_ready", language)), escape("; ".join(reasons))
        health = f'<span class="health bad" title="{detail}">{sign("warn")}{text}</span>'
    elif _streamless(here):
        health = f'<span class="health"><i></i>{escape(say("page", "no_stream", language))}</span>'
    else:
        judged = say("page", "judged", language, n=status.verdicts, at=_started(here))
        health = (
            f'<span class="health"><i></i>{escape(say("page", "live", language))} · {escape(judged)}</span>'
        )
    return health


def _table(
    recent: list[dict[str, Any]],
    said: Mapping[str, Mapping[str, Any]],
    here: Context,
    language: Language,
    may: bool,
) -> str:
    heading = f'<h2 class="section">{escape(say("page", "recent", language))}</h2>'
    if not recent:
        return f'{heading}<p class="empty">{escape(say("page", "none_abnormal", language))}</p>'
    names = ("time", "facility", "item", "outcome", "why")
    head = "".join(f'<th scope="col">{escape(say("page", name, language))}</th>' for name in names)
    head += f'<th scope="col">{escape(say("feedback", "column", language))}</th>'
    rows = "".join(_row(verdict, said.get(verdict["shot_id"]), here, language, may) for verdict in recent)
    return f"{heading}<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _row(
    verdict: Mapping[str, Any],
    said: Mapping[str, Any] | None,
    here: Context,
    language: Language,
    may: bool,
) -> str:
    state: State = "ng" if verdict["outcome"] == "NG" else "warn"
    units, called = units_in_words(here.profile, language), labels(here.profile)
    words = [one["text"] for one in sentences(verdict, units, language, called)[:3]]
    words = words or flag_texts(verdict, language)
    why = "".join(f"<li>{escape(text)}</li>" for text in words)
    link = shot_link(verdict, language)
    when = plant_time(verdict["shot_time"], here.profile)
    outcome = say("outcome", verdict["outcome"], language)
    about = " · ".join((when, verdict["facility"], verdict["item"] or "–", outcome))
    return (
        f'<tr><td class="time">{escape(when)}</td>'
        f'<td class="machine">{escape(verdict["facility"])}</td>'
        f'<td class="item">{escape(verdict["item"] or "–")}</td>'
        f'<td class="outcome"><a class="pill {state}" href="{escape(link)}">{sign(state)}'
        f"{escape(outcome)}</a>{badge(verdict, language)}</td>"
        f'<td class="reasons"><ul>{why}</ul></td>'
        f'<td class="feedback">{feedback.cell(verdict, said, about, language, may=may)}</td></tr>'
    )


def _streamless(here: Context) -> bool:
    """Whether nothing is judged as it is made: the service answers with its model alone."""
    return here.status().state == "answering"


def _started(here: Context) -> str:
    """When the service started, on the plant's clock; with its date once that is not today's."""
    began, now = (plant_clock(ms, here.profile) for ms in (here.started, here.clock()))
    return began.strftime("%H:%M" if began.date() == now.date() else "%m-%d %H:%M")
