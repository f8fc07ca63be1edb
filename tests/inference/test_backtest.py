from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from core.batch import Batch
from core.errors import HistoryError
from core.profile import Profile
from inference.backtest import BacktestSummary, backtest
from inference.judge import Judged, judge
from inference.plan import Plan
from ingest.fill_memory import FillMemory
from ingest.frame import frame_from_batch
from models.artifact import TrainedPlant


@pytest.fixture
def table(plant: TrainedPlant, profile: Profile, make_shots: Callable[..., Batch]) -> pd.DataFrame:
    return frame_from_batch(make_shots(plant, 60), profile)


def test_every_row_is_judged_or_refused_with_its_reason(
    table: pd.DataFrame, plan: Plan, profile: Profile
) -> None:
    table["cycle_time"] = table["cycle_time"].astype(object)
    table.loc[7, "cycle_time"] = "broken"
    table.loc[41, "facility"] = None
    pieces = list(backtest([table.iloc[:30], table.iloc[30:]], plan, profile))
    judged = [row["shot_id"] for piece in pieces if piece.verdicts for row in piece.verdicts.rows()]
    assert judged == [f"shot-{i}" for i in range(60) if i not in (7, 41)]
    refused = [(p.row, p.reason) for piece in pieces for p in piece.refused]
    assert refused == [(7, "not_a_number"), (41, "missing_facility")]


def test_the_summary_counts_every_row_once(table: pd.DataFrame, plan: Plan, profile: Profile) -> None:
    table["cycle_time"] = table["cycle_time"].astype(object)
    table.loc[7, "cycle_time"] = True
    summary = BacktestSummary()
    for piece in backtest([table.iloc[:30], table.iloc[30:]], plan, profile):
        summary.add(piece)
    assert (summary.rows, summary.verdicts) == (60, 59)
    assert summary.outcomes.total() == summary.routes.total() == 59
    assert summary.refused == {"not_a_number": 1}


def test_what_a_facility_sent_last_is_carried_into_the_next_piece(
    table: pd.DataFrame, plan: Plan, profile: Profile
) -> None:
    settings = [v.name for v in profile.settings]
    table["facility"], table["maker"], table["item"] = "M0-F0", "M0", "I0"
    table.loc[30:, settings] = np.nan
    _, second = backtest([table.iloc[:30], table.iloc[30:]], plan, profile)
    assert second.verdicts is not None
    filled = next(second.verdicts.rows())["filled"]
    assert "forward" in str(filled)


def test_a_row_the_judging_fails_on_is_refused_under_its_own_number(
    table: pd.DataFrame, plan: Plan, profile: Profile
) -> None:
    def fails(batch: Batch, plan: Plan, memory: FillMemory) -> Judged:
        if "shot-45" in batch.ids.tolist():
            raise FloatingPointError("lost")
        return judge(batch, plan, memory)

    table.loc[[31, 33], "facility"] = None
    pieces = list(backtest([table.iloc[:30], table.iloc[30:]], plan, profile, judge=fails))
    refused = [(p.row, p.record_id, p.reason) for p in pieces[1].refused]
    assert refused == [
        (31, "shot-31", "missing_facility"),
        (33, "shot-33", "missing_facility"),
        (45, "shot-45", "judge_failed"),
    ]
    assert sum(len(p.verdicts) for p in pieces if p.verdicts) == 57


def test_a_piece_without_a_readable_row_goes_by(table: pd.DataFrame, plan: Plan, profile: Profile) -> None:
    table["facility"] = None
    [piece] = backtest([table], plan, profile)
    assert piece.verdicts is None
    assert len(piece.refused) == 60


def test_a_table_without_facility_column_is_refused(
    table: pd.DataFrame, plan: Plan, profile: Profile
) -> None:
    with pytest.raises(HistoryError, match="facility"):
        list(backtest([table.drop(columns="facility")], plan, profile))
