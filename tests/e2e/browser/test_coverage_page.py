"""The coverage page in a real browser: the trained plant's groups, and shots of a setting never trained."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.hall import DESK, PHONE, Hall, Seen

pytestmark = pytest.mark.xdist_group("trained plant")


def test_the_hall_leads_to_a_picture_with_a_sign_for_every_group(
    hall: Hall, look: Callable[..., Seen]
) -> None:
    groups = hall.line.service.get("/api/v1/coverage")["coverage"]
    page = look(hall).page

    page.get_by_role("link", name="Where models judge, and where not").click()

    expect(page.locator(".sign-of")).to_have_count(len(groups))
    expect(page.locator(".groups tbody tr")).to_have_count(min(len(groups), 200))


def test_pointing_and_arrow_keys_say_what_a_sign_stands_for(hall: Hall, look: Callable[..., Seen]) -> None:
    page = look(hall, "/coverage").page
    detail, signs = page.locator("#detail"), page.locator(".sign-of")
    expect(detail).to_contain_text("Point at a sign")

    signs.nth(1).hover()
    expect(detail).to_contain_text("Judged by")
    first = detail.inner_text()
    signs.nth(0).focus()
    expect(detail).not_to_have_text(first)
    page.keyboard.press("ArrowRight")
    expect(signs.nth(1)).to_be_focused()
    assert detail.inner_text() == first
    page.keyboard.press("ArrowDown")
    below = page.evaluate("document.activeElement.closest('tr').rowIndex")
    assert below > signs.nth(1).evaluate("one => one.closest('tr').rowIndex")
    assert page.locator('.sign-of[tabindex="0"]').count() == 1


def test_shots_of_an_untrained_setting_put_a_ring_around_their_sign(
    hall: Hall, look: Callable[..., Seen]
) -> None:
    hall.send_untrained()
    hall.line.service.wait_until(lambda: hall.latest()["route"] == "nearest", "the substitute's verdict")
    page = look(hall, f"/coverage?facility={hall.press}").page

    ringed = page.locator(".sign-of:has(.ringed)")
    expect(ringed.first).to_be_visible()
    expect(page.locator("tr.blind").first).to_contain_text(hall.press)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", ["en", "ko", "ru"])
def test_nothing_is_wider_than_the_window_or_cut(
    hall: Hall, look: Callable[..., Seen], language: str, size: dict[str, int]
) -> None:
    page = look(hall, f"/coverage?lang={language}", size).page

    expect(page.locator(".groups tbody tr").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    cut = page.locator(".groups td div, .covered li, .facts, .detail, .summary").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    assert cut == []
