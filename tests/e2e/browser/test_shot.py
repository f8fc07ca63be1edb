"""The page of a flagged shot in a real browser, reached from the hall of the running service."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.hall import DESK, PHONE, REFRESH_MS, Hall, Seen

pytestmark = pytest.mark.xdist_group("trained plant")


def test_from_the_hall_to_why_and_to_good_shots_of_the_same_setting(
    alarmed: Hall, look: Callable[..., Seen]
) -> None:
    token = alarmed.latest()["event_token"]
    page = look(alarmed, "/?lang=en").page
    page.locator(f'a.pill[href*="{token}"]').click()
    page.wait_for_url(re.compile(f"/shots/{token}"))

    expect(page.locator(".card.tile")).to_contain_text(alarmed.press)
    expect(page.locator("p.said")).to_contain_text("NG:")
    expect(page.locator("ol.said li").first).to_contain_text("never seen in training")
    rows = page.locator("table.values tbody tr")
    expect(rows).to_have_count(len(alarmed.good["actual"]))
    expect(rows.first).to_have_class("unseen")
    expect(rows.first.locator("svg.position .at")).to_have_count(1)
    expect(page.locator(".good article")).to_have_count(3)
    expect(page.locator(".good article").first).to_contain_text("distance")


def test_feedback_given_on_the_page_is_shown_there(alarmed: Hall, look: Callable[..., Seen]) -> None:
    page = look(alarmed, f"/shots/{alarmed.latest()['event_token']}?lang=en").page
    page.locator("button.give").click()
    page.get_by_role("dialog").get_by_role("button", name="Good part").click()
    expect(page.locator(".word")).to_contain_text("False alarm", timeout=REFRESH_MS)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "ko", "ru"])
def test_it_fits_the_window_in_every_language(
    alarmed: Hall, look: Callable[..., Seen], size: dict[str, int], language: str
) -> None:
    page = look(alarmed, f"/shots/{alarmed.latest()['event_token']}?lang={language}", size).page
    expect(page.locator("table.values")).to_be_visible()
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth - {root}.clientWidth") == 0
    assert page.locator("html").get_attribute("lang") == language
