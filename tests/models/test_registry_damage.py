"""Whatever happened to the files of a version, it is named and never loaded."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.errors import ModelCorrupt
from models.artifact import TrainedPlant
from models.registry import Registry

Make = Callable[..., TrainedPlant]
NOON = datetime(2026, 11, 20, 12, 0, 0, 250_000, tzinfo=UTC)


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
