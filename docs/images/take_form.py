"""Take prediction-form.png, the picture in the README, from the real form of a running demo.

::

    ./sprue demo --process beam_welding                       # in one terminal, until the form is up
    .venv/bin/python docs/images/take_form.py                 # in another; needs the dev group and a Chromium
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 1160}
SCALE = 1.5
"""Pixels of the picture for one of the page."""
DRAWN_MS = 3000
"""Charts move into place."""


def take(url: str, picture: Path) -> None:
    """Save the upper part of the form, in English."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("expected chromium or google-chrome on the PATH, found neither")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, device_scale_factor=SCALE)  # type: ignore[arg-type]  # a ViewportSize
        page.goto(f"{url}/predict?lang=en")
        page.locator("canvas").first.wait_for()
        page.wait_for_timeout(DRAWN_MS)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take(
        sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000",
        Path(__file__).with_name("prediction-form.png"),
    )
