"""A plant is offline: no page, script or description leads anywhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

NAMESPACES = {"http://www.w3.org/2000/svg"}
"""Names that look like addresses and are never loaded."""
STATIC = Path(__file__).resolve().parents[2] / "api" / "pages" / "static"
FILES = sorted(f"/static/{file.name}" for file in STATIC.iterdir())
PAGES = ["/", "/hall", "/threshold", *FILES, "/api/v1/openapi.json"]


def outside(text: str) -> set[str]:
    """Addresses of other hosts in a text."""
    found = re.findall(r"""(?:https?:|wss?:|(?<=["'(=]))//[^\s"'<>)]+""", text)
    return set(found) - NAMESPACES


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ko", "ru"])
def test_nothing_names_an_outside_host(served: Any, path: str, language: str) -> None:
    asked = {"lang": language} if path in ("/", "/hall", "/threshold") else {}

    answer = served.get(path, params=asked)

    assert answer.status_code == 200
    assert outside(answer.text) == set()


def test_the_files_looked_at_are_those_the_pages_load(served: Any) -> None:
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', served.get("/").text))

    assert {"/static/hall.js", "/static/feedback.js", "/static/feedback.css"} <= loaded <= set(FILES)


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/docs/oauth2-redirect"])
def test_the_built_in_pages_that_load_from_elsewhere_are_off(served: Any, path: str) -> None:
    assert served.get(path).status_code == 404


def test_an_address_of_elsewhere_would_be_found() -> None:
    page = '<script src="//cdn.example/x.js"></script> see https://x.example/y // not this'

    assert outside(page) == {"//cdn.example/x.js", "https://x.example/y"}
