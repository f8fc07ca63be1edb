"""For whoever watches the process: alive, ready, measured."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from api.context import Here
from api.guarded_route import GuardedRoute
from api.problems import problem, problem_responses
from api.roles import needs
from api.routes.status import why_not_ready

router = APIRouter(tags=["service"], route_class=GuardedRoute)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["alive"] = Field(description="Always alive.", examples=["alive"])


class Ready(BaseModel):
    """Verdicts are being given."""

    status: Literal["ready"] = Field(description="Always ready; 503 when not.", examples=["ready"])


@router.get("/healthz", response_model=Alive, responses=problem_responses(503))
@needs("anyone")
def healthz(request: Request) -> Response:
    """Whether the process answers and the judging loop takes its steps. Needs no key.

    Says nothing about the stream: while MongoDB is away the loop tries again and again.
    """
    if not request.app.state.moving():
        return problem(request, 503, "the judging loop takes no step any more", kind="hanging")
    return JSONResponse({"status": "alive"})


@router.get("/readyz", response_model=Ready, responses=problem_responses(503))
@needs("viewer")
def readyz(here: Here, request: Request) -> Response:
    """Whether verdicts are being given now: stream open, store readable, model loaded."""
    reasons = why_not_ready(here)
    if reasons:
        return problem(request, 503, "; ".join(reasons), kind="not-ready", reasons=reasons)
    return JSONResponse({"status": "ready"})


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"description": "Prometheus text format.", "content": {CONTENT_TYPE_LATEST: {}}}},
)
@needs("viewer")
def metrics(request: Request) -> Response:
    """Counters and gauges for Prometheus."""
    return Response(generate_latest(request.app.state.metrics), headers={"Content-Type": CONTENT_TYPE_LATEST})
