"""What people say of verdicts: given at the press, listed, counted."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, HTTPException, Path, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.context import Context, Here
from api.feedback_rows import counts_outward, outward
from api.guarded_route import GuardedRoute
from api.ordering import carry_out, order_responses, who_says
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import PAGE_LIMIT, Text, Time, before
from api.times import from_rfc3339
from core.judgement import Judgement
from core.verdict import Outcome
from inference.feedback import give
from inference.feedback_counts import count_feedback
from inference.store.cursor import encode_cursor
from inference.store.feedback import FeedbackFilter

router = APIRouter(tags=["feedback"], route_class=GuardedRoute)

MOST_COUNTED = 100_000
"""Shots that one request counts; bounds its cost in a store of years."""

Identifier = Annotated[
    str, Path(description="Event token of the verdict, or identifier of the shot (its last verdict).")
]
From = Annotated[
    Time | None,
    Query(alias="from", description="Given at this time or later.", examples=["2026-11-20T08:00:00Z"]),
]
To = Annotated[
    Time | None,
    Query(alias="to", description="Given before this time.", examples=["2026-11-20T17:00:00+09:00"]),
]
Press = Annotated[Text, Query(description="Only shots of this press.", examples=["A-03"])]
Trimmed = StringConstraints(strip_whitespace=True)


class FeedbackWish(BaseModel):
    """What a person found on looking at a shot."""

    model_config = ConfigDict(extra="forbid")

    judgement: Judgement = Field(
        description="confirm: the shot is bad; false_alarm: it is good; unsure: it cannot be said. "
        "Whatever the verdict was.",
        examples=["false_alarm"],
    )
    reason: Annotated[str, Trimmed] = Field(
        "", max_length=500, description="What was seen.", examples=["flash at the gate"]
    )
    who: Annotated[str, Trimmed] | None = Field(
        None,
        max_length=100,
        description="Who says so, where no key is needed; where one is, its name counts, and another "
        "name is refused.",
        examples=["kim"],
    )


class FeedbackOut(BaseModel):
    """What a person said of a verdict."""

    model_config = ConfigDict(protected_namespaces=())

    id: int = Field(description="Its number; of a shot the highest counts.", examples=[7])
    event_token: str = Field(
        description="The verdict that was looked at.", examples=["82673D1F0A000000012B0229296E04"]
    )
    shot_id: str = Field(description="Its shot.", examples=["673d1f0aa7b2c3d4e5f60718"])
    judgement: Judgement = Field(description="What was said.", examples=["false_alarm"])
    shot: Literal["bad", "good", "unknown"] = Field(
        description="What that says of the shot.", examples=["good"]
    )
    reason: str = Field(description="What was seen.", examples=["flash at the gate"])
    who: str = Field(description="Name of the key, or as it was given.", examples=["kim"])
    at: str | None = Field(description="When, RFC 3339.", examples=["2026-11-20T08:15:30.311Z"])
    outcome: Outcome = Field(description="Outcome of that verdict.", examples=["NG"])
    model_version: str = Field(description="Registry version that judged.", examples=["20261119T230000Z"])
    maker: str | None = Field(description="Maker of the machine.", examples=["A"])
    facility: str = Field(description="The press.", examples=["A-03"])
    item: str | None = Field(description="What it molds.", examples=["cap-28"])
    cluster: int | None = Field(description="Setting cluster of the maker.", examples=[2])
    route: str = Field(description="How it was judged.", examples=["trained"])
    shot_time: str | None = Field(
        description="When the shot was made, RFC 3339.", examples=["2026-11-20T08:15:01.000Z"]
    )


class ShotFeedback(BaseModel):
    """All that was said of one shot."""

    shot_id: str = Field(description="The shot.", examples=["673d1f0aa7b2c3d4e5f60718"])
    counts: FeedbackOut | None = Field(description="What counts: the newest; null: nobody said anything.")
    feedback: list[FeedbackOut] = Field(description="All of it, newest first; the last 1,000.")


class FeedbackPage(BaseModel):
    """What people said of verdicts, newest first."""

    feedback: list[FeedbackOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null: this was the last.", examples=[None]
    )


class JudgedOut(BaseModel):
    """Shots of one outcome by what was said of them."""

    confirmed: int = Field(description="Shots found bad.", examples=[12])
    false_alarms: int = Field(description="Shots found good.", examples=[3])
    unsure: int = Field(description="Shots of which nobody could say.", examples=[1])
    precision: float | None = Field(
        description="confirmed / (confirmed + false_alarms), 0-1; null: nobody was sure.", examples=[0.8]
    )
    low: float | None = Field(description="Lower end of its 95 % Wilson interval.", examples=[0.548])
    high: float | None = Field(description="Upper end.", examples=[0.93])


class GroupFeedbackOut(BaseModel):
    """What was said of one group's shots."""

    maker: str | None = Field(description="Maker of the machine.", examples=["A"])
    facility: str = Field(description="The press.", examples=["A-03"])
    item: str | None = Field(description="What it molds.", examples=["cap-28"])
    cluster: int | None = Field(description="Setting cluster of the maker.", examples=[2])
    ng: JudgedOut = Field(description="Of the shots judged NG.")
    warn: JudgedOut = Field(description="Of the shots judged WARN.")
    missed: int = Field(description="Shots judged OK that somebody found bad.", examples=[0])


