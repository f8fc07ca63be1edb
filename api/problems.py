"""Errors as problem+json (RFC 9457), every one of them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from core.errors import StoreUnavailable

log = structlog.get_logger(__name__)

SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Wrong(BaseModel):
    """One thing that was wrong with the request."""

    field: str = Field(description="Where: query, path or body, and the name.", examples=["query.limit"])
    message: str = Field(description="What was expected.", examples=["Input should be less than 1001"])


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(description="Stable name of the kind of problem.", examples=["urn:sprue:not-found"])
    title: str = Field(description="The kind in words.", examples=["Not Found"])
    status: int = Field(description="HTTP status.", examples=[404])
    detail: str = Field(description="What was expected, what came, what to do.", examples=["no verdict '42'"])
    instance: str = Field(description="The path asked for.", examples=["/api/v1/verdicts/42"])
    errors: list[Wrong] | None = Field(None, description="On 422: each thing that was wrong.")
    reasons: list[str] | None = Field(None, description="On 503 of /readyz: why the service is not ready.")
    error_id: str | None = Field(None, description="On 500: look for it in the log.")


class ProblemResponse(JSONResponse):
    """A response of media type application/problem+json."""

    media_type = "application/problem+json"


def problem(
    request: HTTPConnection, status: int, detail: str, kind: str = "", **more: Any
) -> ProblemResponse:
    """A problem response; `kind` names it where the status alone does not."""
    title = HTTPStatus(status).phrase
    slug = kind or title.lower().replace(" ", "-")
    headers = dict(SECURITY_HEADERS) | more.pop("headers", {})
    content = {
        "type": f"urn:sprue:{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    } | more
    return ProblemResponse(content, status_code=status, headers=headers)


def problem_responses(
    *statuses: Literal[400, 401, 404, 409, 415, 422, 503],
) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of the problems a route may answer with."""
    schema = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {s: {"description": HTTPStatus(s).phrase, "content": schema} for s in statuses}


def install_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem."""

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> ProblemResponse:
        return problem(request, error.status_code, str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> ProblemResponse:
        wrong = [
            {
                "field": ".".join(str(part) for part in e["loc"]),
                "message": str(e["msg"]).removeprefix("Value error, "),
            }
            for e in error.errors()
        ]
        named = "; ".join(f"{w['field']}: {w['message']}" for w in wrong)
        return problem(request, 422, named, kind="invalid-request", errors=wrong)

    @app.exception_handler(StoreUnavailable)
    def store(request: Request, error: StoreUnavailable) -> ProblemResponse:
        return problem(request, 503, str(error), kind="store-unavailable", headers={"Retry-After": "5"})

    @app.exception_handler(Exception)
    def unforeseen(request: Request, error: Exception) -> ProblemResponse:
        error_id = uuid.uuid4().hex
        log.error("request_failed", error_id=error_id, path=request.url.path, exc_info=error)
        return problem(
            request, 500, f"an error on our side; it is in the log as {error_id}", error_id=error_id
        )
