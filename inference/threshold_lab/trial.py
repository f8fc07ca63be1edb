"""Rules tried one beside the other on the same scored shots; nothing is scored again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from core.profile import ThresholdRule
from inference.group_rules import GroupRules, group_rules
from inference.plan import allowances_of
from inference.rehearsal import Rehearsal, rehearse_models
from inference.threshold_choice import Choice
from inference.threshold_lab.outcomes import outcomes_under
from inference.threshold_lab.scored import Scored
from inference.threshold_lab.tally import Tally, tally
from models.artifact import GroupModel

Knob = Literal["budget", "cv_gain"]
"""What a sweep turns: the budget of the budget rule, or the margin of the CV rule by its gain."""
BUDGETS = (0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 40.0, 50.0)
GAINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)


class Trial(NamedTuple):
    """One rule and what it comes to."""

    choice: Choice
    rules: GroupRules
    tally: Tally


def try_rules(
    scored: Scored, models: Sequence[GroupModel], profile: ThresholdRule, choices: Sequence[Choice]
) -> list[Trial]:
    """Count what each of these choices would have come to.

    Parameters
    ----------
    scored : Scored
    models : sequence of GroupModel
        Of the version that scored.
    profile : ThresholdRule
    choices : sequence of Choice
        An empty one stands for the profile's rule.
    """
    rehearsal: Rehearsal = rehearse_models(models)
    trials = []
    for choice in choices:
        rules = group_rules(models, profile, choice, rehearsal)
        trials.append(Trial(choice, rules, tally(scored, outcomes_under(scored, allowances_of(rules)))))
    return trials


def sweep(choice: Choice, knob: Knob) -> list[Choice]:
    """The choice with its knob turned step by step; overrides keep what they say."""
    if knob == "budget":
        turned = [{"rule": "budget", "budget": value} for value in BUDGETS]
    else:
        turned = [{"rule": "cv", "cv_gain": value} for value in GAINS]
    return [replace(choice, values={**choice.values, **values}) for values in turned]
