"""What stands beside a flagged shot: the good shots nearest to it, or why there are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

from api.context import Context
from api.words import Language, say
from core.errors import ModelNotFound
from inference.nearest_good import Neighbour, examples_of, judged_by, measured_of, nearest_good
from models.examples import GoodShots

Problem = Literal["none_kept", "no_version", "no_group", "no_values"]


class Beside(NamedTuple):
    """Good shots of the group whose model judged.

    Attributes
    ----------
    label : str or None
        ``facility|item|cluster`` of the group; None: no model judged.
    group : GoodShots or None
        All that are kept, with the group's ranges and bands.
    nearest : list of Neighbour
    problem : str or None
        Why `nearest` is empty, a key of the catalogue's section ``nearest``.
    """

    label: str | None
    group: GoodShots | None
    nearest: list[Neighbour]
    problem: Problem | None


def beside(verdict: Mapping[str, Any], here: Context) -> Beside:
    """The good shots nearest to the shot of a verdict.

    Raises
    ------
    ModelCorrupt
        The version's good shots are not what its manifest says.
    """
    label = judged_by(verdict)
    if label is None:
        return Beside(None, None, [], "no_group")
    try:
        examples = examples_of(here.config.registry, verdict["model_version"])
    except ModelNotFound:
        return Beside(label, None, [], "no_version")
    maker = None if verdict["substitute"] else verdict["maker"]
    group = None if examples is None else examples.of(label, maker)
    if group is None or not len(group.ids):
        return Beside(label, group, [], "none_kept")
    measured = measured_of(verdict)
    if not measured:
        return Beside(label, group, [], "no_values")
    return Beside(label, group, nearest_good(measured, group), None)


def problem_text(found: Beside, verdict: Mapping[str, Any], language: Language) -> str | None:
    """Why there are none, in words; None where there are some."""
    if found.problem is None:
        return None
    return say("nearest", found.problem, language, version=verdict["model_version"])
