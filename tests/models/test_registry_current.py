"""Which version judges now and which judged before, in files that others may hold or damage."""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import ModelCorrupt
from models.artifact import TrainedPlant
from models.registry import Registry
from models.registry_current import CurrentVersion

Make = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


def test_a_damaged_current_file_is_named(registry: Registry, make_plant: Make) -> None:
    name = registry.save(make_plant(), now=NOON)
    for content in (b"", b"../../etc", b"\xff\xfe\x00"):
        (registry.folder / "current").write_bytes(content)
        with pytest.raises(ModelCorrupt, match="current"):
            registry.current()
    registry.set_current(name)
    assert registry.current() == name


def test_what_judged_before_is_known_the_latest_first(registry: Registry, make_plant: Make) -> None:
    a, b, c = (registry.save(make_plant(i), now=NOON + timedelta(hours=i)) for i in range(3))
    assert registry.earlier() == [b, a]
    registry.set_current(b)
    assert registry.earlier() == [c, a]
    registry.set_current(b)
    assert registry.earlier() == [c, a]
    shutil.rmtree(registry.folder / c)
    assert registry.earlier() == [a]


def test_a_version_saved_without_judging_did_not_judge_before(registry: Registry, make_plant: Make) -> None:
    registry.save(make_plant(0), now=NOON, activate=False)
    registry.save(make_plant(1), now=NOON + timedelta(1))
    assert registry.earlier() == []


def test_a_damaged_history_is_read_as_far_as_it_goes(registry: Registry, make_plant: Make) -> None:
    a, b = (registry.save(make_plant(i), now=NOON + timedelta(hours=i)) for i in range(2))
    history = registry.folder / "history"
    history.write_bytes(b"\xff\x00 ../../etc\n" + history.read_bytes() + b"20261120T1")
    assert registry.earlier() == [a]
    (registry.folder / "current").write_bytes(b"?")
    registry.set_current(b)
    assert registry.earlier() == [a]


def test_making_the_same_version_current_again_can_be_told(registry: Registry, make_plant: Make) -> None:
    assert registry.current_stamp() == ()
    name = registry.save(make_plant(), now=NOON)
    before = registry.current_stamp()
    assert registry.current_stamp() == before
    registry.set_current(name)
    assert registry.current_stamp() != before


@pytest.mark.fault_row(44)
def test_a_file_that_somebody_reads_is_exchanged_a_little_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where an open file cannot be replaced."""
    real, tries, pauses = os.replace, [0], list[float]()

    def busy(source: Path, target: Path) -> None:
        tries[0] += 1
        if tries[0] <= 3:
            raise PermissionError(13, "used by another process")
        real(source, target)

    monkeypatch.setattr(os, "replace", busy)
    current = CurrentVersion(tmp_path, pauses.append)
    current.write("20261120T120000000Z-00000000")
    assert current.read() == "20261120T120000000Z-00000000"
    assert pauses == [0.01, 0.02, 0.05]


def test_a_file_that_is_never_let_go_is_said_and_the_old_version_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    current = CurrentVersion(tmp_path, lambda _: None)
    current.write("20261120T120000000Z-00000000")

    def busy(source: Path, target: Path) -> None:
        raise PermissionError(13, "used by another process")

    monkeypatch.setattr(os, "replace", busy)
    with pytest.raises(PermissionError):
        current.write("20261120T120000000Z-11111111")
    assert current.read() == "20261120T120000000Z-00000000"
