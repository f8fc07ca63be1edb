"""One shot: why it was judged as it was, every value against its band, good shots to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Path, Request
from fastapi.responses import HTMLResponse

from api.context import Context, Here, Speaking
from api.explanation import flag_texts, labels, quantity, sentences, summary, units_in_words
from api.good_shots import Beside, beside, problem_text
from api.guarded_route import GuardedRoute
from api.pages import feedback
from api.pages.backing import badge
from api.pages.frame import page
from api.pages.plant_clock import plant_time
from api.pages.shot_values import measured_values, values_table
from api.pages.signs import State, sign
from api.pages.ways import ways
from api.roles import RANK, RANK_IN_SCOPE, needs
from api.words import Language, number, say, variable_name
from core.errors import ModelCorrupt
from inference.nearest_good import Neighbour, effects_of, measured_of

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

_STATES: Mapping[str, State] = {"NG": "ng", "WARN": "warn"}


@router.get("/shots/{identifier:path}", response_class=HTMLResponse)
@needs("viewer")
def shot(
    here: Here, request: Request, language: Speaking, identifier: Annotated[str, Path()]
) -> HTMLResponse:
    """The page of the verdict with this event token, else of the last one of this shot."""
    verdict = here.reader.verdict(identifier)
    if verdict is None:
        if "text/html" not in request.headers.get("accept", ""):
            raise HTTPException(404, f"no verdict of event or shot {identifier!r}")
        return _unknown(identifier, here, language)
    may = bool(request.scope.get(RANK_IN_SCOPE, 0) >= RANK["operator"])
    dialogue = feedback.dialogue(language, named=not request.app.state.keyring.empty) if may else ""
    body = '<link rel="stylesheet" href="/static/shot.css">' + _body(verdict, here, language, may)
    title, links = say("shot", "title", language), ways("/shots", language, here.profile)
    return HTMLResponse(
        page(title, language, summary="", body=body, script="shot.js", beside=dialogue, ways=links)
    )


def _unknown(identifier: str, here: Context, language: Language) -> HTMLResponse:
    """For people who followed an old link or mistyped one: what is not there, and the way home."""
    said = escape(say("shot", "unknown", language, identifier=identifier))
    home = escape(say("coverage", "hall", language))
    body = f'<p class="empty">{said} <a href="/?lang={language}">{home}</a></p>'
    title, links = say("shot", "title", language), ways("/shots", language, here.profile)
    whole = page(title, language, summary="", body=body, script="shot.js", ways=links)
    return HTMLResponse(whole, 404)


def shot_link(verdict: Mapping[str, Any], language: Language) -> str:
    """Address of a verdict's page, not yet escaped for HTML."""
    return f"/shots/{quote(str(verdict['event_token']), safe='')}?lang={language}"


def _body(verdict: Mapping[str, Any], here: Context, language: Language, may: bool) -> str:
    damage = ""
    try:
        found = beside(verdict, here)
    except ModelCorrupt as error:
        found, damage = Beside(None, None, [], None), str(error)
    parts = [
        _head(verdict, here, language),
        _why(verdict, here, language),
        _feedback(verdict, here, language, may),
        _values(verdict, found, here, language),
        _nearest(verdict, found, damage, here, language),
    ]
    return f'<div class="shot">{"".join(parts)}</div>'


def _head(verdict: Mapping[str, Any], here: Context, language: Language) -> str:
    state = _STATES.get(verdict["outcome"], "ok")
    base, tolerance = verdict["base"], verdict["tolerance"]
    version = f"{verdict['model_kind'] or '–'} · {verdict['model_version']}"
    facts = [
        (say("page", "time", language), plant_time(verdict["shot_time"], here.profile, year=True)),
        (say("shot", "lot", language), verdict["lot"] or "–"),
        (say("page", "setting", language), "–" if verdict["cluster"] is None else str(verdict["cluster"])),
        (say("page", "score", language), quantity(verdict["anomaly_score"], "", language)),
        (say("shot", "base", language), quantity(base, "", language)),
        (
            say("page", "limit", language),
            quantity(None if base is None else base + (tolerance or 0.0), "", language),
        ),
        (say("shot", "version", language), version),
        (say("shot", "id", language), verdict["shot_id"]),
    ]
    details = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in facts)
    flags = "".join(f"<li>{escape(text)}</li>" for text in flag_texts(verdict, language))
    flags = f'<ul class="flags">{flags}</ul>' if flags else ""
    return (
        f'<section class="card tile {state}"><div class="head">{sign(state)}<div class="who">'
        f"<h2>{escape(verdict['facility'])}</h2>"
        f'<p class="item">{escape(verdict["item"] or "–")}</p></div></div>'
        f'<p class="said">{escape(summary(verdict, language))}</p>{badge(verdict, language)}{flags}'
        f'<dl class="facts">{details}</dl></section>'
    )