class FeedbackCounts(BaseModel):
    """What feedback says of the flags, by group."""

    groups: list[GroupFeedbackOut]
    complete: bool = Field(
        description="False: only the last 100,000 shots that meet the filter are counted.", examples=[True]
    )


@router.post(
    "/verdicts/{identifier:path}/feedback",
    response_model=FeedbackOut,
    responses=order_responses() | problem_responses(400, 404, 415, 422, 503),
)
@needs("operator")
def give_feedback(
    here: Here, request: Request, identifier: Identifier, wish: Annotated[FeedbackWish, Body()]
) -> Any:
    """Say what a look at the shot showed. All that is said is kept; of a shot the newest counts."""
    who = who_says(request, wish.who)
    token = _verdict(here, identifier)["event_token"]
    row = carry_out(
        here.hand_in, here.status, lambda desk: give(desk, token, wish.judgement, wish.reason, who)
    )
    return outward(row)


@router.get(
    "/verdicts/{identifier:path}/feedback",
    response_model=ShotFeedback,
    responses=problem_responses(404, 422, 503),
)
@needs("viewer")
def shot_feedback(here: Here, identifier: Identifier) -> Any:
    """All that was said of one shot, newest first."""
    shot_id = _verdict(here, identifier)["shot_id"]
    rows = [outward(row) for row in here.reader.feedback_of(shot_id)]
    return {"shot_id": shot_id, "counts": rows[0] if rows else None, "feedback": rows}


@router.get("/feedback", response_model=FeedbackPage, responses=problem_responses(422, 503))
@needs("viewer")
def feedback(
    here: Here,
    start: From = None,
    end: To = None,
    facility: Press = None,
    judgement: Annotated[
        Judgement | None, Query(description="Only this judgement.", examples=["false_alarm"])
    ] = None,
    newest: Annotated[
        bool, Query(description="Only what counts: the last word of each shot.", examples=[True])
    ] = False,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Most rows of the page.")] = 50,
) -> Any:
    """What people said of verdicts that meets every filter given, newest first."""
    wanted = FeedbackFilter(_ms(start), _ms(end), facility, judgement, newest)
    page, following = here.reader.feedback(wanted, limit, before(cursor))
    return {
        "feedback": [outward(row) for row in page],
        "next_cursor": None if following is None else encode_cursor(following),
    }


@router.get("/feedback/counts", response_model=FeedbackCounts, responses=problem_responses(422, 503))
@needs("viewer")
def feedback_counts(here: Here, start: From = None, end: To = None, facility: Press = None) -> Any:
    """How many flags were right, by group, with the interval of their share.

    People look at what was flagged: this is the precision of the flags, not how many bad shots
    were found.
    """
    wanted = FeedbackFilter(_ms(start), _ms(end), facility, newest=True)
    rows, more = here.reader.feedback(wanted, MOST_COUNTED)
    return {"groups": [counts_outward(one) for one in count_feedback(rows)], "complete": more is None}


def _ms(text: str | None) -> int | None:
    return None if text is None else from_rfc3339(text)


def _verdict(here: Context, identifier: str) -> dict[str, Any]:
    found = here.reader.verdict(identifier)
    if found is None:
        raise HTTPException(404, f"no verdict of event or shot {identifier!r}")
    return found
