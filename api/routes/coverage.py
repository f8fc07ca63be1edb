"""Where a model of its own judges, where another one stands in, and what is missing there."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.context import Context, Here, Speaking
from api.coverage_words import backing_text, missing_text
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.models import finite, trained_plant
from api.routes.verdicts import PAGE_LIMIT, Text, before
from api.times import to_rfc3339
from api.words import Language, say
from core.errors import StoreUnavailable
from core.verdict import Route
from inference.coverage import Cell, Lack, Status, cells, history_end, trained_at
from inference.live_counts import Live
from inference.store.cursor import encode_cursor

router = APIRouter(tags=["models"], route_class=GuardedRoute)

_OFFSET_BITS = 20
"""A cursor holds the verdict counted up to, and the place in the list below that."""


class CoverageOut(BaseModel):
    """One facility-item-setting group."""

    maker: str | None = Field(description="Maker of the machine; null: records name none.", examples=["A"])
    facility: str = Field(description="The press.", examples=["A-03"])
    item: str | None = Field(description="What it molds; null: records name none.", examples=["cap-28"])
    cluster: int | None = Field(
        description="Setting cluster of the maker; null: set values are missing.", examples=[2]
    )
    status: Status = Field(description="Whether it has a model of its own, or why not.", examples=["too_few"])
    status_text: str = Field(description="The same in words.", examples=["Too few shots"])
    kind: str | None = Field(description="Detector, where trained.", examples=["memae"])
    reason: str = Field(description="What training said of it.", examples=["288 shots, fewer than 500"])
    missing: Lack = Field(description="What it lacks.", examples=["shots"])
    missing_shots: int = Field(
        description="How many shots, where `missing` is shots or outside; live ones count.", examples=[212]
    )
    missing_text: str = Field(description="What it lacks, in words.", examples=["212 more shots"])
    rows: int = Field(description="Shots in the history.", examples=[288])
    lots: int = Field(description="Lots in the history.", examples=[3])
    good: int = Field(description="Counted good parts.", examples=[287])
    bad: int = Field(description="Counted bad parts.", examples=[1])
    defect_rate: float | None = Field(
        description="bad / (good + bad), 0-1; null: nothing counted.", examples=[0.0035]
    )
    first: str | None = Field(
        description="First shot of the history, RFC 3339.", examples=["2026-10-01T00:12:04.000Z"]
    )
    last: str | None = Field(
        description="Last shot of the history, RFC 3339.", examples=["2026-11-18T14:59:31.000Z"]
    )
    age_days: float | None = Field(description="Days since that last shot.", examples=[1.7])
    route: Route = Field(description="How a shot at the setting's centre is judged.", examples=["nearest"])
    route_text: str = Field(description="By whom, in words.")
    substitute: str | None = Field(
        description="facility|item|cluster of the model that stands in.", examples=["A-03|cap-28|1"]
    )
    distance: float | None = Field(
        description="How far its setting is, in reference distances: 1 is as far as trained settings "
        "usually are apart.",
        examples=[1.4],
    )
    live: int = Field(description="Recent verdicts of the group.", examples=[96])
    live_trained: int = Field(description="Of these by its own model.", examples=[0])
    live_nearest: int = Field(description="Of these by a substitute.", examples=[96])
    live_limits: int = Field(description="Of these by physical limits alone.", examples=[0])
    live_ng: int = Field(description="Of these NG.", examples=[0])
    live_since_history: int = Field(
        description="Of these made after the newest shot of the history.", examples=[96]
    )
    live_last: str | None = Field(
        description="Newest shot of these, RFC 3339.", examples=["2026-11-20T08:15:30.250Z"]
    )
    live_distance: float | None = Field(
        description="Mean distance of those a substitute judged, in reference distances.", examples=[1.5]
    )


class CountedOut(BaseModel):
    """Which verdicts are the recent ones: the last million or so."""

    first: int = Field(description="Number of the first of them; 0: there are none.", examples=[1])
    last: int = Field(description="Number of the last of them.", examples=[3000])
    since: str | None = Field(
        description="When the first was written, RFC 3339.", examples=["2026-11-20T08:00:01.000Z"]
    )


class CoveragePage(BaseModel):
    """Groups, those with most recent verdicts without a model of their own first."""

    version: str = Field(description="Registry version.", examples=["20261119T230000000Z-1a2b3c4d"])
    trained_at: str | None = Field(
        description="When it was trained, RFC 3339.", examples=["2026-11-19T23:00:00.000Z"]
    )
    language: Language = Field(description="Language of the texts.", examples=["en"])
    groups: dict[str, int] = Field(
        description="Groups of the whole plant by status.", examples=[{"trained": 30}]
    )
    counted: CountedOut = Field(description="Which verdicts `live` counts.")
    coverage: list[CoverageOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page, which is counted as this one; null: the last.",
        examples=[None],
    )


@dataclass(frozen=True, slots=True)
class Surveyed:
    """The whole plant's cells, and what they were counted from; `live` None: no store to read."""

    version: str
    cells: list[Cell]
    live: Live | None


