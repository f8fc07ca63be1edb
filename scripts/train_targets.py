"""``./sprue train`` for a process that predicts: from measured targets to a new registry version."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from core.config import Config
from core.errors import ConfigError, SourceUnavailable
from core.profile import Profile
from core.profile_example import example_file
from core.profile_file import load_profile
from ingest.history_query import HistoryQuery
from ingest.history_schema import findings_of
from ingest.target_history import target_history
from ingest.target_table import TargetTable, target_file
from models.artifact import TrainedPlant
from models.predictor import CHOSEN, TrainedPredictor, Validation
from models.registry import Registry
from models.target_plant import train_target_plant
from scripts.listing import print_rows
from scripts.one_process import one_judges, refuse_another_process
from scripts.prediction.figure_names import (
    ERROR,
    ERROR_RANDOM,
    INSIDE,
    MEANING,
    R2,
    R2_RANDOM,
    WIDTH,
    named,
)
from scripts.training_bar import training_bar
from scripts.versions.placing import who

HEADINGS = (
    "target",
    "regressor",
    R2,
    R2_RANDOM,
    ERROR,
    ERROR_RANDOM,
    INSIDE,
    WIDTH,
)


def train_predictor(
    config: Config,
    *,
    console: Console,
    history: Path | None = None,
    example: bool = False,
    makers: Sequence[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
    seed: int = 0,
    challenge: bool = False,
    jobs: int = -1,
) -> tuple[str, TrainedPlant]:
    """Read what was measured, train, save the version and make it the current one, or the challenger.

    Interrupted at any point it leaves the registry as it was.

    Parameters
    ----------
    history : Path, optional
        File to read instead of the configured PostgreSQL table.
    example : bool
        Read the synthetic set that lies beside the profile.

    Raises
    ------
    ConfigError
        The home holds another process, or the profile has no example.
    HistoryError
        The table is none of this profile, or too little of it can be learned from.
    ModelError
        A regressor cannot be fitted.
    """
    profile = load_profile(config.profile)
    refuse_another_process(config, profile)
    query = HistoryQuery(config.history_table, tuple(makers), start, end)
    table, source = _read(config, profile, history, query, example=example)
    report = config.home / "training" / "findings.csv"
    report.parent.mkdir(parents=True, exist_ok=True)
    findings_of(table.problems).to_csv(report, index=False, encoding="utf-8")
    if table.problems:
        console.print(f"{table.summary()}\n  see {report}", highlight=False, markup=False, soft_wrap=True)
    with training_bar(console, "Fitting regressors") as show:
        plant = train_target_plant(
            table, profile, source=source, example=example, seed=seed, jobs=jobs, progress=show
        )
    registry = Registry(config.registry)
    now, beside = datetime.now(UTC), challenge and one_judges(registry)
    version = registry.save(plant, now=now, activate=not beside)
    if beside:
        registry.challenge(version, since=round(now.timestamp() * 1000), who=who())
    return version, plant


def _read(
    config: Config, profile: Profile, history: Path | None, query: HistoryQuery, *, example: bool
) -> tuple[TargetTable, str]:
    if example and history is not None:
        raise ConfigError("train: expected --history or --example, got both")
    if example:
        with example_file(config.profile, profile) as path:
            return target_file(path, profile, query), path.name
    if history is not None:
        return target_file(history, profile, query), history.name
    try:
        return target_history(config.history_url.get_secret_value(), profile, query), query.table
    except SourceUnavailable as error:
        ways = "--history FILE or --example" if profile.example else "--history FILE"
        msg = f"{error}, or give {ways}"
        raise SourceUnavailable(msg, error.code) from error


def predictor_report(version: str, plant: TrainedPlant) -> dict[str, Any]:
    """What was trained as plain values for JSON; a figure that there is not is null."""
    predictor = _of(plant)
    return {
        "version": version,
        **{name: plant.notes[name] for name in ("source", "example", "rows", "left_out", "settings", "seed")},
        "chosen": dict(zip(predictor.target_names, predictor.chosen, strict=True)),
        "validation": [
            {name: _plain(value) for name, value in asdict(row).items()} for row in predictor.validation
        ],
    }


def print_validation(version: str, plant: TrainedPlant, profile: Profile) -> None:
    """The figures as a table for people; into a pipe one tab-separated line a row."""
    predictor = _of(plant)
    units = {v.name: v.unit for v in profile.targets}
    print_rows(
        HEADINGS, [row for name in predictor.target_names for row in _rows(predictor, name, units[name])]
    )
    about = plant.notes
    synthetic = " (SYNTHETIC example, not measured)" if about["example"] else ""
    share = profile.prediction.coverage
    print(
        f"{MEANING}\nIntervals shall hold {share:.0%}. Last row of a target: the choice of the "
        f"regressor counted in.\nversion {version}: {about['rows']} rows of {about['settings']} settings "
        f"from {about['source']}{synthetic}"
    )


def _rows(predictor: TrainedPredictor, target: str, unit: str) -> list[list[str]]:
    chosen = predictor.chosen[predictor.target_names.index(target)]
    figures = {(v.regressor, v.split): v for v in predictor.validation if v.target == target}
    rows = []
    for (name, split), new in figures.items():
        if split != "by_setting":
            continue
        random = figures.get((name, "random"))
        shown = "chosen each time" if name == CHOSEN else named(name, chosen=name == chosen)
        rows.append([target, shown, *_cells(new, random, unit)])
    return rows


def _cells(new: Validation, random: Validation | None, unit: str) -> list[str]:
    sizes = [f"{new.mae:.3g} {unit}", "" if random is None else f"{random.mae:.3g} {unit}"]
    shares = [f"{new.r2:.2f}", "" if random is None else f"{random.r2:.2f}"]
    return [*shares, *map(str.strip, sizes), f"{new.coverage:.1%}", f"{new.width:.3g} {unit}".strip()]


def _of(plant: TrainedPlant) -> TrainedPredictor:
    if plant.predictor is None:
        raise ValueError(f"expected a plant that predicts, got one of {plant.profile_name!r}")
    return plant.predictor


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
