"""A real browser: the system's Chromium, found by name; none is ever downloaded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from ingest.plant import Plant, documents
from tests.e2e.browser.hall import DESK, FIRST, SEED, Hall, Seen
from tests.predicting_home import PredictingHome
from tests.predicting_service import PredictingService, predicting_service

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# The sandbox refuses root, which is who a container's tests run as; the rest keeps it off the network.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A headless Chromium, one for all tests of a worker."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"no browser: looked for {', '.join(NAMES)}; on Debian: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


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


@pytest.fixture(scope="module")
def form(
    predicting_home: PredictingHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PredictingService]:
    """The API of a process that predicts, its form live; one at a time in a process."""
    with predicting_service(predicting_home, tmp_path_factory.mktemp("form")) as service:
        yield service


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

    def look(hall: Hall | PredictingService, path: str = "/", size: dict[str, int] = DESK) -> Seen:
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
