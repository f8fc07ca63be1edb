"""The scoring plan: a trained plant compiled into stacked arrays, ready to judge batches."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from core.batch import Strings
from core.errors import ModelRefused
from core.profile import GroupKey, Profile
from inference.allowances import Allowances
from inference.compiled_plan import CompiledPlan
from inference.group_rules import GroupRules, group_rules
from inference.kernels.kernel import Codes, Floats32, Kernel
from inference.plan_kernels import compile_kernels, compile_whole
from inference.prediction.predictor import Predictor, compile_predictor
from inference.ranges import Ranges, compile_ranges
from inference.routes import Routes, compile_routes
from inference.threshold import Limits, Losses, limits_of
from ingest.typical_values import TypicalValues
from models.artifact import TrainedPlant
from native.library import compiled

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything judging needs, as arrays over the G trained groups.

    Never changed once compiled; a new version is a new plan in place of the old one.

    Attributes
    ----------
    version : str
        Registry version, as on the verdicts.
    profile : Profile
    typical : TypicalValues
        What missing values are filled with.
    routes : Routes
        Who judges which setting.
    losses : Losses
        Base, CV and range of the training losses, ``(G,)`` each.
    own_limits : (7, G + 1) float64
        `inference.threshold.Limits` of each group for records of its own setting; at the
        end those of "no group", which allow and forbid nothing.
    ranges : Ranges
        Scaling, range violations and normal bands, ``(G, p)`` each.
    limits : (2, s + p) float64
        Static limits, low and high, of set and measured values; infinite where none is set.
    kinds, labels : (G + 1,) object
        Detector kind; ``facility|item|cluster``; None at the end, for "no group". Of a
        predictor: its regressors, and the inputs, of each trained setting.
    kernels : tuple of Kernel
        One for each kind and shape of model.
    kernel_of, slot_of : (G,) intp
        The kernel of a group and the group's number in it.
    compiled : CompiledPlan or None
        Scales, checks and scores in one pass what compiled kernels can; None without them.
    choice : int
        Number of the stored choice of the limit that counts; 0: the profile's rule does.
    predictor : Predictor or None
        What judges in place of groups where the process predicts targets.
    """

    version: str
    profile: Profile
    typical: TypicalValues
    routes: Routes
    losses: Losses
    own_limits: Floats
    ranges: Ranges
    limits: Floats
    kinds: Strings
    labels: Strings
    kernels: tuple[Kernel, ...]
    kernel_of: Codes
    slot_of: Codes
    compiled: CompiledPlan | None
    choice: int = 0
    predictor: Predictor | None = None

    def assess(self, production: Floats, group: Codes) -> tuple[Floats, NDArray[np.bool_]]:
        """Score measured values and tell which rows have one far out of its range.

        Parameters
        ----------
        production : (n, p) float64
            Completed measured values; NaN where one is missing for good.
        group : (n,) intp
            Whose model scores each row; negative for none.

        Returns
        -------
        score : (n,) float64
            NaN without a group, and where a missing value leaves the model nothing to score.
        beyond : (n,) bool
            Some value is a range violation, see `Ranges.violated`.
        """
        if self.compiled is None:
            beyond = np.logical_or.reduce(self.ranges.violated(production, group), axis=1)
            return self._scored(production, group), beyond
        score, beyond, left = self.compiled.assess(production, group)
        if len(left):
            score[left] = self._scored(production[left], group[left])
        return score, beyond

    def _scored(self, production: Floats, group: Codes) -> Floats:
        """Scores as of `assess`, by the kernels one after the other."""
        rows = (group >= 0).nonzero()[0]
        x = self.ranges.scale(production[rows], group[rows])
        if np.isnan(np.add.reduce(x, axis=None)):
            usable = ~np.isnan(x).any(axis=1)
            rows, x = rows[usable], x[usable]
        if len(rows) == len(group):
            return self.score(x, group)
        score = np.full(len(group), np.nan)
        score[rows] = self.score(x, group[rows])
        return score

    def score(self, x: Floats32, group: Codes) -> Floats:
        """Anomaly scores ``(n,)`` of scaled rows ``(n, p)`` by the models of their groups."""
        return self._by_kernel(
            np.empty(len(x)), group, lambda kernel, rows, slot: kernel.score(x[rows], slot)
        )

    def score_occluded(self, x: Floats32, usual: Floats32, group: Codes) -> Floats:
        """Scores ``(n, p)`` with each input in turn replaced by its usual value ``(n, p)``."""
        if self.compiled is None:
            return self._occluded(x, usual, group)
        scores, left = self.compiled.score_occluded(x, usual, group)
        if len(left):
            scores[left] = self._occluded(x[left], usual[left], group[left])
        return scores

    def _occluded(self, x: Floats32, usual: Floats32, group: Codes) -> Floats:
        return self._by_kernel(
            np.empty(x.shape),
            group,
            lambda kernel, rows, slot: kernel.score_occluded(x[rows], usual[rows], slot),
        )

    def _by_kernel(
        self, whole: Floats, group: Codes, score: Callable[[Kernel, Codes | slice, Codes], Floats]
    ) -> Floats:
        """Fill `whole` with what `score` gives for the rows of each kernel."""
        slot = self.slot_of[group]
        if len(self.kernels) == 1:
            return score(self.kernels[0], slice(None), slot)
        which = self.kernel_of[group]
        for number, kernel in enumerate(self.kernels):
            rows = (which == number).nonzero()[0]
            if len(rows) == len(which):
                return score(kernel, slice(None), slot)
            if len(rows):
                whole[rows] = score(kernel, rows, slot[rows])
        return whole


