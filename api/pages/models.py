"""The models page: whether to train again, which groups moved, and what a challenger would change."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from api.context import Context, Here, Speaking
from api.coverage_words import counted, share
from api.drift_words import group_texts, proposal_texts
from api.guarded_route import GuardedRoute
from api.pages.frame import page
from api.pages.notices import command_in_words
from api.pages.ways import ways
from api.roles import needs
from api.routes.challenger import trial
from api.routes.drift import found_drift
from api.words import Language, say
from core.errors import ModelNotFound, StoreUnavailable
from models.registry import Registry

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

ROWS = 100
"""Groups of a table."""
_STYLE = '<link rel="stylesheet" href="/static/coverage.css">'


@router.get("/models", response_class=HTMLResponse)
@needs("viewer")
def models(here: Here, language: Speaking) -> HTMLResponse:
    """The whole page; it shows what needs a person, and says so where nothing does."""
    try:
        body = _STYLE + _drift(here, language) + _challenger(here, language)
    except ModelNotFound:
        body = f'<p class="empty">{command_in_words(say("next", "no_model", language))}</p>'
    except StoreUnavailable:
        step = command_in_words(say("next", "no_store", language))
        body = f'<p class="empty">{escape(say("page", "no_store", language))} {step}</p>'
    title = say("drift", "title", language)
    links = ways("/models", language, here.profile)
    return HTMLResponse(page(title, language, summary="", body=body, script="coverage.js", ways=links))


def _drift(here: Context, language: Language) -> str:
    _, found = found_drift(here)
    groups = found.groups()
    proposal = found.proposal(here.clock())
    first, *reasons = proposal_texts(proposal, language)
    said = "".join(f"<li>{escape(text)}</li>" for text in reasons)
    known = sum(group["status"] in ("steady", "moved") for group in groups)
    facts = say("drift", "facts", language, known=counted(known), n=counted(len(groups)))
    if groups and all(group["status"] == "no_reference" for group in groups):
        facts = say("drift", "no_reference", language)
    moved = [group for group in groups if group["status"] == "moved"][:ROWS]
    rows = "".join(
        _row([_name(group), *_list(group_texts(group, language)), counted(group["lots"])]) for group in moved
    )
    names = [
        say("page", "facility", language),
        say("drift", "moved", language),
        say("drift", "lots", language),
    ]
    return (
        f'<h2 class="section">{escape(say("drift", "heading", language))}</h2>'
        f'<p class="facts"><b>{command_in_words(first)}</b></p><ul class="facts">{said}</ul>'
        f'<p class="facts">{escape(facts)}</p>{_table(names, rows) if rows else ""}'
    )


def _challenger(here: Context, language: Language) -> str:
    heading = f'<h2 class="section">{escape(say("challenger", "heading", language))}</h2>'
    found = trial(Registry(here.config.registry), here.reader, here.catalog.version, language)
    if found["state"] == "none":
        text = found["reason"] or say("challenger", "none", language)
        return f'{heading}<p class="facts">{command_in_words(text)}</p>'
    who = say("challenger", "who", language, challenger=found["challenger"], champion=found["champion"])
    said = [escape(who)]
    if found["state"] == "dropped":
        said.append(f"<b>{escape(say('challenger', 'dropped', language, reason=found['reason']))}</b>")
    said.append(escape(found["text"]))
    whole = found["whole"]
    if whole["shots"]:
        said.append(escape(_shares(whole, language)))
        named = found["challenger_alone"]["said"]["false_alarm"], found["challenger_alone"]["said"]["confirm"]
        if any(named):
            said.append(
                escape(
                    say("challenger", "said", language, false=counted(named[0]), confirm=counted(named[1]))
                )
            )
    if found["skipped"]:
        said.append(escape(say("challenger", "skipped", language, n=counted(found["skipped"]))))
    paragraphs = "".join(f'<p class="facts">{text}</p>' for text in said)
    differing = [g for g in found["groups"] if g["champion_alone"] + g["challenger_alone"]][:ROWS]
    rows = "".join(
        _row(
            [
                _name(group),
                *(counted(group[name]) for name in ("shots", "champion_alone", "challenger_alone")),
            ]
        )
        for group in differing
    )
    keys = ("shots", "champion_alone", "challenger_alone")
    names = [say("page", "facility", language), *(say("challenger", key, language) for key in keys)]
    return f"{heading}{paragraphs}{_table(names, rows) if rows else ''}"


def _shares(whole: Mapping[str, Any], language: Language) -> str:
    def text(of: Mapping[str, float]) -> str:
        value, low, high = (share(of[name], language) for name in ("share", "low", "high"))
        return f"{value} ({low} … {high})"

    mine, other = text(whole["champion_share"]), text(whole["challenger_share"])
    return say("challenger", "shares", language, champion=mine, challenger=other)


def _name(group: Mapping[str, Any]) -> str:
    parts = (group["facility"], group["item"] or "–", group["cluster"])
    return escape(" · ".join("–" if part is None else str(part) for part in parts))


def _list(texts: list[str]) -> list[str]:
    return ["<ul>" + "".join(f"<li>{escape(text)}</li>" for text in texts) + "</ul>"]


def _row(cells: list[str]) -> str:
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(names: list[str], rows: str) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
