"""What an operator does about records without a verdict: have them judged again, or dismiss them."""

from __future__ import annotations

import time
from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.context import Context, Here
from api.guarded_route import GuardedRoute
from api.ordering import (
    PATIENCE_S,
    NotCarriedOut,
    OutcomeUnknown,
    StillRunning,
    carry_out,
    order_responses,
    who_asks,
)
from api.problems import problem_responses
from api.roles import needs
from api.routes.dead_letters import MOST, Seq
from inference.consumer.orders import Desk
from inference.letters import Tried, dismiss, replay, replay_many

router = APIRouter(tags=["dead letters"], route_class=GuardedRoute)

MOST_REPLAYED = 1000
"""Letters one request replays at most."""
_RESPONSES = order_responses() | problem_responses(400, 404, 409, 415, 422, 503)


class Replayed(BaseModel):
    """What became of a record that was judged again."""

    seq: int = Field(description="The dead letter's number.", examples=[12])
    result: Literal["replayed", "still_bad"] = Field(
        description="It has a verdict now, under its event token; or it stays open.", examples=["replayed"]
    )
    outcome: str | None = Field(description="Of the verdict.", examples=["OK"])
    reason: str = Field(description="Why there is none still; a stable code.", examples=[""])
    detail: str = Field(description="The reason in words.", examples=[""])


class Dismissed(BaseModel):
    """A dead letter that was closed without a verdict."""

    seq: int = Field(description="The dead letter's number.", examples=[12])
    state: Literal["dismissed"] = Field(description="Its state now.", examples=["dismissed"])


class Dismissal(BaseModel):
    """Why a record shall have no verdict."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, StringConstraints(strip_whitespace=True)] = Field(
        min_length=3,
        max_length=500,
        pattern=r"\S[\s\S]+\S",  # says in the published schema that blanks around it do not count
        description="For the audit; blanks around it are left out.",
        examples=["a test shot"],
    )


class ReplayWish(BaseModel):
    """Which open dead letters shall be judged again."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(max_length=300, description="Those of this reason.", examples=["not_a_number"])
    before: int | None = Field(
        None, ge=1, le=MOST, description="Of these, those with a lower number.", examples=[1200]
    )


class ReplayCounts(BaseModel):
    """What became of the dead letters that were judged again, newest first."""

    replayed: int = Field(description="They have a verdict now.", examples=[118])
    still_bad: int = Field(description="They stay open; each says why.", examples=[2])
    settled: int = Field(description="Somebody else settled them meanwhile.", examples=[0])
    not_whole: int = Field(description="Too little of the record was kept.", examples=[0])
    next_before: int | None = Field(
        description="Give it as `before` to go on; null: there are no more.", examples=[None]
    )
    stopped: str = Field(description="Why it stopped early; empty when it did not.", examples=[""])


@router.post("/dead-letters/replay", response_model=ReplayCounts, responses=_RESPONSES)
@needs("operator")
def replay_reason(here: Here, request: Request, wish: Annotated[ReplayWish, Body()]) -> Any:
    """Judge the open dead letters of a reason again: up to 1,000, for some seconds; then say how to go on."""
    who = who_asks(request)
    page, following = here.reader.dead_letters(MOST_REPLAYED, wish.before, wish.reason, "open")
    left = [letter["seq"] for letter in page]
    counts: Counter[str] = Counter()
    last, stopped = None, ""
    end = time.monotonic() + PATIENCE_S
    while left and not stopped:
        try:
            tried = _some(here, left, who)
        except (NotCarriedOut, OutcomeUnknown, StillRunning) as error:
            if last is None:
                raise
            stopped = str(error) or "it takes long"
            break
        counts.update(one.result for one in tried)
        last, left = left[len(tried) - 1], left[len(tried) :]
        if time.monotonic() >= end and left:
            stopped = f"a request takes {PATIENCE_S:.0f} s at most"
    more = last if left or following is not None else None
    known = {name: counts[name] for name in ("replayed", "still_bad", "settled", "not_whole")}
    return known | {"next_before": more, "stopped": stopped}


@router.post("/dead-letters/{seq:number}/replay", response_model=Replayed, responses=_RESPONSES)
@needs("operator")
def replay_one(here: Here, request: Request, seq: Seq) -> Any:
    """Judge a dead letter's record again, with the present profile and model.

    The verdict stands under the letter's own event token. What filling remembers is used,
    and stays as it is.
    """
    who, letters = who_asks(request), here.reader
    _check_there(here, seq)
    tried = carry_out(here.hand_in, here.status, lambda desk: replay(desk, letters, seq, who))
    return {name: getattr(tried, name) for name in Replayed.model_fields}


@router.post("/dead-letters/{seq:number}/dismiss", response_model=Dismissed, responses=_RESPONSES)
@needs("operator")
def dismiss_one(here: Here, request: Request, seq: Seq, wish: Annotated[Dismissal, Body()]) -> Any:
    """Close a dead letter without a verdict; the record itself stays in the store."""
    who, letters = who_asks(request), here.reader
    _check_there(here, seq)
    carry_out(here.hand_in, here.status, lambda desk: dismiss(desk, letters, seq, wish.reason, who))
    return {"seq": seq, "state": "dismissed"}


def _check_there(here: Context, seq: int) -> None:
    if here.reader.dead_letter(seq) is None:
        raise HTTPException(404, f"no dead letter {seq}; GET /api/v1/dead-letters lists them")


def _some(here: Context, seqs: list[int], who: str) -> list[Tried]:
    letters = here.reader

    def order(desk: Desk) -> list[Tried]:
        return replay_many(desk, letters, seqs, who)

    return carry_out(here.hand_in, here.status, order)
