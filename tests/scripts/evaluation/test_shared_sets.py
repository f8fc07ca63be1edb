"""The shared data sets as they are divided; skipped where they are absent."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import ConfigError
from scripts import __main__ as command_line
from scripts.evaluation.shared_sets import DESCRIPTION, shared_sets
from scripts.evaluation.simulated_set import simulated_trial

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT.parent / "shared" / "data"
present = pytest.mark.skipif(not SHARED.is_dir(), reason=f"the shared data sets are not at {SHARED}")


def test_a_folder_without_the_sets_says_what_was_expected(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--data or SPRUE_SHARED_DATA"):
        shared_sets(tmp_path)


@present
def test_every_set_is_divided_without_a_bad_row_to_learn_from() -> None:
    found = shared_sets(SHARED)

    assert len(found) == 11
    for data in found:
        if data.name == "plating_bath":
            continue
        trial = data.trial(0)
        assert trial.bad.any(), data.name
        assert len(trial.bad) == sum(len(fold.test) for fold in trial.folds)
        assert not any(np.isnan(part).any() for fold in trial.folds for part in (fold.fit, fold.test))


@present
def test_both_parts_of_a_press_shot_are_one_shot() -> None:
    about = tomllib.loads(DESCRIPTION.read_text("utf-8"))["parts"][0]
    parts = pd.read_csv(SHARED / about["file"])
    twins = parts.groupby(["EQUIP_CD", "TimeStamp"])["PassOrFail"].max()
    by_name = {data.name: data for data in shared_sets(SHARED)}
    halves, days = by_name["kamp_cn7"].trial(0), by_name["kamp_cn7_by_day"].trial(0)

    assert halves.clusters == len(twins) < len(parts)
    assert halves.bad.sum() == days.bad.sum() == twins.sum()
    assert len(halves.bad) + len(halves.folds[0].known) == len(twins)


@present
def test_the_bath_is_judged_by_lots_week_by_week() -> None:
    bath = {data.name: data for data in shared_sets(SHARED)}["plating_bath"].trial(0)

    assert bath.clusters == 33 * 22
    assert 5 <= bath.bad.sum() <= 13
    assert len(np.unique(bath.unit)) == len(bath.bad)
    assert (np.bincount(bath.unit) == 69).all()


def test_groups_of_a_simulated_plant_have_their_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.evaluation.simulated_set.HISTORY_SHOTS", 15_000)
    monkeypatch.setattr("scripts.evaluation.simulated_set.LIVE_SHOTS", 8_000)
    trial = simulated_trial(0)

    assert trial.bad.any()
    assert len(trial.bad) == sum(len(fold.test) for fold in trial.folds) == len(trial.cluster)
    assert not any(np.isnan(fold.test).any() for fold in trial.folds)


PROFILE = ROOT / "core" / "profiles" / "injection_molding.toml"


@present
def test_the_verb_compares_on_two_sets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = tmp_path / "short.toml"
    profile.write_text(PROFILE.read_text("utf-8").replace("epochs = 200", "epochs = 2"), encoding="utf-8")
    page = tmp_path / "비교.html"
    arguments = ["--suite", "shared", "--set", "45_wine", "--set", "14_glass", "--seeds", "1", "--no-peers"]
    place = ["--home", str(tmp_path), "--profile", str(profile), "--data", str(SHARED)]
    monkeypatch.setattr("sys.argv", ["sprue", "evaluate", *arguments, *place, "--json", "--html", str(page)])

    with pytest.raises(SystemExit) as ended:
        command_line.main()

    assert ended.value.code == 0
    found = json.loads(capsys.readouterr().out)
    table = found["measures"]["auroc"]["table"]
    assert set(table) == {"45_wine", "14_glass"}
    assert table["45_wine"]["isolation_forest"] == table["45_wine"]["by_count"]
    assert table["45_wine"]["mean z2 floor"]["value"] > 0.8
    assert "45_wine" in page.read_text("utf-8")
