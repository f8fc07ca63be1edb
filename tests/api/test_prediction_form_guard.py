"""The form of predictions on one's own machine: what it may load, and who may not open its websocket."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from api.forms.paths import UPLOAD_LIMIT
from tests.predicting_home import PredictingHome
from tests.predicting_service import PredictingService, predicting_service

ROOT = Path(__file__).resolve().parents[2]
ASSET = re.compile(r'src="(/_nicegui/[^"]+)"')
SOCKET = "/_nicegui_ws/socket.io/?EIO=4&transport=websocket"


@pytest.fixture(scope="module")
def served(
    predicting_home: PredictingHome, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PredictingService]:
    """Without keys, as on one's own machine."""
    with predicting_service(predicting_home, tmp_path_factory.mktemp("form")) as service:
        yield service


def open_socket(service: PredictingService, query: str = "", **more: Any) -> Any:
    """A websocket as the form's page opens it."""
    address = service.url.replace("http", "ws") + SOCKET + query
    return connect(address, open_timeout=10, **more)


def refused(service: PredictingService, **more: Any) -> tuple[int, bytes]:
    """Status and body that an attempt to open a websocket is answered with."""
    with pytest.raises(InvalidStatus) as told, open_socket(service, **more):
        pass
    return told.value.response.status_code, bytes(told.value.response.body)


def page_policy(service: PredictingService, path: str = "/predict") -> str:
    return str(service.get(path).headers["content-security-policy"])


def test_its_page_and_assets_come_and_its_websocket_answers(served: PredictingService) -> None:
    page = served.get("/predict")

    assert page.status_code == 200
    for asset in ASSET.findall(page.text):
        assert served.get(asset).status_code == 200
    with open_socket(served) as line:
        assert str(line.recv(timeout=10)).startswith('0{"sid"')


def test_scripts_of_the_page_are_marked_and_no_others_run(served: PredictingService) -> None:
    policy, text = page_policy(served), served.get("/predict").text
    scripts = dict(part.split(" ", 1) for part in policy.split("; "))["script-src"].split()

    assert "'unsafe-inline'" not in scripts
    assert "'unsafe-eval'" in scripts
    assert all("nonce=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "frame-ancestors 'none'" in policy
    assert policy != page_policy(served), "a nonce is used once"


@pytest.mark.parametrize("path", ["/", "/coverage", "/api/v1/predictor", "/static/form.css", "/_nicegui/x"])
def test_every_other_path_keeps_the_strict_policy(served: PredictingService, path: str) -> None:
    assert "unsafe" not in page_policy(served, path)


def test_what_it_has_no_answer_to_is_said_as_everywhere(served: PredictingService) -> None:
    for path in ("/_nicegui/x", "/_nicegui/3.18.0/static/x.js", SOCKET.replace("websocket", "polling")):
        answer = served.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
    answer = served.client.post("/predict")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1", "null"])
def test_a_websocket_of_a_foreign_page_is_refused(served: PredictingService, origin: str) -> None:
    status, body = refused(served, origin=origin)

    assert status == 403
    assert b"another origin" in body


def test_a_websocket_of_our_own_page_is_not(served: PredictingService) -> None:
    with open_socket(served, origin=served.url) as line:
        assert line.recv(timeout=10)


def test_another_site_is_refused_by_what_the_browser_says_of_it(served: PredictingService) -> None:
    status, _ = refused(served, additional_headers={"Sec-Fetch-Site": "cross-site"})

    assert status == 403


def test_a_foreign_name_of_this_machine_is_refused(served: PredictingService) -> None:
    host = {"Host": "evil.example"}
    assert served.get("/predict", headers=host).status_code == 421
    assert served.get("/_nicegui/3.18.0/static/nicegui.js", headers=host).status_code == 421
    here = socket.create_connection(("127.0.0.1", served.client.base_url.port or 0))
    with pytest.raises(InvalidStatus) as told, connect(f"ws://evil.example{SOCKET}", sock=here):
        pass
    assert told.value.response.status_code == 421


def test_there_is_no_other_websocket(served: PredictingService) -> None:
    place = served.url.replace("http", "ws") + "/api/v1/verdicts"
    with pytest.raises(InvalidStatus) as told, connect(place):
        pass
    assert told.value.response.status_code == 404


def test_a_file_too_large_is_refused_before_it_is_read(served: PredictingService) -> None:
    place = "/_nicegui/client/0f3c1a52-7a52-4be5-9d4a-1f1e1c0b9a77/upload/12"

    assert served.client.post(place, content=b"x" * (UPLOAD_LIMIT + 1)).status_code == 413
    assert served.client.post(place, content=b"x" * 1_000_000).status_code == 404
    assert served.client.post("/predict", content=b"x" * 100_000).status_code == 413


def test_a_foreign_page_cannot_hand_in_a_file(served: PredictingService) -> None:
    place = "/_nicegui/client/0f3c1a52-7a52-4be5-9d4a-1f1e1c0b9a77/upload/12"
    answer = served.client.post(place, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403


def test_a_service_that_predicts_nothing_has_no_form_and_loads_nothing_of_it() -> None:
    program = (
        "import sys, api.app, scripts.serve\n"
        "from core.profile_file import load_profile\n"
        "print([m for m in ('nicegui', 'socketio', 'websockets') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "[]", done.stderr
