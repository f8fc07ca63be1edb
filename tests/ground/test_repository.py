"""What every file of the repository keeps to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("core", "native", "ingest", "clustering", "models", "memae", "inference", "api", "scripts")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
PROFILES = sorted(path.stem for path in (ROOT / "core" / "profiles").glob("*.toml"))
# A process is data: only the simulator of one plant and the texts people read may name it.
PROCESS = re.compile(r"mou?lding|plating|weld", re.IGNORECASE)
MAY_NAME_IT = ("ingest/plant/", "api/pages/")
UNSAYING_NAMES = {"utils", "helpers", "common", "misc", "manager", "util", "helper"}


def where(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def code_lines(path: Path) -> list[tuple[int, str]]:
    return list(enumerate(path.read_text(encoding="utf-8").splitlines(), start=1))


def test_sources_are_found() -> None:
    assert len(SOURCES) > 50


def test_no_code_names_a_process() -> None:
    named = [
        f"{where(path)}:{number}: {line.strip()}"
        for path in SOURCES
        if not where(path).startswith(MAY_NAME_IT)
        for number, line in code_lines(path)
        # The name of a profile that ships is a value like any other.
        if PROCESS.search(re.sub("|".join(PROFILES), "", line))
    ]

    assert named == []


def test_every_file_name_says_what_is_in_it() -> None:
    assert [where(path) for path in SOURCES if path.stem in UNSAYING_NAMES] == []


def test_only_the_edge_of_the_service_loop_catches_everything() -> None:
    # `except BaseException` cleans up and raises again; swallowing is what the rule is about.
    caught = [
        f"{where(path)}:{number}"
        for path in SOURCES
        for number, line in code_lines(path)
        if re.search(r"except\s*(Exception\b|:)", line) and "the loop's edge" not in line
    ]

    assert caught == []


def test_nothing_is_left_to_do_in_the_code() -> None:
    words = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    left = [f"{where(p)}:{n}" for p in SOURCES for n, line in code_lines(p) if words.search(line)]

    assert left == []


def test_no_pickled_model_is_ever_read() -> None:
    pickled = re.compile(r"^\s*(import|from) (pickle|joblib|cloudpickle)\b|allow_pickle=True|load_model\(")
    found = [f"{where(p)}:{n}: {line}" for p in SOURCES for n, line in code_lines(p) if pickled.search(line)]

    assert [line for line in found if "import Parallel" not in line] == []


def test_test_folders_are_no_packages() -> None:
    # With __init__.py a test folder named like a package of ours would hide it.
    assert list((ROOT / "tests").rglob("__init__.py")) == []


def test_windows_launcher_has_windows_line_ends_and_plain_letters() -> None:
    text = (ROOT / "predictionAPI.bat").read_bytes()

    assert text.isascii()
    assert text.count(b"\n") == text.count(b"\r\n") > 20


@pytest.mark.parametrize("name", ["sprue", ".ci/run"])
def test_shell_scripts_have_unix_line_ends(name: str) -> None:
    assert b"\r" not in (ROOT / name).read_bytes()
