"""The reverse question: the front, the limits, and why there is no answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from inference.prediction.advice import MOST, MOST_PREDICTED, Advice, advise
from inference.prediction.pareto import non_dominated
from inference.prediction.predictor import Predictor
from tests.inference.prediction.plants import SETTINGS

MINIMIZE = ("weld_section", "line_energy")


def objectives(advice: Advice) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.stack([advice.quantities[name] for name in advice.minimized], axis=1)


def test_no_row_of_the_answer_beats_another(predictor: Predictor) -> None:
    advice = advise(predictor, {"depth": (1.0, 1.5)}, MINIMIZE)

    assert 1 < len(advice) <= MOST
    assert non_dominated(objectives(advice)).all()
    assert (np.diff(objectives(advice)[:, 0]) >= 0).all()


def test_no_setting_run_before_beats_a_row_of_the_answer(predictor: Predictor) -> None:
    advice = advise(predictor, {}, MINIMIZE)
    sizes = predictor.predict(SETTINGS).mean
    run = np.stack([predictor.quantities(SETTINGS, sizes)[name] for name in MINIMIZE], axis=1)

    for row in objectives(advice):
        assert not ((run <= row - 1e-6).all(axis=1)).any()


def test_the_same_question_gets_the_same_answer(predictor: Predictor) -> None:
    first, second = (advise(predictor, {"Depth": (1.0, 1.5)}, MINIMIZE) for _ in range(2))

    assert first.plain() == second.plain()


@settings(max_examples=30, deadline=None)
@given(
    st.tuples(st.floats(0.6, 1.6), st.floats(0.0, 0.6)),
    st.tuples(st.floats(42, 50), st.floats(0, 4)),
    st.tuples(st.floats(60, 250), st.floats(0, 150)),
)
def test_every_row_keeps_every_limit_the_whole_interval_and_the_trained_ranges(
    predictor: Predictor,
    depth: tuple[float, float],
    current: tuple[float, float],
    energy: tuple[float, float],
) -> None:
    within = {
        name: (low, low + width)
        for name, (low, width) in (("depth", depth), ("IW", current), ("line_energy", energy))
    }

    advice = advise(predictor, within, MINIMIZE)

    around = predictor.surroundings
    assert (advice.settings >= around.low).all()
    assert (advice.settings <= around.high).all()
    for values, name in (
        (advice.predicted.low[:, 0], "depth"),
        (advice.predicted.high[:, 0], "depth"),
        (advice.settings[:, 0], "IW"),
        (advice.quantities["line_energy"], "line_energy"),
    ):
        low, high = within[name]
        assert (values >= low - 1e-6).all()
        assert (values <= high + 1e-6).all()
    assert (len(advice) == 0) == (advice.excluded is not None)
    assert advice.excluded is None or str(advice.excluded)


def test_settings_are_values_somebody_can_set(predictor: Predictor) -> None:
    advice = advise(predictor, {"depth": (1.0, 1.4)}, MINIMIZE)

    assert (advice.settings == np.round(advice.settings / [1, 1, 0.5, 5]) * [1, 1, 0.5, 5]).all()


def test_settings_run_before_say_how_often_and_the_others_how_far_they_are(predictor: Predictor) -> None:
    advice = advise(predictor, {}, ("line_energy",))
    row = advice.plain()[0]

    # 47 at speed 12 and 43 at 9 ran; least energy is the least current at the highest speed near them
    assert row["standing"] == "never_run"
    assert row["rows"] == 0
    assert 0 < row["distance"] <= predictor.surroundings.reach
    fixed = {
        name: (value, value) for name, value in zip(predictor.input_names, SETTINGS[4].tolist(), strict=True)
    }
    known = advise(predictor, fixed, ("line_energy",)).plain()
    assert [(row["standing"], row["rows"], row["distance"]) for row in known] == [("run_before", 4, 0.0)]
    assert known[0]["settings"] == dict(zip(predictor.input_names, SETTINGS[4].tolist(), strict=True))
    assert set(known[0]["targets"]["depth"]) == {"predicted", "low", "high"}


def test_far_settings_are_left_out_unless_they_are_wanted(predictor: Predictor) -> None:
    corner = {"weld_current": (43.0, 43.0), "weld_speed": (12.0, 12.0)}

    near, all_of_it = (advise(predictor, corner, MINIMIZE, far=far) for far in (False, True))

    assert near.excluded is not None
    assert {row["standing"] for row in all_of_it.plain()} == {"far"}


@pytest.mark.parametrize(("most", "share"), [(100_000, 1.0), (MOST_PREDICTED, 0.9), (500, 0.8)])
def test_a_search_finds_what_trying_everything_finds_or_nearly(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch, most: int, share: float
) -> None:
    monkeypatch.setattr("inference.prediction.advice.MOST_PREDICTED", most)

    advice = advise(predictor, {"depth": (1.0, 1.4), "width": (1.7, 2.4)}, ("weld_speed", "line_energy"))
    lines = [np.arange(43, 49.5), np.arange(131, 146.5), np.arange(4.5, 12.1, 0.5), np.arange(60, 126, 5.0)]
    everything = np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, 4)
    everything = everything[predictor.place(everything).standing <= 1]
    predicted = predictor.predict(everything)
    low, high = predicted.low + 1e-9, predicted.high - 1e-9
    kept = ((low >= [1.0, 1.7]) & (high <= [1.4, 2.4])).all(axis=1)
    energy = predictor.quantities(everything[kept], predicted.mean[kept])
    best = np.stack([everything[kept][:, 2], energy["line_energy"]], axis=1)
    best = np.unique(best[non_dominated(best)].round(6), axis=0)

    answer = np.stack([advice.settings[:, 2], advice.quantities["line_energy"]], axis=1)
    assert len(best) > 3
    found = {tuple(row) for row in answer.round(6).tolist()}
    assert len(found & {tuple(row) for row in best.tolist()}) >= share * len(best)
    assert share < 1 or answer.round(6).tolist() == best.tolist()


def test_a_long_front_is_thinned_to_its_ends_those_run_before_and_an_even_choice(
    predictor: Predictor,
) -> None:
    whole = advise(predictor, {}, ("weld_speed", "line_energy", "focal_distance"), most=1000)
    thinned = advise(predictor, {}, ("weld_speed", "line_energy", "focal_distance"), most=10)

    assert len(whole) > 10
    assert len(thinned) == 10
    rows = [row["settings"] for row in whole.plain()]
    assert all(row["settings"] in rows for row in thinned.plain())
    assert thinned.settings[:, 2].min() == whole.settings[:, 2].min()


@pytest.mark.parametrize(
    ("within", "why", "told"),
    [
        (
            {"weld_current": (60.0, 70.0)},
            "untrained",
            "weld_current 60..70 lies outside the trained range 43..49",
        ),
        ({"depth": (5.0, 6.0)}, "unreachable", "depth 5..6 excludes every setting; the nearest comes to 1."),
        ({"depth": (1.2, 1.25)}, "unreachable", "whose interval is wider than the limits"),
        ({"line_energy": (0.0, 10.0)}, "unreachable", "line_energy 0..10 excludes every setting"),
        ({"depth": (1.2, 1.6), "width": (1.4, 1.8)}, "together", "the limits exclude each other; without"),
    ],
)
def test_an_empty_answer_says_which_limit_excludes_everything(
    predictor: Predictor, within: dict[str, tuple[float, float]], why: str, told: str
) -> None:
    advice = advise(predictor, within, MINIMIZE)

    assert len(advice) == 0
    assert advice.plain() == []
    assert advice.excluded is not None
    assert advice.excluded.why == why
    assert told in str(advice.excluded)


@pytest.mark.parametrize(
    ("within", "minimize", "told"),
    [
        ({}, (), "minimize: expected at least one"),
        ({}, ("line_enery",), "did you mean 'line_energy'"),
        ({"Dept": (1.0, 2.0)}, MINIMIZE, "within: expected one of weld_current"),
        ({"depth": (2.0, 1.0)}, MINIMIZE, "depth: expected a range such as 1..2"),
        ({"depth": (float("nan"), 1.0)}, MINIMIZE, "depth: expected a range such as 1..2"),
        ({"depth": (1.0, 2.0), "Depth": (1.0, 1.5)}, MINIMIZE, "expected one range of depth"),
    ],
)
def test_a_question_that_means_nothing_is_refused(
    predictor: Predictor,
    within: dict[str, tuple[float, float]],
    minimize: tuple[str, ...],
    told: str,
) -> None:
    with pytest.raises(ConfigError, match=told):
        advise(predictor, within, minimize)


def test_limits_may_be_open_at_one_end(predictor: Predictor) -> None:
    advice = advise(predictor, {"depth": (1.2, float("inf"))}, MINIMIZE)

    assert len(advice)
    assert (advice.predicted.low[:, 0] >= 1.2 - 1e-9).all()


def test_wide_intervals_leave_less(with_misses: Callable[..., Predictor]) -> None:
    advice = advise(with_misses(np.full(10, 0.6)), {"depth": (1.0, 1.5)}, MINIMIZE)

    assert advice.excluded is not None
    assert advice.excluded.why == "unreachable"
