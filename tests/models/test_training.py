"""Groups are trained, replaced by simpler ones, resumed, and never judged by a broken model."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError
from core.profile import DetectorRule, GroupKey, Profile
from core.profile_file import load_profile
from models.autoencoder import AutoEncoder
from models.group import GroupData
from models.isolation_forest import IsolationForest
from models.training import train_groups

DETECTORS: dict[str, Any] = {"isolation_forest": IsolationForest, "autoencoder": AutoEncoder}
WIDTH = 5


@pytest.fixture(scope="module")
def profile() -> Profile:
    whole = load_profile("injection_molding")
    return dataclasses.replace(
        whole,
        detectors=(
            DetectorRule("isolation_forest", 100, 400, {"n_estimators": 20, "max_samples": 64}),
            DetectorRule("autoencoder", 400, None, {"hidden": [8, 2], "epochs": 10}),
        ),
    )


def group(number: int, rows: int = 300, held_out: int = 120, kind: str = "autoencoder") -> GroupData:
    random = np.random.default_rng(number)
    x = 100 + random.normal(size=(rows + held_out, 2)) @ random.normal(size=(2, WIDTH)) * 10
    x += random.normal(size=x.shape)
    return GroupData(
        key=GroupKey("A", f"press {number}", "cap", 0),
        kind=kind,
        train=x[:rows],
        held_out=x[rows:],
        typical=np.full(WIDTH, 7.0),
        setting_centre=np.zeros(3),
        rows=rows + held_out,
        lots=6,
        defect_rate=0.004,
        window=(1, 2),
    )


def train(
    groups: list[GroupData], profile: Profile, detectors: dict[str, Any] = DETECTORS, **options: Any
) -> list[Any]:
    return list(train_groups(groups, profile, detectors, **{"seed": 3, **options}))


def same(a: Any, b: Any, rtol: float = 0.0) -> None:
    assert a.status == b.status
    assert a.reason == b.reason
    assert sorted(a.model.weights) == sorted(b.model.weights)
    for name, array in a.model.weights.items():
        np.testing.assert_allclose(array, b.model.weights[name], rtol=rtol, atol=rtol)
    np.testing.assert_allclose(a.model.losses.quantiles, b.model.losses.quantiles, rtol=rtol)


def test_every_group_gets_its_own_model_with_all_that_judging_needs(profile: Profile) -> None:
    groups = [group(0, kind="isolation_forest"), group(1), group(2)]
    outcomes = train(groups, profile)
    assert [o.model.kind for o in outcomes] == ["isolation_forest", "autoencoder", "autoencoder"]
    for given, outcome in zip(groups, outcomes, strict=True):
        model = outcome.model
        assert (outcome.status, outcome.reason, model.key) == ("trained", "", given.key)
        np.testing.assert_array_equal(model.input_low, given.train.min(axis=0))
        np.testing.assert_array_equal(model.input_high, given.train.max(axis=0))
        np.testing.assert_allclose(model.band_centre, np.median(given.train, axis=0))
        assert (model.rows, model.lots, model.defect_rate, model.window) == (420, 6, 0.004, (1, 2))
        # 120 held-out shots at 0.4 % bad: one expected bad shot is left out.
        assert (model.losses.count, model.losses.trimmed) == (119, 1)
        assert model.fixed_threshold == model.losses.mean + profile.threshold.fixed_sigmas * model.losses.std
        np.testing.assert_array_equal(outcome.golden_production, given.held_out[:2])


def test_losses_are_those_of_the_detector_on_scaled_held_out_shots(profile: Profile) -> None:
    given = group(1)
    (outcome,) = train([given], profile)
    model = outcome.model
    scaled = np.clip((given.held_out - model.input_low) / (model.input_high - model.input_low), 0, 1)
    detector = AutoEncoder.from_weights(model.weights, scaled)
    scores = -detector.score_samples(scaled)
    assert model.losses.maximum == pytest.approx(np.sort(scores)[-2], rel=1e-5)
    np.testing.assert_allclose(outcome.golden_scores, scores[:2], rtol=1e-5)


def test_few_held_out_shots_leave_the_losses_to_the_training_shots(profile: Profile) -> None:
    (outcome,) = train([group(4, held_out=99, kind="isolation_forest")], profile)
    assert outcome.model.losses.count + outcome.model.losses.trimmed == 300


def test_without_trimming_every_loss_counts(profile: Profile) -> None:
    rule = dataclasses.replace(profile.threshold, trim_counted_bad=False)
    (outcome,) = train([group(4, kind="isolation_forest")], dataclasses.replace(profile, threshold=rule))
    assert (outcome.model.losses.count, outcome.model.losses.trimmed) == (120, 0)


def test_missing_values_become_the_groups_median_and_hollow_shots_are_left_out(profile: Profile) -> None:
    given = group(5, kind="isolation_forest")
    given.train[:20, 2] = np.nan
    given.train[20:25, :3] = np.nan
    given.held_out[0, 1] = np.nan
    (outcome,) = train([given], profile)
    kept = np.delete(given.train, range(20, 25), axis=0)
    assert outcome.golden_production[0, 1] == np.nanmedian(kept[:, 1])
    assert np.isfinite(outcome.model.input_low).all()
    assert outcome.model.input_low[2] == np.nanmin(kept[:, 2])


def test_a_variable_the_group_never_has_takes_the_typical_value(profile: Profile) -> None:
    given = group(6, kind="isolation_forest")
    given.train[:, 3] = given.held_out[:, 3] = np.nan
    (outcome,) = train([given], profile)
    assert outcome.model.input_low[3] == outcome.model.input_high[3] == 7.0


def test_a_group_without_usable_shots_fails_with_its_reason_and_the_others_train(profile: Profile) -> None:
    hollow = group(7, kind="isolation_forest")
    hollow.train[...] = np.nan
    outcomes = train([hollow, group(8, kind="isolation_forest")], profile)
    assert [o.status for o in outcomes] == ["failed", "trained"]
    assert outcomes[0].model is None
    assert "press 7" in outcomes[0].reason
    assert outcomes[0].golden_production.shape == (0, WIDTH)


def test_a_group_does_not_depend_on_its_neighbours(profile: Profile) -> None:
    groups = [group(number, rows=260 + 20 * number) for number in range(4)]
    together = train(groups, profile)
    (alone,) = train([groups[2]], profile)
    same(together[2], alone, rtol=1e-3)
    (other_seed,) = train([groups[2]], profile, seed=4)
    assert not np.array_equal(other_seed.model.weights["w0"], alone.model.weights["w0"])


class Refusing(AutoEncoder):
    """An autoencoder that refuses itself."""

    def refusal(self) -> str | None:
        return "collapsed"


def test_a_refused_detector_is_replaced_by_the_next_simpler_one(profile: Profile) -> None:
    detectors = {**DETECTORS, "autoencoder": Refusing}
    outcomes = train([group(1), group(2, kind="isolation_forest")], profile, detectors)
    assert [o.model.kind for o in outcomes] == ["isolation_forest"] * 2
    assert outcomes[0].status == "trained"
    assert outcomes[0].reason == "autoencoder refused: collapsed; isolation_forest trained instead"
    assert outcomes[1].reason == ""


def test_when_nothing_simpler_is_left_the_group_is_refused(profile: Profile) -> None:
    only = dataclasses.replace(profile, detectors=profile.detectors[1:])
    (outcome,) = train([group(1)], only, {"autoencoder": Refusing})
    assert (outcome.status, outcome.model) == ("refused", None)
    assert outcome.reason == "autoencoder refused: collapsed"


class Interrupting(IsolationForest):
    """Interrupted by the operator after two groups."""

    @classmethod
    def fit_many(cls, tasks: Any, parameters: Any, progress: Any = None) -> Iterator[tuple[int, Any]]:
        for i, fitted in IsolationForest.fit_many(tasks, parameters, progress):
            yield i, fitted
            if i == 1:
                raise KeyboardInterrupt


class Counting(IsolationForest):
    """Counts what it fits."""

    fitted = 0

    @classmethod
    def fit_many(cls, tasks: Any, parameters: Any, progress: Any = None) -> Iterator[tuple[int, Any]]:
        Counting.fitted += len(tasks)
        yield from IsolationForest.fit_many(tasks, parameters, progress)


def test_an_interrupted_run_goes_on_where_it_was(profile: Profile, tmp_path: Path) -> None:
    groups = [group(number, kind="isolation_forest") for number in range(4)]
    with pytest.raises(KeyboardInterrupt):
        train(groups, profile, {**DETECTORS, "isolation_forest": Interrupting}, workdir=tmp_path)
    Counting.fitted = 0
    resumed = train(groups, profile, {**DETECTORS, "isolation_forest": Counting}, workdir=tmp_path)
    assert Counting.fitted == 2
    for a, b in zip(resumed, train(groups, profile), strict=True):
        same(a, b)


def test_an_interrupt_between_epochs_keeps_the_finished_groups(profile: Profile, tmp_path: Path) -> None:
    long = DetectorRule("autoencoder", 400, None, {"hidden": [8, 2], "epochs": 40, "patience": 40})
    quick = dataclasses.replace(profile, detectors=(profile.detectors[0], long))
    groups = [group(1), group(2), group(3, rows=900)]

    def interrupt(done: int, total: int, loss: float) -> None:
        if done >= 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(groups, quick, workdir=tmp_path, progress=interrupt)
    assert len(list(tmp_path.glob("*.npz"))) == 2
    resumed = train(groups, quick, workdir=tmp_path)
    for a, b in zip(resumed, train(groups, quick), strict=True):
        same(a, b, rtol=1e-3)


def test_a_damaged_checkpoint_is_trained_again(profile: Profile, tmp_path: Path) -> None:
    groups = [group(0, kind="isolation_forest")]
    first = train(groups, profile, workdir=tmp_path)
    (path,) = tmp_path.glob("*.npz")
    path.write_bytes(path.read_bytes()[:-40])
    same(train(groups, profile, workdir=tmp_path)[0], first[0])


@pytest.mark.parametrize("what", ["shots", "seed", "parameters"])
def test_a_checkpoint_of_something_else_is_not_taken(profile: Profile, tmp_path: Path, what: str) -> None:
    given = group(0, kind="isolation_forest")
    train([given], profile, workdir=tmp_path)
    if what == "shots":
        given.train[0, 0] += 1
    if what == "parameters":
        rules = (dataclasses.replace(profile.detectors[0], parameters={"n_estimators": 21}),)
        profile = dataclasses.replace(profile, detectors=rules)
    train([given], profile, workdir=tmp_path, seed=4 if what == "seed" else 3)
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_progress_ends_with_all_groups_done(profile: Profile) -> None:
    calls: list[tuple[int, int, float]] = []
    groups = [group(0, kind="isolation_forest"), group(1)]
    train(groups, profile, progress=lambda *call: calls.append(call))
    assert calls[-1][:2] == (2, 2)
    assert [done for done, *_ in calls] == sorted(done for done, *_ in calls)


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("oracle", {}, "out of isolation_forest, autoencoder, got 'oracle'"),
        ("autoencoder", {"colour": 1}, "'autoencoder', parameters: .*colour"),
        ("autoencoder", {"epochs": 0}, "'autoencoder', parameters: epochs"),
        ("isolation_forest", {"n_estimators": -1}, "'isolation_forest', parameters: .*n_estimators"),
    ],
)
def test_a_rule_that_cannot_be_carried_out_is_the_profiles_fault(
    profile: Profile, kind: str, parameters: dict[str, Any], message: str
) -> None:
    wrong = dataclasses.replace(profile, detectors=(DetectorRule(kind, 100, None, parameters),))
    with pytest.raises(ConfigError, match=message):
        train([], wrong)
