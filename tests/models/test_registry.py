"""A registry version is whole or absent, and what is loaded is what was saved."""

import dataclasses
import json
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ModelCorrupt, ModelNotFound, ModelRefused
from core.profile_file import load_profile
from models.artifact import TrainedPlant
from models.golden import Golden
from models.registry import Registry
from models.registry_current import CurrentVersion

Make = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path / "registry")


def assert_equal(a: Any, b: Any) -> None:
    """Equal in every array, number and name, through dataclasses and containers."""
    if dataclasses.is_dataclass(a):
        assert type(a) is type(b)
        for field in dataclasses.fields(a):
            assert_equal(getattr(a, field.name), getattr(b, field.name))
    elif isinstance(a, np.ndarray):
        assert (a.dtype, a.shape) == (b.dtype, b.shape)
        np.testing.assert_array_equal(a, b)
    elif isinstance(a, dict):
        assert sorted(a) == sorted(b)
        for key in a:
            assert_equal(a[key], b[key])
    elif isinstance(a, tuple):
        assert len(a) == len(b)
        for one, other in zip(a, b, strict=True):
            assert_equal(one, other)
    else:
        assert a == b or (a != a and b != b), (a, b)


def test_a_saved_plant_comes_back_equal(registry: Registry, make_plant: Make, golden: Golden) -> None:
    plant = make_plant()
    name = registry.save(plant, now=NOON, golden=golden)
    loaded, manifest = registry.load()
    assert_equal(loaded, plant)
    assert_equal(manifest.golden, golden)
    assert (manifest.version, manifest.created) == (name, NOON)
    assert manifest.profile_sha256 == plant.profile_sha256
    assert manifest.libraries["numpy"] == np.__version__


def test_a_plant_without_models_comes_back_equal(registry: Registry, make_plant: Make) -> None:
    plant = dataclasses.replace(make_plant(), models=(), spaces=(), fills=(), coverage=())
    registry.save(plant, now=NOON)
    assert_equal(registry.load()[0], plant)


def test_names_sort_by_time_and_any_version_can_be_current(registry: Registry, make_plant: Make) -> None:
    korea = timezone(timedelta(hours=9))
    names = [
        registry.save(make_plant(seed), now=when)
        for seed, when in enumerate(
            [NOON, NOON + timedelta(milliseconds=5), NOON.astimezone(korea) + timedelta(1)]
        )
    ]
    assert registry.list() == names == sorted(names)
    assert registry.current() == names[2]
    registry.set_current(names[0])
    assert registry.load()[1].version == names[0]
    assert registry.load(names[1])[0].notes == {"seed": 1}


def test_a_version_can_be_saved_without_judging_yet(registry: Registry, make_plant: Make) -> None:
    first = registry.save(make_plant(0), now=NOON)
    second = registry.save(make_plant(1), now=NOON + timedelta(1), activate=False)
    assert registry.current() == first
    assert registry.list() == [first, second]


def test_nothing_trained_is_said_so(registry: Registry, make_plant: Make) -> None:
    assert registry.list() == []
    assert registry.current() is None
    with pytest.raises(ModelNotFound, match="sprue train"):
        registry.load()
    registry.save(make_plant(), now=NOON)
    for wrong in ("20260101T000000000Z-00000000", "../registry", "current"):
        with pytest.raises(ModelNotFound, match="expected one of"):
            registry.load(wrong)
        with pytest.raises(ModelNotFound, match="expected one of"):
            registry.set_current(wrong)


