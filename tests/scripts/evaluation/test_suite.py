"""The comparison goes on where it stopped, and reports what it found."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

from core.profile import Profile
from core.profile_file import load_profile
from scripts.evaluation import suite
from scripts.evaluation.methods import FoldScores
from scripts.evaluation.suite import run_suite
from scripts.evaluation.suite_page import suite_page
from scripts.evaluation.suite_table import suite_report
from scripts.evaluation.suite_text import show_suite
from scripts.evaluation.trial import DataSet, Fold, Trial


class Guess:
    """Scores the first value of a row, with some noise."""

    def __init__(self, name: str, noise: float, own: bool = True) -> None:
        self.name, self.noise, self.own = name, noise, own
        self.asked: list[list[int]] = []

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        self.asked.append([seed for seed, _ in trials])
        rng = np.random.default_rng(1)
        return [
            [FoldScores(np.empty(0), f.test[:, 0] + self.noise * rng.normal(size=len(f.test)), self.name)]
            for _, trial in trials
            for f in trial.folds
        ]


class Broken(Guess):
    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        msg = "too few rows <for> this"
        raise ValueError(msg)


class Interrupted(Guess):
    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        raise KeyboardInterrupt


def made_up(name: str, *, apart: bool = False) -> DataSet:
    def trial(seed: int) -> Trial:
        rng = np.random.default_rng(seed)
        bad = np.arange(80) < 15
        test = rng.normal(size=(80, 2)) + 2 * bad[:, None]
        fold = Fold(rng.normal(size=(40, 2)), rng.normal(size=(10, 2)), test)
        return Trial([fold], np.arange(80), bad, np.arange(80) // 2, 40, calibrated=False)

    return DataSet(name, "made up", 3, trial, apart)


@pytest.fixture
def profile() -> Profile:
    return load_profile("injection_molding")


def told(_set: str, _method: str) -> None:
    """Nobody watches."""


def test_what_is_there_is_not_computed_again(tmp_path: Path, profile: Profile) -> None:
    sets, good, poor = [made_up("one"), made_up("two")], Guess("good", 0.1), Guess("poor", 9)

    first = run_suite(sets, [good, poor], 2, profile, tmp_path, told)
    again = run_suite(sets, [good, poor], 3, profile, tmp_path, told)

    assert good.asked == [[0, 1], [0, 1], [2], [2]]
    assert {n: {s: again[n][s] for s in (0, 1)} for n in again} == first


def test_an_interrupted_run_keeps_the_methods_that_were_done(tmp_path: Path, profile: Profile) -> None:
    good = Guess("good", 0.1)
    with pytest.raises(KeyboardInterrupt):
        run_suite([made_up("one")], [good, Interrupted("late", 1)], 2, profile, tmp_path, told)

    run_suite([made_up("one")], [good, Guess("late", 1)], 2, profile, tmp_path, told)

    assert good.asked == [[0, 1]]


def test_results_of_other_code_or_half_written_ones_do_not_count(
    tmp_path: Path, profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = Guess("good", 0.1)
    run_suite([made_up("one")], [good], 2, profile, tmp_path, told)
    (tmp_path / "one" / "1.json").write_text('{"good": {"fing', encoding="utf-8")
    run_suite([made_up("one")], [good], 2, profile, tmp_path, told)
    monkeypatch.setattr(suite, "library_versions", lambda: {"numpy": "other"})
    run_suite([made_up("one")], [good], 2, profile, tmp_path, told)

    assert good.asked == [[0, 1], [1], [0, 1]]


def test_results_of_other_data_do_not_count(tmp_path: Path, profile: Profile) -> None:
    good, source = Guess("good", 0.1), tmp_path / "data.csv"
    for content in ("1,2", "1,2", "1,3"):
        source.write_text(content, encoding="utf-8")
        run_suite([replace(made_up("one"), files=(source,))], [good], 1, profile, tmp_path / "work", told)

    assert good.asked == [[0], [0]]


@pytest.mark.parametrize("entry", [5, {}, {"figures": None}])
def test_an_entry_without_figures_does_not_count(tmp_path: Path, profile: Profile, entry: Any) -> None:
    good = Guess("good", 0.1)
    run_suite([made_up("one")], [good], 1, profile, tmp_path, told)
    kept = tmp_path / "one" / "0.json"
    print_of = json.loads(kept.read_text(encoding="utf-8"))["good"]["fingerprint"]
    damaged = {**entry, "fingerprint": print_of} if isinstance(entry, dict) else entry
    kept.write_text(json.dumps({"good": damaged}), encoding="utf-8")
    run_suite([made_up("one")], [good], 1, profile, tmp_path, told)

    assert good.asked == [[0], [0]]


def report_of(tmp_path: Path, profile: Profile) -> dict[str, Any]:
    sets = [made_up("one"), made_up("two <b>"), made_up("other", apart=True)]
    methods = [Guess("good", 0.1), Guess("poor", 9, own=False), Broken("broken", 0)]
    results = run_suite(sets, methods, 2, profile, tmp_path, told)
    return suite_report("shared", sets, methods, results, ["A note."])


def test_the_report_ranks_and_bounds_and_names_what_failed(tmp_path: Path, profile: Profile) -> None:
    found = json.loads(json.dumps(report_of(tmp_path, profile), allow_nan=False))

    for measure in ("auroc", "average_precision"):
        of = found["measures"][measure]
        assert (of["mean_rank"]["good"]["value"], of["mean_rank"]["poor"]["value"]) == (1.0, 2.0)
        assert of["mean_rank"]["broken"]["value"] is None
        assert of["mean"]["good"]["low"] < of["mean"]["good"]["value"] < of["mean"]["good"]["high"]
        two = [of["table"][name]["good"]["value"] for name in ("one", "two <b>")]
        assert of["mean"]["good"]["value"] == pytest.approx(sum(two) / 2, abs=1e-5)
    assert {(f["set"], f["method"]) for f in found["failed"]} >= {("one", "broken"), ("other", "broken")}


def test_page_and_text_tell_the_report(tmp_path: Path, profile: Profile) -> None:
    found = report_of(tmp_path, profile)
    page = suite_page(found)
    ElementTree.fromstring("<html>" + page.partition("</head>")[2])  # well formed
    output = io.StringIO()
    show_suite(found, Console(file=output, width=200))

    assert "two &lt;b&gt;" in page
    assert "http" not in page
    for word in ("good", "poor", "other (apart)", "A note.", "too few rows"):
        assert word in output.getvalue()
