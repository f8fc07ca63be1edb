"""The FastAPI application: routes, problems, guard, pages, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from importlib import resources
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.staticfiles import StaticFiles

from api.context import Catalog, Context, understood
from api.metrics import Judged, metrics_registry
from api.pages import hall
from api.problems import Problem, ProblemResponse, install_problems, problem, problem_responses
from api.prompt_route import PromptRoute
from api.routes import dead_letters, health, lots, models, status, verdicts
from api.schemas import FacilityLatest
from api.security import Guard, check_binding
from core.config import Config
from core.errors import ModelError
from core.profile import Profile
from inference.status import ServiceStatus
from inference.store.reader import VerdictReader
from inference.store.sink import now_ms

VERSION = "0.1.0"

_DESCRIPTION = """Verdicts on every shot, from the running judge.

Times go out as RFC 3339 in UTC and come in as RFC 3339 with any offset. Every error is
`application/problem+json`. Lists come newest first, in pages: give `next_cursor` back as `cursor`.
An unknown query parameter is an error, never ignored.
"""


def create_app(
    reader: VerdictReader,
    status_provider: Callable[[], ServiceStatus],
    catalog: Catalog,
    config: Config,
    profile: Profile,
    *,
    judged: Judged = dict,
    clock: Callable[[], int] = now_ms,
) -> FastAPI:
    """The application; it starts nothing and owns nothing.

    Parameters
    ----------
    reader : VerdictReader
    status_provider : callable
        Gives the judging loop's `ServiceStatus`.
    catalog : Catalog
        What is trained.
    config : Config
        Binding and key; see `api.security`.
    profile : Profile
        Names and units of the variables.
    judged : callable
        Verdicts written since the start by ``(outcome, route)``.
    clock : callable
        The present, ms since 1970 UTC.

    Raises
    ------
    ConfigError
        Others could reach the API and there is no key.
    """
    check_binding(config)
    app = FastAPI(
        title="sprue",
        version=VERSION,
        description=_DESCRIPTION,
        # The built-in pages load scripts from the internet; a plant is offline.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        redirect_slashes=False,
    )
    app.state.context = Context(reader, status_provider, catalog, config, profile, clock)
    app.state.metrics = metrics_registry(status_provider, judged)
    v1 = APIRouter(prefix="/api/v1")
    for part in (verdicts, models, lots, dead_letters, status):
        v1.include_router(part.router)
    checked = [Depends(understood)]
    # The first, and in no router of its own: FastAPI tries routers one by one, and each of them twice.
    app.router.add_api_route(
        "/api/v1/facilities/{facility:path}/latest",
        verdicts.latest,
        route_class_override=PromptRoute,
        tags=["verdicts"],
        response_model=FacilityLatest,
        responses=problem_responses(404, 422, 503),
        dependencies=checked,
    )
    app.include_router(v1, dependencies=checked)
    app.include_router(health.router, dependencies=checked)
    app.include_router(hall.router, dependencies=checked)
    static = resources.files("api") / "pages" / "static"
    app.mount("/static", StaticFiles(directory=str(static)), name="static")
    install_problems(app)

    @app.exception_handler(ModelError)
    def no_model(request: Request, error: ModelError) -> ProblemResponse:
        return problem(request, 503, str(error), kind="no-model", headers={"Retry-After": "5"})

    app.add_middleware(Guard, config=config)
    _complete_openapi(app)
    return app


def _complete_openapi(app: FastAPI) -> None:
    """Add what FastAPI cannot know: problems for every error, and the key."""
    generate = app.openapi

    def openapi() -> Mapping[str, Any]:
        if app.openapi_schema:
            return app.openapi_schema
        schema = generate()
        components = schema.setdefault("components", {})
        schemas = components.setdefault("schemas", {})
        reference = "#/components/schemas/{model}"
        described = Problem.model_json_schema(ref_template=reference)
        schemas.update(described.pop("$defs", {}))
        schemas["Problem"] = described
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        components["securitySchemes"] = {"key": {"type": "apiKey", "in": "header", "name": "X-API-Key"}}
        answer = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        for path, operations in schema["paths"].items():
            for operation in operations.values():
                for code in (401, 422, 500):
                    operation["responses"].setdefault(str(code), {"description": HTTPStatus(code).phrase})
                    operation["responses"][str(code)]["content"] = answer
                operation["security"] = [] if path == "/healthz" else [{}, {"key": []}]
        return schema

    app.openapi = openapi  # type: ignore[method-assign, assignment]  # FastAPI's documented way
