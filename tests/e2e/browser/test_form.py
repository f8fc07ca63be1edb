"""The form of predictions in a real browser; what it says is what REST says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.prediction.names import Names
from api.words import LANGUAGES, Language
from tests.e2e.browser.hall import DESK, PHONE, Seen
from tests.predicting_home import PredictingHome
from tests.predicting_service import PredictingService, predicting_service

WORDS = {
    "en": ("Prediction", "Weld current", "Outside the trained range", "never run"),
    "ko": ("예측", "용접 전류", "학습 범위를 벗어남", "미실행"),
    "ru": ("Прогноз", "Ток сварки", "Вне диапазона обучения", "не выполнялось"),
}
INPUTS = ("weld_current", "focus_current", "weld_speed", "focal_distance")
FIELDS = ("IW", "IF", "VW", "FP")


@pytest.fixture(scope="module")
def form(
    predicting_home: PredictingHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PredictingService]:
    with predicting_service(predicting_home, tmp_path_factory.mktemp("form")) as service:
        yield service


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


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_there_in_each_language_and_nothing_is_wider_than_the_window(
    form: PredictingService, look: Callable[..., Seen], language: Language, size: dict[str, int]
) -> None:
    title, current, *_ = WORDS[language]
    page = look(form, f"/predict?lang={language}", size).page

    expect(page.get_by_role("heading", name=title, exact=True).first).to_be_visible()
    expect(page.get_by_role("slider", name=current)).to_be_visible()
    expect(page.locator(".surface canvas").first).to_be_visible()
    expect_as_asked(page, form, language)
    assert page.evaluate("document.documentElement.lang").startswith(language)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    cut = page.locator(".panel label, .heading, .hint, .size div, .standing, button").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    assert cut == []


def test_turning_a_slider_by_keyboard_changes_the_prediction(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    before, text = shown(page), figures(page).nth(0).inner_text()

    page.locator(".q-slider__track-container").nth(2).focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")

    expect(figures(page).nth(0)).not_to_have_text(text)
    expect(fields(page).nth(2)).not_to_have_value(str(before["weld_speed"]))
    after = shown(page)
    assert after["weld_speed"] < before["weld_speed"]
    assert {**after, "weld_speed": 0} == {**before, "weld_speed": 0}
    expect_as_asked(page, form)


def test_dragging_a_slider_changes_the_prediction(form: PredictingService, look: Callable[..., Seen]) -> None:
    page = look(form, "/predict").page
    text = figures(page).nth(0).inner_text()
    box = page.locator(".q-slider").nth(0).bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=8)
    page.mouse.up()

    expect(figures(page).nth(0)).not_to_have_text(text)
    expect_as_asked(page, form)


@pytest.mark.parametrize("language", LANGUAGES)
def test_outside_the_trained_range_is_marked_with_the_end_it_is_beyond(
    form: PredictingService, look: Callable[..., Seen], language: Language
) -> None:
    page = look(form, f"/predict?lang={language}").page
    names = Names(form.profile, language)
    high = float(form.predictor.surroundings.high[0])

    put(page, 0, names.number(high + 2.5))

    mark = page.locator(".standing.outside")
    expect(mark).to_contain_text(WORDS[language][2])
    expect(mark).to_contain_text(names.value("weld_current", high))
    expect(page.locator(".verdict.warn")).to_be_visible()
    expect(page.locator(".input.beyond")).to_have_count(1)
    page.locator(".inputs button").click()
    expect(page.locator(".standing.run_before")).to_be_visible()


def test_what_is_no_number_or_beyond_the_limits_is_said_and_changes_nothing(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    text = figures(page).nth(0).inner_text()

    put(page, 0, "many")
    expect(page.locator(".inputs")).to_contain_text("Expected a number")
    put(page, 0, "5000")
    expect(page.locator(".inputs")).to_contain_text("Expected 0 to 200")

    assert figures(page).nth(0).inner_text() == text


def test_another_regressor_predicts_what_rest_says_of_it(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    other = form.predictor.regressors["depth"][1]
    text = figures(page).nth(0).inner_text()

    page.locator(".regressors .q-select").first.click()
    page.get_by_role("option").nth(1).click()

    expect(figures(page).nth(0)).not_to_have_text(text)
    expect_as_asked(page, form, regressors={"depth": other})


def test_a_file_comes_back_with_what_rest_says_of_its_rows(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    settings = form.predictor.trained.settings[:3].tolist()
    lines = [";".join((*FIELDS, "note")), *(";".join([*map(str, row), "=1+1"]) for row in settings)]
    lines += ["x;1;2;3;", ";".join(map(str, [*settings[0][:3], 9999, ""]))]
    content = "\n".join(lines).replace(".", ",").encode()

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a CSV file").click()
    chosen.value.set_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": content})
    expect(page.locator(".batch .told")).to_have_text("3 rows predicted, 2 refused")
    expect(page.locator(".batch tr.refused")).to_have_count(2)
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download with predictions").click()
    text = Path(taken.value.path()).read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))

    assert [row["refused"] for row in rows[:3]] == ["", "", ""]
    assert "no number: x" in rows[3]["refused"]
    assert "physical limits" in rows[4]["refused"]
    assert rows[0]["note"] == "'=1+1"
    for row, inputs in zip(rows, settings, strict=False):
        answer = asked(form, dict(zip(INPUTS, inputs, strict=True)))
        for one in answer["targets"]:
            told = [row[f"{one['name']}_{part}"] for part in ("predicted", "low", "high")]
            assert [float(value) for value in told] == [one["mean"], one["low"], one["high"]]
        assert (row["standing"], row["outcome"]) == (answer["standing"], answer["outcome"])


def test_a_file_that_is_no_table_is_refused_with_the_reason(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page

    with page.expect_file_chooser() as chosen:
        page.get_by_role("button", name="Choose a CSV file").click()
    chosen.value.set_files({"name": "rows.csv", "mimeType": "text/csv", "buffer": b"IW,IF\n1,2\n"})

    expect(page.locator(".batch .told")).to_have_text(
        "This is no CSV table: there is no column Weld speed, Focal distance"
    )


def test_advice_is_found_and_a_click_takes_its_settings_over(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    page.get_by_role("button", name="Find settings").click()
    rows = page.locator(".advice tbody tr:has(button)")
    expect(rows.first).to_be_visible()
    texts = rows.first.locator("td").all_inner_texts()

    rows.first.get_by_role("button", name="Take over").click()

    for k in range(len(INPUTS)):
        expect(fields(page).nth(k)).to_have_value(texts[k])
    expect_as_asked(page, form)
    expect(page.locator(".verdict.ok")).to_be_visible()


def test_limits_nobody_can_keep_are_named(form: PredictingService, look: Callable[..., Seen]) -> None:
    page = look(form, "/predict").page
    page.get_by_role("textbox", name="Width: at most").fill("0.2")
    page.get_by_role("textbox", name="Width: at least").fill("")

    page.get_by_role("button", name="Find settings").click()

    expect(page.locator(".advice .told")).to_contain_text("Width at most 0.2 mm excludes every setting")


def test_a_click_into_the_surface_takes_the_point_over(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    before = shown(page)
    chart = page.locator(".surface .chart")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None

    expect(chart).to_have_attribute("aria-label", re.compile("Response surface: Depth, "))
    page.mouse.click(box["x"] + box["width"] * 0.55, box["y"] + box["height"] * 0.45)

    expect(page.locator(".standing.run_before")).to_have_count(0)
    changed = {name for name, value in shown(page).items() if value != before[name]}
    assert len(changed) == 2
    expect_as_asked(page, form)


def test_the_validation_shows_both_splits_and_why_they_differ(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict").page
    table = page.locator(".validation")

    expect(table).to_contain_text("leaves out whole settings")
    for one in form.predictor.trained.validation:
        figure = Names(form.profile, "en").fixed(one.r2, 2)
        expect(table.get_by_role("cell", name=figure, exact=True).first).to_be_visible()


def test_the_hall_leads_to_it_and_it_leads_back(form: PredictingService, look: Callable[..., Seen]) -> None:
    page = look(form, "/?lang=ru").page
    page.get_by_role("link", name="Прогноз по настройкам").click()
    expect(page.get_by_role("heading", name="Прогноз", exact=True).first).to_be_visible()

    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("slider", name="용접 전류")).to_be_visible()
    page.get_by_role("link", name="설비 현황").click()
    expect(page.locator("main.q-page")).to_have_count(0)
