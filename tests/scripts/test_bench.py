"""``./sprue bench``: what it prints and draws. Its figures are not looked at: a test machine has moods."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import ConfigError
from core.profile import Profile
from core.profile_file import load_profile
from inference.judge import judge
from inference.plan import compile_plan
from ingest.document import DocumentDecoder
from ingest.fill_memory import FillMemory
from scripts.bench import show
from scripts.benchmarks.figure import Figure
from scripts.benchmarks.judging import line_of
from scripts.benchmarks.plots import draw_suites
from scripts.benchmarks.report import write_report
from scripts.benchmarks.shots import documents as documents_of
from scripts.benchmarks.shots import draw, events, field_count, raw_documents
from scripts.benchmarks.suite import SuiteResult
from scripts.benchmarks.synthetic_plant import synthetic_plant
from scripts.benchmarks.targets import SUITES, TARGETS

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    *("suite", "value", "target", "sense", "met", "ratio", "unit", "rates", "facts", "meaning", "note"),
}


@pytest.fixture(scope="module")
def profile() -> Profile:
    return load_profile("injection_molding")


def run_bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "scripts", "bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")


def numbers_in(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for inner in value.values() for number in numbers_in(inner)]
    if isinstance(value, list):
        return [number for inner in value for number in numbers_in(inner)]
    return [value] if isinstance(value, (int, float)) else []


def check_figures(found: dict[str, Any], suites: set[str], absent: Collection[str] = ()) -> None:
    wanted = {key for key, target in TARGETS.items() if target.suite in suites}
    assert set(found["figures"]) == wanted - set(absent)
    for key, figure in found["figures"].items():
        assert set(figure) == PARTS
        assert figure["target"] == TARGETS[key].limit
        assert (figure["met"] is None) == (figure["target"] is None or figure["value"] is None)
        assert all(math.isfinite(number) for number in numbers_in(figure))
        assert figure["value"] > 0
        assert figure["ratio"]["min"] <= figure["value"] <= figure["ratio"]["max"]
        assert len(figure["rates"]) >= 2
        assert all(side["min"] > 0 for side in figure["rates"].values())


@pytest.fixture(scope="module")
def cheap_run() -> dict[str, Any]:
    done = run_bench("decode", "growth", "--quick", "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_quick_run_prints_one_json_object_with_every_key(cheap_run: dict[str, Any]) -> None:
    check_figures(cheap_run, {"decode", "growth"})
    assert cheap_run["quick"] is True
    assert set(cheap_run["suites"]) == {"decode", "growth"}


def test_a_quick_run_keeps_and_misses_no_target(
    cheap_run: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    show(cheap_run)
    quick = capsys.readouterr().out
    show(cheap_run | {"quick": False})
    measured = capsys.readouterr().out

    assert [line.split()[-1] for line in quick.splitlines()[:-1]] == ["–"] * len(cheap_run["figures"])
    assert "--quick is not a measurement" in quick.splitlines()[-1]
    assert {line.split()[-1] for line in measured.splitlines()} <= {"met", "MISSED", "–"}
    assert "met" in measured or "MISSED" in measured


def test_output_describes_the_machine(cheap_run: dict[str, Any]) -> None:
    machine = cheap_run["machine"]

    assert machine["cpu"]
    assert machine["cores"] >= machine["cores_usable"] >= 1
    assert machine["libraries"]["numpy"] == np.__version__


def test_report_is_written_from_the_output_and_shows_what_was_missed(
    cheap_run: dict[str, Any], tmp_path: Path
) -> None:
    missed = json.loads(json.dumps(cheap_run))
    missed["figures"]["judge_vs_bson_decode"] |= {"value": 0.125, "met": False}

    write_report(missed, tmp_path / "performance.md", tmp_path / "pictures")

    text = (tmp_path / "performance.md").read_text(encoding="utf-8")
    assert "| 0.125 |" in text
    assert "- `judge_vs_bson_decode`: 0.125 instead of ≥ 1.5" in text
    assert "![growth](pictures/bench-growth.png)" in text
    assert "smoke test" in text
    assert "Where the time goes, bytes to verdict rows" in text


def test_one_picture_a_suite(cheap_run: dict[str, Any], tmp_path: Path) -> None:
    if find_spec("matplotlib") is None:  # it comes with the peers, which tests do not need
        with pytest.raises(ConfigError, match="group peers"):
            draw_suites(cheap_run, tmp_path)
        return

    paths = draw_suites(cheap_run, tmp_path / "new")

    assert [path.name for path in paths] == ["bench-decode.png", "bench-growth.png"]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in paths)


@pytest.mark.slow
@pytest.mark.parametrize("suite", sorted(set(SUITES) - {"decode", "growth"}))
def test_every_other_suite_runs(suite: str) -> None:
    done = run_bench(suite, "--quick", "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    absent = {key for key, figure in found["figures"].items() if figure["value"] is None}
    peers = {"judge_vs_river_hst": "river", "judge_vs_pyod_iforest": "pyod"}
    assert absent == {key for key in found["figures"] if key in peers and find_spec(peers[key]) is None}
    assert all("not installed" in found["figures"].pop(key)["note"] for key in absent)
    check_figures(found, {suite}, absent)


def test_unknown_suite_is_wrong_usage() -> None:
    done = run_bench("speed")

    assert done.returncode == 2
    assert "judge, decode" in done.stderr


def test_figure_that_could_not_be_measured_has_no_value() -> None:
    figure = Figure("judge_vs_river_hst", [], {}, "shots/s", note="not installed")

    told = SuiteResult([figure]).as_json()["figures"]["judge_vs_river_hst"]

    assert (told["value"], told["met"], told["target"]) == (None, None, 10)


def test_synthetic_plant_has_the_groups_and_settings_asked_for(profile: Profile) -> None:
    plant = synthetic_plant(profile, 40, settings=300, data_sets=1)

    assert len({model.key for model in plant.models}) == 40
    assert sum(len(space.centres) for space in plant.spaces) == 300
    assert {model.kind for model in plant.models} == {"isolation_forest", "autoencoder", "memae"}


def test_plain_shots_are_judged_by_the_group_they_were_drawn_from(profile: Profile) -> None:
    plant = synthetic_plant(profile, 30, data_sets=1)
    shots = draw(plant, 200, 1, plain=True)

    columns = judge(shots.batch, compile_plan(plant, "v", profile), FillMemory()).verdicts.columns

    assert set(columns["route"]) == {"trained"}
    assert list(columns["cluster"]) == [plant.models[g].key.cluster for g in shots.group]
    assert list(columns["model_kind"]) == [plant.models[g].kind for g in shots.group]


def test_shots_are_a_mix_of_everything_that_comes(profile: Profile) -> None:
    plant = synthetic_plant(profile, 30, data_sets=1)
    shots = draw(plant, 2000, 1)

    columns = judge(shots.batch, compile_plan(plant, "v", profile), FillMemory()).verdicts.columns

    assert set(columns["route"]) == {"trained", "nearest"}
    assert len(set(columns["outcome"])) > 1
    assert np.isnan(shots.batch.production).any()
    assert shots.unheard.any()


def test_documents_have_about_sixty_fields_and_decode_to_the_batch_they_came_from(profile: Profile) -> None:
    plant = synthetic_plant(profile, 30, data_sets=1)
    batch = draw(plant, 100, 1).batch

    decoded = DocumentDecoder(profile).decode(events(raw_documents(batch, profile), batch))

    assert {field_count(document) for document in documents_of(batch, profile)} <= {60, 61}
    assert decoded.dead_letters == []
    for name in ("ids", "time", "maker", "facility", "item", "settings", "production", "lot_good"):
        np.testing.assert_array_equal(getattr(decoded.batch, name), getattr(batch, name))


def test_a_setting_that_history_never_saw_is_another_one_each_time(profile: Profile) -> None:
    line = line_of(synthetic_plant(profile, 30, data_sets=1), profile, size=1000, batches=1)

    first, second = (line.judge_next().verdicts.columns for _ in range(2))

    whole = set(np.flatnonzero(np.isfinite(line.batches[0].settings).all(axis=1)).tolist())
    unheard = [i for i, flags in enumerate(first["flags"]) if "new_setting" in flags and i in whole]
    assert unheard
    assert all(first["distance"][i] != second["distance"][i] for i in unheard)
