"""The machine hall in a real browser, over the running service and shots of the simulated plant."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.hall import DESK, NG, PHONE, REFRESH_MS, Hall, Seen, is_refresh, tile

pytestmark = pytest.mark.xdist_group("trained plant")


def test_an_ng_shot_turns_its_tile_without_a_reload_and_says_why(
    hall: Hall, look: Callable[..., Seen]
) -> None:
    hall.send_good()
    page = look(hall).page
    for name in hall.presses:
        expect(tile(page, name)).to_have_count(1)
    expect(page.locator("li.tile")).to_have_count(len(hall.presses))
    press = tile(page, hall.press)
    expect(press).not_to_have_class(NG, timeout=REFRESH_MS)
    page.evaluate("window.sameDocument = true")

    hall.send_bad()

    expect(press).to_have_class(NG, timeout=REFRESH_MS)
    expect(press).to_contain_text("Out of tolerance")
    expect(press.locator(".why li").first).to_contain_text("below its normal band")
    row = page.locator("tbody tr").first
    expect(row).to_contain_text(hall.press)
    expect(row).to_contain_text("NG")
    assert page.evaluate("window.sameDocument") is True


def test_it_speaks_english_korean_and_russian_and_keeps_the_language(
    alarmed: Hall, look: Callable[..., Seen]
) -> None:
    page = look(alarmed).page
    press = tile(page, alarmed.press)
    for name, language, words in (
        ("한국어", "ko", "허용 범위 이탈"),
        ("Русский", "ru", "Вне допуска"),
        ("English", "en", "Out of tolerance"),
    ):
        page.get_by_role("link", name=name).click()
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(press).to_contain_text(words)
        page.wait_for_event("response", is_refresh, timeout=REFRESH_MS)
        expect(press).to_contain_text(words)


def test_a_substitute_is_told_from_an_own_model_by_shape_and_words(
    hall: Hall, look: Callable[..., Seen]
) -> None:
    hall.send_good()
    page = look(hall).page
    press = tile(page, hall.press)
    badge = press.locator(".badge.substitute")
    expect(badge).to_have_count(0, timeout=REFRESH_MS)

    hall.send_untrained()

    expect(badge).to_be_visible(timeout=REFRESH_MS)
    latest = hall.latest()
    assert latest["route"] == "nearest"
    expect(badge.locator("svg")).to_be_visible()
    for language, words in (
        ("en", "substitute · distance"),
        ("ko", "대체 모델 · 거리"),
        ("ru", "замена · расстояние"),
    ):
        page = look(hall, f"/?lang={language}").page
        expect(tile(page, hall.press).locator(".badge")).to_contain_text(words)
        expect(tile(page, hall.press)).to_contain_text(latest["substitute"].split("|")[1])


def test_a_russian_page_writes_its_units_in_russian(alarmed: Hall, look: Callable[..., Seen]) -> None:
    page = look(alarmed, "/?lang=ru").page

    reasons = " ".join(page.locator(".why li, .reasons li").all_inner_texts())

    assert re.search(r"\d (мм|бар|с|см³|мм/с|об/мин)\b", reasons)
    assert not re.search(r"\d (mm|bar|s|cm³|mm/s|rpm)\b", reasons)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_wider_than_the_window(
    alarmed: Hall, look: Callable[..., Seen], size: dict[str, int]
) -> None:
    for language in ("en", "ko", "ru"):
        page = look(alarmed, f"/?lang={language}", size).page

        expect(page.locator("tbody tr").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        cut = page.locator(".tile .why li, tbody li, .state, .badge, .summary").evaluate_all(
            "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
        )
        assert cut == []


@pytest.mark.parametrize("on", ["link", "button"])
def test_keyboard_reaches_every_link_and_button_and_a_refresh_does_not_lose_the_place(
    alarmed: Hall, look: Callable[..., Seen], on: str
) -> None:
    page = look(alarmed).page
    name = "(one) => one.getAttribute('href') ?? one.dataset.token"
    focused = f"({name})(document.activeElement)"
    links = page.locator("a, #content button").evaluate_all(f"all => all.map({name})")

    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
    assert reached == links
    if on == "link":
        page.keyboard.press("Shift+Tab")
    held = page.evaluate(focused)
    assert held.startswith("/shots/") is (on == "link")
    page.evaluate("document.activeElement.dataset.old = ''")
    expect(page.locator("[data-old]")).to_have_count(0, timeout=REFRESH_MS)
    assert page.evaluate(focused) == held
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_without_the_service_the_page_says_that_it_is_old_until_it_is_back(
    hall: Hall, look: Callable[..., Seen]
) -> None:
    seen = look(hall)
    alert = seen.page.get_by_role("alert")
    expect(alert).to_be_hidden()

    seen.page.context.set_offline(True)
    expect(alert).to_contain_text("No connection", timeout=REFRESH_MS)
    expect(seen.page.locator("li.tile")).to_have_count(len(hall.presses))
    seen.page.context.set_offline(False)
    expect(alert).to_be_hidden(timeout=REFRESH_MS)

    assert seen.errors
    assert all("ERR_INTERNET_DISCONNECTED" in text for text in seen.errors)
    seen.errors.clear()
