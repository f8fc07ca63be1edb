"""The form where keys are needed: a browser that was given one as its password."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, expect

from api.key_file import add_key
from inference.store.sink import now_ms
from tests.e2e.browser.hall import DESK
from tests.predicting_home import PredictingHome
from tests.predicting_service import predicting_service


def test_its_page_assets_and_websocket_come_with_the_password_a_browser_was_given(
    predicting_home: PredictingHome, browser: Browser, tmp_path: Path
) -> None:
    key = add_key(tmp_path / "keys.json", "line", "viewer", now_ms())
    with predicting_service(predicting_home, tmp_path, behind_proxy=True) as served:
        page = browser.new_page(
            viewport=DESK,  # type: ignore[arg-type]  # a plain dict
            http_credentials={"username": "anyone", "password": key},
        )
        errors: list[str] = []
        page.on("console", lambda m: errors.append(m.text) if m.type in ("error", "warning") else None)
        page.goto(f"{served.url}/predict?lang=en")
        figure = page.locator(".result .figure").first
        before = figure.inner_text()

        field = page.locator(".inputs .number input").nth(2)
        field.fill("11.3")
        field.press("Enter")

        expect(figure).not_to_have_text(before)
        page.close()
        assert errors == []
