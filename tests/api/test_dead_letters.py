"""Dead letters through the API: shown, judged again, dismissed; and what is said when that cannot be."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import bson
import httpx
import pytest

from core.errors import ConfigError, StoreUnavailable
from core.profile import Profile
from core.stream import DeadLetter, Position, Work
from inference.store.rows import RAW_LIMIT

Serve = Callable[..., Any]
Letters = Callable[..., bytes]
JSON = {"Content-Type": "application/json"}
PATH = "/api/v1/dead-letters"


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, serve: Serve) -> Any:
    """The API over a store of each kind; its letter 1 holds no record that can be read."""
    if request.param == "sqlite":
        return serve()
    return serve(store_url=request.getfixturevalue("fresh_postgres_url"))


@pytest.fixture(scope="module")
def record(profile: Profile) -> Callable[..., bytes]:
    """``record(cycle_time=...)``: a shot of a press that has a model, as BSON."""

    def make(**measured: Any) -> bytes:
        actual: dict[str, Any] = {v.path[1]: 0.5 for v in profile.production}
        shot = {"_id": "shot", "maker": "A", "facility": "A-01", "item": "cap"}
        settings = {v.path[1]: 110.0 for v in profile.settings}
        return bson.encode(shot | {"set": settings, "actual": actual | measured})

    return make


@pytest.fixture
def receive() -> Callable[..., None]:
    """Sets records aside under the tokens ``x<n>``, letters 2 and following."""

    def receive(served: Any, *raw: bytes, reason: str = "not_a_number") -> None:
        letters = [DeadLetter(f"x{i}", f"r{i}", reason, "x", one) for i, one in enumerate(raw, start=2)]
        served.store.write(Work(Position("{}", (2, 1)), dead_letters=letters))

    return receive


def post(served: Any, path: str, body: Any = None, **headers: str) -> httpx.Response:
    answer: httpx.Response = served.client.post(PATH + path, json=body or {}, headers=JSON | headers)
    return answer


def state(served: Any, seq: int) -> tuple[str, int, str]:
    one = served.get(f"{PATH}/{seq}").json()
    return one["state"], one["attempts"], one["reason"]


def audit(served: Any, **headers: str) -> list[tuple[str, ...]]:
    body = served.get("/api/v1/audit", headers=headers).json()
    assert body["problem"] == ""
    assert body["verified"] == len(body["audit"])
    names = ("who", "verb", "subject", "detail", "result")
    return [tuple(row[name] for name in names) for row in reversed(body["audit"])]


def test_a_letter_is_shown_with_its_record(served: Any, receive: Letters, record: Letters) -> None:
    receive(served, record(cycle_time="sensor off"), b"\x00" * (RAW_LIMIT + 1))

    whole, cut, broken = (served.get(f"{PATH}/{seq}").json() for seq in (2, 3, 1))

    assert '"cycle_time": "sensor off"' in whole["extended_json"]
    assert (whole["hex"], whole["shown"]) == (None, f"all {whole['raw_length']} bytes")
    assert cut["extended_json"] is None
    assert len(cut["hex"]) == 2 * RAW_LIMIT
    assert cut["shown"] == "the first 65536 of 65537 bytes; the rest was not kept"
    assert broken["hex"] == b"raw".hex()
    assert served.get(f"{PATH}/99").status_code == 404
    assert [one["seq"] for one in served.get(PATH).json()["dead_letters"]] == [3, 2, 1]


def test_a_letter_judged_again_has_its_verdict(served: Any, receive: Letters, record: Letters) -> None:
    receive(served, record())

    answer = post(served, "/2/replay")

    assert answer.json() == {"seq": 2, "result": "replayed", "outcome": "OK", "reason": "", "detail": ""}
    verdict = served.get("/api/v1/verdicts/x2").json()
    assert (verdict["shot_id"], verdict["outcome"], verdict["route"]) == ("shot", "OK", "trained")
    assert state(served, 2) == ("replayed", 1, "not_a_number")
    assert audit(served) == [("local", "replay", "dead letter 2", "", "verdict OK")]
    again = post(served, "/2/replay")
    assert (again.status_code, again.json()["type"]) == (409, "urn:sprue:letter-settled")


def test_a_letter_that_is_still_bad_says_why_and_stays_open(served: Any) -> None:
    answer = post(served, "/1/replay")

    assert (answer.status_code, answer.json()["result"]) == (200, "still_bad")
    assert answer.json()["reason"] == "undecodable"
    assert state(served, 1) == ("open", 2, "undecodable")
    assert [row[-1] for row in audit(served)] == ["still bad: undecodable"]


def test_a_letter_that_was_not_kept_whole_is_refused(served: Any, receive: Letters) -> None:
    receive(served, b"\x00" * (RAW_LIMIT + 1))

    answer = post(served, "/2/replay")

    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sprue:letter-not-whole")
    assert "dismiss this letter" in answer.json()["detail"]
    assert audit(served) == []


def test_a_dismissed_letter_keeps_its_reason_in_the_audit(served: Any) -> None:
    answer = post(served, "/1/dismiss", {"reason": " a test shot "})

    assert answer.json() == {"seq": 1, "state": "dismissed"}
    assert state(served, 1)[0] == "dismissed"
    assert audit(served) == [("local", "dismiss", "dead letter 1", "a test shot", "dismissed")]
    assert post(served, "/1/dismiss", {"reason": "again"}).status_code == 409
    assert post(served, "/9/dismiss", {"reason": "again"}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": "ab"}, {"reason": "    "}, {"reason": " a "}, {"reason": "x" * 501}, {"why": "abc"}],
)
def test_a_dismissal_needs_a_reason(served: Any, body: Any) -> None:
    assert post(served, "/1/dismiss", body).status_code == 422
    assert state(served, 1)[0] == "open"


def test_all_letters_of_a_reason_are_judged_again(
    served: Any, receive: Letters, record: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.letter_orders.MOST_REPLAYED", 2)
    receive(served, record(), record(cycle_time="off"), b"\x00" * (RAW_LIMIT + 1), reason="judge_failed")

    first = post(served, "/replay", {"reason": "judge_failed"}).json()
    second = post(served, "/replay", {"reason": "judge_failed", "before": first["next_before"]}).json()

    none = {"replayed": 0, "still_bad": 0, "settled": 0, "not_whole": 0, "stopped": ""}
    assert first == none | {"not_whole": 1, "still_bad": 1, "next_before": 3}
    assert second == none | {"replayed": 1, "next_before": None}
    assert state(served, 1) == ("open", 1, "not_a_number")
    assert state(served, 3) == ("open", 2, "not_a_number")
    assert post(served, "/replay", {"reason": "nobody's"}).json() == none | {"next_before": None}


def test_many_letters_are_judged_in_orders_of_bounded_time(
    served: Any, receive: Letters, record: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.letters.replay_many.__kwdefaults__", {"seconds": 0, "clock": lambda: 0.0})
    receive(served, *[record()] * 5, reason="judge_failed")

    assert post(served, "/replay", {"reason": "judge_failed"}).json()["replayed"] == 5


def test_many_letters_take_a_request_of_bounded_time(
    served: Any, receive: Letters, record: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("inference.letters.replay_many.__kwdefaults__", {"seconds": 0, "clock": lambda: 0.0})
    monkeypatch.setattr("api.routes.letter_orders.PATIENCE_S", 0.0)
    receive(served, *[record()] * 3, reason="judge_failed")

    answer = post(served, "/replay", {"reason": "judge_failed"}).json()

    assert (answer["replayed"], answer["next_before"]) == (1, 4)
    assert answer["stopped"]


def test_an_order_that_is_given_up_is_never_carried_out(
    served: Any, receive: Letters, record: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.ordering.PATIENCE_S", 0.01)
    receive(served, record())
    served.status = replace(served.status, state="paused", reason="no model: run ./sprue train")
    served.clerk.away = True

    for path, body in (("/2/replay", {}), ("/1/dismiss", {"reason": "abc"}), ("/replay", {"reason": "x"})):
        answer = post(served, path, body)
        if path == "/replay":  # nothing of that reason: there was nothing to order
            continue
        problem = answer.json()
        assert (answer.status_code, problem["type"]) == (503, "urn:sprue:not-carried-out")
        assert "(paused: no model: run ./sprue train); nothing was changed" in problem["detail"]
    assert post(served, "/replay", {"reason": "not_a_number"}).status_code == 503

    served.clerk.work()
    assert state(served, 2) == ("open", 1, "not_a_number")
    assert state(served, 1) == ("open", 1, "not_a_number")
    assert audit(served) == []


@pytest.mark.parametrize("ended", ["stopped", "halted", "failed"])
def test_a_service_that_ended_is_not_waited_for(served: Any, ended: Any) -> None:
    served.status = replace(served.status, state=ended, reason="the oplog is gone")

    answer = post(served, "/1/replay")

    assert answer.json()["type"] == "urn:sprue:not-carried-out"
    assert f"({ended}: the oplog is gone)" in answer.json()["detail"]
    assert not served.clerk.came.is_set()


def test_an_order_that_has_begun_is_never_said_to_be_without_effect(
    served: Any, receive: Letters, record: Letters, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is carried out so slowly that the client is told to look later; and it counts."""
    monkeypatch.setattr("api.ordering.PATIENCE_S", 0.01)
    monkeypatch.setattr("api.ordering.LONGEST_S", 0.01)
    receive(served, record())
    begun, go_on = threading.Event(), threading.Event()
    decode = served.clerk.desk.decoder.decode

    class Slow:
        def decode(self, events: Any) -> Any:
            begun.set()
            assert go_on.wait(20)
            return decode(events)

    served.clerk.desk = replace(served.clerk.desk, decoder=Slow())
    hand_in = served.clerk.orders.hand_in
    with ThreadPoolExecutor(1) as judging:

        def at_once(order: Any) -> Future[Any]:
            answer: Future[Any] = hand_in(order)
            judging.submit(served.clerk.work)
            assert begun.wait(20)
            return answer

        served.app.state.context = replace(served.app.state.context, hand_in=at_once)
        answer = post(served, "/2/replay")
        go_on.set()

    assert answer.status_code == 202
    assert "GET the dead letter" in answer.json()["detail"]
    assert state(served, 2)[0] == "replayed"


