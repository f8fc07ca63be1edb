"""The form of predictions in a real browser; what it says is what REST says."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from api.prediction.names import Names
from api.words import LANGUAGES, Language, say
from tests.e2e.browser.form import expect_as_asked, fields, figures, put, shown
from tests.e2e.browser.hall import DESK, PHONE, Seen
from tests.predicting_service import PredictingService

WORDS = {
    "en": ("Prediction", "Weld current", "Outside the trained range", "never run"),
    "ko": ("예측", "용접 전류", "학습 범위를 벗어남", "미실행"),
    "ru": ("Прогноз", "Ток сварки", "Вне диапазона обучения", "не выполнялось"),
}


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
    expect(page.get_by_role("note")).to_have_text(say("predict", "synthetic", language))
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
    before = shown(page)
    step = float(page.locator(".q-slider").nth(2).get_attribute("data-step") or "nan")

    page.locator(".q-slider__track-container").nth(2).focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")

    slower = before["weld_speed"] - 6 * step
    expect(fields(page).nth(2)).to_have_value(Names(form.profile, "en").number(slower))
    assert shown(page) == pytest.approx({**before, "weld_speed": slower})
    expect_as_asked(page, form)
    page.get_by_role("button", name="Take the nearest settings that were run").click()
    expect(page.locator(".q-slider").nth(2)).to_have_attribute("aria-valuenow", f"{before['weld_speed']:g}")
    expect(page.locator(".standing.run_before")).to_be_visible()


def test_dragging_a_slider_changes_the_prediction(form: PredictingService, look: Callable[..., Seen]) -> None:
    page = look(form, "/predict").page
    slider = page.locator(".q-slider").nth(0)
    most = float(slider.get_attribute("aria-valuemax") or "nan")
    box = slider.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 40, middle, steps=20)
    page.mouse.up()

    expect(fields(page).nth(0)).to_have_value(Names(form.profile, "en").number(most))
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


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        ("many", "Expected a number"),
        ("5000", "Expected 0 to 200"),
        ("", "Expected a number"),
        ("1,390", "1.390 or 1390?"),
    ],
)
def test_nothing_is_predicted_while_an_input_is_wrong_until_it_is_mended(
    form: PredictingService, look: Callable[..., Seen], entered: str, said: str
) -> None:
    page = look(form, "/predict").page
    text, current = figures(page).nth(0).inner_text(), fields(page).nth(0).input_value()

    fields(page).nth(0).fill(entered)
    expect(page.locator(".inputs .problem").nth(0)).to_have_text(said)
    expect(page.locator(".result .mend")).to_contain_text("Mend this input first: Weld current.")
    expect(page.locator(".verdict, .standing")).to_have_count(0)
    expect(figures(page)).to_have_text(["–", "–"])
    expect(page.locator(".quantities dd")).to_have_text(["–", "–"])
    page.locator(".q-slider__track-container").nth(2).focus()
    page.keyboard.press("ArrowLeft")
    expect(fields(page).nth(0)).to_have_value(entered)
    expect(page.locator(".result .mend")).to_be_visible()

    page.keyboard.press("ArrowRight")
    fields(page).nth(0).fill(current)
    expect(page.locator(".verdict")).to_be_visible()
    expect(page.locator(".inputs .problem").nth(0)).to_have_text("")
    expect(figures(page).nth(0)).to_have_text(text)


def test_a_value_as_the_form_wrote_it_is_never_read_two_ways(
    form: PredictingService, look: Callable[..., Seen]
) -> None:
    page = look(form, "/predict?lang=ru").page
    put(page, 2, "5.1250")
    page.locator(".q-slider__track-container").nth(2).focus()
    page.keyboard.press("ArrowRight")
    text = fields(page).nth(2).input_value()

    put(page, 2, text)

    expect(page.locator(".result .mend")).to_have_count(0)
    expect(page.locator(".verdict")).to_be_visible()


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
