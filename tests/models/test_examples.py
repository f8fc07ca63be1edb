"""Good shots of a version: which are kept, and that they come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from core.errors import ModelCorrupt, ModelNotFound
from core.profile import GroupKey
from models.artifact import TrainedPlant
from models.examples import Examples, GoodShots
from models.good_shots import _chosen
from models.registry import Registry

NOW = datetime(2026, 11, 20, tzinfo=UTC)
NAMES = ("cycle_time", "cushion_stroke")


def group(cluster: int, shots: int, maker: str = "A") -> GoodShots:
    rng = np.random.default_rng(cluster)
    band = np.array([1.0, 2.0])
    return GoodShots(
        GroupKey(maker, "A|01", "캡 28", cluster),
        NAMES,
        tuple(f"shot-{cluster}-{i}\udce9" if i == 1 else f"쇼트 {i}" for i in range(shots)),
        np.arange(shots, dtype=np.int64) + 1_790_000_000_000,
        np.round(rng.normal(40, 2, (shots, 2)), 2),
        *(band * k for k in range(5)),
    )


@pytest.mark.parametrize("shots", [0, 1, 7])
def test_groups_come_back_as_they_were(
    shots: int, tmp_path: Path, make_plant: Callable[..., TrainedPlant]
) -> None:
    groups = [group(0, 3), group(1, shots), group(2, 2)]
    registry = Registry(tmp_path)
    version = registry.save(make_plant(), now=NOW, examples=Examples.of_groups(NAMES, groups))
    kept = registry.examples(version)
    assert kept is not None
    for one in groups:
        found = kept.of(f"A|01|캡 28|{one.key.cluster}")
        assert found is not None
        assert (found.key, found.names, found.ids) == (one.key, NAMES, one.ids)
        np.testing.assert_array_equal(found.time, one.time)
        np.testing.assert_array_equal(found.values, one.values)  # a press's digits survive
        np.testing.assert_array_equal(found.band_high, one.band_high)
    assert kept.of("nobody|none|0") is None


def test_of_groups_of_the_same_name_that_of_the_maker_is_given(tmp_path: Path) -> None:
    kept = Examples.of_groups(NAMES, [group(0, 2, "A"), group(0, 3, "B")])
    for maker, shots in (("A", 2), ("B", 3), (None, 2)):
        found = kept.of("A|01|캡 28|0", maker)
        assert found is not None
        assert len(found.ids) == shots


def test_a_version_saved_without_them_says_so(
    tmp_path: Path, make_plant: Callable[..., TrainedPlant]
) -> None:
    registry = Registry(tmp_path)
    assert registry.examples(registry.save(make_plant(), now=NOW)) is None
    with pytest.raises(ModelNotFound):
        registry.examples("20250101T000000000Z-00000000")


def test_judging_does_not_need_them_and_damage_is_told_where_they_are_asked_for(
    tmp_path: Path, make_plant: Callable[..., TrainedPlant]
) -> None:
    registry = Registry(tmp_path)
    version = registry.save(make_plant(), now=NOW, examples=Examples.of_groups(NAMES, [group(0, 3)]))
    file = tmp_path / version / "examples.npz"
    content = bytearray(file.read_bytes())
    content[-200] ^= 1
    file.write_bytes(content)
    assert registry.load(version)[1].version == version
    with pytest.raises(ModelCorrupt, match="examples"):
        registry.examples(version)
    file.unlink()
    with pytest.raises(ModelCorrupt, match="examples"):
        registry.examples(version)


def test_lots_without_counted_bad_come_first_then_whole_shots_then_an_even_spread() -> None:
    rate = np.repeat([0.0, 0.01, 0.0], 100)
    missing = np.zeros(300, dtype=bool)
    missing[::2] = True
    kept = _chosen(rate, missing, 40)
    assert set(rate[kept]) == {0.0}
    assert not missing[kept].any()
    assert (kept < 100).sum() == 20
    everything = _chosen(rate, missing, 1000)
    assert sorted(everything) == list(range(300))
    assert rate[everything[:200]].max() == 0.0
