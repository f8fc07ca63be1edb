"""Verdicts: the latest of each facility, pages by filter, one with its reasons."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import AfterValidator, Field

from api.context import Context, Here, Speaking
from api.explanation import flag_texts, labels, plain_units, sentences, summary
from api.good_shots import beside, problem_text
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.schemas import FacilityList, NearestGoodShots, VerdictInWords, VerdictPage
from api.times import from_rfc3339, to_rfc3339
from api.words import say
from core.verdict import Outcome, Route
from inference.store.cursor import decode_cursor, encode_cursor
from inference.store.reader import VerdictFilter

router = APIRouter(tags=["verdicts"], route_class=GuardedRoute)

PAGE_LIMIT = 1000


def _time(text: str) -> str:
    from_rfc3339(text)
    return text


Time = Annotated[str, AfterValidator(_time), Field(json_schema_extra={"format": "date-time"})]
Text = Annotated[str | None, Query(max_length=300)]


def outward(verdict: dict[str, Any]) -> dict[str, Any]:
    """A stored verdict as the API gives it: times as text, the row number left out."""
    times = {name: to_rfc3339(verdict[name]) for name in ("shot_time", "judged_at")}
    return {name: value for name, value in verdict.items() if name != "seq"} | times


def before(cursor: str | None) -> int | None:
    """The row number of a page cursor; a made-up cursor is an invalid request."""
    if cursor is None:
        return None
    try:
        return decode_cursor(cursor)
    except ValueError as error:
        raise RequestValidationError(
            [{"loc": ("query", "cursor"), "msg": str(error), "type": "cursor"}]
        ) from error


@router.get("/facilities", response_model=FacilityList, responses=problem_responses(503))
@needs("viewer")
def facilities(here: Here) -> dict[str, Any]:
    """Every facility with its latest verdict."""
    return {"facilities": [{"facility": v["facility"], "latest": outward(v)} for v in here.reader.latest()]}


@needs("viewer")
async def latest(
    here: Here, facility: Annotated[str, Path(description="Name of the press.", examples=["A-03"])]
) -> JSONResponse:
    """The latest verdict of one facility."""
    # `create_app` makes this a `PromptRoute`.
    # One index step in a local file is done sooner than a thread for it is found, and with
    # a write-ahead log no writer is waited for.
    reader = here.reader
    found = reader.latest(facility) if reader.local else await run_in_threadpool(reader.latest, facility)
    if not found:
        raise HTTPException(
            404, f"no verdict of facility {facility!r}; GET /api/v1/facilities lists the known ones"
        )
    # As a response already: asked for more often than anything else, and checked against
    # the model in the tests rather than at each request.
    return JSONResponse({"facility": facility, "latest": outward(found[0])})


@router.get("/verdicts", response_model=VerdictPage, responses=problem_responses(422, 503))
@needs("viewer")
def verdicts(
    here: Here,
    start: Annotated[
        Time | None,
        Query(
            alias="from", description="Shots made at this time or later.", examples=["2026-11-20T08:00:00Z"]
        ),
    ] = None,
    end: Annotated[
        Time | None,
        Query(alias="to", description="Shots made before this time.", examples=["2026-11-20T17:00:00+09:00"]),
    ] = None,
    maker: Annotated[Text, Query(description="Only this maker.", examples=["A"])] = None,
    facility: Annotated[Text, Query(description="Only this press.", examples=["A-03"])] = None,
    item: Annotated[Text, Query(description="Only this item.", examples=["cap-28"])] = None,
    outcome: Annotated[Outcome | None, Query(description="Only this outcome.", examples=["NG"])] = None,
    route: Annotated[Route | None, Query(description="Only judged this way.", examples=["trained"])] = None,
    lot: Annotated[Text, Query(description="Only this lot.", examples=["A-03|cap-28|2026-11-20"])] = None,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[
        int, Query(ge=1, le=PAGE_LIMIT, description="Most verdicts of the page.", examples=[50])
    ] = 50,
) -> Any:
    """Verdicts that meet every filter given, newest first."""
    wanted = VerdictFilter(
        start=None if start is None else from_rfc3339(start),
        end=None if end is None else from_rfc3339(end),
        maker=maker,
        facility=facility,
        item=item,
        outcome=outcome,
        route=route,
        lot=lot,
    )
    page, following = here.reader.verdicts(wanted, limit, before(cursor))
    return {
        "verdicts": [outward(v) for v in page],
        "next_cursor": None if following is None else encode_cursor(following),
    }


@router.get(
    "/verdicts/{identifier:path}/nearest-good",
    response_model=NearestGoodShots,
    responses=problem_responses(404, 422, 503),
)
@needs("viewer")
def nearest_good(
    here: Here,
    language: Speaking,
    identifier: Annotated[
        str, Path(description="Event token of the verdict, or identifier of the shot (its last verdict).")
    ],
) -> Any:
    """The good shots of the training nearest to a flagged one, and what differs most."""
    verdict = _found(here, identifier)
    found = beside(verdict, here)
    units = plain_units(here.profile)
    return {
        "event_token": verdict["event_token"],
        "model_version": verdict["model_version"],
        "group": found.label,
        "kept": 0 if found.group is None else len(found.group.ids),
        "problem": found.problem,
        "problem_text": problem_text(found, verdict, language),
        "shots": [
            {
                "shot_id": shot.shot_id,
                "time": to_rfc3339(shot.time),
                "distance": shot.distance,
                "differs": [one._asdict() | {"unit": units.get(one.variable, "")} for one in shot.differs],
            }
            for shot in found.nearest
        ],
    }


@router.get(
    "/verdicts/{identifier:path}", response_model=VerdictInWords, responses=problem_responses(404, 422, 503)
)
@needs("viewer")
def verdict(
    here: Here,
    language: Speaking,
    identifier: Annotated[
        str, Path(description="Event token of the verdict, or identifier of the shot (its last verdict).")
    ],
) -> Any:
    """One verdict with its reasons in words."""
    found = _found(here, identifier)
    return outward(found) | {
        "language": language,
        "outcome_text": say("outcome", found["outcome"], language),
        "route_text": say("route", found["route"], language),
        "summary": summary(found, language),
        "sentences": sentences(found, plain_units(here.profile), language, labels(here.profile)),
        "flag_texts": flag_texts(found, language),
    }


def _found(here: Context, identifier: str) -> dict[str, Any]:
    found = here.reader.verdict(identifier)
    if found is None:
        raise HTTPException(404, f"no verdict of event or shot {identifier!r}")
    return found
