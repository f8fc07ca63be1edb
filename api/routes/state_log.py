"""The states that the judging loop entered, and why."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.context import Here
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import PAGE_LIMIT, Text, before
from api.times import to_rfc3339
from inference.store.cursor import encode_cursor

router = APIRouter(tags=["service"], route_class=GuardedRoute)


class StateOut(BaseModel):
    """One change of state."""

    seq: int = Field(description="Its number.", examples=[17])
    at: str | None = Field(description="When, RFC 3339.", examples=["2026-11-20T08:00:01.000Z"])
    before: str = Field(description="The state that was left.", examples=["streaming"])
    after: str = Field(description="The state that was entered.", examples=["reconnecting"])
    code: int | None = Field(description="The server's error code.", examples=[None])
    reason: str = Field(description="Why; empty when all is well.", examples=["connection refused"])


class StatePage(BaseModel):
    """Changes of state, newest first."""

    states: list[StateOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null: this was the last.", examples=[None]
    )


@router.get("/state-log", response_model=StatePage, responses=problem_responses(422, 503))
@needs("viewer")
def state_log(
    here: Here,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Most changes of the page.")] = 50,
) -> Any:
    """The states entered, newest first; the last 10,000 are kept."""
    page, following = here.reader.state_log(limit, before(cursor))
    return {
        "states": [row | {"at": to_rfc3339(row["at"])} for row in page],
        "next_cursor": None if following is None else encode_cursor(following),
    }
