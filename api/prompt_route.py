"""A documented route whose plain requests skip what FastAPI does for every request."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from starlette.types import Receive, Scope, Send

from api.guarded_route import GuardedRoute
from api.roles import RANK_IN_SCOPE

HERE = "here"
"""The parameter by which a route's function takes its `api.context.Context`."""


class PromptRoute(GuardedRoute):
    """A GET route that calls its function at once: for what is asked for all day long.

    FastAPI reads parameters and calls dependencies anew for each request, which takes
    longer than the answer itself. Here the function gets the context and the path's
    parameters, and its response goes out as it is. A request with a query goes FastAPI's
    way, which refuses what the path does not know; errors are answered as everywhere.

    Parameters
    ----------
    path : str
        With text parameters only.
    endpoint : callable
        A coroutine function of ``here`` and the path's parameters that returns a response.
    **settings
        As `api.guarded_route.GuardedRoute` takes them.

    Raises
    ------
    TypeError
        The function cannot be called so.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **settings: Any) -> None:
        super().__init__(path, endpoint, **settings)
        taken, given = set(inspect.signature(endpoint).parameters), {HERE, *self.param_convertors}
        if taken != given or not inspect.iscoroutinefunction(endpoint):
            msg = f"{path}: expected a coroutine function of {sorted(given)}, got one of {sorted(taken)}"
            raise TypeError(msg)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; called by the router once the path fits."""
        if scope["query_string"] or scope["method"] != "GET":
            await super().handle(scope, receive, send)
            return
        if scope.get(RANK_IN_SCOPE, 0) < self.least_rank:
            self.check(scope)
        response = await self.endpoint(here=scope["app"].state.context, **scope["path_params"])
        await response(scope, receive, send)
