"""Records that got no verdict, and why."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query
from pydantic import Field
from starlette.convertors import Convertor, register_url_convertor

from api.context import Here
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import PAGE_LIMIT, Text, before
from api.schemas import DeadLetterOut, DeadLetterPage
from api.times import to_rfc3339
from inference.letter_text import shown
from inference.store.cursor import encode_cursor

MOST = 10**15
"""A number every JSON reader reads exactly, far beyond any dead letter's."""
Seq = Annotated[int, Path(ge=1, le=MOST, description="The dead letter's number.", examples=[1])]


class _Number(Convertor[int]):
    """Digits in a path; words in the same place are other paths."""

    regex = "[0-9]{1,16}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("number", _Number())


class DeadLetterWhole(DeadLetterOut):
    """A record that got no verdict, with what was kept of it."""

    extended_json: str | None = Field(
        description="The record as MongoDB's extended JSON; null where that would not say all of it.",
        examples=['{"_id": "shot-7", "actual": {"cycle_time": "sensor off"}}'],
    )
    hex: str | None = Field(
        description="What was kept of it as hex; null where `extended_json` says it.", examples=[None]
    )
    shown: str = Field(description="What is shown, and how much of the record.", examples=["all 812 bytes"])


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


@router.get(
    "/dead-letters/{seq:number}", response_model=DeadLetterWhole, responses=problem_responses(404, 422, 503)
)
@needs("operator")
def dead_letter(here: Here, seq: Seq) -> Any:
    """One record without a verdict, with the record itself as far as it was kept."""
    found = here.reader.dead_letter(seq)
    if found is None:
        raise HTTPException(404, f"no dead letter {seq}; GET /api/v1/dead-letters lists them")
    text = shown(found["raw"], found["raw_length"])
    return found | text._asdict() | {"first_seen": to_rfc3339(found["first_seen"])}
