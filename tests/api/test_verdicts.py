from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from api.schemas import FacilityLatest

Serve = Callable[..., Any]


def test_latest_verdict_of_every_facility_by_name(served: Any) -> None:
    body = served.get("/api/v1/facilities").json()

    found = [(one["facility"], one["latest"]["event_token"]) for one in body["facilities"]]
    assert found == [("A-01", "t3"), ("A-02", "t1"), ("B-01", "t2"), ("press/3 <b>", "t4")]


def test_latest_of_one_facility_is_what_the_list_says_of_it(served: Any) -> None:
    for one in served.get("/api/v1/facilities").json()["facilities"]:
        answer = served.get(f"/api/v1/facilities/{quote(one['facility'], safe='')}/latest")
        assert answer.json() == one
        assert FacilityLatest.model_validate_json(answer.content, strict=True).model_dump() == one


def test_latest_of_one_facility_even_with_a_slash_in_its_name(served: Any) -> None:
    assert served.get("/api/v1/facilities/A-01/latest").json()["latest"]["outcome"] == "NG"
    answer = served.get("/api/v1/facilities/press%2F3%20%3Cb%3E/latest")
    assert answer.json()["latest"]["item"] == "한글 & <i>"


def test_a_verdict_has_every_field_with_times_as_rfc3339(served: Any) -> None:
    (verdict,) = served.get("/api/v1/verdicts", params={"outcome": "WARN"}).json()["verdicts"]

    assert verdict["shot_time"] == "2026-09-21T14:13:21.000Z"
    assert verdict["judged_at"] == "2026-09-21T14:14:20.000Z"
    assert (verdict["facility"], verdict["anomaly_score"], verdict["distance"]) == ("A-02", 0.1, None)
    schema = served.get("/api/v1/openapi.json").json()["components"]["schemas"]["Verdict"]
    assert set(verdict) == set(schema["properties"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["t4", "t3", "t2", "t1", "t0"]),
        ({"facility": "A-01"}, ["t3", "t0"]),
        ({"item": "lid"}, ["t1"]),
        ({"outcome": "NG"}, ["t3"]),
        ({"route": "limits"}, ["t2"]),
        ({"maker": "B"}, ["t2"]),
        ({"lot": "A-02|lid|2026-09-21"}, ["t1"]),
        ({"from": "2026-09-21T14:13:22Z"}, ["t3", "t2"]),
        ({"from": "2026-09-21T23:13:21+09:00", "to": "2026-09-21T14:13:22.000Z"}, ["t1"]),
        ({"facility": "A-01", "outcome": "OK"}, ["t0"]),
        ({"facility": "nowhere"}, []),
    ],
)
def test_verdicts_meet_every_filter(served: Any, query: dict[str, str], expected: list[str]) -> None:
    body = served.get("/api/v1/verdicts", params=query).json()

    assert [v["event_token"] for v in body["verdicts"]] == expected
    assert body["next_cursor"] is None


def test_an_unescaped_plus_in_a_time_is_understood(served: Any) -> None:
    answer = served.get("/api/v1/verdicts?from=2026-09-21T23:13:22+09:00")
    assert [v["event_token"] for v in answer.json()["verdicts"]] == ["t3", "t2"]


def test_pages_follow_the_cursor(served: Any, write: Callable[..., None]) -> None:
    seen, query = [], {"limit": "2"}
    while True:
        page = served.get("/api/v1/verdicts", params=query).json()
        seen += [v["event_token"] for v in page["verdicts"]]
        write(served.store, [{}], f"late{len(seen)}-")
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert seen == ["t4", "t3", "t2", "t1", "t0"]


@pytest.mark.parametrize("identifier", ["t3", "s3"])
def test_one_verdict_by_token_or_shot_with_its_reasons_in_words(served: Any, identifier: str) -> None:
    body = served.get(f"/api/v1/verdicts/{identifier}").json()

    assert [one["text"] for one in body["sentences"]] == [
        "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm",
        "Dosing time 8 s: 2 s above its normal band 4 to 6 s; never seen in training"
        " (not measured: the usual mean was taken)",
        "<script> – stands out",
    ]
    assert body["flag_texts"] == ["far outside the trained range", "brand new flag"]
    assert (body["outcome_text"], body["route_text"]) == ("NG", "judged by its own model")
    assert (
        body["summary"]
        == "NG: the score 0.5 is above the limit 0.22. Not measured and filled in: Dosing time."
    )


@pytest.mark.parametrize(
    ("header", "query", "expected"),
    [
        ("ko-KR,ko;q=0.9", "", "쿠션 위치 1.25 mm: 정상 범위 4 ~ 5.5 mm보다 2.75 mm 낮음"),
        ("ru", "", "Подушка (ход) 1,25 mm: на 2,75 mm ниже нормы 4 … 5,5 mm"),
        ("ru", "?lang=en", "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm"),
        ("fr, *;q=0.1", "", "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm"),
        (";;q=,=x", "", "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm"),
    ],
)
def test_language_is_chosen_by_query_then_header(served: Any, header: str, query: str, expected: str) -> None:
    answer = served.get(f"/api/v1/verdicts/t3{query}", headers={"Accept-Language": header})
    assert answer.json()["sentences"][0]["text"] == expected


def test_dead_letters_say_why(served: Any) -> None:
    body = served.get("/api/v1/dead-letters").json()

    (letter,) = body["dead_letters"]
    assert (letter["record_id"], letter["reason"], letter["state"]) == ("r0", "not_a_number", "open")
    assert letter["detail"] == "expected a number, got 'x'"
    assert "raw" not in letter


def test_lots_give_the_flagged_share(served: Any) -> None:
    lots = {one["lot"]: one for one in served.get("/api/v1/lots").json()["lots"]}

    assert lots["A-01|cap|2026-09-21"]["flagged_share"] == pytest.approx(1 / 3)
    assert lots["A-02|lid|2026-09-21"] | {"shots": 1, "warn": 1, "ng": 0} == lots["A-02|lid|2026-09-21"]


def test_a_nan_inside_reasons_is_null_in_json(served: Any, write: Callable[..., None]) -> None:
    write(served.store, [{"reasons": [{"variable": "x", "value": float("nan")}]}], "nan")

    text = served.get("/api/v1/verdicts/nan0").text
    assert json.loads(text, parse_constant=pytest.fail)["reasons"] == [{"variable": "x", "value": None}]
