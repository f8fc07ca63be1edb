"""Training of all groups of a plant, stacked by kind, with a simpler detector to fall back to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import ConfigError, ModelRefused
from core.profile import CandidateRule, DetectorRule, Profile
from models.artifact import GroupModel
from models.candidates import DEFAULT_CANDIDATES
from models.checkpoint import Checkpoints, FittedGroup
from models.choosing import choose_detectors
from models.detector import Detector, Progress
from models.fitting import Wanted, fit_groups
from models.group import GroupData, PreparedGroup, label, prepare
from models.losses import expected_bad, fixed_threshold, summarise

Floats = NDArray[np.float64]

GOLDEN_ROWS = 2
"""Shots a group kept with their scores, to prove later that judging still computes them."""


@dataclass(frozen=True, slots=True)
class GroupOutcome:
    """What became of one group.

    Attributes
    ----------
    status : str
        ``trained``, ``refused`` (no detector was fit to judge) or ``failed``.
    model : GroupModel or None
    reason : str
        Why there is no model, why it is of a simpler kind than wanted, or what evidence it
        was chosen by; else empty.
    record : mapping of str to float
        Figures about the training; empty without a model.
    golden_production : (k, p) float64
        A few unscaled shots, nothing missing.
    golden_scores : (k,) float64
        Their anomaly scores by the trained detector itself.
    evidence : mapping
        ``reason`` and ``candidates`` (`models.choice.Choice.table`) where evidence chose; else empty.
    """

    status: str
    model: GroupModel | None
    reason: str
    record: Mapping[str, float]
    golden_production: Floats
    golden_scores: Floats
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Attempt:
    """A group that still needs a detector, and the rule to try next."""

    number: int
    group: GroupData
    prepared: PreparedGroup
    rule: int
    reasons: list[str]


def train_groups(
    groups: Sequence[GroupData],
    profile: Profile,
    detectors: Mapping[str, type[Detector]],
    *,
    seed: int,
    workdir: Path | None = None,
    progress: Progress | None = None,
) -> list[GroupOutcome]:
    """Train every group; one outcome each, in their order.

    A group whose detector is refused (a collapsed memory, a diverged training) gets the
    next simpler one of the profile, and the outcome says so: a plain autoencoder that
    works is worth more than no judgement. Where the profile has detectors chosen by
    evidence, each group gets the best of the candidates; with too few held-out shots to
    choose by, or no candidate fit to judge, its number of records decides. The result of a
    group depends on its own shots, the profile's parameters and `seed` alone, up to float32
    rounding.

    Parameters
    ----------
    detectors : mapping of str to type
        Kind to estimator class (`models.detector.Detector`).
    workdir : Path, optional
        Finished groups are kept here: after an interrupt the same call trains the rest.
    progress : callable, optional
        Called with groups done, groups in all, mean loss of those training now.

    Raises
    ------
    ConfigError
        The profile asks for a detector or a parameter that does not exist.
    """
    check_rules(profile, detectors)
    rules = sorted(profile.detectors, key=lambda rule: rule.min_rows)
    checkpoints = Checkpoints(workdir)
    outcomes: dict[int, GroupOutcome] = {}
    waiting: list[_Attempt] = []
    for number, group in enumerate(groups):
        try:
            prepared = prepare(group, profile.fill.max_filled_share)
        except ModelRefused as error:
            outcomes[number] = _without_model("failed", str(error), group)
            continue
        waiting.append(_Attempt(number, group, prepared, _rule_of(group, rules), []))
    if profile.selection.choice == "by_evidence":
        waiting = _choose(waiting, outcomes, profile, detectors, seed, checkpoints, progress)
    while waiting:
        # The most demanding detector first: whoever it refuses joins the simpler one's stack.
        rule = max(attempt.rule for attempt in waiting)
        now = [attempt for attempt in waiting if attempt.rule == rule]
        waiting = [attempt for attempt in waiting if attempt.rule != rule]
        wanted = rules[rule]

        def overall(done: int, _: int, loss: float) -> None:
            if progress is not None:
                progress(len(outcomes), len(groups), loss)

        chosen = [Wanted(attempt.group.key, attempt.prepared) for attempt in now]
        kind, detector = wanted.kind, detectors[wanted.kind]
        for i, fitted in fit_groups(chosen, kind, wanted.parameters, detector, seed, checkpoints, overall):
            attempt = now[i]
            try:
                if fitted.refusal is not None:
                    raise ModelRefused(fitted.refusal)
                outcomes[attempt.number] = _outcome(attempt, wanted.kind, fitted, profile)
            except ModelRefused as error:
                attempt.reasons.append(f"{wanted.kind} refused: {error}")
                if rule > 0:
                    attempt.rule = rule - 1
                    waiting.append(attempt)
                else:
                    reason = "; ".join(attempt.reasons)
                    outcomes[attempt.number] = _without_model("refused", reason, attempt.group)
    if progress is not None:
        progress(len(outcomes), len(groups), float("nan"))
    return [outcomes[number] for number in range(len(groups))]


def check_rules(profile: Profile, detectors: Mapping[str, type[Detector]]) -> None:
    """Check that every detector rule of the profile can be carried out.

    Raises
    ------
    ConfigError
        Names the rule and what is wrong with it.
    """
    rules: list[DetectorRule | CandidateRule] = [*profile.detectors]
    if profile.selection.choice == "by_evidence":
        rules += profile.candidates or DEFAULT_CANDIDATES
    for rule in rules:
        if rule.kind not in detectors:
            known = ", ".join(detectors)
            msg = f"profile {profile.name!r}: expected a detector kind out of {known}, got {rule.kind!r}"
            raise ConfigError(msg)
        try:
            for _ in detectors[rule.kind].fit_many([], rule.parameters):
                pass
        except (TypeError, ValueError) as error:
            msg = f"profile {profile.name!r}, detector {rule.kind!r}, parameters: {error}"
            raise ConfigError(msg) from error


def _rule_of(group: GroupData, rules: Sequence[DetectorRule]) -> int:
    """Number of the group's rule: of its kind, the most demanding one it has the shots for."""
    of_kind = [i for i, rule in enumerate(rules) if rule.kind == group.kind]
    if not of_kind:
        known = ", ".join(rule.kind for rule in rules)
        msg = f"group {label(group.key)}: expected a detector out of {known}, got {group.kind!r}"
        raise ConfigError(msg)
    return max([i for i in of_kind if rules[i].min_rows <= group.rows], default=of_kind[0])


