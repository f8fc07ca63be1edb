"""The pages, by path: each is built anew for whoever opens it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from nicegui import ui
from starlette.requests import Request

from api.context import Context
from api.forms import predict
from api.forms.paths import PAGES
from api.words import LANGUAGES, Language, choose_language

BUILDERS: Final[dict[str, Callable[[Context, Language], None]]] = {"/predict": predict.build}

_QUASAR: Final[dict[Language, Any]] = {"en": "en-US", "ko": "ko-KR", "ru": "ru"}


def declare_pages() -> None:
    """Tell NiceGUI of every page; once a process."""
    for path in PAGES:
        ui.page(path)(_shown(path, BUILDERS[path]))


def _shown(path: str, build: Callable[[Context, Language], None]) -> Callable[[Request], None]:
    def show(request: Request) -> None:
        language = _language(request)
        ui.context.client.page = _page(path, language)
        build(request.scope["sprue.context"], language)

    return show


@cache
def _page(path: str, language: Language) -> ui.page:
    """The page's settings in a language: NiceGUI's own words follow it."""
    return ui.page(path, language=_QUASAR[language])


def _language(request: Request) -> Language:
    """As everywhere: the address says, else the browser."""
    wanted = request.query_params.get("lang")
    for language in LANGUAGES:
        if language == wanted:
            return language
    return choose_language(request.headers.get("accept-language"))
