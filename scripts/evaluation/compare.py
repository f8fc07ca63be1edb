"""``./sprue evaluate --suite``: sets and methods found, the comparison run and put together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from core.config import Config
from core.errors import ConfigError
from core.profile_file import load_profile
from scripts import bootstrap
from scripts.evaluation.trial import DataSet

QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
ROOT = Path(__file__).resolve().parents[2]
NOTES = (
    "Our detectors see what judging gives them: values on the training range, clipped to [0, 1]; kinds that "
    "stop early train on four fifths of the rows and watch the rest.",
    "by_count takes the kind the profile names for so many rows, by_evidence the candidate that finds most "
    "of the faults planted into held-out rows, and where these are too few by_count's. What was chosen is "
    "fitted like the single detectors.",
    "PyOD's detectors have their defaults and see z-scores of the training rows, the customary way. ECOD "
    "judges test rows together with training rows as one batch: a row alone would get another score.",
    "Seeds divide a set anew. Intervals are 95 % of the resamples of a set's shots or lots, the same ones "
    "for every method; a mean rank's is that of the ranks in each resample.",
)


def compare(
    suite: str,
    config: Config,
    *,
    data: Path | None,
    seeds: int,
    only: Sequence[str],
    peers: bool,
    fresh: bool,
    console: Console,
    quiet: bool,
) -> dict[str, Any]:
    """Run what is missing of a suite and report all of it.

    Raises
    ------
    ConfigError
        There is no such suite, no such set, or no data.
    """
    from scripts.evaluation.suite import run_suite
    from scripts.evaluation.suite_table import suite_report

    if suite != "shared":
        raise ConfigError(f"--suite: expected shared, got {suite!r}")
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    sets = _sets(data, only)
    methods, notes = _methods(config, peers, console)
    work = config.home / "evaluation" / suite
    if fresh:
        for one in sets:
            for file in (work / one.name).glob("*.json"):
                file.unlink()
    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn(), TimeElapsedColumn())
    hidden = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=len(sets) * len(methods))
        order = {method.name: number for number, method in enumerate(methods)}
        place = {one.name: number for number, one in enumerate(sets)}

        def tell(name: str, method: str) -> None:
            done = place[name] * len(methods) + order[method]
            progress.update(task, description=f"{name}: {method}", completed=done)

        results = run_suite(sets, methods, seeds, load_profile(config.profile), work, tell)
    return suite_report(suite, sets, methods, results, (*NOTES, *notes))


def _sets(data: Path | None, only: Sequence[str]) -> list[DataSet]:
    from scripts.evaluation.shared_sets import shared_sets
    from scripts.evaluation.simulated_set import simulated_set

    beside = ROOT.parent / "shared" / "data"
    if data is None and not beside.is_dir():
        msg = (
            f"expected the shared data sets in {beside}, found none; "
            "give their folder with --data or SPRUE_SHARED_DATA"
        )
        raise ConfigError(msg)
    found = [*shared_sets(data or beside), simulated_set()]
    unknown = sorted(set(only) - {one.name for one in found})
    if unknown:
        known = ", ".join(one.name for one in found)
        raise ConfigError(f"--set: expected sets out of {known}, got {', '.join(unknown)}")
    return [one for one in found if not only or one.name in only]


def _methods(config: Config, peers: bool, console: Console) -> tuple[list[Any], list[str]]:
    from inference.wiring import detectors
    from scripts.evaluation.choices import ByCount, ByEvidence
    from scripts.evaluation.methods import PEERS, Floor, Peer, own_kinds, peers_installed

    profile = load_profile(config.profile)
    classes = detectors()
    kinds = own_kinds(profile, classes)
    of = {kind.name: kind for kind in kinds}
    by_count = ByCount(profile, of)
    others: list[Any] = [Floor()]
    notes = ask_for_peers(console) if peers else []
    if peers and peers_installed():
        others += [Peer(name) for name in PEERS]
    return [*kinds, by_count, ByEvidence(profile, of, classes, by_count), *others], notes


def ask_for_peers(console: Console) -> list[str]:
    """Have the other libraries installed where they are not; what to say when they cannot be."""
    from scripts.evaluation.methods import peers_installed

    if peers_installed():
        return []
    console.print("Installing what is compared with (this once) ...")
    try:
        bootstrap.install("peers")
    except bootstrap.BootstrapError as error:
        return [f"Without other libraries: {error}"]
    invalidate_caches()
    return []
