"""The way from page to page, and the page of the limit as it is first seen."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from tests.api.conftest import NOW, T0, Served

PATHS = ("/", "/coverage", "/threshold", "/models")


@pytest.mark.parametrize("path", ["/coverage", "/threshold", "/models", "/shots/t3"])
def test_every_page_below_the_hall_leads_to_the_others_and_marks_itself(served: Served, path: str) -> None:
    text = served.get(f"{path}?lang=ru").text
    (links,) = re.findall(r'<nav class="ways".*?</nav>', text)

    assert re.findall(r'href="([^"?]+)[?]lang=ru"', links) == list(PATHS)
    assert re.findall(r'href="([^"?]+)[?]lang=ru" aria-current', links) == [
        one for one in PATHS if one == path
    ]


def test_without_a_model_the_pages_still_lead_home(serve: Callable[..., Served]) -> None:
    served = serve(trained=False)

    for path in PATHS[1:]:
        assert '<nav class="ways"' in served.get(path).text


def test_the_machine_hall_leads_to_the_models(served: Served) -> None:
    assert '<a href="/models?lang=en">Models: drift and challenger</a>' in served.get("/?lang=en").text


def about(served: Served) -> dict[str, Any]:
    (found,) = re.findall(r'data-about="([^"]+)"', served.get("/threshold").text)
    told: dict[str, Any] = json.loads(html.unescape(found))
    return told


def test_the_limit_is_first_tried_on_the_days_up_to_the_newest_shot(served: Served) -> None:
    assert about(served)["newest"] == T0 + 3000
    first = re.search(r'<option value="([^"]*)">([^<]+)', served.get("/threshold?lang=en").text)
    assert first is not None
    assert first.groups() == ("newest", "the 7 days up to the newest shot")


def test_shots_of_tomorrow_do_not_move_that_period(served: Served, write: Callable[..., None]) -> None:
    write(served.store, [{"facility": "A-02", "shot_time": NOW + 86_400_000}], "n")

    assert about(served)["newest"] == T0 + 3000


def test_without_a_shot_the_period_ends_now(serve: Callable[..., Served], plan: Any) -> None:
    served = serve()
    served.app.state.context.reader.latest = list
    assert about(served)["newest"] == NOW + 5000
