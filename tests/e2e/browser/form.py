"""The form of predictions as a browser sees it, and what REST says of the same inputs."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from api.prediction.names import Names
from api.words import Language
from tests.predicting_service import PredictingService

INPUTS = ("weld_current", "focus_current", "weld_speed", "focal_distance")


def fields(page: Page) -> Any:
    return page.locator(".inputs .number input")


def figures(page: Page) -> Any:
    return page.locator(".result .figure")


def shown(page: Page) -> dict[str, float]:
    """The inputs as the fields show them."""
    texts = [fields(page).nth(k).input_value() for k in range(len(INPUTS))]
    return {name: float(text.replace(",", ".")) for name, text in zip(INPUTS, texts, strict=True)}


def asked(form: PredictingService, inputs: dict[str, float], **more: Any) -> Any:
    """What REST says of these inputs."""
    answer = form.post("/api/v1/predictions", {"rows": [inputs], **more})
    assert answer.status_code == 200, answer.text
    return answer.json()["rows"][0]


def expect_as_asked(page: Page, form: PredictingService, language: Language = "en", **more: Any) -> None:
    """The page tells the sizes that REST tells of the inputs it shows."""
    names = Names(form.profile, language)
    for k, one in enumerate(asked(form, shown(page), **more)["targets"]):
        expect(figures(page).nth(k)).to_have_text(names.value(one["name"], one["mean"]))


def put(page: Page, place: int, text: str) -> None:
    fields(page).nth(place).fill(text)
    fields(page).nth(place).press("Enter")
