"""Which version judges in the shadow."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.errors import ModelCorrupt, ModelNotFound
from models.artifact import TrainedPlant
from models.registry import Registry
from models.registry_challenger import Appointed, ChallengerFile


@pytest.fixture
def version(tmp_path: Path) -> str:
    plant = TrainedPlant("p", "0" * 64, (), (), (), (), (), (), {})
    return Registry(tmp_path).save(plant, now=datetime(2026, 1, 1, tzinfo=UTC))


def test_there_is_no_challenger_before_one_is_appointed(tmp_path: Path) -> None:
    assert Registry(tmp_path / "nowhere").challenger() is None
    Registry(tmp_path / "nowhere").unchallenge()


def test_a_challenger_is_appointed_and_taken_back(tmp_path: Path, version: str) -> None:
    registry = Registry(tmp_path)

    registry.challenge(version, since=5, who="kim")
    assert registry.challenger() == Appointed(version, 5, "kim")
    assert registry.current() == version
    registry.unchallenge()

    assert registry.challenger() is None


def test_only_a_version_that_is_there_can_challenge(tmp_path: Path, version: str) -> None:
    with pytest.raises(ModelNotFound, match="got 'v9'"):
        Registry(tmp_path).challenge("v9", since=5, who="kim")


def test_appointing_again_shows_in_the_stamp(tmp_path: Path, version: str) -> None:
    file = ChallengerFile(tmp_path)
    stamps = [file.stamp()]
    for since in (1, 22):
        file.write(Appointed(version, since, "kim"))
        stamps.append(file.stamp())

    assert len(set(stamps)) == 3


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"version": "../x", "since": 1, "who": ""}', "\udcff"])
def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path, text: str) -> None:
    (tmp_path / "challenger").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(ModelCorrupt, match="model unchallenge"):
        ChallengerFile(tmp_path).read()
