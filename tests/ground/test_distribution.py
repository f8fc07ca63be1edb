"""Our package names are ours: no other distribution installs a `core` or an `api`."""

from __future__ import annotations

import importlib
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_no_other_distribution_owns_a_package_of_ours() -> None:
    owners = packages_distributions()

    assert {name: owners.get(name) for name in PACKAGES} == {name: ["sprue"] for name in PACKAGES}


def test_packages_are_imported_from_this_checkout() -> None:
    for name in PACKAGES:
        origin = importlib.import_module(name).__file__
        assert origin is not None
        assert Path(origin).parent == ROOT / name


def test_installed_version_is_the_projects() -> None:
    assert version("sprue") == PROJECT["project"]["version"]
