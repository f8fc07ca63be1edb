"""What people said of verdicts, as labels of shots."""

from __future__ import annotations

import pandas as pd

from core.config import Config
from core.errors import HistoryError
from scripts.evaluation.labels import LabelSource
from scripts.feedback_box import feedback_box

MOST = 100_000
SAID = {"confirm": "1", "false_alarm": "0", "unsure": ""}


def feedback_labels(config: Config) -> LabelSource:
    """Labels by shot: the last word counts, and who was unsure said nothing.

    People look at shots that were flagged: such labels tell how many flags were right, and
    little of what was missed.

    Raises
    ------
    HistoryError
        Nobody has said anything yet.
    """
    with feedback_box(config) as box:
        rows = box.feedback({"newest": "true"}, MOST)
    if not rows:
        msg = "--feedback: expected what people said of verdicts, found none; see `./sprue feedback --help`"
        raise HistoryError(msg)
    table = pd.DataFrame(
        {"bad": [SAID[row["judgement"]] for row in rows]}, index=[row["shot_id"] for row in rows]
    )
    return LabelSource("bad", "cause", table[~table.index.duplicated()])
