"""predictionAPI.bat under Wine with a real CPython for Windows: every branch, for real."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import subprocess

    from tests.windows.conftest import WindowsPlant

# One worker: a Wine prefix takes seconds to make and serves all.
pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]


def windows_path(path: Path) -> str:
    return "Z:" + str(path).replace("/", "\\")


def said(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What the verb printed: the last line of JSON."""
    line = next(line for line in reversed(done.stdout.splitlines()) if line.startswith("{"))
    answer: dict[str, Any] = json.loads(line)
    return answer


def test_no_python_is_said_kindly(plant: WindowsPlant) -> None:
    done = plant.run()

    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "no Python at all" in done.stderr
    assert not (plant.root / ".venv").exists()


@pytest.mark.parametrize("version", ["3.10.11 64", "3.14.0 64", "3.12.4 32", "2.7.18 64"])
def test_unfit_python_is_named_and_refused(plant: WindowsPlant, version: str) -> None:
    plant.command("python", f"echo {version}")

    done = plant.run()

    number, bits = version.split()
    assert done.returncode == 1
    assert f"Python {number}, {bits}-bit;" in done.stderr
    assert not (plant.root / ".venv").exists()


def test_launcher_is_asked_for_the_newest_first_and_first_start_ends_in_serve(plant: WindowsPlant) -> None:
    asked = plant.commands / "asked.txt"
    plant.command(
        "py",
        f'echo %1>>"{windows_path(asked)}"',
        'if not "%1"=="-3.11" exit /b 103',
        f'"{windows_path(plant.python)}" %2 %3 %4 %5 %6',
    )

    first = plant.run()
    asked_first = asked.read_text(encoding="ascii").split()
    again = plant.run("judge", "a b.csv", "--limit=1", EXIT_WITH="7")

    assert asked_first[:3] == ["-3.13", "-3.12", "-3.11"]
    assert first.returncode == 0, first.stderr
    assert said(first)["arguments"] == ["serve"]
    assert said(first)["platform"] == "win32"
    assert said(first)["utf8"] == 1
    assert said(first)["tiny"] == "1.0"
    # The second start finds .venv ready: the launcher is not asked again.
    assert asked.read_text(encoding="ascii").split() == asked_first
    assert said(again)["arguments"] == ["judge", "a b.csv", "--limit=1"]
    assert again.returncode == 7


def test_python_on_the_path_serves_from_any_folder(plant: WindowsPlant, tmp_path: Path) -> None:
    plant.command("python", f'"{windows_path(plant.python)}" %*')
    elsewhere = tmp_path / "다른 폴더"
    elsewhere.mkdir()

    done = plant.run_from(elsewhere)

    assert done.returncode == 0, done.stderr
    assert said(done)["cwd"] == windows_path(elsewhere)


def test_chosen_python_is_taken_or_refused_never_replaced(plant: WindowsPlant) -> None:
    plant.command("python", "echo 3.12.4 64")

    refused = plant.run(SPRUE_PYTHON=r"Z:\no such\python.exe")
    taken = plant.run(SPRUE_PYTHON=windows_path(plant.python))

    assert refused.returncode == 1
    assert "SPRUE_PYTHON" in refused.stderr
    assert taken.returncode == 0, taken.stderr


def test_failed_installation_keeps_its_exit_code_and_starts_nothing(plant: WindowsPlant) -> None:
    plant.command("python", f'"{windows_path(plant.python)}" %*')
    lock = plant.root / "requirements" / "serve.txt"
    lock.write_text("tiny==1.0 --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")

    done = plant.run()

    assert done.returncode == 1
    assert "pip ended with" in done.stderr
    assert "{" not in done.stdout


def test_window_of_a_double_click_stays_open_on_an_error(plant: WindowsPlant) -> None:
    # Wine knows no CMDCMDLINE; on Windows cmd fills it in. Explorer's form ends in space and quote.
    clicked = {"CMDCMDLINE": 'cmd.exe /c ""C:\\plant\\predictionAPI.bat" "'}
    typed = {"CMDCMDLINE": "cmd.exe /c predictionAPI.bat"}

    paused, not_paused = plant.run(**clicked), plant.run(**typed)
    unattended = plant.run(**clicked, SPRUE_NO_PAUSE="1")

    assert paused.stdout != ""
    assert not_paused.stdout == unattended.stdout == ""
    assert [done.returncode for done in (paused, not_paused, unattended)] == [1, 1, 1]
