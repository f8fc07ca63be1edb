"""Outcomes of scored shots under a rule: what judging them anew would give, without scoring."""

from __future__ import annotations

import numpy as np

from inference.allowances import Allowances
from inference.threshold import Limits, decide_within
from inference.threshold_lab.scored import Scored, Small


def outcomes_under(scored: Scored, allowances: Allowances) -> Small:
    """Positions in `core.verdict.OUTCOMES`, ``(n,)``.

    Parameters
    ----------
    scored : Scored
    allowances : Allowances
        Of the groups of the same version, see `inference.plan.allowances_of`.
    """
    limits = Limits(*allowances.of(scored.group, scored.distance, scored.reference))
    outcome = decide_within(scored.score, limits).outcome
    bounded: Small = np.minimum(np.maximum(outcome, scored.least), scored.most)
    return bounded
