"""The FastAPI application: routes, problems, guard, pages, put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.staticfiles import StaticFiles

from api.beside_metrics import BesideCollector
from api.context import Catalog, Context, understood
from api.guarded_route import GuardedRoute, check_routes, share_methods
from api.keyring import Keyring
from api.metrics import Judged, metrics_registry
from api.openapi import complete_openapi
from api.ordering import HandIn, install_ordering, nobody_obeys
from api.pages import coverage as coverage_page
from api.pages import hall, shot
from api.pages import models as models_page
from api.pages import threshold as threshold_page
from api.problems import ProblemResponse, install_problems, problem, problem_responses
from api.prompt_route import PromptRoute
from api.routes import (
    audit,
    challenger,
    coverage,
    dead_letters,
    drift,
    feedback,
    gaps,
    health,
    letter_orders,
    lots,
    models,
    state_log,
    status,
    threshold_lab,
    verdicts,
)
from api.schemas import FacilityLatest
from api.security import Guard, check_binding
from core.config import Config
from core.errors import ModelError
from core.profile import Profile
from inference.status import ServiceStatus
from inference.store.reader import VerdictReader
from inference.store.sink import now_ms
from models.registry import Registry

VERSION = "0.1.0"
_OPENAPI, _STATIC, _FORMS = "/api/v1/openapi.json", "/static", "forms"

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
    moving: Callable[[], bool] = lambda: True,
    clock: Callable[[], int] = now_ms,
    hand_in: HandIn = nobody_obeys,
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
        Binding and keys; see `api.security`.
    profile : Profile
        Names and units of the variables.
    judged : callable
        Verdicts written since the start by ``(outcome, route)``.
    moving : callable
        Whether the judging loop takes its steps; ``/healthz`` says 503 when not.
    clock : callable
        The present, ms since 1970 UTC.
    hand_in : callable
        Takes an order for the thread that writes the store, gives the future of its answer.

    Raises
    ------
    ConfigError
        Others could reach the API and there is no key, or nothing encrypts.
    TypeError
        A route declares no role.
    """
    check_binding(config)
    app = FastAPI(
        title="sprue",
        version=VERSION,
        description=_DESCRIPTION,
        # The built-in pages load scripts from the internet; a plant is offline.
        docs_url=None,
        redoc_url=None,
        openapi_url=_OPENAPI,
        redirect_slashes=False,
        lifespan=_forms_running if profile.regressors else None,
    )
    app.router.route_class = GuardedRoute
    app.state.context = Context(reader, status_provider, catalog, config, profile, clock, hand_in, clock())
    app.state.keyring = keyring = Keyring(config.keys_file)
    beside = BesideCollector(Registry(config.registry), reader, catalog, profile, clock)
    app.state.metrics = metrics_registry(status_provider, judged, reader, beside)
    app.state.moving = moving
    v1 = APIRouter(prefix="/api/v1")
    # Feedback first: a verdict's own path takes whatever follows.
    for part in (
        feedback,
        verdicts,
        models,
        challenger,
        drift,
        coverage,
        lots,
        dead_letters,
        letter_orders,
        gaps,
        state_log,
        audit,
        status,
        threshold_lab,
    ):
        v1.include_router(part.router)
    if profile.regressors:
        # Imported where there is something to predict: any other service starts without its schemas.
        from api.routes import prediction

        v1.include_router(prediction.router)
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
    app.include_router(threshold_page.router, dependencies=checked)
    app.include_router(coverage_page.router, dependencies=checked)
    app.include_router(models_page.router, dependencies=checked)
    app.include_router(shot.router, dependencies=checked)
    static = resources.files("api") / "pages" / "static"
    app.mount(_STATIC, StaticFiles(directory=str(static)), name="static")
    if profile.regressors:
        # Imported where there is something to predict: nobody else needs what forms are made of.
        from api.forms.mounting import FormsRoute

        app.router.routes.append(FormsRoute(app.state.context))
    install_problems(app)
    install_ordering(app)

    @app.exception_handler(ModelError)
    def no_model(request: Request, error: ModelError) -> ProblemResponse:
        return problem(request, 503, str(error), kind="no-model", headers={"Retry-After": "5"})

    check_routes(app.routes, (_OPENAPI, _STATIC, _FORMS))
    share_methods(app.routes)
    app.add_middleware(Guard, config=config, keyring=keyring)
    complete_openapi(app, profile, keys_needed=config.exposed)
    return app


@asynccontextmanager
async def _forms_running(app: FastAPI) -> AsyncIterator[None]:
    from api.forms.mounting import forms_running

    async with forms_running(app):
        yield
