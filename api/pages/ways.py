"""The way from page to page: the same few links in the bar of every page below the hall."""

from __future__ import annotations

from html import escape

from api.words import Language, say
from core.profile import Profile

_HALL = ("/", "coverage", "hall")
_JUDGED = (("/coverage", "coverage"), ("/threshold", "threshold"), ("/models", "drift"))
"""Pages of a process whose detectors judge: path, section of their words."""
_PREDICTED = (("/predict", "predict"),)
"""Pages of one whose targets are predicted."""


def ways(at: str, language: Language, profile: Profile) -> str:
    """The links as HTML.

    Parameters
    ----------
    at : str
        Path of the page they are on; its own link is marked.
    language : {"en", "ko", "ru"}
    profile : Profile
        Of the process; it decides which pages there are.
    """
    links = []
    for path, section, key in (_HALL, *((path, section, "title") for path, section in _below(profile))):
        here = ' aria-current="page"' if path == at else ""
        links.append(f'<a href="{path}?lang={language}"{here}>{escape(say(section, key, language))}</a>')
    label = escape(say("page", "ways", language))
    return f'<nav class="ways" aria-label="{label}">{"".join(links)}</nav>'


def ways_down(language: Language, profile: Profile) -> str:
    """The links from the hall to the pages below it, as HTML."""
    return " · ".join(
        f'<a href="{path}?lang={language}">{escape(say(section, "link", language))}</a>'
        for path, section in _below(profile)
    )


def _below(profile: Profile) -> tuple[tuple[str, str], ...]:
    return _PREDICTED if profile.regressors else _JUDGED
