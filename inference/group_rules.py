"""What the threshold rule comes to for every group: bases, gains, and where each base is from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.profile import ThresholdRule
from inference.conformal import PER, limit_of
from inference.rehearsal import Rehearsal, rehearse_models
from inference.threshold import Gains, Losses, base_of, coefficient_of_variation
from inference.threshold_choice import Choice
from models.artifact import GroupModel
from models.losses import fixed_threshold

Origin = Literal["cv", "budget", "extrapolated", "no_tail"]
"""Where a base is from: the losses and their scatter; the budget; the budget, past the largest loss
held out; the losses although a budget was asked for, since the version kept no held-out ones."""


@dataclass(frozen=True, slots=True)
class GroupRules:
    """The rule by group, ``(G,)`` each.

    Attributes
    ----------
    losses : Losses
        What the limits are made of: under a budget the base is the limit, the CV is 0.
    gains : Gains
    origin : tuple of str
        See `Origin`.
    budget : (G,) float64
        Flags per 1,000 good shots that were asked for; NaN where the CV rule counts.
    share : (G,) float64
        Share of held-out losses above the limit that keeps that budget, see `inference.rehearsal`.
    """

    losses: Losses
    gains: Gains
    origin: tuple[Origin, ...]
    budget: np.ndarray[tuple[int], np.dtype[np.float64]]
    share: np.ndarray[tuple[int], np.dtype[np.float64]]


def group_rules(
    models: Sequence[GroupModel],
    profile: ThresholdRule,
    choice: Choice | None = None,
    rehearsal: Rehearsal | None = None,
) -> GroupRules:
    """Work the rule out for all groups.

    Parameters
    ----------
    models : sequence of GroupModel
        Their weights are not needed.
    profile : ThresholdRule
    choice : Choice, optional
        Counts over the profile.
    rehearsal : Rehearsal, optional
        Of these models; made where a budget asks for it.
    """
    choice = choice or Choice()
    rules = [choice.for_group(model.key, profile) for model in models]
    sigmas = [choice.of_group(model.key).get("fixed_sigmas") for model in models]
    losses = plain_losses(models, sigmas)
    budget, share = np.full((2, len(models)), np.nan)
    origin: list[Origin] = ["cv"] * len(models)
    if any(rule.rule == "budget" for rule in rules):
        rehearsal = rehearsal or rehearse_models(models)
    for g, (model, rule) in enumerate(zip(models, rules, strict=True)):
        if rule.rule != "budget" or rehearsal is None:
            continue
        if not len(model.losses.tail) or not np.isfinite(losses.base[g]):
            origin[g] = "no_tail"
            continue
        budget[g] = rule.budget
        share[g] = rehearsal.share_for(rule.budget / PER)
        limit = limit_of(model.losses.tail, model.losses.count, float(share[g]))
        losses.base[g], losses.cv[g] = limit.value, 0.0
        origin[g] = "extrapolated" if limit.extrapolated else "budget"
    gains = Gains(
        *(np.array([getattr(rule, name) for rule in rules], dtype=np.float64) for name in Gains._fields)
    )
    return GroupRules(losses, gains, tuple(origin), budget, share)


def plain_losses(models: Sequence[GroupModel], sigmas: Sequence[float | None] | None = None) -> Losses:
    """Bases of the CV rule; `sigmas` of the fixed threshold in place of those it was trained with."""
    sigmas = sigmas or [None] * len(models)
    fixed = [
        m.fixed_threshold if other is None else fixed_threshold(m.losses, other)
        for m, other in zip(models, sigmas, strict=True)
    ]
    largest = np.array([m.losses.maximum for m in models], dtype=np.float64)
    return Losses(
        base=base_of(np.array(fixed, dtype=np.float64), largest),
        cv=coefficient_of_variation(
            np.array([m.losses.mean for m in models], dtype=np.float64),
            np.array([m.losses.std for m in models], dtype=np.float64),
        ),
        minimum=np.array([m.losses.minimum for m in models], dtype=np.float64),
        maximum=largest,
    )