def test_a_time_without_zone_is_refused(registry: Registry, make_plant: Make) -> None:
    with pytest.raises(ValueError, match="time zone"):
        registry.save(make_plant(), now=NOON.replace(tzinfo=None))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_save_interrupted_at_any_step_leaves_the_old_version(
    registry: Registry, make_plant: Make, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    old = registry.save(make_plant(0), now=NOON)
    original = getattr(os, call)
    steps = 0
    while True:
        made = 0

        def failing(*arguments: Any, limit: int = steps) -> Any:
            nonlocal made
            made += 1
            if made > limit:
                raise OSError(28, "No space left on device")
            return original(*arguments)

        monkeypatch.setattr(os, call, failing)
        try:
            registry.save(make_plant(1), now=NOON + timedelta(seconds=1 + steps))
        except OSError:
            monkeypatch.undo()
            # Before the last step the old version judges; after it the new one, whole.
            assert registry.current() == old or registry.load()[0].notes == {"seed": 1}
            for version in registry.list():
                registry.load(version)
            registry.set_current(old)
            steps += 1
            continue
        break
    monkeypatch.undo()
    assert steps >= {"fsync": 8, "replace": 2}[call]
    new = registry.current()
    assert registry.load()[0].notes == {"seed": 1}
    assert new != old
    assert [path.name for path in registry.folder.iterdir() if path.name.startswith(".saving")] == []


def damage(path: Path, how: str) -> None:
    content = bytearray(path.read_bytes())
    if how == "bit flipped":
        content[len(content) // 2] ^= 1
    elif how == "cut short":
        content = content[:-1]
    elif how == "grown":
        content += b"0"
    elif how == "emptied":
        content = bytearray()
    path.unlink()
    if how != "gone":
        path.write_bytes(content)


@pytest.mark.parametrize("how", ["bit flipped", "cut short", "grown", "emptied", "gone"])
@pytest.mark.fault_row(33)
def test_a_damaged_file_is_named(registry: Registry, make_plant: Make, how: str) -> None:
    folder = registry.folder / registry.save(make_plant(), now=NOON)
    for path in sorted(folder.glob("*.npz")):
        kept = path.read_bytes()
        damage(path, how)
        with pytest.raises(ModelCorrupt, match=path.name):
            registry.load()
        path.write_bytes(kept)
    registry.load()


def edited(folder: Path, **changes: Any) -> None:
    path = folder / "manifest.json"
    about = {**json.loads(path.read_text(encoding="utf-8")), **changes}
    path.write_text(json.dumps({k: v for k, v in about.items() if v is not None}), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": 2}, "expected schema 1, got 2"),
        ({"schema": None}, "expected schema 1, got None"),
        ({"files": None}, "KeyError"),
        ({"files": {}}, "hashes"),
        ({"files": []}, "hashes"),
        ({"profile": {"name": "x", "sha256": "0" * 64}}, "hashes"),
        ({"profile": 3}, "TypeError"),
        ({"created": "yesterday"}, "ValueError"),
        ({"libraries": None}, "KeyError"),
    ],
)
def test_a_wrong_manifest_is_refused(
    registry: Registry, make_plant: Make, changes: dict[str, Any], message: str
) -> None:
    folder = registry.folder / registry.save(make_plant(), now=NOON)
    edited(folder, **changes)
    with pytest.raises(ModelCorrupt, match=message):
        registry.load()


def test_a_manifest_that_is_no_manifest_is_refused(registry: Registry, make_plant: Make) -> None:
    path = registry.folder / registry.save(make_plant(), now=NOON) / "manifest.json"
    for content in (b"", b"[]", b"\xff\xfe", b'{"schema": 1', b"[" * 100_000):
        path.write_bytes(content)
        with pytest.raises(ModelCorrupt, match=r"manifest\.json"):
            registry.load()


def test_a_damaged_current_file_is_named(registry: Registry, make_plant: Make) -> None:
    name = registry.save(make_plant(), now=NOON)
    for content in (b"", b"../../etc", b"\xff\xfe\x00"):
        (registry.folder / "current").write_bytes(content)
        with pytest.raises(ModelCorrupt, match="current"):
            registry.current()
    registry.set_current(name)
    assert registry.current() == name


def test_a_profile_other_than_the_trained_one_is_reported(registry: Registry, make_plant: Make) -> None:
    profile = load_profile("injection_molding")
    plant = dataclasses.replace(make_plant(), profile_sha256=profile.sha256)
    registry.save(plant, now=NOON)
    manifest = registry.load()[1]
    assert manifest.differs_from(profile) is None
    told = manifest.differs_from(dataclasses.replace(profile, sha256="f" * 64))
    assert told is not None
    assert profile.sha256[:12] in told
    assert "f" * 12 in told


def test_golden_scores_must_come_out_again(golden: Golden) -> None:
    golden.check(lambda production, model: golden.scores * (1 + 1e-7))
    for wrong in (golden.scores * 1.001, golden.scores * np.nan, -golden.scores):
        with pytest.raises(ModelRefused, match=r"golden shot [01] \(model 0\)"):
            golden.check(lambda production, model, wrong=wrong: wrong)  # type: ignore[misc]  # bound at once


@pytest.mark.parametrize("wrong", [np.inf, -np.inf, np.nan])
def test_golden_scores_that_are_no_numbers_prove_nothing(golden: Golden, wrong: float) -> None:
    endless = dataclasses.replace(golden, scores=np.array([0.25, wrong]))
    with pytest.raises(ModelRefused, match="golden shot 1"):
        endless.check(lambda production, model: np.array([0.25, 0.5]))


def test_no_golden_shots_pass(registry: Registry, make_plant: Make) -> None:
    registry.save(make_plant(), now=NOON)
    manifest = registry.load()[1]
    assert isinstance(manifest.golden, Golden)
    manifest.golden.check(lambda production, model: np.empty(0))


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


def test_files_exchanged_while_they_are_read_give_one_version_or_none(
    registry: Registry, make_plant: Make
) -> None:
    """Loading never mixes the files of two trainings, whichever moment they are exchanged at."""
    one, other = (registry.save(make_plant(i), now=NOON + timedelta(hours=i)) for i in range(2))
    folder = registry.folder / one
    contents = [
        {path.name: path.read_bytes() for path in (registry.folder / name).iterdir()} for name in (one, other)
    ]
    names = list(contents[0])
    assert set(contents[1]) >= {"manifest.json", "groups.npz"}
    for mixed in range(1, len(names)):
        for name in names:
            (folder / name).write_bytes(contents[names.index(name) < mixed].get(name, b""))
        with pytest.raises(ModelCorrupt):
            registry.load(one)
    for name in names:
        (folder / name).write_bytes(contents[0][name])
    assert registry.load(one)[0].notes == {"seed": 0}


def test_a_file_exchanged_between_its_size_and_its_content_is_refused(
    registry: Registry, make_plant: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = registry.save(make_plant(), now=NOON)
    real = Path.read_bytes

    def other_content(path: Path) -> bytes:
        return real(path)[::-1] if path.name == "golden.npz" else real(path)

    monkeypatch.setattr(Path, "read_bytes", other_content)
    with pytest.raises(ModelCorrupt, match=r"golden\.npz: expected SHA-256"):
        registry.load(name)