def _why(verdict: Mapping[str, Any], here: Context, language: Language) -> str:
    units, called = units_in_words(here.profile, language), labels(here.profile)
    said = [one["text"] for one in sentences(verdict, units, language, called)]
    if not said:
        return ""
    lines = "".join(f"<li>{escape(text)}</li>" for text in said)
    heading = escape(say("shot", "why", language))
    return f'<section class="card"><h2>{heading}</h2><ol class="said">{lines}</ol></section>'


def _feedback(verdict: Mapping[str, Any], here: Context, language: Language, may: bool) -> str:
    """What people said of the shot, and the button to say something."""
    said = here.reader.last_words([verdict["shot_id"]]).get(verdict["shot_id"])
    outcome = say("outcome", verdict["outcome"], language)
    when = plant_time(verdict["shot_time"], here.profile)
    about = " · ".join((when, verdict["facility"], verdict["item"] or "–", outcome))
    cell = feedback.cell(verdict, said, about, language, may=may)
    heading = escape(say("feedback", "column", language))
    return f'<section class="card"><h2>{heading}</h2><div class="feedback">{cell}</div></section>'


def _values(verdict: Mapping[str, Any], found: Beside, here: Context, language: Language) -> str:
    heading = f"<h2>{escape(say('shot', 'values', language))}</h2>"
    measured = measured_of(verdict)
    bands = _bands(verdict, found, here)
    units = units_in_words(here.profile, language)
    rows = measured_values(verdict, measured, effects_of(verdict), bands, units)
    note = "" if measured else f'<p class="note">{escape(say("shot", "no_values", language))}</p>'
    table = values_table(rows, language, labels(here.profile)) if rows else ""
    return f'<section class="card">{heading}{note}{table}</section>'


def _bands(
    verdict: Mapping[str, Any], found: Beside, here: Context
) -> dict[str, tuple[float | None, float | None]]:
    """Normal bands of the group that judged: as its version keeps them, else of the one in use."""
    if found.group is not None:
        low, high = found.group.band_low.tolist(), found.group.band_high.tolist()
        return dict(zip(found.group.names, zip(low, high, strict=True), strict=True))
    plant = here.catalog.plant
    if plant is None or found.label is None or here.catalog.version != verdict["model_version"]:
        return {}
    for model in plant.models:
        if "|".join(map(str, model.key[1:])) == found.label:
            pairs = zip(model.band_low.tolist(), model.band_high.tolist(), strict=True)
            return dict(zip(plant.production_names, pairs, strict=True))
    return {}


def _nearest(
    verdict: Mapping[str, Any], found: Beside, damage: str, here: Context, language: Language
) -> str:
    heading = f"<h2>{escape(say('shot', 'nearest', language))}</h2>"
    why = problem_text(found, verdict, language)
    if damage:
        inner = f'<p class="note" lang="en">{escape(damage)}</p>'
    elif why is not None:
        inner = f'<p class="note">{escape(why)}</p>'
    else:
        shots = "".join(_good(one, here, language) for one in found.nearest)
        inner = f'<div class="good">{shots}</div>'
    return f'<section class="card">{heading}{inner}</section>'


def _good(one: Neighbour, here: Context, language: Language) -> str:
    units, called = units_in_words(here.profile, language), labels(here.profile)
    distance = say("shot", "distance", language, distance=number(float(f"{one.distance:.2g}"), language))
    head = "".join(
        f'<th scope="col">{escape(say("shot", name, language))}</th>'
        for name in ("variable", "here", "there")
    )
    rows = "".join(
        f'<tr><th scope="row">'
        f"{escape(variable_name(differs.variable, language, called.get(differs.variable, '')))}"
        f"</th><td>{escape(quantity(differs.value, units.get(differs.variable, ''), language))}</td>"
        f"<td>{escape(quantity(differs.good, units.get(differs.variable, ''), language))}</td></tr>"
        for differs in one.differs
    )
    return (
        f"<article><h3>{escape(one.shot_id)}</h3>"
        f'<p class="note">{escape(plant_time(one.time, here.profile, year=True))} · {escape(distance)}</p>'
        f'<table class="differs"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></article>'
    )
