import json
from collections.abc import Callable
from typing import Any

import pytest

from core.verdict import VERDICT_FIELDS, Verdicts
from inference.store.rows import VERDICT_COLUMNS, safe_text, verdict_rows

VALUES: list[dict[str, Any]] = [
    {"flags": ["change_over"]},
    {"flags": ["change_over", "no_time"]},
    {"flags": []},
    {"flags": ["change_over"], "filled": {"item": "forward"}},
    {"flags": ["no_time", "change_over"], "reasons": [{"variable": "cycle_time", "value": 1.5}]},
    {"reasons": ["change_over", 1], "flags": ["change_over,no_time"]},
    {"reasons": ["change_over", True]},
    {"flags": ["새 설정"]},
]


def test_each_record_keeps_its_own_lists_whatever_its_neighbours_have(
    make_verdicts: Callable[..., Verdicts],
) -> None:
    rows, refused = verdict_rows([str(i) for i in range(len(VALUES))], make_verdicts(VALUES), 1)
    assert refused == []
    for field in VERDICT_FIELDS:
        if field.kind == "json":
            written = [json.loads(row[VERDICT_COLUMNS.index(field.name)]) for row in rows]
            empty: object = {} if field.name == "filled" else []
            assert [json.dumps(w) for w in written] == [json.dumps(v.get(field.name, empty)) for v in VALUES]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("A-01", "A-01"),
        ("사출\x00기", "사출\ufffd기"),
        ("\ud800\udfff", "\ufffd\ufffd"),
        ("\x00", "\ufffd"),
        ("😀", "😀"),
    ],
)
def test_only_what_databases_refuse_is_replaced(text: str, safe: str) -> None:
    assert safe_text(text) == safe
