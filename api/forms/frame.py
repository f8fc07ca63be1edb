"""The frame of every form: the same bar and look as the other pages have."""

from __future__ import annotations

from nicegui import ui

from api.pages.frame import bar
from api.pages.ways import ways
from api.words import Language
from core.profile import Profile

_HEAD = (
    '<link rel="stylesheet" href="/static/hall.css"><link rel="stylesheet" href="/static/form.css">'
    '<link rel="icon" href="/static/sprue.svg" type="image/svg+xml">'
)


def frame(title: str, at: str, language: Language, profile: Profile, *, summary: str = "") -> None:
    """Put the head and the bar of a page; what follows stands below them.

    Parameters
    ----------
    title : str
        As text.
    at : str
        Path of the page.
    language : {"en", "ko", "ru"}
    profile : Profile
        Of the process; it decides which pages there are.
    summary : str
        HTML of the bar's middle.
    """
    ui.page_title(f"{title} · sprue")
    ui.add_head_html(_HEAD)
    links = ways(at, language, profile)
    inner = bar(title, language, ways=links, summary=summary)
    ui.html(inner, sanitize=False, tag="header").classes("bar")
