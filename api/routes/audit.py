"""What people did, and whether the record of it is as it was written."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.context import Context, Here
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import PAGE_LIMIT, Text, before
from api.times import to_rfc3339
from core.errors import StoreUnavailable
from inference.store.cursor import encode_cursor

router = APIRouter(tags=["audit"], route_class=GuardedRoute)


class AuditOut(BaseModel):
    """One thing somebody did."""

    seq: int = Field(description="Its number; none is left out.", examples=[4])
    at: str | None = Field(description="When, RFC 3339.", examples=["2026-11-20T08:15:30.311Z"])
    who: str = Field(description="Name of the key; `local` where none is needed.", examples=["kim"])
    verb: str = Field(description="What was done.", examples=["replay"])
    subject: str = Field(description="To what.", examples=["dead letter 12"])
    detail: str = Field(description="The reason given, or what came of it in words.", examples=[""])
    result: str = Field(description="How it ended.", examples=["verdict OK"])
    previous_sha: str = Field(description="Seal of the row before.", examples=["0" * 64])
    sha: str = Field(
        description="SHA-256 over the seal before and this row; see `inference.store.audit`.",
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    )


class AuditPage(BaseModel):
    """What people did, newest first, and whether the whole of it is unchanged."""

    audit: list[AuditOut]
    verified: int | None = Field(
        description="Rows of the whole chain, each of which fits; null: it was changed.", examples=[4]
    )
    problem: str = Field(description="Where the chain is broken; empty when it is not.", examples=[""])
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null: this was the last.", examples=[None]
    )


@router.get("/audit", response_model=AuditPage, responses=problem_responses(422, 503))
@needs("admin")
def audit(
    here: Here,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Most rows of the page.")] = 50,
) -> Any:
    """What people did to the store, newest first; the whole chain of seals is checked each time."""
    page, following = here.reader.audit(limit, before(cursor))
    verified, broken = _verified(here)
    return {
        "audit": [row | {"at": to_rfc3339(row["at"])} for row in page],
        "verified": verified,
        "problem": broken,
        "next_cursor": None if following is None else encode_cursor(following),
    }


def _verified(here: Context) -> tuple[int | None, str]:
    """How many rows fit, or why they do not."""
    try:
        return here.reader.verify_audit(), ""
    except StoreUnavailable as error:
        return None, str(error)
