"""Kernels: the same to the bit alone and in a batch; equal to the estimators they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from core.batch import Batch
from core.errors import ModelRefused
from core.profile import Profile
from inference.plan import compile_plan
from inference.plan_kernels import COMPILED, KERNELS
from models.artifact import TrainedPlant

GROUPS = 7
LIBRARIES: tuple[Any, ...] = ("installed", None)


def _mixed(rng: np.random.Generator, n: int, inputs: int) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    x = np.clip(rng.normal(0.5, 0.3, size=(n, inputs)), 0, 1).astype(np.float32)
    return x, rng.integers(0, GROUPS, n).astype(np.intp)


@pytest.mark.parametrize("inputs", [1, 3, 7, 24, 33])
@pytest.mark.parametrize("kind", KERNELS)
def test_score_is_the_same_to_the_bit_alone_shuffled_and_in_a_batch(
    kind: str, inputs: int, random_weights: dict[str, Callable[..., Any]]
) -> None:
    rng = np.random.default_rng(inputs)
    kernel = KERNELS[kind]([random_weights[kind](rng, inputs) for _ in range(GROUPS)])
    x, group = _mixed(rng, 600, inputs)
    together = kernel.score(x, group)
    alone = np.concatenate([kernel.score(x[i : i + 1], group[i : i + 1]) for i in range(len(x))])
    np.testing.assert_array_equal(together, alone)
    order = rng.permutation(len(x))
    np.testing.assert_array_equal(together[order], kernel.score(x[order], group[order]))
    np.testing.assert_array_equal(together[5:18], kernel.score(x[5:18], group[5:18]))


@pytest.mark.parametrize("kind", KERNELS)
def test_no_rows_give_no_scores(kind: str, random_weights: dict[str, Callable[..., Any]]) -> None:
    rng = np.random.default_rng(0)
    kernel = KERNELS[kind]([random_weights[kind](rng, 4)])
    assert kernel.score(np.empty((0, 4), np.float32), np.empty(0, np.intp)).shape == (0,)


def test_isolation_forest_equals_scikit_learn() -> None:
    models = pytest.importorskip("models.isolation_forest", reason="needs scikit-learn (group train)")
    rng = np.random.default_rng(3)
    forests = []
    for g in range(4):
        train = rng.normal(0.5, 0.1 + 0.02 * g, size=(600, 9))
        forests.append(models.IsolationForest(n_estimators=30, random_state=g).fit(train))
    kernel = KERNELS["isolation_forest"]([forest.export() for forest in forests])
    x = rng.random((200, 9))
    for g, forest in enumerate(forests):
        got = kernel.score(x.astype(np.float32), np.full(len(x), g, dtype=np.intp))
        np.testing.assert_allclose(got, -forest.score_samples(x), rtol=1e-5)


@pytest.mark.parametrize("kind", ["autoencoder", "memae"])
def test_networks_equal_their_estimators(kind: str, random_weights: dict[str, Callable[..., Any]]) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn (group train)")
    from memae.detector import MemAE
    from models.autoencoder import AutoEncoder

    estimator_class = {"autoencoder": AutoEncoder, "memae": MemAE}[kind]
    rng = np.random.default_rng(5)
    weights = [random_weights[kind](rng, 24) for _ in range(3)]
    kernel = KERNELS[kind](weights)
    x = rng.random((300, 24)).astype(np.float32)
    for g, mine in enumerate(weights):
        estimator = estimator_class.from_weights(mine, x)
        got = kernel.score(x, np.full(len(x), g, dtype=np.intp))
        np.testing.assert_allclose(got, -estimator.score_samples(x), rtol=1e-5)


def _left_to_numpy() -> list[str]:
    return sorted(set(KERNELS) - set(COMPILED))


@pytest.mark.parametrize("kind", _left_to_numpy())
def test_closed_forms_equal_their_estimators(kind: str) -> None:
    pytest.importorskip("sklearn", reason="needs scikit-learn (group train)")
    from inference.wiring import detectors

    rng = np.random.default_rng(3)
    estimators: list[Any] = []
    for g in range(3):
        train = np.clip(0.5 + rng.normal(size=(300 + 5 * g, 9)) @ (0.1 * rng.normal(size=(9, 9))), 0, 1)
        estimators.append(detectors()[kind](random_state=g).fit(train))  # type: ignore[call-arg, attr-defined]
    kernel = KERNELS[kind]([estimator.export() for estimator in estimators])
    x = rng.random((200, 9))
    for g, estimator in enumerate(estimators):
        got = kernel.score(x.astype(np.float32), np.full(len(x), g, dtype=np.intp))
        np.testing.assert_allclose(got, -estimator.score_samples(x), rtol=1e-5)


def test_no_kind_goes_untested() -> None:
    assert len(COMPILED) == 3
    assert len(_left_to_numpy()) == 6


def test_compiled_and_other_kinds_share_a_plan(
    make_plant: Callable[..., TrainedPlant], make_shots: Callable[..., Batch], profile: Profile
) -> None:
    plant = make_plant(profile, groups=27, kinds=tuple(KERNELS))
    mixed, numpy_only = (compile_plan(plant, "v1", profile, library=library) for library in LIBRARIES)
    assert mixed.compiled is not None
    values = make_shots(plant, 300, spread=2.0).production
    group = (np.arange(300) % 28 - 1).astype(np.intp)
    values[7, 3] = np.nan
    (got, far), (expected, also_far) = (plan.assess(values, group) for plan in (mixed, numpy_only))
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=5e-7)
    np.testing.assert_array_equal(far, also_far)
    alone = [mixed.assess(values[i : i + 1], group[i : i + 1])[0][0] for i in range(300)]
    np.testing.assert_array_equal(got, alone)
    rows = np.flatnonzero(np.isfinite(got))[:60]
    x = mixed.ranges.scale(values[rows], group[rows])
    usual = np.full_like(x, 0.5)
    got, expected = (plan.score_occluded(x, usual, group[rows]) for plan in (mixed, numpy_only))
    np.testing.assert_allclose(got, expected, rtol=1e-6, atol=5e-7)


def test_autoencoder_by_hand() -> None:
    weights = {
        "w0": np.array([[1.0], [0.0]], np.float32),
        "b0": np.zeros(1, np.float32),
        "w1": np.array([[1.0, 1.0]], np.float32),
        "b1": np.array([0.0, 0.25], np.float32),
    }
    # (0.5, 1.0) -> code 0.5 -> (0.5, 0.75): mean of |0| and |0.25|.
    score = KERNELS["autoencoder"]([weights]).score(np.array([[0.5, 1.0]], np.float32), np.zeros(1, np.intp))
    assert score.tolist() == [0.125]


def test_networks_of_different_shapes_share_a_plan(
    make_plant: Callable[..., TrainedPlant], profile: Profile, random_weights: dict[str, Callable[..., Any]]
) -> None:
    from dataclasses import replace

    plant = make_plant(profile, groups=4, kinds=("autoencoder",))
    wide = random_weights["autoencoder"](np.random.default_rng(9), 24, (16, 3))
    models = (replace(plant.models[0], weights=wide), *plant.models[1:])
    plan = compile_plan(replace(plant, models=models), "v1", profile)
    assert len(plan.kernels) == 2
    x = np.random.default_rng(1).random((40, 24)).astype(np.float32)
    group = (np.arange(40) % 4).astype(np.intp)
    alone = [plan.score(x[i : i + 1], group[i : i + 1])[0] for i in range(40)]
    assert plan.score(x, group).tolist() == alone


@pytest.mark.parametrize("inputs", [1, 7, 24])
@pytest.mark.parametrize("kind", KERNELS)
def test_occluded_scores_are_those_of_rows_with_one_usual_value(
    kind: str, inputs: int, random_weights: dict[str, Callable[..., Any]]
) -> None:
    rng = np.random.default_rng(inputs)
    kernel = KERNELS[kind]([random_weights[kind](rng, inputs) for _ in range(GROUPS)])
    x, group = _mixed(rng, 40, inputs)
    usual, _ = _mixed(rng, 40, inputs)
    got = kernel.score_occluded(x, usual, group)
    for k in range(inputs):
        other = x.copy()
        other[:, k] = usual[:, k]
        np.testing.assert_allclose(got[:, k], kernel.score(other, group), rtol=2e-6)
    alone = [kernel.score_occluded(x[i : i + 1], usual[i : i + 1], group[i : i + 1])[0] for i in range(40)]
    np.testing.assert_array_equal(got, alone)


def test_isolation_forest_takes_zero_and_minus_zero_for_one_value() -> None:
    forest = {
        "feature": np.array([0, -1, -1], np.int16),
        "threshold": np.array([0.0, 0.0, 0.0]),
        "left": np.array([1, -1, -1], np.int32),
        "right": np.array([2, -1, -1], np.int32),
        "path_length": np.array([0.0, 1.0, 3.0]),
        "root": np.array([0], np.int32),
        "normaliser": np.array(1.0),
    }
    x = np.array([[0.0], [-0.0], [1e-30]], np.float32)
    score = KERNELS["isolation_forest"]([forest]).score(x, np.zeros(3, np.intp))
    assert score.tolist() == [2**-1, 2**-1, 2**-3]


def test_isolation_forest_larger_than_its_nodes_can_tell_is_refused(
    random_weights: dict[str, Callable[..., Any]],
) -> None:
    forest = random_weights["isolation_forest"](np.random.default_rng(0), 3)
    forest["feature"] = np.where(forest["feature"] == 0, 1023, forest["feature"]).astype(np.int16)
    with pytest.raises(ModelRefused, match="at most"):
        KERNELS["isolation_forest"]([forest])
