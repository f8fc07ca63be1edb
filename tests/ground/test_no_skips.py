"""In CI a skipped test is a failed run, unless it belongs to another platform."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_suite(folder: Path, body: str, ci: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_it.py").write_text("import pytest\n" + body, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


ABSENT = "def test_one(): pytest.skip('no wine here')\ndef test_two(): pass\n"
WHOLE_FILE = "pytest.skip('no browser here', allow_module_level=True)\n"
ELSEWHERE = "@pytest.mark.skipif(True, reason='platform: Windows')\ndef test_one(): pass\n"
EXPECTED = "@pytest.mark.xfail\ndef test_one(): assert False\n"


@pytest.mark.parametrize("workers", [(), ("-p", "xdist.plugin", "-n", "2")], ids=["alone", "parallel"])
def test_skip_for_something_absent_fails_the_run_in_ci(tmp_path: Path, workers: tuple[str, ...]) -> None:
    done = run_suite(tmp_path, ABSENT, "true", *workers)

    assert done.returncode == 1, done.stdout
    assert "no wine here" in done.stdout


def test_file_skipped_whole_fails_the_run_in_ci(tmp_path: Path) -> None:
    assert run_suite(tmp_path, WHOLE_FILE + "def test_one(): pass\n", "true").returncode != 0


@pytest.mark.parametrize(
    ("body", "ci"),
    [(ABSENT, ""), (ELSEWHERE, "true"), (EXPECTED, "true")],
    ids=["not in CI", "other platform", "expected failure"],
)
def test_other_skips_leave_the_run_green(tmp_path: Path, body: str, ci: str) -> None:
    done = run_suite(tmp_path, body, ci)

    assert done.returncode == 0, done.stdout
