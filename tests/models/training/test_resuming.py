"""Training that was interrupted goes on where it was, and only with what it had before it."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.profile import DetectorRule, Profile
from models.isolation_forest import IsolationForest
from tests.models.training.small_groups import DETECTORS, group, same, train


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
