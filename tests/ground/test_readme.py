"""What README and docs say exists, exists."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from core.config import Config
from scripts.__main__ import VERBS

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
# Read by the wrapper and the demo before there is a configuration.
ELSEWHERE = {"SPRUE_PYTHON", "SPRUE_NO_PAUSE", "SPRUE_DEMO_HOME", "SPRUE_NATIVE"}
# The everyday ones stand in the README; these are for whoever runs --help.
IN_HELP_ONLY = {"SPRUE_BATCH_SIZE", "SPRUE_LOG_LEVEL", "SPRUE_LOG_FORMAT"}
VARIABLES = {f"SPRUE_{name.upper()}" for name in Config.model_fields}


def calls(text: str) -> list[list[str]]:
    """Every ``./sprue VERB ...`` as its words: alone on a line or between backticks."""
    found = re.findall(r"\./sprue ([a-z][^`\n#]*)", text)
    return [call.split() for call in found]


@cache
def options(verb: str) -> str:
    """What ``VERB --help`` says."""
    command = [sys.executable, "-m", "scripts", verb, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=True).stdout


def test_the_two_commands_it_begins_with_are_verbs() -> None:
    block = README.partition("```sh\n")[2].partition("```")[0]

    assert [words[0] for words in calls(block)] == ["demo", "test"]
    assert {"demo", "test"} <= set(VERBS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_verb_and_flag_exists(page: Path) -> None:
    for verb, *words in calls(page.read_text(encoding="utf-8")):
        assert verb in VERBS, verb
        for flag in (word.rstrip(".,;:)") for word in words if word.startswith("--")):
            assert re.search(rf"{flag}\b", options(verb)), f"./sprue {verb} {flag}"


def test_every_setting_of_the_readme_exists_and_every_setting_is_explained() -> None:
    named = set(re.findall(r"SPRUE_[A-Z_]+", README))

    assert named - ELSEWHERE <= VARIABLES
    assert named >= VARIABLES - IN_HELP_ONLY


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_setting_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"SPRUE_[A-Z_]+\b", page.read_text(encoding="utf-8")))

    assert named <= VARIABLES | ELSEWHERE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_and_picture_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    local = [t.partition("#")[0] for t in targets if "://" not in t and not t.startswith("#")]

    assert [t for t in local if not (page.parent / t).exists()] == []


def test_the_picture_is_as_wide_as_the_page_at_two_pixels_for_one_and_small() -> None:
    picture = (ROOT / "docs" / "images" / "machine-hall.png").read_bytes()

    assert picture.startswith(b"\x89PNG")
    assert int.from_bytes(picture[16:20], "big") == 2 * 1280
    assert len(picture) < 600_000


def test_files_and_folders_it_names_exist() -> None:
    named = re.findall(r"`((?:core|docs|scripts|api|ingest|models)/[\w./-]*)`", README)

    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []
