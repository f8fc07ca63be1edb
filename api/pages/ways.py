"""The way from page to page: the same few links in the bar of every page below the hall."""

from __future__ import annotations

from html import escape

from api.words import Language, say

_PAGES = (
    ("/", "coverage", "hall"),
    ("/coverage", "coverage", "title"),
    ("/threshold", "threshold", "title"),
    ("/models", "drift", "title"),
)


def ways(at: str, language: Language) -> str:
    """The links as HTML.

    Parameters
    ----------
    at : str
        Path of the page they are on; its own link is marked.
    language : {"en", "ko", "ru"}
    """
    links = []
    for path, section, key in _PAGES:
        here = ' aria-current="page"' if path == at else ""
        links.append(f'<a href="{path}?lang={language}"{here}>{escape(say(section, key, language))}</a>')
    label = escape(say("page", "ways", language))
    return f'<nav class="ways" aria-label="{label}">{"".join(links)}</nav>'
