"""The table of the fault matrix, from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.fault_report import __main__ as fault_report
from scripts.fault_report.table import BEGIN, DOCUMENT, END, document_with_table

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def outdated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document whose table is empty, instead of the real one."""
    file = tmp_path / "reliability.md"
    file.write_text(f"before\n{BEGIN}\n{END}\nafter\n", encoding="utf-8")
    monkeypatch.setattr(fault_report, "DOCUMENT", file)
    monkeypatch.setattr(fault_report, "ROOT", tmp_path)
    return file


def test_help_says_what_is_written_and_writes_nothing() -> None:
    before = DOCUMENT.stat().st_mtime_ns
    command = [sys.executable, "-m", "scripts.fault_report", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert "docs/reliability.md" in done.stdout
    assert "--check" in done.stdout
    assert "Exit codes" in done.stdout
    assert DOCUMENT.stat().st_mtime_ns == before


def test_an_outdated_table_is_told_and_left_alone(outdated: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = outdated.read_text(encoding="utf-8")

    assert fault_report.main(["--check"]) == 1
    assert capsys.readouterr().out == "reliability.md: out of date\n"
    assert outdated.read_text(encoding="utf-8") == text


def test_the_table_is_written_between_its_marks_and_then_up_to_date(
    outdated: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = outdated.read_text(encoding="utf-8")

    assert fault_report.main([]) == 0
    assert capsys.readouterr().out == "reliability.md\n"
    assert outdated.read_text(encoding="utf-8") == document_with_table(text)
    assert fault_report.main(["--check"]) == 0


def test_an_unknown_word_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        fault_report.main(["--what"])

    assert ended.value.code == 2
    assert "usage: python -m scripts.fault_report" in capsys.readouterr().err
