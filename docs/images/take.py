"""Take machine-hall.png, the picture in the README, from the real page of a running demo.

::

    ./sprue demo --rate 30                       # in one terminal, until shots are judged
    .venv/bin/python docs/images/take.py         # in another; needs the dev group and a Chromium
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

SIZE = {"width": 1280, "height": 900}
SCALE = 2
"""Pixels of the picture for one of the page: sharp on today's screens."""
MARGIN = 16
SHOWN = frozenset({"ng", "warn", "substitute", "warming_up", "ok"})
"""What the picture is to show at once: the states of `api.pages.signs` that the demo comes through."""
PATIENCE_S = 900.0
LOOK_EVERY_MS = 250


def take(url: str, picture: Path) -> frozenset[str]:
    """Save the presses of the machine hall, in English, at the moment that shows most of `SHOWN`.

    Returns
    -------
    frozenset of str
        What of `SHOWN` the picture lacks after `PATIENCE_S`.
    """
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("expected chromium or google-chrome on the PATH, found neither")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport=SIZE, device_scale_factor=SCALE)
        # The page is refreshed here alone: nothing changes between looking and taking.
        page.add_init_script("window.setTimeout = () => 0")
        page.goto(f"{url}/?lang=en")
        lacking = _most_varied(page, picture)
        browser.close()
    return lacking


def _most_varied(page: Page, picture: Path) -> frozenset[str]:
    best, until = frozenset[str](), time.monotonic() + PATIENCE_S
    while best != SHOWN and time.monotonic() < until:
        page.evaluate("refresh()")
        shown = frozenset(page.locator("li.tile").evaluate_all("all => all.map(one => one.classList[1])"))
        if len(shown & SHOWN) > len(best):
            best = shown & SHOWN
            end = page.locator("ul.tiles").evaluate("one => one.getBoundingClientRect().bottom")
            clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": round(end) + MARGIN}
            page.screenshot(path=picture, clip=clip, full_page=True)  # type: ignore[arg-type]  # a FloatRect
        page.wait_for_timeout(LOOK_EVERY_MS)
    return SHOWN - best


if __name__ == "__main__":
    missing = take(
        sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000",
        Path(__file__).with_name("machine-hall.png"),
    )
    if missing:
        sys.exit(f"expected every state in the picture, it lacks {', '.join(sorted(missing))}; take it again")
