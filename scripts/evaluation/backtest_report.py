"""A registry version against what really was: judge, compare, report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from core.config import Config
from core.errors import HistoryError
from core.profile_file import load_profile
from inference.plan_provider import load_plan
from inference.stored_choice import StoredChoice
from models.registry import Registry
from scripts.evaluation.feedback_labels import feedback_labels
from scripts.evaluation.judged_table import judge_table
from scripts.evaluation.labels import LabelSource, read_truth
from scripts.evaluation.peer_report import peer_report
from scripts.evaluation.report import report
from scripts.evaluation.sections import Section, evaluate_table
from scripts.evaluation.tables import Wanted, frames_of
from scripts.threshold_box import newest_choice

LABEL = "bad"
"""Column of labels that a table may have without anybody naming it."""


def backtest_report(
    config: Config,
    *,
    version: str | None,
    file: Path | None,
    label: str,
    cause: str,
    truth: Path | None,
    feedback: bool,
    peers: bool,
    wanted: Wanted,
    seed: int,
    console: Console,
    progress: Callable[[int], None],
) -> dict[str, Any]:
    """Judge a table with a version and compare the verdicts with labels and lot counts.

    The limit is the one in use: the stored choice, where there is one.

    Parameters
    ----------
    file : Path or None
        Table of shots; None reads the configured history.
    label, cause : str
        Columns of the table, or of the file `truth`.
    feedback : bool
        Labels are what people said of verdicts instead.
    peers : bool
        Other libraries' detectors, trained on the shots of training that the table holds.

    Returns
    -------
    dict
        See `scripts.evaluation.report.report`.

    Raises
    ------
    HistoryError
        There is neither a label nor a counted lot among the rows asked for; or no label
        where labels were asked for by name.
    """
    profile = load_profile(config.profile)
    plan, plant = load_plan(Registry(config.registry), version, profile)
    plan = StoredChoice(lambda: newest_choice(config)).over(plan, plant)
    if feedback:
        labels = feedback_labels(config)
    else:
        labels = LabelSource(label, cause) if truth is None else read_truth(truth, label, cause)
    frames, source = frames_of(file, config, profile, wanted, console)
    table = judge_table(frames, plan, profile, labels, progress, keep_production=peers)
    mask = wanted.mask(table.keys.maker, table.rows.time)
    if not mask.any():
        msg = f"{source}: expected rows to judge of the makers and range asked for, got none; check them"
        raise HistoryError(msg)
    found = evaluate_table(table, plant, profile, mask, seed)
    named = "feedback" if feedback else str(truth or f"a column {label!r}")
    if (feedback or truth or label != LABEL) and not np.isfinite(table.rows.bad[mask]).any():
        msg = (
            f"{source}: expected shots with a label in {named}, got none of {found.shots:,}; "
            f"check the name of the column and whose shots the labels are of"
        )
        raise HistoryError(msg)
    if not any(_comparable(section) for section in (found.unseen, found.seen)):
        msg = (
            f"{source}: expected labels in a column {label!r} (--label, --truth) or totals "
            f"of lots ({'.'.join(profile.lot.good.path)}, {'.'.join(profile.lot.bad.path)}), got neither; "
            "no labels: add --label COLUMN, --truth FILE or --feedback"
        )
        raise HistoryError(msg)
    told = report(found, table, version=plan.version, profile=profile.name, source=source)
    told["threshold_choice"] = plan.choice or None
    told["peers"] = peer_report(table, plant, profile, mask, seed) if peers else None
    return told


def _comparable(section: Section) -> bool:
    return bool(np.any(section.labelled)) or section.lot_figures is not None
