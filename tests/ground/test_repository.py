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


RUNS_CODE = re.compile(
    r"""
    ^\s*(import|from)\s+(pickle|cPickle|joblib|cloudpickle|dill|marshal|shelve|skops|jsonpickle)\b
    | allow_pickle\s*=\s*True | \bnp\.load\( | \bload_model\( | \bread_pickle\( | \btorch\.load\(
    | (?<![\w.])(eval|exec|__import__)\(
    """,
    re.VERBOSE,
)
"""Reading what may hold code, or believing an array file's header (`models.npz` reads those)."""


def test_no_pickled_model_is_ever_read() -> None:
    found = [
        f"{where(p)}:{n}: {line}" for p in SOURCES for n, line in code_lines(p) if RUNS_CODE.search(line)
    ]

    assert [line for line in found if "import Parallel" not in line] == []


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "    from joblib import load",
        "x = np.load(path)",
        "np.load(path, allow_pickle = True)",
        "pandas.read_pickle(path)",
        "y = eval(text)",
        "keras.models.load_model(path)",
    ],
)
def test_what_may_run_code_is_recognised(line: str) -> None:
    assert RUNS_CODE.search(line)


@pytest.mark.parametrize("line", ["ast.literal_eval(word)", "self.exec(x)", "load_plan(a)", "npz.load(x)"])
def test_what_runs_no_code_is_left_alone(line: str) -> None:
    assert not RUNS_CODE.search(line)


# Dates are for display; everything that waits, expires or measures has a clock that never jumps.
WALL_CLOCK = re.compile(r"\btime\.time(_ns)?(\(|,?$)|\bdatetime\.now\(|\butcnow\(|\bdate\.today\(")
MAY_ASK_THE_DATE = {
    "inference/clock.py": "the one place of the judging loop, for dates on rows and states",
    "api/keyring.py": "keys expire at a date; an argument",
    "api/security.py": "the date of an audit row",
    "inference/store/sink.py": "the date on a row",
}


def test_what_serves_measures_nothing_by_the_date() -> None:
    serving = ("core/", "native/", "clustering/", "inference/", "api/", "ingest/", "models/")
    found = {
        where(path)
        for path in SOURCES
        if where(path).startswith(serving)
        for _, line in code_lines(path)
        if WALL_CLOCK.search(line)
    }

    assert found - MAY_ASK_THE_DATE.keys() == set()


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
