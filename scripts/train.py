"""``./sprue train``: from the history to a new registry version."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, TypedDict

import typer
from rich.console import Console
from rich.markup import escape

from clustering.setting import SettingSpace
from core.config import Config, load_config
from core.errors import HistoryError, ModelCorrupt, ModelNotFound
from core.profile import Profile
from core.profile_file import load_profile
from inference.learning import learn
from inference.wiring import detectors
from ingest.history import collect
from ingest.history_file import file_history
from ingest.history_load import LoadedHistory
from models.artifact import TrainedPlant
from models.good_shots import good_examples
from models.registry import Registry
from scripts.coverage_table import print_coverage
from scripts.one_process import one_judges, refuse_another_process
from scripts.options import Home, ProfileName
from scripts.train_targets import predictor_report, print_validation, train_predictor
from scripts.training_bar import training_bar
from scripts.versions.placing import who

HistoryFile = Annotated[
    Path | None, typer.Option("--history", help="CSV or Parquet instead of the configured PostgreSQL.")
]
Makers = Annotated[list[str] | None, typer.Option("--maker", help="Only this maker (may be repeated).")]
Start = Annotated[str | None, typer.Option(help="From this time on, ISO 8601, e.g. 2026-01-01.")]
End = Annotated[str | None, typer.Option(help="Up to, not including, this time.")]
Choice = Literal["by_count", "by_evidence"]
Example = Annotated[
    bool, typer.Option("--example", help="The synthetic set that ships with a process that predicts.")
]
Fresh = Annotated[bool, typer.Option(help="Read the history and train every group anew.")]


class Wanted(TypedDict):
    """What every kind of process is trained from."""

    history: Path | None
    makers: Sequence[str]
    start: datetime | None
    end: datetime | None
    seed: int
    challenge: bool


def train(
    home: Home = None,
    profile: ProfileName = None,
    history: HistoryFile = None,
    example: Example = False,
    maker: Makers = None,
    start: Start = None,
    end: End = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed; the same one gives the same models.")] = 0,
    choice: Annotated[
        Choice | None,
        typer.Option(
            help="How detectors are chosen; without it as the profile says. by_evidence tries every "
            "candidate: some 8 to 10 s of processor time a group."
        ),
    ] = None,
    fresh: Fresh = False,
    challenge: Annotated[
        bool, typer.Option("--challenge", help="The new version judges in the shadow; none is replaced.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Train a model for every facility–item–setting group that is fit to be trained.

    For a process with targets: every regressor for every target. The service notices the new
    version by itself. Ctrl-C loses nothing that is done: the next run goes on with the parts
    of the history and the groups that are missing.
    """
    config = load_config(home=home, profile=profile)
    rules, console = load_profile(config.profile), Console(stderr=True)
    wanted: Wanted = {
        "history": history,
        "makers": maker or (),
        "start": time_of("--start", start),
        "end": time_of("--end", end),
        "seed": seed,
        "challenge": challenge,
    }
    if rules.regressors:
        if choice is not None:
            raise typer.BadParameter("--choice: expected a process with detectors; see [prediction] choice")
        version, plant = train_predictor(config, console=console, example=example, **wanted)
        if as_json:
            print(json.dumps(predictor_report(version, plant), ensure_ascii=False))
        else:
            print_validation(version, plant, rules)
        return
    if example:
        raise typer.BadParameter(f"--example: expected a process that predicts, got {rules.name!r}")
    version, plant = train_from_history(config, choice=choice, fresh=fresh, console=console, **wanted)
    counts = Counter(c.status for c in plant.coverage)
    if as_json:
        kinds = Counter(model.kind for model in plant.models)
        print(json.dumps({"version": version, "groups": dict(counts), "kinds": dict(kinds)}))
    else:
        print_coverage(plant.coverage)
        print(f"version {version}: {counts['trained']} of {len(plant.coverage)} groups trained")


