"""Take machine-hall.png, the picture in the README, from the real page of a running demo.

::

    ./sprue demo --rate 12                       # in one terminal, until every press has shots
    .venv/bin/python docs/images/take.py         # in another; needs the dev group and a Chromium
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SIZE = {"width": 1280, "height": 900}


def take(url: str, picture: Path) -> None:
    """Save the upper part of the machine hall, in English, as soon as a press shows NG."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("expected chromium or google-chrome on the PATH, found neither")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{url}/?lang=en")
        page.locator("li.tile.ng").first.wait_for(timeout=300_000)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    take(
        sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000",
        Path(__file__).with_name("machine-hall.png"),
    )
