from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.artifact import TrainedPlant
from models.golden import Golden
from models.registry import Registry
from scripts.diagnosis import model

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
Install = Callable[..., Any]
Pick = Callable[..., Any]


def test_nothing_trained_yet_is_a_warning(install: Install) -> None:
    (found,) = model.examine(install())

    assert found.level == "warning"
    assert "./sprue train" in found.advice


def test_a_sound_version_is_in_order(install: Install, tmp_path: Path, trained: TrainedPlant) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)

    found = list(model.examine(install(now=NOW.timestamp() + 86_400, home=tmp_path)))

    assert {f.level for f in found} == {"ok"}
    assert [f.found for f in found if f.subject == "groups"] == ["1 groups of 1 maker(s)"]


def _cut_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_bytes((folder / "manifest.json").read_bytes()[:100])


def _exchange_file(folder: Path) -> None:
    file = next(folder.glob("*.npz"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(bytes(content))


def _remove_file(folder: Path) -> None:
    next(folder.glob("*.npz")).unlink()


def _remove_all(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()


def _garble_current(folder: Path) -> None:
    (folder.parent / "current").write_bytes(b"\xff\xfe\0")


@pytest.mark.parametrize("harm", [_cut_manifest, _exchange_file, _remove_file, _remove_all, _garble_current])
def test_every_damage_is_one_problem(
    install: Install, tmp_path: Path, trained: TrainedPlant, harm: Callable[[Path], None]
) -> None:
    registry = Registry(tmp_path / "registry")
    harm(registry.folder / registry.save(trained, now=NOW))

    (found,) = model.examine(install(home=tmp_path))

    assert found.level == "problem"
    assert found.found


def test_scores_other_than_in_training_are_a_problem(
    install: Install, tmp_path: Path, trained: TrainedPlant
) -> None:
    rows = np.full((1, len(trained.production_names)), 0.5)
    settings = np.zeros((1, len(trained.setting_names)))
    golden = Golden(np.zeros(1, np.int64), settings, rows, np.array([7.0]))
    Registry(tmp_path / "registry").save(trained, now=NOW, golden=golden)

    (found,) = model.examine(install(home=tmp_path))

    assert found.level == "problem"
    assert "golden shot 0" in found.found


def test_a_profile_changed_since_training_is_a_note(
    install: Install, pick: Pick, tmp_path: Path, trained: TrainedPlant, capsys: pytest.CaptureFixture[str]
) -> None:
    Registry(tmp_path / "registry").save(replace(trained, profile_sha256="0" * 64), now=NOW)

    assert pick(model.examine(install(home=tmp_path)), "profile").level == "note"
    assert capsys.readouterr().out == ""


def test_versions_without_a_current_one_are_a_warning(
    install: Install, tmp_path: Path, trained: TrainedPlant
) -> None:
    version = Registry(tmp_path / "registry").save(trained, now=NOW, activate=False)

    (found,) = model.examine(install(home=tmp_path))

    assert found.level == "warning"
    assert version in found.advice


def test_age_is_noted_when_old_and_warned_of_when_in_the_future() -> None:
    version = "20261120T120000000Z-00000000"

    assert model.age(version, NOW.timestamp() + 86_400).level == "ok"
    assert model.age(version, NOW.timestamp() + 400 * 86_400).level == "note"
    assert model.age(version, NOW.timestamp() - 86_400).level == "warning"
