"""Training a process that predicts, from the command line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import joblib
import pytest
from pydantic import SecretStr
from rich.console import Console
from typer.testing import CliRunner, Result

from core.config import Config, load_config
from core.errors import ConfigError, HistoryError, SourceUnavailable
from models.registry import Registry
from scripts import train_targets
from scripts.__main__ import command_line
from scripts.train import train_from_history
from scripts.train_targets import train_predictor
from tests.predicting_home import PredictingHome, cheap_profile

Run = Callable[..., Result]
ROWS = "IW,IF,VW,FP,Depth,Width\n" + "".join(
    f"{40 + i},140,{5 + i % 3},80,{1 + i / 10},{2 + i / 20}\n" for i in range(6) for _ in range(2)
)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return load_config(home=tmp_path / "home", profile=str(cheap_profile(tmp_path)))


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "용접 cuts.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, config: Config) -> Run:
    def run(*arguments: str) -> Result:
        words = ["train", "--home", str(config.home), "--process", str(config.profile), *arguments]
        with joblib.parallel_config(backend="sequential"):
            return CliRunner().invoke(command_line(["train"]), words, env={"TERM": "dumb"})

    return run


def train(config: Config, history: Path | None = None, **options: object) -> str:
    quiet = Console(quiet=True)
    return train_predictor(config, console=quiet, history=history, jobs=1, **options)[0]  # type: ignore[arg-type]


def test_the_example_is_trained_from_and_said_to_be_one(run: Run, config: Config) -> None:
    done = run("--example", "--json")

    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    plant, manifest = Registry(config.registry).load()
    assert report["version"] == manifest.version
    assert (report["source"], report["example"]) == ("beam_welding.csv", True)
    assert (report["settings"], report["left_out"]) == (manifest.notes["settings"], 0) == (16, 0)
    assert plant.predictor is not None
    assert report["chosen"] == dict(zip(("depth", "width"), plant.predictor.chosen, strict=True))
    assert {(row["target"], row["split"]) for row in report["validation"]} == {
        (target, split) for target in ("depth", "width") for split in ("by_setting", "random")
    }


def test_the_table_shows_every_regressor_by_new_settings_beside_the_random_split(
    run: Run, history: Path
) -> None:
    done = run("--history", str(history))

    assert done.exit_code == 0, done.output
    lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert lines[0] == list(train_targets.HEADINGS)
    assert {"R2 by setting", "mean error at random", "inside the interval"} <= set(lines[0])
    names = [line[1] for line in lines if line[0] == "depth"]
    assert names[-1] == "chosen each time"
    assert sum(name.endswith(" (chosen)") for name in names) == 1
    assert "12 rows of 6 settings from 용접 cuts.csv" in done.stdout
    assert "SYNTHETIC" not in done.stdout


def test_figures_that_there_are_not_are_null(run: Run, history: Path) -> None:
    lines = ROWS.splitlines()
    same = [lines[0], *(line.rsplit(",", 1)[0] + ",2.0" for line in lines[1:])]
    history.write_text("\n".join(same) + "\n", encoding="utf-8")

    report = json.loads(run("--history", str(history), "--json").stdout)

    assert {row["r2"] for row in report["validation"] if row["target"] == "width"} == {None}


def test_rows_that_were_left_out_are_told_and_listed_in_a_file(config: Config, history: Path) -> None:
    history.write_text(ROWS + "45,140,5,80,,2.0\n", encoding="utf-8")
    told = io.StringIO()

    train_predictor(config, console=Console(file=told, width=200), history=history, jobs=1)

    assert "13 rows read, 1 left out" in told.getvalue()
    findings = (config.home / "training" / "findings.csv").read_text(encoding="utf-8").splitlines()
    assert findings[1:] == ["12,row 13,depth,missing_value,a value of depth,none,row left out"]


def test_another_process_is_not_trained_into_this_home(config: Config, history: Path, tmp_path: Path) -> None:
    kept = train(config, history)
    other = tmp_path / "other.toml"
    text = Path(config.profile).read_text(encoding="utf-8")
    other.write_text(text.replace('name = "beam_welding"', 'name = "laser"'), encoding="utf-8")

    for profile, trained in ((str(other), train_predictor), ("injection_molding", train_from_history)):
        elsewhere = load_config(home=config.home, profile=profile)
        with pytest.raises(ConfigError, match=r"this home holds process 'beam_welding', got .* --home"):
            trained(elsewhere, console=Console(quiet=True), history=history)

    assert Registry(config.registry).list() == [kept]


@pytest.mark.parametrize("damage", ["manifest", "current"])
def test_a_damaged_version_is_mended_by_training_again(config: Config, history: Path, damage: str) -> None:
    before = train(config, history)
    where = config.registry / "current" if damage == "current" else config.registry / before / "manifest.json"
    where.write_bytes(b"\xff{")

    after = train(config, history, challenge=damage == "current")

    assert Registry(config.registry).load()[1].version == after


def test_a_challenger_replaces_none(config: Config, history: Path) -> None:
    first = train(config, history, challenge=True)
    second = train(config, history, challenge=True)

    registry = Registry(config.registry)
    appointed = registry.challenger()
    assert registry.current() == first
    assert appointed is not None
    assert appointed.version == second


def test_an_interrupted_training_leaves_the_registry_as_it_was(
    config: Config, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = train(config, history)

    def interrupted(
        *arguments: object, progress: Callable[[int, int, float], object], **options: object
    ) -> None:
        progress(3, 10, float("nan"))
        raise KeyboardInterrupt

    monkeypatch.setattr(train_targets, "train_target_plant", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(config, history)

    assert sorted(p.name for p in config.registry.iterdir() if p.is_dir()) == [kept]
    assert Registry(config.registry).current() == kept


def test_without_a_database_the_other_ways_to_learn_are_told(config: Config) -> None:
    away = config.model_copy(update={"history_url": SecretStr("postgresql://nobody@127.0.0.1:1/plant")})

    with pytest.raises(SourceUnavailable, match=r", or give --history FILE or --example$"):
        train_predictor(away, console=Console(quiet=True))


def test_too_few_settings_are_refused_and_nothing_is_saved(config: Config, history: Path) -> None:
    history.write_text("\n".join(ROWS.splitlines()[:7]) + "\n", encoding="utf-8")

    with pytest.raises(HistoryError, match=r"at least 4 different settings.* got 3 in 6 rows"):
        train(config, history)

    assert Registry(config.registry).list() == []


def test_missing_inputs_can_be_filled_by_what_was_trained_on(predicting_home: PredictingHome) -> None:
    plant, _ = Registry(predicting_home.home / "registry").load()
    whole = [level for level in plant.fills if (level.maker, level.facility, level.item) == (None,) * 3]

    assert len(whole) == 1
    assert plant.predictor is not None
    low, high = plant.predictor.settings.min(axis=0), plant.predictor.settings.max(axis=0)
    for values in (whole[0].setting_mode, whole[0].setting_mean):
        assert ((low <= values) & (values <= high)).all()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--example", "--history", "x.csv"], "--history or --example"),
        (["--choice", "by_evidence"], "[prediction]"),
        (["--history", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_makes_no_sense_is_said(run: Run, arguments: list[str], word: str) -> None:
    done = run(*arguments)

    assert done.exit_code != 0
    assert word in done.output or word in str(done.exception)


def test_a_process_with_detectors_has_no_example(tmp_path: Path) -> None:
    words = ["train", "--home", str(tmp_path), "--process", "injection_molding", "--example"]

    done = CliRunner().invoke(command_line(["train"]), words, env={"TERM": "dumb"})

    assert done.exit_code == 2
    assert "process that predicts" in done.output
