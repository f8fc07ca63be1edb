"""Model versions that arrive damaged, or one after another under load."""

from __future__ import annotations

import random
from datetime import UTC, datetime

import pytest

from models.registry import Registry
from tests.faults.crash.hall import Hall, pass_time
from tests.faults.crash.store_content import rows_of

LONG = pytest.mark.faults


def another_version(hall: Hall) -> tuple[str, str]:
    """The version in use, and a new one with the same content, now current."""
    registry = Registry(hall.home / "registry")
    plant, manifest = registry.load()
    return manifest.version, registry.save(plant, now=datetime.now(UTC), golden=manifest.golden)


def await_version(hall: Hall, version: str) -> None:
    hall.service.wait_until(
        lambda: bool(hall.service.get("/api/v1/status")["model_version"] == version), "the version to be used"
    )


@pytest.mark.fault_row(33)
@pytest.mark.parametrize("file", ["groups.npz", pytest.param("manifest.json", marks=LONG)])
def test_a_damaged_version_is_not_used_and_the_present_one_goes_on(hall: Hall, file: str) -> None:
    hall.start()
    hall.feed.run()
    hall.await_answers(50)
    registry = Registry(hall.home / "registry")
    plant, manifest = registry.load()
    present = manifest.version
    damaged = registry.save(plant, now=datetime.now(UTC), golden=manifest.golden, activate=False)
    path = hall.home / "registry" / damaged / file
    path.write_bytes(path.read_bytes()[:-100])
    registry.set_current(damaged)
    hall.service.wait_until(
        lambda: bool(hall.service.get("/api/v1/status")["model_problem"]), "the damage to be told"
    )
    hall.await_answers(hall.answered() + 50)
    registry.set_current(present)
    hall.note_faults("model damaged")
    findings = hall.settle()

    assert findings.all_well, str(findings)
    assert rows_of(hall.store_url, "SELECT DISTINCT model_version FROM verdict") == [(present,)]


@pytest.mark.fault_row(34)
@pytest.mark.parametrize("seconds", [4.0, pytest.param(60.0, marks=LONG)])
def test_every_verdict_under_changing_versions_names_one_that_exists(
    hall: Hall, fault_seed: int, seconds: float
) -> None:
    rng = random.Random(fault_seed)
    registry = Registry(hall.home / "registry")
    versions = another_version(hall)
    hall.start()
    hall.feed.run()
    changes = int(seconds / 0.05)
    for _ in range(changes):
        registry.set_current(rng.choice(versions))
        pass_time(0.05)
    for version in versions:  # each for long enough to be seen
        registry.set_current(version)
        await_version(hall, version)
        hall.await_answers(hall.answered() + 100)
    hall.note_faults("model changed under load", changes)
    findings = hall.settle()
    used = {version for (version,) in rows_of(hall.store_url, "SELECT DISTINCT model_version FROM verdict")}

    assert findings.all_well, str(findings)
    assert used == set(versions)
