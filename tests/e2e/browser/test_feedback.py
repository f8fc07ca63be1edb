"""Feedback on a flagged shot in a real browser, over the running service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.hall import DESK, PHONE, REFRESH_MS, Hall, Seen

pytestmark = pytest.mark.xdist_group("trained plant")
WORDS = {
    "en": ("Give feedback", "Good part: a false alarm", "False alarm"),
    "ko": ("결과 입력", "양품: 오경보", "오경보"),
    "ru": ("Отметить", "Годное: тревога ложная", "Ложная тревога"),
}


def row(page: Page, hall: Hall) -> Any:
    """The row of the press's last shot."""
    token = hall.latest()["event_token"]
    return page.locator("tbody tr", has=page.locator(f'button.give[data-token="{token}"]'))


def counting(hall: Hall) -> dict[str, Any]:
    found: dict[str, Any] = hall.line.service.get(
        f"/api/v1/verdicts/{hall.latest()['event_token']}/feedback"
    )["counts"]
    return found


def test_it_is_given_by_keyboard_alone_and_then_shown(alarmed: Hall, look: Callable[..., Seen]) -> None:
    page = look(alarmed).page
    shot = row(page, alarmed)
    expect(shot.locator(".word")).to_have_count(0)

    shot.locator("button.give").focus()
    page.keyboard.press("Enter")
    box = page.get_by_role("dialog")
    expect(box).to_contain_text(alarmed.press)
    expect(box.get_by_role("button", name="Bad part")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("kim")
    page.keyboard.press("Shift+Tab")
    page.keyboard.type("short shot")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(box).to_be_hidden(timeout=REFRESH_MS)
    expect(shot.locator(".word")).to_contain_text("Bad, confirmed", timeout=REFRESH_MS)
    expect(shot.locator(".word")).to_contain_text("kim")
    expect(shot.locator(".word")).to_contain_text("short shot")
    expect(page.get_by_role("status")).to_contain_text("Saved:")
    expect(shot.locator("button.give")).to_be_focused()
    expect(shot.locator("button.give")).to_have_text("Change")
    assert {name: counting(alarmed)[name] for name in ("judgement", "reason", "who")} == {
        "judgement": "confirm",
        "reason": "short shot",
        "who": "kim",
    }


@pytest.mark.parametrize("language", WORDS)
def test_it_is_given_in_each_language_and_can_be_changed(
    alarmed: Hall, look: Callable[..., Seen], language: str
) -> None:
    give, choice, word = WORDS[language]
    page = look(alarmed, f"/?lang={language}").page
    shot = row(page, alarmed)

    shot.get_by_role("button", name=give).click()
    page.get_by_role("dialog").get_by_role("button", name=choice).click()
    expect(shot.locator(".word")).to_contain_text(word, timeout=REFRESH_MS)
    assert counting(alarmed)["judgement"] == "false_alarm"

    shot.locator("button.give").click()
    page.locator('[data-judgement="unsure"]').click()
    expect(shot.locator(".word")).not_to_contain_text(word, timeout=REFRESH_MS)
    assert counting(alarmed)["judgement"] == "unsure"


def test_escape_leaves_it_and_the_place_is_kept_through_refreshes(
    alarmed: Hall, look: Callable[..., Seen]
) -> None:
    page = look(alarmed).page
    shot = row(page, alarmed)
    shot.locator("button.give").click()
    box = page.get_by_role("dialog")
    box.get_by_role("textbox").first.fill("half a word")
    page.evaluate("document.querySelector('tbody tr').dataset.old = ''")
    expect(page.locator("[data-old]")).to_have_count(0, timeout=REFRESH_MS)
    expect(box.get_by_role("textbox").first).to_have_value("half a word")
    expect(box.get_by_role("textbox").first).to_be_focused()

    page.keyboard.press("Escape")

    expect(box).to_be_hidden()
    expect(shot.locator("button.give")).to_be_focused()
    assert counting(alarmed) is None


def test_what_was_not_written_is_said_in_the_dialogue_and_can_be_tried_again(
    alarmed: Hall, look: Callable[..., Seen]
) -> None:
    seen = look(alarmed)
    page, problem = seen.page, seen.page.locator("#feedback-problem")
    row(page, alarmed).locator("button.give").click()
    page.context.set_offline(True)
    page.locator('[data-judgement="confirm"]').click()
    expect(problem).to_contain_text("Not saved.")
    page.context.set_offline(False)

    page.locator('[data-judgement="confirm"]').click()

    expect(page.get_by_role("dialog")).to_be_hidden(timeout=REFRESH_MS)
    assert counting(alarmed)["judgement"] == "confirm"
    assert all("ERR_INTERNET_DISCONNECTED" in text for text in seen.errors)
    seen.errors.clear()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("language", WORDS)
def test_nothing_of_it_is_cut(
    alarmed: Hall, look: Callable[..., Seen], language: str, size: dict[str, int]
) -> None:
    page = look(alarmed, f"/?lang={language}", size).page
    row(page, alarmed).locator("button.give").click()

    box = page.get_by_role("dialog").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= size["width"]
    cut = page.locator("dialog, dialog button, dialog label, td.feedback, button.give").evaluate_all(
        "all => all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent)"
    )
    assert cut == []
