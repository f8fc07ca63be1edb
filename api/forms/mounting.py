"""NiceGUI inside the API: one application of forms a process, mounted on every API that has any.

NiceGUI keeps one application and one table of visitors in the process, whichever API they came
to. So nothing of an API stands in it: the route that leads to the forms puts the API's own
context into each request, and a page reads it from there. Two APIs of one process may both have
forms; their event loops have to live one after the other.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final

from fastapi import FastAPI, HTTPException
from nicegui import app as visitors
from nicegui import ui
from starlette.formparsers import MultiPartParser
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from api.context import Context
from api.foreign import refuse_other_origin
from api.forms.pages import declare_pages
from api.forms.paths import UPLOAD_LIMIT, is_socket, part_of
from api.forms.policy import MarkedPage, NotAnswered
from api.forms.quiet import QuietSockets
from api.roles import RANK, RANK_IN_SCOPE

CONTEXT_IN_SCOPE: Final = "sprue.context"
"""Key of the ASGI scope under which a form finds its `api.context.Context`."""

_METHODS: Final = {"page": "GET", "asset": "GET", "upload": "POST"}
_LASTING: Final = "private, max-age=31536000, immutable"
"""Assets carry NiceGUI's version in their address."""


@cache
def _application() -> FastAPI:
    """The forms' application, made with the first API that has forms."""
    # A file given to a form stays in memory: what is larger never gets past the guard.
    MultiPartParser.spool_max_size = UPLOAD_LIMIT
    # Where no websocket comes through, polling would not either: both carry the same key.
    visitors.config.socket_io_js_transports = ["websocket"]
    logging.getLogger("uvicorn.error").addFilter(QuietSockets())
    visitors.colors(primary="#3f5468", negative="#b3142a")
    declare_pages()
    carrier = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    ui.run_with(
        carrier,
        title="sprue",
        favicon=None,
        dark=False,
        tailwind=False,
        binding_refresh_interval=None,
        cache_control_directives=_LASTING,
        gzip_middleware_factory=None,
        show_welcome_message=False,
        reconnect_timeout=10.0,
        message_history_length=30,  # a line that drops for a moment loses nothing
    )
    return carrier


@asynccontextmanager
async def forms_running(_: FastAPI) -> AsyncIterator[None]:
    """The lifespan of an API with forms: their loop starts and ends with it."""
    _application()
    if not visitors.is_stopped:
        msg = "expected one API with forms at a time in a process, got another one that still runs"
        raise RuntimeError(msg)
    async with visitors.router.lifespan_context(visitors):
        yield


class FormsRoute(BaseRoute):
    """The way from an API to its forms; a viewer may go it.

    Parameters
    ----------
    here : Context
        What the forms read from.
    """

    path = "forms"
    least_role = "viewer"

    def __init__(self, here: Context) -> None:
        self._here = here
        self._forms = _application()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Full for what is the forms'."""
        theirs = (
            part_of(scope["path"]) is not None
            if scope["type"] == "http"
            else scope["type"] == "websocket" and is_socket(scope["path"])
        )
        return (Match.FULL, {"endpoint": self._forms}) if theirs else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer whoever may ask.

        Raises
        ------
        HTTPException
            Says what was expected; the forms' own error pages are not shown.
        """
        if scope.get(RANK_IN_SCOPE, 0) < RANK[self.least_role]:
            raise HTTPException(403, f"expected a key of role {self.least_role} or higher")
        inner: dict[str, Any] = {**scope, CONTEXT_IN_SCOPE: self._here}
        if scope["type"] == "websocket":
            await self._forms(inner, receive, send)
            return
        part = part_of(scope["path"]) or "asset"
        if scope["method"] != _METHODS[part]:
            raise HTTPException(405, headers={"Allow": _METHODS[part]})
        if part == "upload":
            refuse_other_origin(scope)
        try:
            await self._forms(inner, receive, MarkedPage(send) if part == "page" else _Answered(send))
        except NotAnswered as error:
            raise HTTPException(error.status) from None


class _Answered:
    """Sends an asset on; an error is left to the API."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            raise NotAnswered(message["status"])
        await self._send(message)
