"""The trained version that judges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

from structlog.testing import capture_logs

from core.errors import ModelError, ModelNotFound
from inference.plan_provider import load_plan
from models.artifact import TrainedPlant
from models.predictor import TrainedPredictor
from models.registry import Registry
from scripts.diagnosis.finding import Finding, note, ok, said_by, warning
from scripts.diagnosis.installation import Installation

OLD_DAYS = 180


def examine(installation: Installation) -> Iterator[Finding]:
    """Loads, scores as in training, knows this profile, how old, how many groups."""
    registry = Registry(installation.config.registry)
    try:
        current = registry.current()
    except ModelError as error:
        yield said_by("current", error)
        return
    if current is None:
        yield _untrained(registry, bool(installation.config.without_stream))
        return
    profile = installation.profile
    try:
        with capture_logs():  # what loading would log is said below
            _, plant = load_plan(registry, current, profile)
    except ModelNotFound as error:
        advice = f"write a version that is there into {registry.folder / 'current'}, or run ./sprue train"
        yield replace(said_by("current", error), advice=advice)
        return
    except ModelError as error:
        yield said_by("files and scores", error)
        return
    yield ok("current", f"{current}, {len(registry.list())} version(s) kept")
    yield ok("files and scores", "as the manifest says; golden shots score as in training")
    yield targets(plant.predictor) if plant.predictor is not None else groups(plant)
    yield age(current, installation.now())
    if plant.profile_sha256 == profile.sha256:
        yield ok("profile", "unchanged since training")
    else:
        yield note(
            "profile",
            f"trained under {plant.profile_name!r} ({plant.profile_sha256[:12]}), "
            f"now {profile.name!r} ({profile.sha256[:12]})",
            "train again if more than thresholds changed",
        )


def groups(plant: TrainedPlant) -> Finding:
    """Whether any group has a model of its own."""
    said = f"{len(plant.models)} groups of {len(plant.spaces)} maker(s)"
    if plant.models:
        return ok("groups", said)
    return warning(
        "groups",
        expected="at least one group with a model",
        found=said,
        advice="look at the coverage that ./sprue train printed; a group needs enough good shots",
    )


def targets(predictor: TrainedPredictor) -> Finding:
    """What is predicted, by which regressors, and from how much."""
    chosen = zip(predictor.target_names, predictor.chosen, strict=True)
    rows, settings = int(predictor.setting_rows.sum()), len(predictor.settings)
    named = ", ".join(f"{target} by {regressor}" for target, regressor in chosen)
    return ok("targets", f"{named}; learned from {rows:,} rows of {settings:,} settings")


def _untrained(registry: Registry, without_stream: bool) -> Finding:
    kept = registry.list()
    then = "answers begin" if without_stream else "judging begins by itself"
    advice = f"run ./sprue train; {then} when it is done"
    if kept:
        advice = (
            f"write one of the versions, say {kept[-1]}, into {registry.folder / 'current'}; or train anew"
        )
    return warning(
        "current",
        expected=f"a trained version in {registry.folder.absolute()}",
        found=f"{len(kept)} versions, none of them current" if kept else "none: nothing is judged yet",
        advice=advice,
    )


def age(version: str, now: float) -> Finding:
    """How long ago it was trained: presses wear, and a model does not learn by itself."""
    trained = datetime.strptime(version[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    days = (now - trained.timestamp()) / 86_400
    said = f"trained {trained:%Y-%m-%d %H:%M} UTC, {max(days, 0):,.0f} days ago"
    if days < -1 / 24:
        return warning(
            "age",
            expected="a training in the past",
            found=said.partition(",")[0],
            advice="set this machine's clock, or the one of the machine that trained",
        )
    if days > OLD_DAYS:
        return note("age", said, "train again when tools, material or presses changed since")
    return ok("age", said)
