"""The files that systemd and the Task Scheduler get say what the service needs."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from inference.watchdog import CHECKS, LIMIT_S
from scripts.__main__ import VERBS
from scripts.serve import STOP_SECONDS

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "operations"


@pytest.fixture
def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]  # the documented way
    parser.read(FOLDER / "sprue.service", encoding="utf-8")
    return parser


def test_systemd_restarts_it_watches_it_and_gives_it_no_rights(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]

    assert service["Type"] == "notify"
    assert service["Restart"] == "on-failure"
    assert (service["NoNewPrivileges"], service["ProtectSystem"], service["UMask"]) == (
        "yes",
        "strict",
        "0077",
    )
    assert service["ExecStart"].split()[-1] in VERBS


def test_systemd_waits_longer_than_the_service_needs_itself(unit: configparser.ConfigParser) -> None:
    service = unit["Service"]

    assert int(service["TimeoutStopSec"]) > STOP_SECONDS + 3
    assert int(service["WatchdogSec"]) > LIMIT_S
    assert int(service["WatchdogSec"]) > 2 * LIMIT_S / CHECKS


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("platform: no systemd here")
    text = (FOLDER / "sprue.service").read_text(encoding="utf-8")
    unit = tmp_path / "sprue.service"
    # The paths and the user are those of another machine.
    unit.write_text(
        text.replace("/opt/sprue/.venv/bin/python", shutil.which("true") or "").replace(
            "=sprue\n", "=root\n"
        ),
        encoding="utf-8",
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )

    assert [line for line in done.stderr.splitlines() if "sprue.service" in line] == []


def test_the_task_starts_with_windows_and_again_when_it_ended() -> None:
    names = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    task = ET.fromstring((FOLDER / "sprue-task.xml").read_text(encoding="utf-8"))

    def text(path: str) -> str | None:
        return task.findtext(path, namespaces=names)

    assert task.find("t:Triggers/t:BootTrigger", names) is not None
    assert text("t:Triggers/t:TimeTrigger/t:Repetition/t:Interval") == "PT1M"
    assert text("t:Settings/t:MultipleInstancesPolicy") == "IgnoreNew"
    assert text("t:Settings/t:ExecutionTimeLimit") == "PT0S"
    assert (text("t:Actions/t:Exec/t:Arguments") or "").split()[-1] in VERBS
