"""The page of the limit in a real browser: turned without asking, set with a reason, judged by."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.e2e.browser.hall import DESK, PHONE, Hall, Seen

pytestmark = pytest.mark.xdist_group("trained plant")
SLOW_MS = 30_000
Look = Callable[..., Seen]


def opened(look: Look, hall: Hall, language: str = "en", size: dict[str, int] = DESK) -> Seen:
    seen = look(hall, f"/threshold?lang={language}", size)
    expect(seen.page.locator("#numbers tr").first).to_be_visible(timeout=SLOW_MS)
    return seen


def turn(page: Page, step: int) -> None:
    page.locator("#slide").fill(str(step))


def test_turning_the_slider_asks_nobody_and_moves_the_numbers_and_the_line(hall: Hall, look: Look) -> None:
    seen = opened(look, hall)
    page = seen.page
    page.locator("#period").select_option("")
    expect(page.locator("#told")).to_contain_text("shots of", timeout=SLOW_MS)
    expect(page.locator("#limit[aria-busy]")).to_have_count(0, timeout=SLOW_MS)
    asked = len(seen.requests)
    flags = page.locator("#numbers tr:nth-child(2) td:last-child")
    found = []
    for step in (0, 13):
        turn(page, step)
        found.append(
            (
                page.locator("#value").inner_text(),
                int(flags.inner_text()),
                page.locator(".line_tried[x1]").get_attribute("x1"),
            )
        )

    assert "margin 0 ×" in found[0][0]
    assert "margin 6 ×" in found[1][0]
    assert found[0][1] >= found[1][1]
    assert found[0][2] != found[1][2]
    assert len(seen.requests) == asked


def test_a_limit_set_on_the_page_judges_within_seconds_and_is_taken_back(hall: Hall, look: Look) -> None:
    service = hall.line.service
    before = service.get("/api/v1/status")["threshold_choice"]
    assert before == 0
    page = opened(look, hall).page
    turn(page, 5)

    page.get_by_role("button", name="Set this limit").click()
    expect(page.locator("#outcome")).to_contain_text("Say why")
    page.locator("#why").fill("fewer calls at night")
    page.locator("#who").fill("kim")
    page.get_by_role("button", name="Set this limit").click()
    expect(page.locator("#outcome")).to_contain_text("Stored as choice", timeout=SLOW_MS)

    def judging() -> int:
        return int(service.get("/api/v1/status")["threshold_choice"])

    service.wait_until(lambda: judging() > 0, "the choice to judge")
    newest = service.get("/api/v1/threshold/choices")["choices"][0]
    assert (newest["who"], newest["why"], newest["id"]) == ("kim", "fewer calls at night", judging())
    page = opened(look, hall).page
    expect(page.locator("#summary")).to_contain_text(f"Choice {newest['id']} judges")
    expect(page.locator("table.choices")).to_contain_text("fewer calls at night")
    page.locator("#why").fill("enough")
    page.get_by_role("button", name="Back to the profile's rule").click()
    expect(page.locator("#outcome")).to_contain_text("Stored as choice", timeout=SLOW_MS)
    service.wait_until(lambda: judging() == 0, "the profile's rule to judge")


def test_a_limit_tried_on_no_shot_cannot_be_set_and_old_figures_are_grey_meanwhile(
    hall: Hall, look: Look
) -> None:
    page = opened(look, hall).page
    button = page.get_by_role("button", name="Set this limit")
    expect(page.locator("#told")).to_contain_text("shots of", timeout=SLOW_MS)
    expect(button).to_be_enabled()
    held: list[Route] = []
    page.route("**/api/v1/threshold/try", lambda route: held.append(route))
    page.clock.set_fixed_time("2040-01-01T00:00:00Z")

    page.locator("#period").select_option("1")
    expect(page.locator("#limit[aria-busy]")).to_have_count(1)
    expect(button).to_be_disabled()
    expect(page.locator("#numbers td").first).to_have_css("opacity", "0.35")
    held[0].continue_()
    page.unroute("**/api/v1/threshold/try")

    expect(page.locator("#told")).to_contain_text("judged no shot", timeout=SLOW_MS)
    expect(page.locator("#limit[aria-busy]")).to_have_count(0)
    expect(button).to_be_disabled()
    page.locator("#period").select_option("newest")
    expect(button).to_be_enabled(timeout=SLOW_MS)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_is_wider_than_the_window(hall: Hall, look: Look, size: dict[str, int]) -> None:
    for language in ("en", "ko", "ru"):
        page = opened(look, hall, language, size).page
        page.locator("details summary").click()

        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


def test_the_slider_and_the_buttons_are_reached_by_keyboard(hall: Hall, look: Look) -> None:
    page = opened(look, hall).page
    value = page.locator("#value").inner_text()

    page.locator("#slide").focus()
    page.keyboard.press("ArrowRight")

    assert page.locator("#value").inner_text() != value
    assert page.locator("#slide").get_attribute("aria-valuetext") == page.locator("#value").inner_text()
