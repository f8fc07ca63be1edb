"""The coverage page: it answers where the plant is blind, and what would mend it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from api.context import Context, Here, Speaking
from api.coverage_words import backing_text, counted, missing_text, setting_text, share
from api.guarded_route import GuardedRoute
from api.pages.coverage_matrix import matrix, shape
from api.pages.frame import page
from api.pages.notices import command_in_words
from api.pages.plant_clock import plant_time
from api.pages.tile import age
from api.pages.ways import ways
from api.roles import needs
from api.routes.coverage import Surveyed, chosen, following, place, survey
from api.routes.verdicts import Text
from api.words import Language, say
from core.errors import ModelNotFound
from inference.coverage import STATUSES, Cell, Status, trained_at

router = APIRouter(include_in_schema=False, route_class=GuardedRoute)

ROWS = 200
"""Rows of the table; the picture shows all."""
_STYLE = '<link rel="stylesheet" href="/static/coverage.css">'


@router.get("/coverage", response_class=HTMLResponse)
@needs("viewer")
def coverage(
    here: Here,
    language: Speaking,
    maker: Text = None,
    facility: Text = None,
    item: Text = None,
    status: Annotated[Status | None, Query()] = None,
    cursor: Text = None,
) -> HTMLResponse:
    """The whole page; its filters are links."""
    title = say("coverage", "title", language)
    until, offset = place(cursor)
    try:
        found = survey(here, until)
    except ModelNotFound:
        text = command_in_words(say("next", "no_model", language))
        body = f'{_STYLE}<p class="empty">{text}</p>'
        return _page(title, here, language, "", body)
    wanted = {"maker": maker, "facility": facility, "item": item, "status": status}
    given = {name: value for name, value in wanted.items() if value is not None}
    kept = chosen(found.cells, **given)
    body = (
        f"{_STYLE}{_facts(found, here, language)}{_legend(found.cells, given, language)}"
        f"{matrix(kept, here.profile, language)}"
        f"{_table(kept[offset : offset + ROWS], here, language)}"
    )
    if offset + ROWS < len(kept):
        more = given | {"cursor": following(found.live, offset + ROWS)}
        words = say("coverage", "more", language, n=min(ROWS, len(kept) - offset - ROWS))
        body += f'<p class="pages"><a href="{_link(more, language)}" rel="next">{escape(words)}</a></p>'
    summary = _summary(found, here, language)
    return _page(title, here, language, summary, body)


def _page(title: str, here: Context, language: Language, summary: str, body: str) -> HTMLResponse:
    links = ways("/coverage", language, here.profile)
    return HTMLResponse(page(title, language, summary=summary, body=body, script="coverage.js", ways=links))


def _summary(found: Surveyed, here: Context, language: Language) -> str:
    said = [say("coverage", "version", language, version=found.version)]
    moment = trained_at(found.version)
    if moment is not None:
        said.insert(0, say("coverage", "trained", language, age=age(here.clock() - moment, language)))
    return f"<span>{escape(' · '.join(said))}</span>"


def _facts(found: Surveyed, here: Context, language: Language) -> str:
    """Which verdicts are counted."""
    live = found.live
    if live is None:
        text = say("coverage", "no_live", language)
    elif live.since is None:
        text = say("coverage", "none_live", language)
    else:
        at = plant_time(live.since, here.profile, year=True)
        text = say("coverage", "counted", language, n=counted(live.last - live.first + 1), at=at)
    return f'<p class="facts">{escape(text)}</p>'


def _legend(found: list[Cell], given: Mapping[str, str], language: Language) -> str:
    """Every status with its sign and how many there are; each is a filter."""
    numbers = Counter(cell.status for cell in found)
    entries = []
    for status in STATUSES:
        if status in numbers:
            here = ' aria-current="true"' if given.get("status") == status else ""
            words = f"<b>{counted(numbers[status])}</b> {escape(say('covered', status, language))}"
            link = _link({**given, "status": status}, language)
            entries.append(f'<li><a href="{link}"{here}>{shape(status, 0.5)}{words}</a></li>')
    blind = [cell.blind for cell in found if cell.blind > 0]
    if blind:
        said = say("coverage", "ring", language, shots=counted(sum(blind)))
        words = f"<b>{counted(len(blind))}</b> {escape(said)}"
        entries.append(f'<li class="ring"><span>{shape(None, 0, ring=True)}{words}</span></li>')
    if given:
        kept = " · ".join(value for name, value in given.items() if name != "status")
        named = f"{escape(kept)} " if kept else ""
        words = escape(say("coverage", "all", language))
        entries.append(f'<li class="all">{named}<a href="{_link({}, language)}">{words}</a></li>')
    return f'<ul class="covered">{"".join(entries)}</ul>'


def _table(shown: list[Cell], here: Context, language: Language) -> str:
    heading = f'<h2 class="section">{escape(say("coverage", "rows", language))}</h2>'
    if not shown:
        return f'{heading}<p class="empty">{escape(say("coverage", "none", language))}</p>'
    names = [say("page", name, language) for name in ("facility", "item", "setting")]
    names += [say("coverage", name, language) for name in ("status", "missing", "blind", "live", "backing")]
    names.append(say("coverage", "history", language))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in names)
    rows = "".join(_row(cell, here, language, names) for cell in shown)
    return f'{heading}<table class="groups"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def _row(cell: Cell, here: Context, language: Language, names: list[str]) -> str:
    maker = cell.key.maker or say("coverage", "no_maker", language)
    item = cell.key.item or say("coverage", "no_item", language)
    press = _filter({"facility": cell.key.facility}, cell.key.facility, language)
    by = _filter({"maker": cell.key.maker}, maker, language)
    ring = cell.blind > 0
    history = ""
    if cell.history is not None:
        said = {"shots": counted(cell.history.rows), "lots": counted(cell.history.lots)}
        history = say("coverage", "history_said", language, **said)
        if cell.history.good + cell.history.bad:
            history += f", {share(cell.history.defect_rate, language)} NG"
    old = ""
    if cell.last is not None:
        words = say("coverage", "up_to", language, age=age(here.clock() - cell.last, language))
        old = f' <span class="old">{escape(words)}</span>'
    status = escape(say("covered", cell.status, language))
    lacks = "–" if cell.missing.lack == "nothing" else missing_text(cell, here.profile, language)
    values = [
        f'{press} <span class="by">{by}</span>',
        _filter({"item": cell.key.item}, item, language),
        escape(setting_text(cell, language)),
        f"{shape(cell.status, filling(cell, here), ring=ring)}{status}",
        command_in_words(lacks),
        f"<b>{counted(cell.blind)}</b>" if ring else "0",
        counted(cell.live_shots),
        escape(backing_text(cell, language)),
        f"{escape(history) or '–'}{old}",
    ]
    kinds = ("machine", "item", "setting", "status", "lacks", "number", "number", "backing", "history")
    tds = "".join(
        f'<td class="{kind}" data-name="{escape(name)}"><div>{value}</div></td>'
        for kind, name, value in zip(kinds, names, values, strict=True)
    )
    return f"<tr{' class=blind' if ring else ''}>{tds}</tr>"


def filling(cell: Cell, here: Context) -> float:
    """How much of the shots a model needs is there, 0 to 1."""
    there = (cell.history.rows if cell.history is not None else 0) + cell.live_later
    return min(there / max(here.profile.selection.min_shots, 1), 1.0)


def _filter(given: Mapping[str, str | None], text: str, language: Language) -> str:
    """`text` as a link to the groups like that; as it is where a record named nothing."""
    wanted = {name: value for name, value in given.items() if value is not None}
    return f'<a href="{_link(wanted, language)}">{escape(text)}</a>' if wanted else escape(text)


def _link(given: Mapping[str, str], language: Language) -> str:
    return escape(f"/coverage?{urlencode({'lang': language, **given})}")
