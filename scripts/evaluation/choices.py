"""Our two ways to choose a detector, as lines of the comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.profile import Profile
from scripts.evaluation.methods import BY_COUNT, FoldScores, OwnKind
from scripts.evaluation.trial import Fold, Trial


class ByCount:
    """The kind the profile names for this many rows; with too few for any, its least demanding one."""

    own = True
    name = BY_COUNT

    def __init__(self, profile: Profile, kinds: Mapping[str, OwnKind]) -> None:
        self._rules = sorted(profile.detectors, key=lambda rule: rule.min_rows)
        self._kinds = kinds

    def kind_for(self, fold: Fold) -> str:
        """The kind chosen for a fold."""
        rows = len(fold.fit) + len(fold.held_out)
        fitting = [rule.kind for rule in self._rules if rule.min_rows <= rows]
        return fitting[-1] if fitting else self._rules[0].kind

    def only_kind(self, trials: Sequence[tuple[int, Trial]]) -> str | None:
        """The kind, where all folds get the same one."""
        kinds = {self.kind_for(fold) for _, trial in trials for fold in trial.folds}
        return kinds.pop() if len(kinds) == 1 else None

    def scores(self, trials: Sequence[tuple[int, Trial]]) -> list[list[FoldScores]]:
        """See `scripts.evaluation.methods.Method`."""
        chosen = [[self.kind_for(fold) for fold in trial.folds] for _, trial in trials]
        of_kind = {kind: self._kinds[kind].scores(trials) for kind in {k for kinds in chosen for k in kinds}}
        return [
            [of_kind[kind][number][fold] for fold, kind in enumerate(kinds)]
            for number, kinds in enumerate(chosen)
        ]
