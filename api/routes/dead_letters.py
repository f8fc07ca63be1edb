"""Records that got no verdict, and why."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from api.context import Here
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import PAGE_LIMIT, Text, before
from api.schemas import DeadLetterPage
from api.times import to_rfc3339
from inference.store.cursor import encode_cursor

router = APIRouter(tags=["dead letters"], route_class=GuardedRoute)


@router.get("/dead-letters", response_model=DeadLetterPage, responses=problem_responses(422, 503))
@needs("viewer")
def dead_letters(
    here: Here,
    reason: Annotated[Text, Query(description="Only this reason.", examples=["not_a_number"])] = None,
    state: Annotated[
        Literal["open", "replayed", "dismissed"] | None,
        Query(description="Only in this state.", examples=["open"]),
    ] = None,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Most records of the page.")] = 50,
) -> Any:
    """Records without a verdict, newest first."""
    page, following = here.reader.dead_letters(limit, before(cursor), reason, state)
    letters = [row | {"first_seen": to_rfc3339(row["first_seen"])} for row in page]
    return {
        "dead_letters": letters,
        "next_cursor": None if following is None else encode_cursor(following),
    }
