"""One contract for every detector that training knows."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.exceptions import NotFittedError

from inference.wiring import detectors
from models.detector import Task

Floats = NDArray[np.float64]

DETECTORS: dict[str, Any] = {**detectors()}
SMALL: dict[str, dict[str, Any]] = {
    "isolation_forest": {"n_estimators": 40, "max_samples": 128},
    "autoencoder": {"hidden": (16, 4), "epochs": 60},
    "memae": {"hidden": (16, 4), "epochs": 60, "slots": 20},
    "mean_z2": {},
    "robust_covariance": {},
    "pca": {"variance": 0.8},
    "nearest_neighbours": {"references": 100},
    "gaussian_mixture": {},
    "ensemble": {"members": ("mean_z2", "pca", "nearest_neighbours", "gaussian_mixture"), "folds": 3},
}
NETWORKS = ("autoencoder", "memae")
WITHOUT_CHANCE = ("mean_z2", "robust_covariance", "pca")
WIDTH = 8


def shots(count: int, seed: int = 0) -> Floats:
    """Correlated variables in [0, 1]; the last one never varies."""
    random = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(3, WIDTH))
    x = 0.5 + 0.1 * (random.normal(size=(count, 3)) @ mix) + 0.01 * random.normal(size=(count, WIDTH))
    x[:, -1] = 0.25
    clipped: Floats = np.clip(x, 0.0, 1.0)
    return clipped


@pytest.fixture(scope="module")
def fitted() -> dict[str, Any]:
    return {
        kind: detector(**SMALL[kind], random_state=5).fit(shots(600)) for kind, detector in DETECTORS.items()
    }


@pytest.fixture(params=sorted(DETECTORS))
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_every_detector_is_covered() -> None:
    assert len(DETECTORS) == len(SMALL) == 9


def test_scores_are_one_finite_float_a_row(fitted: dict[str, Any], kind: str) -> None:
    scores = fitted[kind].score_samples(shots(50, seed=1))
    assert scores.shape == (50,)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()


def test_a_planted_outlier_scores_worse_than_every_normal_shot(fitted: dict[str, Any], kind: str) -> None:
    x = shots(200, seed=2)
    strange = np.tile([0.0, 1.0], WIDTH // 2)[None, :]
    assert fitted[kind].score_samples(strange)[0] < fitted[kind].score_samples(x).min()
    assert fitted[kind].predict(strange).tolist() == [-1]


def test_the_input_is_not_changed(fitted: dict[str, Any], kind: str) -> None:
    x = shots(20, seed=3)
    before = x.copy()
    fitted[kind].score_samples(x)
    np.testing.assert_array_equal(x, before)


def test_a_batch_scores_as_its_rows_do_bit_for_bit(fitted: dict[str, Any], kind: str) -> None:
    x = shots(40, seed=4)
    alone = np.concatenate([fitted[kind].score_samples(row[None, :]) for row in x])
    np.testing.assert_array_equal(fitted[kind].score_samples(x), alone)


def test_the_order_of_rows_does_not_matter(fitted: dict[str, Any], kind: str) -> None:
    x = shots(40, seed=5)
    order = np.random.default_rng(0).permutation(40)
    np.testing.assert_array_equal(fitted[kind].score_samples(x[order]), fitted[kind].score_samples(x)[order])


def test_the_same_seed_gives_the_same_scores(fitted: dict[str, Any], kind: str) -> None:
    x = shots(40, seed=6)
    again = DETECTORS[kind](**SMALL[kind], random_state=5).fit(shots(600))
    other = DETECTORS[kind](**SMALL[kind], random_state=6).fit(shots(600))
    np.testing.assert_array_equal(again.score_samples(x), fitted[kind].score_samples(x))
    alike = np.array_equal(other.score_samples(x), fitted[kind].score_samples(x))
    assert alike == (kind in WITHOUT_CHANCE)


def test_fitting_many_at_once_equals_fitting_one(fitted: dict[str, Any], kind: str) -> None:
    x = shots(40, seed=7)
    tasks = [Task(shots(600, seed=s), np.empty((0, WIDTH)), seed) for s, seed in ((8, 1), (0, 5), (9, 2))]
    many = dict(DETECTORS[kind].fit_many(tasks, SMALL[kind]))
    assert sorted(many) == [0, 1, 2]
    together, alone = many[1].score_samples(x), fitted[kind].score_samples(x)
    if kind == "memae":  # amplifies rounding; compared over many groups in tests/memae
        assert np.median(together) == pytest.approx(np.median(alone), rel=0.15)
    else:
        np.testing.assert_allclose(together, alone, rtol=1e-4)


def test_before_fitting_it_says_so(kind: str) -> None:
    for method, arguments in (("score_samples", [shots(3)]), ("predict", [shots(3)]), ("export", [])):
        with pytest.raises(NotFittedError):
            getattr(DETECTORS[kind](), method)(*arguments)


def test_a_wrong_width_names_both_widths(fitted: dict[str, Any], kind: str) -> None:
    with pytest.raises(ValueError, match=r"3 features.*8 features"):
        fitted[kind].score_samples(np.zeros((2, 3)))


def test_a_variable_that_never_varied_survives(fitted: dict[str, Any], kind: str) -> None:
    x = shots(3, seed=10)
    x[:, -1] = 1.0
    assert np.isfinite(fitted[kind].score_samples(x)).all()


def test_training_keeps_figures_and_no_reason_to_refuse(fitted: dict[str, Any], kind: str) -> None:
    assert fitted[kind].refusal() is None
    assert all(np.isfinite(value) for value in fitted[kind].record().values())


def test_an_unknown_parameter_is_refused_without_any_task(kind: str) -> None:
    with pytest.raises(TypeError, match="colour"):
        list(DETECTORS[kind].fit_many([], {"colour": "red"}))


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("isolation_forest", {"n_estimators": 0}),
        ("autoencoder", {"epochs": 0}),
        ("autoencoder", {"hidden": ()}),
        ("autoencoder", {"contamination": 0.7}),
        ("memae", {"slots": 0}),
        ("memae", {"temperature": 0.0}),
        ("memae", {"patience": 0}),
        ("mean_z2", {"contamination": 0.0}),
        ("robust_covariance", {"trim": 0.5}),
        ("robust_covariance", {"steps": 0}),
        ("pca", {"variance": 1.5}),
        ("nearest_neighbours", {"neighbours": 0}),
        ("nearest_neighbours", {"references": 1.5}),
        ("gaussian_mixture", {"components": 0}),
        ("gaussian_mixture", {"regularisation": 0.0}),
        ("ensemble", {"members": ("mean_z2", "oracle")}),
        ("ensemble", {"members": ()}),
        ("ensemble", {"folds": 1}),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_without_any_task(
    kind: str, parameters: dict[str, Any]
) -> None:
    (name,) = parameters
    with pytest.raises(ValueError, match=name):
        list(DETECTORS[kind].fit_many([], parameters))


def closed_form_score(kind: str, w: dict[str, Floats], x: Floats) -> Floats:
    if kind == "mean_z2":
        return np.asarray((((x - w["mean"]) * w["factor"]) ** 2).mean(axis=1))
    if kind in ("robust_covariance", "pca"):
        return np.asarray((((x - w["mean"]) @ w["matrix"]) ** 2).sum(axis=1))
    if kind == "nearest_neighbours":
        far = np.linalg.norm(x[:, None, :] - w["references"], axis=2)
        return np.asarray(np.sort(far, axis=1)[:, : int(w["neighbours"])].mean(axis=1))
    if kind == "gaussian_mixture":
        far = np.array(
            [((x - m) @ a) @ ((x - m) @ a).T for m, a in zip(w["mean"], w["matrix"], strict=True)]
        ).diagonal(axis1=1, axis2=2)
        part = np.exp(w["log_weight"][:, None] - far / 2).sum(axis=0)
        return np.asarray(np.log(np.exp(w["log_weight"]).sum()) - np.log(part))
    members = list(dict.fromkeys(name.split(".")[0] for name in w))
    total = np.zeros(len(x))
    for member in members:
        own = {name.split(".")[1]: array for name, array in w.items() if name.startswith(f"{member}.")}
        score = closed_form_score(member, own, x)
        rare = np.interp(score, own["level"], np.linspace(0, np.log(10), len(own["level"])))
        total += rare + np.maximum(score - own["level"][-1], 0) * own["rate"]
    return np.asarray(total / len(members))


def score_from_export(kind: str, weights: dict[str, NDArray[Any]], x: Floats) -> Floats:
    """The weights contract in float64, written as plainly as it is described."""
    if kind == "isolation_forest":
        single = x.astype(np.float32)
        scores = []
        for row in single:
            total = 0.0
            for node in weights["root"]:
                while weights["feature"][node] >= 0:
                    left = row[weights["feature"][node]] <= weights["threshold"][node]
                    node = weights["left" if left else "right"][node]
                total += weights["path_length"][node]
            scores.append(2.0 ** -(total / len(weights["root"]) / weights["normaliser"]))
        return np.array(scores)
    wide = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
    if kind not in NETWORKS:
        return closed_form_score(kind, wide, x.astype(np.float32).astype(np.float64))
    depth = sum(name.startswith("w") for name in wide)
    h = x
    for i in range(depth):
        h = h @ wide[f"w{i}"] + wide[f"b{i}"]
        if i == depth // 2 - 1 and kind == "memae":
            unit = [v / np.linalg.norm(v, axis=1, keepdims=True) for v in (h, wide["memory"])]
            a = np.exp(unit[0] @ unit[1].T * wide["temperature"])
            a /= a.sum(axis=1, keepdims=True)
            above = a - wide["shrink"]
            a = np.maximum(above, 0) * a / (np.abs(above) + 1e-12)
            h = a / np.maximum(a.sum(axis=1, keepdims=True), 1e-12) @ wide["memory"]
        elif i not in (depth // 2 - 1, depth - 1):
            h = np.maximum(h, 0)
    error: Floats = (np.abs(x - h) * wide["residual_weight"]).mean(axis=1)
    return error


def test_the_export_gives_the_scores(fitted: dict[str, Any], kind: str) -> None:
    x = np.concatenate([shots(60, seed=11), np.random.default_rng(0).uniform(size=(20, WIDTH))])
    weights = fitted[kind].export()
    expected = -fitted[kind].score_samples(x)
    tolerance = 1e-12 if kind == "isolation_forest" else 1e-5
    np.testing.assert_allclose(score_from_export(kind, weights, x), expected, rtol=tolerance, atol=1e-7)
    types = {array.dtype.kind for array in weights.values()}
    assert types <= ({"i", "f"} if kind == "isolation_forest" else {"f"})


def test_changing_the_export_does_not_change_the_detector(fitted: dict[str, Any], kind: str) -> None:
    x = shots(5, seed=12)
    before = fitted[kind].score_samples(x)
    for array in fitted[kind].export().values():
        array[...] = 0
    np.testing.assert_array_equal(fitted[kind].score_samples(x), before)
