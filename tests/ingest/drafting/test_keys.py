"""Which columns name a record's machine, item and lot, in three languages."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tests.ingest.drafting import twins
from tests.ingest.drafting.test_roles import drafted, of


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (
            {"facility": "설비명", "item": "품명", "lot_good": "양품수", "lot_bad": "불량수",
             "time": "일시", "set": "압력_설정"},
            {"label": "판정"},
        ),
        (
            {"facility": "Станок", "item": "Изделие", "lot_good": "Годных", "lot_bad": "Бракованных",
             "time": "Дата и время", "set": "Уставка давления"},
            {"label": "Результат"},
        ),
        (
            {"facility": "machine", "item": "Product", "lot_good": "good_count", "lot_bad": "bad_count",
             "time": "Timestamp", "set": "pressure setpoint"},
            {"label": "Result"},
        ),
    ],
)  # fmt: skip
def test_keys_are_known_by_korean_russian_and_english_names(
    names: dict[str, str], keys: dict[str, str]
) -> None:
    rows, random = 300, np.random.default_rng(2)
    bad = random.random(rows) < 0.03
    table = pd.DataFrame(
        {
            names["time"]: pd.date_range("2024-03-04", periods=rows, freq="min").astype(str),
            names["facility"]: np.where(np.arange(rows) % 2, "A-1", "A-2"),
            names["item"]: np.repeat(["cap", "lid"], rows // 2),
            names["set"]: np.repeat([80, 90, 85], rows // 3),
            "x": random.normal(5, 1, rows),
            names["lot_good"]: np.cumsum(~bad),
            names["lot_bad"]: np.cumsum(bad),
            keys["label"]: np.where(bad, "NG", "OK"),
        }
    )

    draft = drafted(table)

    for place in ("time", "facility", "item", "lot_good", "lot_bad"):
        guess = draft.key(place)
        assert guess is not None, place
        assert guess.column == names[place]
    assert [g.column for g in draft.of_role("setting")] == [names["set"]]
    assert draft.label == (keys["label"], "NG")


def test_a_label_of_noughts_and_ones_is_no_running_total() -> None:
    random = np.random.default_rng(3)
    table = pd.DataFrame({"불량": (random.random(500) < 0.01).astype(int), "x": random.normal(size=500)})

    draft = drafted(table)

    assert of(draft, "불량").what == "label"
    assert draft.key("lot_bad") is None


def test_a_quantity_of_a_machine_or_part_is_neither() -> None:
    table = twins.steps().assign(part_weight=np.repeat([2, 3], 105), machine_speed=np.repeat([1, 2], 105))

    draft = drafted(table)

    assert draft.key("item") is None
    assert draft.key("facility") is None