def train_from_history(
    config: Config,
    *,
    console: Console,
    history: Path | None = None,
    makers: Sequence[str] = (),
    start: datetime | None = None,
    end: datetime | None = None,
    seed: int = 0,
    choice: Choice | None = None,
    fresh: bool = False,
    challenge: bool = False,
) -> tuple[str, TrainedPlant]:
    """Collect the history, train, save the version and make it the current one, or the challenger.

    Parameters
    ----------
    history : Path, optional
        File to read instead of the configured PostgreSQL table.
    choice : {"by_count", "by_evidence"}, optional
        Instead of the profile's ``selection.choice``.
    challenge : bool
        Leave the version that judges; the new one judges in the shadow. Where none judges yet
        the new one does.

    Raises
    ------
    HistoryError
        The history is none of this profile; or it lacks the lots' totals, of which all depends.
    ModelError
        No group can be trained.
    """
    profile = load_profile(config.profile)
    if choice is not None:
        profile = replace(profile, selection=replace(profile.selection, choice=choice))
    refuse_another_process(config, profile)
    registry = Registry(config.registry)
    work = config.home / "training"
    work.mkdir(parents=True, exist_ok=True)
    loaded = _load(config, profile, history, makers, start, end, fresh, console)
    if loaded.left_out or loaded.made_missing:
        findings = f"{loaded.summary().splitlines()[0]}\n  see {work / 'findings.csv'}"
        console.print(findings, highlight=False, markup=False, soft_wrap=True)
    if loaded.without_lots:
        raise HistoryError(loaded.without_lots)  # training would end without a group, and not say why
    previous = _present_clusters(registry, profile, console)
    with training_bar(console, "Training groups") as show:
        learned = learn(
            loaded.batch,
            profile,
            detectors(),
            seed=seed,
            previous=previous,
            workdir=None if fresh else work / "groups",
            progress=show,
        )
    examples = good_examples(
        loaded.batch, learned.selection, learned.lots, learned.plant.models, learned.plant.production_names
    )
    now, beside = datetime.now(UTC), challenge and one_judges(registry)
    version = registry.save(
        learned.plant, now=now, golden=learned.golden, examples=examples, activate=not beside
    )
    if beside:
        registry.challenge(version, since=round(now.timestamp() * 1000), who=who())
    return version, learned.plant


def _present_clusters(registry: Registry, profile: Profile, console: Console) -> tuple[SettingSpace, ...]:
    """The clusters of the version in use, which keep their numbers; none where nothing can be kept."""
    try:
        plant, _ = registry.load()
    except ModelNotFound:
        return ()
    except ModelCorrupt as error:  # what has to be trained anew must not stop its training
        note = f"{error}\nTraining goes on; clusters are numbered anew."
        console.print(note, highlight=False, markup=False, soft_wrap=True)
        return ()
    # Under other set values a cluster of before is another thing, whatever its number.
    same = plant.setting_names == tuple(variable.name for variable in profile.settings)
    return plant.spaces if same else ()


def _load(
    config: Config,
    profile: Profile,
    history: Path | None,
    makers: Sequence[str],
    start: datetime | None,
    end: datetime | None,
    fresh: bool,
    console: Console,
) -> LoadedHistory:
    report = config.home / "training" / "findings.csv"
    if history is not None:
        with console.status(f"Reading {escape(str(history))} ..."):
            return file_history(history, profile, makers=makers, start=start, end=end).load(
                report_file=report
            )
    with console.status("Reading the history ...") as status:
        collected = collect(
            config.history_url.get_secret_value(),
            config.history_table,
            profile,
            config.home / "history",
            makers=makers,
            start=start,
            end=end,
            fresh=fresh,
            progress=lambda rows: status.update(f"Reading the history ... {rows:,} rows"),
        )
        return collected.load(report_file=report)


def time_of(flag: str, text: str | None) -> datetime | None:
    """The time an option gives; UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        msg = f"{flag}: expected a time such as 2026-01-01 or 2026-01-01T06:00+09:00, got {text!r}"
        raise typer.BadParameter(msg) from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
