from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from inference.manager_notice import ALIVE, READY, tell_manager

if os.name != "posix":
    pytest.skip("platform: systemd's sockets", allow_module_level=True)


@pytest.mark.parametrize("space", ["path", "abstract"])
def test_the_manager_gets_each_notice(space: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = str(tmp_path / "notify") if space == "path" else f"@sprue-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(name.replace("@", "\0", 1))
        manager.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", name)

        assert tell_manager(READY)
        assert tell_manager(ALIVE)

        assert [manager.recv(100), manager.recv(100)] == [b"READY=1", b"WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "no path", "/nowhere/at/all"])
def test_without_a_manager_nothing_happens(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)

    assert not tell_manager(READY)
