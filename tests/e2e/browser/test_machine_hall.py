"""The machine hall in a real browser, over the running service and shots of the simulated plant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from ingest.plant import Plant, documents

pytestmark = pytest.mark.xdist_group("trained plant")
SEED = 5
FIRST = 400
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
REFRESH_MS = 15_000
"""Far more than the two seconds between two refreshes: the machine may be busy."""


NG = re.compile(r"\bng\b")


@dataclass
class Seen:
    """A page and what it did besides showing itself."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@dataclass
class Hall:
    """The running service, its presses, and a shot of one of them that was OK."""

    line: Any
    presses: list[str]
    good: dict[str, Any]

    @property
    def url(self) -> str:
        return str(self.line.service.url)

    @property
    def press(self) -> str:
        """The press that `send_good` and `send_bad` speak of."""
        return str(self.good["facility"])

    def send_good(self) -> None:
        """The shot that was OK, once more."""
        self._send(self.good["actual"])

    def send_bad(self) -> None:
        """A shot as when no melt comes: every measured value far below."""
        self._send({name: 0.2 * value for name, value in self.good["actual"].items()})

    def send_untrained(self) -> None:
        """The shot that was OK under a setting nobody ever trained."""
        setting = {name: 1.25 * value for name, value in self.good["set"].items()}
        self._send(self.good["actual"], set=setting)

    def latest(self) -> dict[str, Any]:
        """The press's last verdict, from the API."""
        found: dict[str, Any] = self.line.service.get(f"/api/v1/facilities/{self.press}/latest")["latest"]
        return found

    def _send(self, actual: dict[str, float], **more: Any) -> None:
        self.line.shots.insert_one({**self.good, "_id": uuid4().hex, "actual": actual, **more})


def is_refresh(answer: Response) -> bool:
    return "/hall?" in answer.url


def tile(page: Page, press: str) -> Any:
    return page.locator("li.tile", has=page.get_by_role("heading", name=press, exact=True))


@pytest.fixture(scope="module")
def hall(make_shared_line: Callable[..., Any], trained_home: Path) -> Hall:
    line = make_shared_line(trained_home)
    frame = next(Plant(SEED).live(FIRST)).frame
    line.service.start()
    line.service.wait_ready()
    line.shots.insert_many(documents(frame))
    line.wait_for(len(frame))
    trained = next(v for v in line.verdicts() if v["route"] == "trained" and v["outcome"] == "OK")
    shot = next(d for d in documents(frame) if d["_id"] == trained["shot_id"])
    return Hall(line, sorted(set(frame["facility"])), shot)


@pytest.fixture
def alarmed(hall: Hall) -> Hall:
    """The hall with an NG shot as the last one of its press."""
    hall.send_bad()
    hall.line.service.wait_until(lambda: hall.latest()["outcome"] == "NG", "the NG verdict")
    return hall


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Seen]]:
    """Opens a page and watches it; nothing of it may go wrong or leave the service."""
    opened: list[tuple[Seen, str]] = []

    def look(hall: Hall, path: str = "/", size: dict[str, int] = DESK) -> Seen:
        page = browser.new_page(viewport=size, locale="en-GB")  # type: ignore[arg-type]
        seen = Seen(page)
        page.on("console", lambda m: seen.errors.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.goto(hall.url + path)
        opened.append((seen, hall.url))
        return seen

    yield look
    for seen, url in opened:
        seen.page.close()
        assert seen.errors == []
        assert [r for r in seen.requests if not r.startswith(f"{url}/")] == []


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


def test_keyboard_reaches_every_link_and_a_refresh_does_not_lose_the_place(
    alarmed: Hall, look: Callable[..., Seen]
) -> None:
    page = look(alarmed).page
    focused = "document.activeElement.getAttribute('href')"
    links = page.locator("a").evaluate_all("all => all.map(a => a.getAttribute('href'))")

    reached = []
    for _ in links:
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
    assert reached == links
    held = reached[-1]
    assert held.startswith("/api/v1/verdicts/")
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
