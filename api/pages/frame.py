"""The frame of every page: head, bar, language links. Text is escaped where it is put in."""

from __future__ import annotations

from html import escape

from api.words import LANGUAGES, Language, catalogue, say


def page(
    title: str,
    language: Language,
    *,
    summary: str,
    body: str,
    script: str,
    beside: str = "",
    ways: str = "",
) -> str:
    """A whole document.

    Parameters
    ----------
    title : str
        As text, not yet escaped.
    language : {"en", "ko", "ru"}
    summary, body : str
        HTML of the bar's middle and of the page.
    script : str
        Name of the file under ``/static`` that keeps the page fresh.
    beside : str
        HTML that stays as it is when the page is refreshed.
    ways : str
        HTML of the links to the other pages.
    """
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)} · sprue</title>
<link rel="icon" href="/static/sprue.svg" type="image/svg+xml">
<link rel="stylesheet" href="/static/hall.css">
<script src="/static/{script}" defer></script>
</head>
<body>
<header class="bar">
{bar(title, language, ways=ways, summary=summary)}
</header>
<p id="offline" class="banner" role="alert" hidden>{escape(say("page", "offline", language))}</p>
<main id="content">{body}</main>{beside}
</body>
</html>
"""


def bar(title: str, language: Language, *, ways: str, summary: str) -> str:
    """What stands in the bar above a page; parameters as of `page`."""
    return f"""<a class="brand" href="/?lang={language}"><img src="/static/sprue.svg" alt="" width="26" \
height="26">sprue</a>
<h1>{escape(title)}</h1>{ways}
<div id="summary" class="summary">{summary}</div>
<nav aria-label="{escape(say("page", "language", language))}">{_languages(language)}</nav>"""


def _languages(language: Language) -> str:
    names = catalogue()["languages"]
    links = []
    for one in LANGUAGES:
        here = ' aria-current="page"' if one == language else ""
        links.append(
            f'<a href="?lang={one}" lang="{one}" hreflang="{one}"{here}>{escape(str(names[one]))}</a>'
        )
    return "".join(links)
