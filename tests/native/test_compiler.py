from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path

import pytest

from native import compiler, library


def test_the_machine_that_runs_the_tests_has_the_compiled_library() -> None:
    assert library.compiled() is not None


def test_the_library_is_compiled_once(tmp_path: Path) -> None:
    target = tmp_path / "한글 폴더" / f"made{compiler.SUFFIX}"
    assert compiler.compile_library(target) == target
    before = target.stat().st_mtime_ns
    compiler.compile_library(target)
    assert target.stat().st_mtime_ns == before
    assert ctypes.PyDLL(str(target)).sprue_version() == library.VERSION


def test_any_change_of_a_source_asks_for_another_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = compiler.digest()
    (tmp_path / "one.c").write_text("int x;", encoding="utf-8")
    monkeypatch.setattr(compiler, "SOURCES", tmp_path)
    assert compiler.digest() != before


def test_a_compiler_that_fails_says_what_it_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "SOURCES", tmp_path)
    (tmp_path / "one.c").write_text("this is no C", encoding="utf-8")
    with pytest.raises(compiler.CannotCompile, match=r"ended with 1: (.|\n)*error"):
        compiler.compile_library(tmp_path / "out" / "made.so")
    assert not list((tmp_path / "out").iterdir())


def test_a_machine_without_a_compiler_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(compiler, "find_compiler", lambda: None)
    monkeypatch.setattr(compiler, "library_path", lambda: tmp_path / "absent.so")
    assert compiler.main() == 0
    assert "no C compiler" in capsys.readouterr().err


def test_the_switch_keeps_to_numpy() -> None:
    code = "from native.library import compiled; print(compiled())"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"SPRUE_NATIVE": "off"}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "None"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.5, 0.99])
def test_a_library_cut_short_is_not_loaded_and_is_compiled_again(
    share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = compiler.compile_library(tmp_path / f"made{compiler.SUFFIX}")
    whole = target.read_bytes()
    target.write_bytes(whole[: int(share * len(whole))])
    monkeypatch.setattr(library, "library_path", lambda: target)
    library.compiled.cache_clear()
    try:
        assert library.compiled() is None
        compiler.compile_library(target)
        library.compiled.cache_clear()
        assert library.compiled() is not None
    finally:
        library.compiled.cache_clear()
