"""The command line: verbs, lazy loading, exit codes."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ConfigError
from scripts import __main__ as command_line
from scripts import check
from scripts.bootstrap import GROUP_OF_VERB

ROOT = Path(__file__).resolve().parents[2]


def run_main(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> object:
    monkeypatch.setattr(sys, "argv", ["sprue", *arguments])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return ended.value.code


def test_help_lists_every_verb_and_the_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run_main(monkeypatch, "--help")

    printed = capsys.readouterr().out
    assert code == 0
    assert [verb for verb in command_line.VERBS if f" {verb} " not in printed] == []
    assert "130" in printed


def test_listing_the_verbs_imports_none_of_them() -> None:
    program = (
        "import sys; from scripts.__main__ import VERBS, command_line; command_line(['--help']);"
        "print([m for m in sys.modules if m.removeprefix('scripts.') in VERBS or m in ('numpy', 'fastapi')])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr


def test_every_verb_has_a_group_of_requirements() -> None:
    assert set(GROUP_OF_VERB) == set(command_line.VERBS)


@pytest.mark.parametrize("verb", command_line.VERBS)
def test_every_verb_explains_itself(verb: str) -> None:
    command = [sys.executable, "-m", "scripts", verb, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")

    assert done.returncode == 0, done.stderr
    assert "Exit codes" in done.stdout
    assert "-----" not in done.stdout


def test_error_raised_on_purpose_is_a_message_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> None:
        msg = "SPRUE_PORT: expected a number, got 'x'"
        raise ConfigError(msg)

    monkeypatch.setattr(check, "check", fails)

    assert run_main(monkeypatch, "check") == 1
    assert capsys.readouterr().err == "sprue: SPRUE_PORT: expected a number, got 'x'\n"


def test_a_file_in_a_folders_place_is_a_message_without_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SPRUE_PORT", "0")

    assert run_main(monkeypatch, "serve") == 1
    said = capsys.readouterr().err
    assert said.startswith("sprue: ")
    assert str(tmp_path / "home") in said
    assert len(said.splitlines()) == 1


def test_garbage_is_collected_again_once_the_verb_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[bool] = []
    monkeypatch.setattr(check, "check", lambda: seen.append(gc.isenabled()))

    assert run_main(monkeypatch, "check") == 0
    assert seen == [True]


def test_ctrl_c_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(check, "check", interrupted)

    assert run_main(monkeypatch, "check") == 130


def test_ctrl_c_while_the_verb_is_loaded_ends_with_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command_line, "import_module", interrupted)

    assert run_main(monkeypatch, "check") == 130


@pytest.mark.parametrize("arguments", [("no-such-verb",), ("check", "--no-such-option"), ()])
def test_wrong_usage_ends_with_2(monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    assert run_main(monkeypatch, *arguments) == 2


def test_failing_check_is_named_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    python = [sys.executable, "-c"]
    commands = {"one": [*python, "print('ran one')"], "two": [*python, "raise SystemExit(3)"]}
    monkeypatch.setattr(check, "CHECKS", {**commands, "three": [*python, "print('ran three')"]})

    code = run_main(monkeypatch, "check")

    out, err = capfd.readouterr()
    assert code == 1
    assert "ran one" in out
    assert "ran three" in out
    assert err == "failed: two\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("threshold", "bogus"), "expected one of 'show', 'try', 'set', 'clear', 'history'; got 'bogus'"),
        (("threshold", "try", "--budget", "x"), "expected a valid number, got 'x'"),
        (("model", "challenge"), "expected `model challenge VERSION`, got no version"),
        (("evaluate", "--start", "yesterday"), "--start: expected a time such as"),
    ],
)
def test_a_wrong_value_is_wrong_usage_told_as_expected_and_got(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))

    assert run_main(monkeypatch, *arguments) == 2
    assert said in " ".join(capsys.readouterr().err.replace("│", " ").split())
