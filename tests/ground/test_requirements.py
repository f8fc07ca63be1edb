"""The locks: pinned, hashed, free of addresses, and agreeing with one another."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
GROUPS = ("serve", "train", "demo", "dev", "peers")
HEAVY = {"tensorflow", "keras", "scikit-learn", "scipy"}
PINNED = re.compile(
    r"(?P<name>[a-z0-9._-]+)==(?P<version>[^ ]+)(?: ; [^\\]+)?(?: --hash=sha256:[0-9a-f]{64})+"
)


def lines(group: str) -> list[str]:
    """One line a package: continuation lines joined."""
    text = (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")
    return [re.sub(r"\s+", " ", line).strip() for line in text.replace("\\\n", " ").splitlines()]


def pins(group: str) -> dict[str, set[str]]:
    """Versions by package; a package may have several for several platforms."""
    found: dict[str, set[str]] = {}
    for line in lines(group):
        match = PINNED.fullmatch(line)
        assert match, line
        found.setdefault(match["name"], set()).add(match["version"])
    return found


def declared(group: str) -> list[Requirement]:
    """What pyproject.toml asks for, our own groups left out."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = project["dependencies"] if group == "serve" else project["optional-dependencies"][group]
    return [r for r in map(Requirement, texts) if r.name != "sprue"]


@pytest.mark.parametrize("group", GROUPS)
def test_every_line_is_one_package_pinned_with_hashes(group: str) -> None:
    unpinned = [line for line in lines(group) if not PINNED.fullmatch(line)]

    assert unpinned == []
    assert len(pins(group)) > 20


@pytest.mark.parametrize("group", GROUPS)
def test_no_registry_address_is_written_down(group: str) -> None:
    text = (ROOT / "requirements" / f"{group}.txt").read_text(encoding="utf-8")

    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text


@pytest.mark.parametrize(("smaller", "larger"), list(pairwise(GROUPS)))
def test_larger_group_changes_nothing_of_the_smaller(smaller: str, larger: str) -> None:
    assert set(lines(smaller)) <= set(lines(larger))


def test_group_that_judges_needs_no_library_that_trains() -> None:
    assert not HEAVY & set(pins("serve"))
    assert set(pins("train")) >= HEAVY


@pytest.mark.parametrize("group", GROUPS)
def test_lock_satisfies_what_the_project_declares(group: str) -> None:
    locked = pins(group)

    for wanted in declared(group):
        versions = locked[canonicalize_name(wanted.name)]
        assert any(v in wanted.specifier for v in versions), f"{wanted}: {versions}; run ./sprue lock"
