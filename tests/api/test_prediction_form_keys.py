"""The form of predictions where keys are needed, and how it begins and ends with its service."""

from __future__ import annotations

import base64
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from api.key_file import revoke_key
from inference.store.sink import now_ms
from tests.api.test_prediction_form_guard import open_socket, refused
from tests.predicting_home import PredictingHome
from tests.predicting_service import predicting_service

CLIENT = re.compile(r"'client_id': '([0-9a-f-]{36})'")
STOP_SECONDS = 9


def closed(line: ClientConnection) -> bool:
    """Whether the line ends, after whatever else comes over it."""
    try:
        while line.recv(timeout=STOP_SECONDS):
            pass
    except ConnectionClosed:
        return True
    return False


@pytest.mark.fault_row(40)
def test_without_a_key_that_holds_nothing_of_it_comes(
    predicting_home: PredictingHome, keys: dict[str, str], tmp_path: Path
) -> None:
    asset = "/_nicegui/3.18.0/static/nicegui.js"
    with predicting_service(predicting_home, tmp_path, behind_proxy=True) as served:
        for path in ("/predict", asset):
            assert served.get(path).status_code == 401
        assert refused(served)[0] == 401
        for wrong in ("expired", "revoked", "malformed", "wrong secret"):
            assert refused(served, additional_headers={"X-API-Key": keys[wrong]})[0] == 401

        password = base64.b64encode(f"anyone:{keys['viewer']}".encode()).decode()
        for given in ({"X-API-Key": keys["viewer"]}, {"Authorization": f"Basic {password}"}):
            assert served.get("/predict", headers=given).status_code == 200
            assert served.get(asset, headers=given).status_code == 200
            with open_socket(served, additional_headers=given) as line:
                assert line.recv(timeout=10)


def test_a_line_ends_when_its_key_is_revoked(
    predicting_home: PredictingHome, keys: dict[str, str], tmp_path: Path
) -> None:
    with predicting_service(predicting_home, tmp_path, behind_proxy=True) as served:
        keyring = served.app.state.keyring
        with open_socket(served, additional_headers={"X-API-Key": keys["viewer"]}) as line:
            line.recv(timeout=10)
            revoke_key(tmp_path / "keys.json", "viewer", now_ms())
            keyring._look_at = 0  # what the next half second would bring
            line.send("40")
            assert closed(line)


def test_it_ends_with_the_service_though_somebody_looks_and_leaves_nothing_behind(
    predicting_home: PredictingHome,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, home = tmp_path / "cwd", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    monkeypatch.chdir(folder)
    with ExitStack() as ending:
        with predicting_service(predicting_home, home) as served:
            (visitor,) = CLIENT.findall(served.get("/predict").text)
            query = f"&client_id={visitor}&implicit_handshake=true&document_id=d&tab_id=t&next_message_id=0"
            line = ending.enter_context(open_socket(served, query))
            line.recv(timeout=10)
            line.send("40")
            line.recv(timeout=10)
        assert closed(line)

    assert list(folder.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_each_service_shows_its_own_version(predicting_home: PredictingHome, tmp_path: Path) -> None:
    for number in range(2):
        home = tmp_path / str(number)
        home.mkdir()
        with predicting_service(predicting_home, home, without_model=number == 0) as served:
            assert (predicting_home.version in served.get("/predict?lang=en").text) is (number == 1)
