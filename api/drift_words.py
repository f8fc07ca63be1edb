"""Drift and challenger in sentences, in three languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.coverage_words import counted, share
from api.words import Language, number, say, variable_name


def proposal_texts(proposal: Mapping[str, Any], language: Language) -> list[str]:
    """Why to train again, a sentence each; what to expect otherwise where there is nothing to do."""
    if not proposal["retrain"]:
        return [say("drift", "steady", language)]
    said = [say("drift", "retrain", language)]
    for reason in proposal["reasons"]:
        facts = {name: value for name, value in reason.items() if name != "why"}
        facts = {
            name: share(value, language) if name == "share" else counted(value)
            for name, value in facts.items()
        }
        said.append(say("drift", f"why_{reason['why']}", language, **facts))
    return said


def group_texts(group: Mapping[str, Any], language: Language) -> list[str]:
    """What moved in a group, a sentence each; none where nothing did."""
    said = [
        say(
            "drift",
            "above" if one["mean"] > one["training_high"] else "below",
            language,
            variable=variable_name(one["variable"], language),
            mean=number(one["mean"], language),
            low=number(one["training_low"], language),
            high=number(one["training_high"], language),
        )
        for one in group["inputs"]
    ]
    flags = group["flags"]
    if flags["moved"]:
        shares = {name: share(flags[name], language) for name in ("share", "expected")}
        said.append(say("drift", "flags", language, **shares))
    return said


def comparison_text(found: Mapping[str, Any], language: Language) -> str:
    """What a challenger would have changed, in one sentence."""
    if not found["shots"]:
        return say("challenger", "nothing", language)
    differ = found["champion_alone"] + found["challenger_alone"]
    if not differ:
        return say("challenger", "agree", language, n=counted(found["shots"]))
    words = "differ" if found["chance"] < 0.05 else "chance"
    return say(
        "challenger",
        words,
        language,
        n=counted(found["shots"]),
        champion=counted(found["champion_alone"]),
        challenger=counted(found["challenger_alone"]),
        both=counted(found["both"]),
    )
