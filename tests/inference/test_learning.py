"""What a history teaches: shots in warm-up are left out where the profile asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from core.batch import concatenate
from core.profile import DetectorRule, SelectionRule
from core.profile_file import load_profile
from inference.learning import learn
from inference.wiring import detectors
from ingest.frame import batch_from_frame
from ingest.plant import Plant


def test_shots_in_warm_up_are_left_out_of_training_where_the_profile_asks_for_it() -> None:
    profile = replace(
        load_profile("injection_molding"),
        detectors=(DetectorRule("isolation_forest", 40, None, {"n_estimators": 2}),),
        selection=SelectionRule(max_defect_rate=1.0, min_shots=40),
    )
    history = concatenate(
        [batch_from_frame(chunk.frame, profile)[0] for chunk in Plant(seed=3).history(3000)]
    )
    skipping = replace(profile, selection=replace(profile.selection, skip_warm_up=True))
    every, some = (learn(history, p, detectors(), seed=0).selection for p in (profile, skipping))

    # A press stands still between its days: the first shots of each are a warm-up.
    day = (history.time + 9 * 3_600_000) // 86_400_000  # in the plant's own days
    number = pd.Series(history.time).groupby([history.facility, day]).rank(method="first").to_numpy()
    left = {group.key: set(group.rows.tolist()) for group in some.groups}
    whole = {group.key: set(group.rows.tolist()) for group in every.groups}
    gone = np.array(sorted(set().union(*whole.values()) - set().union(*left.values())))
    assert all(left[key] <= whole[key] for key in left)
    assert not any(number[list(rows)].min() <= 20 for rows in left.values() if rows)
    assert len(gone) > (number <= 20).sum() * 0.9
    assert any("more in warm-up" in group.reason for group in some.groups)
