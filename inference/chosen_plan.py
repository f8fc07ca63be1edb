"""A compiled plan under another choice of the limit: what scores stays, what it allows changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inference.group_rules import GroupRules, group_rules
from inference.plan import Plan, allowances_of
from inference.routes import ROUTED
from inference.seen_settings import SeenSettings
from inference.threshold_choice import Choice
from models.artifact import GroupModel


def chosen_plan(plan: Plan, models: Sequence[GroupModel], choice: Choice, number: int) -> Plan:
    """`plan` as `inference.plan.compile_plan` would have made it under this choice.

    Parameters
    ----------
    plan : Plan
    models : sequence of GroupModel
        Of the plan's version; their weights are not needed.
    choice : Choice
    number : int
        Of the choice, 0 where none counts.
    """
    return under(plan, group_rules(models, plan.profile.threshold, choice), number)


def under(plan: Plan, rules: GroupRules, number: int) -> Plan:
    """`plan` with these rules of its groups."""
    allowances = allowances_of(rules)
    # What was routed before is kept with its limits: those are others now.
    routes = replace(plan.routes, allowances=allowances, seen=SeenSettings(ROUTED))
    return replace(plan, losses=allowances.losses, own_limits=allowances.own, routes=routes, choice=number)
