"""What ``./sprue threshold try`` counts on: the store's verdicts, a file, or the history database."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from core.config import Config
from core.errors import ConfigError
from core.profile import Profile
from inference.plan import Plan
from inference.store.feedback import FeedbackFilter
from inference.store.reader import VerdictReader
from inference.store.verdict_filter import VerdictFilter
from inference.threshold_lab import Labels, Scored, scored_of
from inference.threshold_lab.history import judge_history
from models.artifact import TrainedPlant

MOST_VERDICTS = 2_000_000
MOST_SAID = 100_000


def from_store(
    config: Config, plan: Plan, plant: TrainedPlant, start: datetime | None, end: datetime | None
) -> Scored:
    """The verdicts of the version that judges, with what people said of them."""
    reader = VerdictReader(config.resolved_store_url)
    try:
        columns = reader.scored_columns(VerdictFilter(start=_ms(start), end=_ms(end)), MOST_VERDICTS)
        said, _ = reader.feedback(FeedbackFilter(newest=True), MOST_SAID)
    finally:
        reader.close()
    labels = Labels(shots={row["shot_id"]: row["judgement"] for row in said})
    return scored_of(columns, plan, [model.key for model in plant.models], labels)


def from_history(
    config: Config,
    profile: Profile,
    plan: Plan,
    plant: TrainedPlant,
    file: Path | None,
    start: datetime | None,
    end: datetime | None,
) -> Scored:
    """A history judged once, from a file or from the configured database, with its lots as counted."""
    console = Console(stderr=True)
    with console.status("Reading the history ...") as status:
        batch = _load(config, profile, file, start, end)
        status.update(f"Judging {len(batch):,} shots once ...")
        history = judge_history(batch, plan)
    if history.refused:
        console.print(f"{history.refused:,} rows could not be judged and are not counted")
    return scored_of(history.columns, plan, [model.key for model in plant.models], history.labels)


def _load(
    config: Config, profile: Profile, file: Path | None, start: datetime | None, end: datetime | None
) -> Any:
    try:
        from ingest.history import collect
        from ingest.history_file import file_history
    except ModuleNotFoundError as error:
        msg = (
            f"reading a history needs what trains: {error}; run `./sprue train --help` once, it installs that"
        )
        raise ConfigError(msg) from error
    if file is not None:
        return file_history(file, profile, start=start, end=end).load().batch
    url, table = config.history_url.get_secret_value(), config.history_table
    return collect(url, table, profile, config.home / "history", start=start, end=end).load().batch


def _ms(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)


def rows_of(trials: list[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Trials as rows of texts, in the order of `NAMES`."""
    return [
        (
            str(one["name"]),
            f"{one['flags_a_day']:.1f}",
            str(one["flags"]),
            str(one["warns"]),
            f"{one['bad_lots_caught']} of {one['bad_lots']}",
            f"{one['good_flags']} in {one['good_lots']} lots",
            "–" if one["good_rate"] is None else f"{one['good_rate']:.2f}",
            "–" if one["precision"] is None else f"{one['precision']:.0%}",
        )
        for one in trials
    ]


NAMES = (
    "rule", "NG a day", "NG", "WARN", "bad lots caught", "NG in good lots", "per 1,000 of them", "precision",
)  # fmt: skip