def _choose(
    waiting: Sequence[_Attempt],
    outcomes: dict[int, GroupOutcome],
    profile: Profile,
    detectors: Mapping[str, type[Detector]],
    seed: int,
    checkpoints: Checkpoints,
    progress: Progress | None,
) -> list[_Attempt]:
    """Put down the outcomes of groups that evidence can choose for; the others are given back."""
    candidates = profile.candidates or DEFAULT_CANDIDATES
    groups = [(attempt.group.key, attempt.prepared) for attempt in waiting]
    shown: Progress = progress or (lambda *_: None)
    left = []
    found = choose_detectors(groups, candidates, detectors, seed, checkpoints, shown)
    for attempt, chosen in zip(waiting, found, strict=True):
        if chosen.fitted is None or chosen.choice is None:
            attempt.reasons.append(chosen.reason)
            left.append(attempt)
            continue
        outcome = _outcome(attempt, chosen.kind, chosen.fitted, profile)
        evidence = {"reason": chosen.reason, "candidates": chosen.choice.table}
        outcomes[attempt.number] = replace(outcome, reason=chosen.reason, evidence=evidence)
    return left


def _outcome(attempt: _Attempt, kind: str, fitted: FittedGroup, profile: Profile) -> GroupOutcome:
    group, prepared = attempt.group, attempt.prepared
    rule = profile.threshold
    trim = expected_bad(group.defect_rate, fitted.losses.size) if rule.trim_counted_bad else 0
    losses = summarise(fitted.losses, trim=trim, lot=prepared.judged_lot)
    model = GroupModel(
        key=group.key,
        kind=kind,
        weights=fitted.weights,
        input_low=prepared.limits.low,
        input_high=prepared.limits.high,
        band_low=prepared.band[0],
        band_centre=prepared.band[1],
        band_high=prepared.band[2],
        losses=losses,
        fixed_threshold=fixed_threshold(losses, rule.fixed_sigmas),
        setting_centre=group.setting_centre,
        rows=group.rows,
        lots=group.lots,
        defect_rate=group.defect_rate,
        window=group.window,
    )
    reasons = [*attempt.reasons, f"{kind} trained instead"] if attempt.reasons else []
    few = slice(0, GOLDEN_ROWS)
    return GroupOutcome(
        "trained", model, "; ".join(reasons), fitted.record, prepared.judged[few], fitted.losses[few]
    )


def _without_model(status: str, reason: str, group: GroupData) -> GroupOutcome:
    return GroupOutcome(status, None, reason, {}, np.empty((0, len(group.typical))), np.empty(0))
