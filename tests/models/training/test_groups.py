"""Groups are trained, replaced by simpler ones, and never judged by a broken model."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError
from core.profile import DetectorRule, Profile
from models.autoencoder import AutoEncoder
from tests.models.training.small_groups import DETECTORS, WIDTH, group, same, train


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


def test_the_tail_is_of_held_out_shots_by_lot_and_never_of_training_shots(profile: Profile) -> None:
    lot = np.repeat([3, 5], 60)
    enough, few = (group(4, held_out=n, kind="isolation_forest") for n in (120, 99))
    known = dataclasses.replace(enough, held_out_lot=lot), dataclasses.replace(few, held_out_lot=lot[:99])

    first, second = (outcome.model.losses for outcome in train(list(known), profile))

    assert len(first.tail) == first.count == 119
    assert first.lot_sizes.sum() == 119
    assert first.tail[-1] == first.maximum
    assert len(second.tail) == 0


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
