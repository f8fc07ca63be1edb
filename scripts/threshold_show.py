"""What ``./sprue threshold show`` prints."""

from __future__ import annotations

import json
from typing import Any

from api.threshold_rows import choice_outward, groups_outward, profile_outward
from core.config import Config
from core.profile_file import load_profile
from inference.group_rules import group_rules
from inference.plan_provider import load_plan
from inference.rehearsal import rehearse_models
from inference.threshold_choice import Choice
from models.registry import Registry
from scripts.listing import print_rows, printable
from scripts.threshold_box import newest_choice


def show(config: Config, as_json: bool) -> None:
    """Print the rule that counts, who chose it, and every group's limit with what it will cost."""
    profile = load_profile(config.profile)
    plan, plant = load_plan(Registry(config.registry), None, profile)
    stored = newest_choice(config)
    rehearsal = rehearse_models(plant.models)
    counts = Choice.of(stored.rule) if stored is not None else Choice()
    rules = group_rules(plant.models, profile.threshold, counts, rehearsal)
    groups = groups_outward(plant.models, rules, rehearsal)
    choice = None if stored is None else choice_outward(stored)
    if as_json:
        whole = {"version": plan.version, "choice": choice, "profile": profile_outward(profile.threshold)}
        print(json.dumps({**whole, "rehearsed": rehearsal.pairs, "groups": groups}, ensure_ascii=False))
        return
    if choice is None or not choice["rule"]:
        print(f"{plan.version}: the profile's rule")
    else:
        told = f"choice {choice['id']} of {choice['at']} by {choice['who']}: {choice['why']}"
        print(
            printable(
                f"{plan.version}: {told}\n  {json.dumps(choice['rule'], ensure_ascii=False)}".replace(
                    "\n", " "
                )
            )
        )
    names = ("maker", "facility", "item", "setting", "from", "base", "limit", "budget", "expected per 1,000")
    print_rows(names, [_row(group) for group in groups])


def _row(group: dict[str, Any]) -> tuple[str, ...]:
    expected = "–" if group["high"] is None else f"{group['low']:.1f} to {group['high']:.1f}"
    key = tuple(printable(str(group[name])) for name in ("maker", "facility", "item", "cluster"))
    figures = ("–" if group[name] is None else f"{group[name]:.4g}" for name in ("base", "limit", "budget"))
    return (*key, group["origin"], *figures, expected)
