"""Feedback by REST, over a real store whose one writer carries the orders out."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from api.times import from_rfc3339
from core.errors import ConfigError, StoreUnavailable
from inference.feedback import give
from tests.api.conftest import NOW

Serve = Callable[..., Any]


def say(served: Any, shot: str, judgement: str, **more: Any) -> Any:
    headers = more.pop("headers", {})
    body = {"judgement": judgement, **more}
    return served.client.post(f"/api/v1/verdicts/{shot}/feedback", json=body, headers=headers)


def test_the_newest_of_a_shot_counts_and_all_are_kept(served: Any) -> None:
    assert served.get("/api/v1/verdicts/t3/feedback").json() == {
        "shot_id": "s3",
        "counts": None,
        "feedback": [],
    }

    first = say(served, "t3", "confirm", reason="  short shot ", who="kim")
    second = say(served, "s3", "false_alarm")

    assert first.status_code == second.status_code == 200
    given = first.json()
    assert (given["who"], given["reason"], given["shot"]) == ("kim", "short shot", "bad")
    assert (given["outcome"], given["model_version"], given["facility"]) == ("NG", "v1", "A-01")
    found = served.get("/api/v1/verdicts/t3/feedback").json()
    assert found["counts"] == second.json()
    assert (found["counts"]["who"], found["counts"]["shot"]) == ("local", "good")
    assert found["feedback"] == [second.json(), given]
    assert served.get("/api/v1/verdicts/s3").json()["outcome"] == "NG"


def test_a_shot_nobody_judged_is_a_problem(served: Any) -> None:
    for answer in (say(served, "nobody", "confirm"), served.get("/api/v1/verdicts/nobody/feedback")):
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:sprue:not-found")
        assert answer.headers["content-type"] == "application/problem+json"
        assert "nobody" in answer.json()["detail"]
    assert served.get("/api/v1/feedback").json()["feedback"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"judgement": "maybe"},
        {},
        {"judgement": "confirm", "reason": "x" * 501},
        {"judgement": "confirm", "who": "x" * 101},
        {"judgement": "confirm", "color": "red"},
    ],
)
def test_what_is_no_feedback_is_refused_and_nothing_is_written(served: Any, body: dict[str, Any]) -> None:
    answer = served.client.post("/api/v1/verdicts/t3/feedback", json=body)

    assert answer.status_code == 422, answer.text
    assert served.get("/api/v1/feedback").json()["feedback"] == []


def test_the_keys_name_counts_and_no_other_may_be_given(serve: Serve, keys: dict[str, str]) -> None:
    served = serve()
    own = {"X-API-Key": keys["operator"]}

    assert say(served, "t3", "confirm", headers=own).json()["who"] == "operator"
    assert say(served, "t3", "confirm", who="operator", headers=own).status_code == 200
    refused = say(served, "t3", "confirm", who="kim", headers=own)
    assert (refused.status_code, refused.json()["type"]) == (403, "urn:sprue:forbidden")
    assert say(served, "t3", "confirm", headers={"X-API-Key": keys["viewer"]}).status_code == 403
    shown = served.get("/api/v1/feedback", headers={"X-API-Key": keys["viewer"]}).json()["feedback"]
    assert len(shown) == 2


def test_stands_in_the_audit_under_the_name(served: Any) -> None:
    say(served, "t3", "false_alarm", reason="measured", who="kim")

    found = served.get("/api/v1/audit").json()
    (row,) = found["audit"]
    assert (row["who"], row["verb"], row["subject"]) == ("kim", "feedback", "shot s3")
    assert (row["detail"], row["result"], found["verified"]) == ("measured", "false_alarm of NG by v1", 1)


def test_is_listed_by_time_facility_and_judgement_in_pages(served: Any) -> None:
    for shot, judgement in (("t3", "confirm"), ("t1", "unsure"), ("t3", "false_alarm")):
        assert say(served, shot, judgement).status_code == 200

    def shots(**query: Any) -> list[str]:
        page = served.get("/api/v1/feedback", params=query).json()
        return [f"{row['shot_id']} {row['judgement']}" for row in page["feedback"]]

    assert shots() == ["s3 false_alarm", "s1 unsure", "s3 confirm"]
    assert shots(newest=True) == ["s3 false_alarm", "s1 unsure"]
    assert shots(facility="A-02") == ["s1 unsure"]
    assert shots(judgement="confirm") == ["s3 confirm"]
    given = served.get("/api/v1/feedback").json()["feedback"][0]["at"]
    assert shots(to=given) == []
    assert len(shots(**{"from": given})) == 3
    first = served.get("/api/v1/feedback", params={"limit": 2}).json()
    assert [row["shot_id"] for row in first["feedback"]] == ["s3", "s1"]
    assert shots(limit=2, cursor=first["next_cursor"]) == ["s3 confirm"]


def test_flags_are_counted_by_group_and_warnings_apart(served: Any, write: Any) -> None:
    rows = [{"outcome": "NG", "shot_id": f"n{i}"} for i in range(4)]
    write(served.store, [*rows, {"outcome": "WARN", "shot_id": "w"}, {"shot_id": "ok"}], "more")
    for i, judgement in enumerate(("confirm", "confirm", "false_alarm", "unsure")):
        say(served, f"n{i}", judgement)
    say(served, "w", "false_alarm")
    say(served, "ok", "confirm")

    found = served.get("/api/v1/feedback/counts").json()

    (group,) = found["groups"]
    assert found["complete"] is True
    assert [group[name] for name in ("maker", "facility", "item", "cluster")] == ["A", "A-01", "cap", 1]
    ng = group["ng"]
    assert (ng["confirmed"], ng["false_alarms"], ng["unsure"]) == (2, 1, 1)
    assert ng["precision"] == pytest.approx(2 / 3)
    assert 0 < ng["low"] < 2 / 3 < ng["high"] < 1
    assert (group["warn"]["false_alarms"], group["warn"]["precision"], group["missed"]) == (1, 0.0, 1)
    assert served.get("/api/v1/feedback/counts", params={"facility": "B-01"}).json()["groups"] == []


def test_while_the_service_does_nothing_nothing_is_written(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.ordering.PATIENCE_S", 0.05)
    served.clerk.away = True

    answer = say(served, "t3", "confirm")
    served.clerk.work()

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:sprue:not-carried-out")
    assert served.get("/api/v1/feedback").json()["feedback"] == []


@pytest.mark.parametrize("error", [StoreUnavailable, ConfigError])
def test_of_a_store_that_fails_meanwhile_the_outcome_is_said_to_be_unknown(
    served: Any, error: type[Exception]
) -> None:
    class AnswerLost:
        """Commits, and its answer is lost."""

        def give_feedback(self, *given: Any) -> None:
            served.store.give_feedback(*given)
            raise error("connection lost")

    served.clerk.desk = replace(served.clerk.desk, sink=AnswerLost())

    answer = say(served, "t3", "confirm")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:sprue:outcome-unknown")
    assert "look at /api/v1/verdicts/t3/feedback" in answer.json()["detail"]
    assert served.get("/api/v1/verdicts/t3/feedback").json()["counts"]["judgement"] == "confirm"


def test_several_at_once_are_all_kept_and_the_audit_stays_whole(served: Any) -> None:
    with ThreadPoolExecutor(4) as people:
        codes = {
            answer.status_code for answer in people.map(lambda _: say(served, "t3", "confirm"), range(8))
        }

    assert codes == {200}
    assert len(served.get("/api/v1/verdicts/t3/feedback").json()["feedback"]) == 8
    assert served.get("/api/v1/audit").json()["verified"] == 8


def test_a_sink_that_keeps_no_feedback_is_named(served: Any) -> None:
    desk = replace(served.clerk.desk, sink=object())
    with pytest.raises(ConfigError, match="keeps feedback, got object"):
        give(desk, "t3", "confirm", "", "kim")


def test_says_when_it_was_given(served: Any) -> None:
    assert from_rfc3339(say(served, "t3", "unsure").json()["at"]) == NOW


def test_a_path_names_all_its_methods(served: Any) -> None:
    answer = served.client.request("OPTIONS", "/api/v1/verdicts/t3/feedback")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")