@pytest.mark.parametrize("error", [StoreUnavailable, ConfigError])
def test_of_a_store_that_fails_meanwhile_the_outcome_is_said_to_be_unknown(
    served: Any, receive: Letters, record: Letters, error: type[Exception]
) -> None:
    receive(served, record())

    class AnswerLost:
        """Commits, and its answer is lost."""

        def settle_letter(self, *given: Any) -> None:
            served.store.settle_letter(*given)
            raise error("connection lost")

        dismiss_letter = letter_failed_again = settle_letter

    served.clerk.desk = replace(served.clerk.desk, sink=AnswerLost())

    answer = post(served, "/2/replay")

    assert (answer.status_code, answer.json()["type"]) == (503, "urn:sprue:outcome-unknown")
    assert "nothing was changed" not in answer.json()["detail"]
    assert state(served, 2)[0] == "replayed"


def test_an_order_that_waits_when_the_service_ends_is_refused(served: Any) -> None:
    served.clerk.away = True
    with ThreadPoolExecutor(1) as client:
        answer = client.submit(post, served, "/1/replay")
        assert served.clerk.came.wait(20)
        served.clerk.orders.refuse_all(StoreUnavailable("the service is ending; nothing was changed"))

    assert answer.result().json()["type"] == "urn:sprue:not-carried-out"
    assert state(served, 1)[1] == 1


def test_two_clients_at_once_get_one_verdict(served: Any, receive: Letters, record: Letters) -> None:
    receive(served, record())
    with ThreadPoolExecutor(4) as clients:
        codes = list(clients.map(lambda _: post(served, "/2/replay").status_code, range(4)))

    assert sorted(codes) == [200, 409, 409, 409]
    assert len(audit(served)) == 1
    assert served.store.judged[("OK", "trained")] == 3  # with the two of the ordinary rows


def test_the_audit_names_the_key(serve: Serve, keys: dict[str, str]) -> None:
    served = serve()
    operator, admin = ({"X-API-Key": keys[role]} for role in ("operator", "admin"))

    assert post(served, "/1/dismiss", {"reason": "a test shot"}, **operator).status_code == 200

    assert [row[0] for row in audit(served, **admin)] == ["operator"]


def test_an_api_without_a_service_behind_it_refuses_orders(served: Any) -> None:
    from api.ordering import nobody_obeys

    served.app.state.context = replace(served.app.state.context, hand_in=nobody_obeys)

    assert post(served, "/1/replay").json()["type"] == "urn:sprue:not-carried-out"
