"""How the service is doing."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from api.context import Context, Here
from api.guarded_route import GuardedRoute
from api.roles import needs
from api.times import to_rfc3339
from core.errors import StoreUnavailable
from inference.consumer.states import State
from inference.status import ServiceStatus

router = APIRouter(tags=["service"], route_class=GuardedRoute)


class StatusOut(BaseModel):
    """The service at this moment; counts are since its start."""

    model_config = ConfigDict(protected_namespaces=())

    state: State = Field(description="What the judging loop does.", examples=["streaming"])
    reason: str = Field(description="Why it is not streaming; empty when it is.", examples=[""])
    since: str | None = Field(
        description="In this state since, RFC 3339.", examples=["2026-11-20T08:00:01.000Z"]
    )
    ready: bool = Field(description="Whether it does what it is there for, as /readyz says.", examples=[True])
    read: int = Field(description="Events read.", examples=[3012])
    verdicts: int = Field(description="Verdicts written.", examples=[3000])
    dead_letters: int = Field(description="Records written as dead letters.", examples=[7])
    ignored: int = Field(description="Events that bring no record.", examples=[5])
    replayed: int = Field(description="Events that were written before.", examples=[0])
    balanced: bool = Field(
        description="read = verdicts + dead_letters + ignored + replayed.", examples=[True]
    )
    reconnects: int = Field(description="Times stream or store were opened again.", examples=[0])
    lag_seconds: float | None = Field(
        description="Last record written against the newest in the source.", examples=[0]
    )
    last_commit: str | None = Field(
        description="Last write, RFC 3339.", examples=["2026-11-20T08:15:30.311Z"]
    )
    model_version: str | None = Field(
        description="Registry version that judges.", examples=["20261119T230000Z"]
    )
    model_problem: str = Field(description="Why a newer version is not used.", examples=[""])
    threshold_choice: int = Field(
        description="Number of the stored choice of the limit that judges; 0: the profile's rule does.",
        examples=[0],
    )
    unknown_fields: dict[str, int] = Field(
        description="Fields of documents that the profile does not name, and in how many records.",
        examples=[{}],
    )


@router.get("/status", response_model=StatusOut)
@needs("viewer")
def status(here: Here) -> Any:
    """How the judging loop is doing."""
    now = here.status()
    names = (name for name in StatusOut.model_fields if name not in ("ready", "since", "last_commit"))
    return {name: getattr(now, name) for name in names} | {
        "ready": not why_not_ready(here),
        "since": to_rfc3339(now.since),
        "last_commit": to_rfc3339(now.last_commit),
    }


def why_not_ready(here: Context) -> list[str]:
    """Every reason why the service does not give verdicts now; none when it does."""
    now = here.status()
    reasons = []
    if not now.ready:
        reasons.append(_stream(now))
    if here.catalog.plant is None:
        reasons.append(f"model: {here.catalog.problem or 'none is in use yet'}")
    try:
        here.reader.ping()
    except StoreUnavailable as error:
        reasons.append(f"store: {error}")
    return reasons


def _stream(now: ServiceStatus) -> str:
    return f"stream: {now.state}" + (f": {now.reason}" if now.reason else "")