def compile_plan(
    plant: TrainedPlant,
    version: str,
    profile: Profile,
    library: ctypes.PyDLL | Literal["installed"] | None = "installed",
) -> Plan:
    """Compile what training produced.

    Parameters
    ----------
    plant : TrainedPlant
    version : str
        Registry version, written on every verdict.
    profile : Profile
        The process; its thresholds count, not those at training time.
    library : ctypes.PyDLL or None, optional
        The compiled loops; by default those of this installation, if it has any. Numpy
        does their work without.

    Raises
    ------
    ModelRefused
        The plant was trained for another process, on other variables, or holds a kind without
        a kernel.
    """
    predictor = compile_predictor(plant, version, profile)
    _check_variables(plant, profile)
    if library == "installed":
        library = compiled()
    models = plant.models
    settings, width = len(profile.settings), len(profile.production)
    centres = np.array([m.setting_centre for m in models], dtype=np.float64).reshape(len(models), settings)
    keys = [m.key for m in models]
    kernels, kernel_of, slot_of = compile_kernels(models, width, library)
    ranges = compile_ranges(models, profile)
    allowances = allowances_of(group_rules(models, profile.threshold))
    losses = allowances.losses
    return Plan(
        version=version,
        profile=profile,
        typical=TypicalValues(plant.fills, settings + width),
        routes=compile_routes(plant.spaces, keys, centres, np.isfinite(losses.base), allowances),
        losses=losses,
        own_limits=allowances.own,
        ranges=ranges,
        limits=np.array([v.limits or (-np.inf, np.inf) for v in (*profile.settings, *profile.production)]).T,
        kinds=_texts([m.kind for m in models] if predictor is None else predictor.kinds),
        labels=_texts(_labels(keys) if predictor is None else predictor.labels),
        kernels=kernels,
        kernel_of=kernel_of,
        slot_of=slot_of,
        compiled=compile_whole(kernels, kernel_of, slot_of, ranges, library),
        predictor=predictor,
    )


def allowances_of(rules: GroupRules) -> Allowances:
    """What the rule allows each group."""
    losses, count = rules.losses, len(rules.losses.base)
    own = limits_of(losses, np.full(count, np.nan), np.ones(count), rules.gains)
    nothing = np.full(1, np.nan)
    no_group = Limits(nothing, nothing, nothing, nothing, nothing, np.zeros(1), np.ones(1))
    return Allowances(losses, np.concatenate([np.array(own), np.array(no_group)], axis=1), rules.gains)


def _check_variables(plant: TrainedPlant, profile: Profile) -> None:
    for role, trained, wanted in (
        ("set values", plant.setting_names, [v.name for v in profile.settings]),
        ("measured values", plant.production_names, [v.name for v in profile.production]),
    ):
        if list(trained) != wanted:
            raise ModelRefused(
                f"trained on the {role} {', '.join(trained)}; the profile {profile.name!r} now has "
                f"{', '.join(wanted)}: train again, or go back to the profile it was trained with"
            )


def _labels(keys: Sequence[GroupKey]) -> list[str]:
    return [f"{key.facility}|{key.item}|{key.cluster}" for key in keys]


def _texts(values: list[str]) -> Strings:
    column = np.empty(len(values) + 1, dtype=object)
    column[:] = [*values, None]
    return column