def survey(here: Context, until: int | None = None) -> Surveyed:
    """Join the version that judges with the verdicts up to number `until`.

    Raises
    ------
    ModelNotFound
        Nothing is trained.
    """
    version, plant = trained_plant(here)
    try:
        live = here.reader.live(history_end(plant), until)
    except StoreUnavailable:
        return Surveyed(version, cells(plant, (), here.profile), None)
    return Surveyed(version, cells(plant, live.counts, here.profile), live)


@router.get("/coverage", response_model=CoveragePage, responses=problem_responses(422, 503))
@needs("viewer")
def coverage(
    here: Here,
    language: Speaking,
    maker: Annotated[Text, Query(description="Only this maker.", examples=["A"])] = None,
    facility: Annotated[Text, Query(description="Only this press.", examples=["A-03"])] = None,
    item: Annotated[Text, Query(description="Only this item.", examples=["cap-28"])] = None,
    status: Annotated[Status | None, Query(description="Only this status.", examples=["too_few"])] = None,
    route: Annotated[Route | None, Query(description="Only judged this way.", examples=["nearest"])] = None,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[
        int, Query(ge=1, le=PAGE_LIMIT, description="Most groups of the page.", examples=[200])
    ] = PAGE_LIMIT,
) -> Any:
    """Where a model of its own judges, where not, and what is missing: history joined with live verdicts."""
    until, offset = place(cursor)
    found = survey(here, until)
    if found.live is None:
        here.reader.ping()  # says why it cannot be read
    kept = chosen(found.cells, maker=maker, facility=facility, item=item, status=status, route=route)
    return {
        "version": found.version,
        "trained_at": to_rfc3339(trained_at(found.version)),
        "language": language,
        "groups": Counter(cell.status for cell in found.cells),
        "counted": _counted(found.live),
        "coverage": [outward(cell, here, language) for cell in kept[offset : offset + limit]],
        "next_cursor": following(found.live, offset + limit) if offset + limit < len(kept) else None,
    }


def place(cursor: str | None) -> tuple[int | None, int]:
    """Newest verdict and place in the list of a page cursor."""
    number = before(cursor)
    if number is None:
        return None, 0
    return number >> _OFFSET_BITS, number & ((1 << _OFFSET_BITS) - 1)


def following(live: Live | None, offset: int) -> str:
    """The cursor of the page from `offset` on, counted up to the same verdict."""
    return encode_cursor(((live.last if live else 0) << _OFFSET_BITS) | offset)


def chosen(
    found: list[Cell],
    *,
    maker: str | None = None,
    facility: str | None = None,
    item: str | None = None,
    status: str | None = None,
    route: str | None = None,
) -> list[Cell]:
    """The cells that meet everything given."""
    wanted = {"maker": maker, "facility": facility, "item": item}
    given = {name: value for name, value in wanted.items() if value is not None}
    return [
        cell
        for cell in found
        if all(getattr(cell.key, name) == value for name, value in given.items())
        and status in (None, cell.status)
        and route in (None, cell.stand_in.route)
    ]


def outward(cell: Cell, here: Context, language: Language) -> dict[str, Any]:
    """A cell as the API gives it."""
    history, stand_in = cell.history, cell.stand_in
    substitute = stand_in.substitute
    return {
        **cell.key._asdict(),
        "status": cell.status,
        "status_text": say("covered", cell.status, language),
        "kind": history.kind if history else None,
        "reason": history.reason if history else "",
        "missing": cell.missing.lack,
        "missing_shots": cell.missing.shots,
        "missing_text": missing_text(cell, here.profile, language),
        "rows": history.rows if history else 0,
        "lots": history.lots if history else 0,
        "good": round(history.good) if history else 0,
        "bad": round(history.bad) if history else 0,
        "defect_rate": finite(history.defect_rate) if history else None,
        "first": to_rfc3339(history.first) if history else None,
        "last": to_rfc3339(cell.last),
        "age_days": None if cell.last is None else round((here.clock() - cell.last) / 86_400_000, 2),
        "route": stand_in.route,
        "route_text": backing_text(cell, language),
        "substitute": None if substitute is None else "|".join(map(str, substitute[1:])),
        "distance": None if stand_in.distance is None else finite(stand_in.distance),
        "live": cell.live_shots,
        **{f"live_{route}": n for route, n in cell.live.items()},
        "live_ng": cell.live_ng,
        "live_since_history": cell.live_later,
        "live_last": to_rfc3339(cell.live_last),
        "live_distance": None if cell.live_distance is None else finite(cell.live_distance),
    }


def _counted(live: Live | None) -> dict[str, Any]:
    if live is None:
        return {"first": 0, "last": 0, "since": None}
    return {"first": live.first, "last": live.last, "since": to_rfc3339(live.since)}
