"""A route that knows the least role it needs; one that declares none is refused at the start."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from fastapi import HTTPException
from fastapi.requests import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from api.foreign import refuse_foreign
from api.json_body import JsonRequest
from api.roles import RANK, RANK_IN_SCOPE, ROLES, role_of

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class GuardedRoute(APIRoute):
    """A route whose function says by `api.roles.needs` who may call it.

    Parameters
    ----------
    path : str
    endpoint : callable
        Declared with `api.roles.needs`.
    **settings
        As `fastapi.routing.APIRoute` takes them.

    Raises
    ------
    TypeError
        The function declares no role.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        role = role_of(endpoint)
        if role is None:
            msg = f"{path}: expected a function with @needs(ROLE), ROLE one of {tuple(RANK)}; got one without"
            raise TypeError(msg)
        self.least_role = role
        self.least_rank = RANK[role]
        self.allowed: frozenset[str] = frozenset()
        described = {"x-role": role, **(settings.pop("openapi_extra", None) or {})}
        super().__init__(path, endpoint, openapi_extra=described, **settings)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whoever may ask; called by the router once the path fits."""
        self.check(scope)
        if self.allowed and scope["method"] not in self.allowed:
            raise HTTPException(405, headers={"Allow": ", ".join(sorted(self.allowed))})
        await super().handle(scope, receive, send)

    def check(self, scope: Scope) -> None:
        """Refuse who has too low a role, and changes that a foreign page may have asked for.

        Raises
        ------
        HTTPException
            403 or 415, with what was expected.
        """
        rank = scope.get(RANK_IN_SCOPE, 0)
        if rank < self.least_rank:
            came = ROLES[rank - 1] if rank else "no key"
            raise HTTPException(403, f"expected a key of role {self.least_role} or higher, got {came}")
        if scope["method"] not in SAFE_METHODS and scope["method"] in (self.methods or ()):
            refuse_foreign(scope)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with bodies read by `api.json_body`."""
        handler = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handler(JsonRequest(request.scope, request.receive))

        return strictly


def share_methods(routes: Iterable[BaseRoute]) -> None:
    """Tell each route which methods its path has, its own and those of the routes beside it.

    A router asks the first route of a path alone about a method that none of them has.
    """
    beside: dict[str, list[GuardedRoute]] = {}
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            share_methods(included.routes)
        elif isinstance(route, GuardedRoute):
            beside.setdefault(route.path, []).append(route)
    for same in beside.values():
        methods = frozenset[str]().union(*(route.methods or () for route in same))
        for route in same:
            route.allowed = methods


def check_routes(routes: Iterable[BaseRoute], others: Iterable[str]) -> None:
    """Refuse an application with a route that declares no role.

    Parameters
    ----------
    routes : iterable of BaseRoute
    others : iterable of str
        Paths of what is no `GuardedRoute` and for viewers: files, the API's description.

    Raises
    ------
    TypeError
        Names the route.
    """
    known = set(others)
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is not None:
            check_routes(included.routes, known)
        elif not isinstance(route, GuardedRoute) and getattr(route, "path", None) not in known:
            msg = f"{getattr(route, 'path', route)!r}: expected a GuardedRoute, got {type(route).__name__}"
            raise TypeError(msg)
