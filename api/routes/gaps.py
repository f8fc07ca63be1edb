"""Stretches of the stream that could not be read, and what became of them."""

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


class GapOut(BaseModel):
    """One stretch that was missed; while it is open, records are compared with what was judged."""

    id: int = Field(description="Its number.", examples=[1])
    cause: str = Field(description="Why it could not be read.", examples=["the oplog no longer reaches back"])
    opened_at: str | None = Field(
        description="When it was noticed, RFC 3339.", examples=["2026-11-20T08:00:01.000Z"]
    )
    closed_at: str | None = Field(
        description="When all was compared; null: not yet.", examples=["2026-11-20T08:03:40.000Z"]
    )
    from_time: str | None = Field(
        description="Server time reached before it; null: unknown.", examples=["2026-11-19T22:00:00.000Z"]
    )
    to_time: str | None = Field(
        description="Server time gone on from.", examples=["2026-11-20T08:00:00.000Z"]
    )
    seen: int = Field(description="Records compared.", examples=[120000])
    judged: int = Field(description="Of these, judged because they were missing.", examples=[3400])


class GapPage(BaseModel):
    """Gaps, newest first."""

    gaps: list[GapOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null: this was the last.", examples=[None]
    )


@router.get("/gaps", response_model=GapPage, responses=problem_responses(422, 503))
@needs("viewer")
def gaps(
    here: Here,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Most gaps of the page.")] = 50,
) -> Any:
    """Stretches of the stream that could not be read, newest first."""
    page, following = here.reader.gaps(limit, before(cursor))
    return {
        "gaps": [outward(row) for row in page],
        "next_cursor": None if following is None else encode_cursor(following),
    }


def outward(row: dict[str, Any]) -> dict[str, Any]:
    """A stored gap with its times as text."""
    times = {name: to_rfc3339(row[name]) for name in ("opened_at", "closed_at")}
    server = {
        name: to_rfc3339(1000 * row[key]) if row[key] else None
        for name, key in (("from_time", "from_t"), ("to_time", "to_t"))
    }
    return row | times | server
