"""What every route needs, and the rule that a request must be understood whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header, Query, Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from api.ordering import HandIn
from api.words import Language, choose_language
from core.config import Config
from core.profile import Profile
from inference.plan import Plan
from inference.status import ServiceStatus
from inference.store.reader import VerdictReader
from models.artifact import TrainedPlant


class Catalog(Protocol):
    """What is trained: the version that judges now."""

    @property
    def version(self) -> str | None:
        """Registry version, None while there is none."""

    @property
    def plant(self) -> TrainedPlant | None:
        """What training made of it."""

    @property
    def plan(self) -> Plan | None:
        """What judges, under the choice of the limit that counts."""

    @property
    def problem(self) -> str | None:
        """Why there is none, or why a newer one was refused."""


@dataclass(frozen=True, slots=True)
class Context:
    """What the routes read from, and `hand_in` for orders; `clock` gives ms since 1970 UTC.

    `started` is the moment its counts begin at, by that clock.
    """

    reader: VerdictReader
    status: Callable[[], ServiceStatus]
    catalog: Catalog
    config: Config
    profile: Profile
    clock: Callable[[], int]
    hand_in: HandIn
    started: int


async def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def _language(
    lang: Annotated[
        Language | None, Query(description="Language of texts; wins over Accept-Language.", examples=["ko"])
    ] = None,
    accept_language: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Language:
    return lang or choose_language(accept_language)


async def understood(request: Request) -> None:
    """Refuse query parameters the route does not know, and one given twice.

    A misspelt filter that is ignored answers a question nobody asked.
    """
    if not request.scope["query_string"]:
        return
    route = request.scope["route"]
    if not isinstance(route, APIRoute):
        return
    known = sorted(_query_names(route.dependant))
    wrong = []
    for name in request.query_params:
        if name not in known:
            expected = f"expected one of {', '.join(known)}" if known else "this path takes no parameters"
            wrong.append({"loc": ("query", name), "msg": f"unknown parameter; {expected}", "type": "unknown"})
        elif len(request.query_params.getlist(name)) > 1:
            wrong.append({"loc": ("query", name), "msg": "expected it once", "type": "repeated"})
    if wrong:
        raise RequestValidationError(wrong)


def _query_names(dependant: Dependant) -> set[str]:
    """Names of the query parameters of a route and of all it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*(_query_names(inner) for inner in dependant.dependencies))


# Coroutines all three: FastAPI runs plain functions in another thread, which costs more than they do.
Here = Annotated[Context, Depends(_context)]
Speaking = Annotated[Language, Depends(_language)]
