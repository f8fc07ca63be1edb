"""Gaps, states and audit through the API; what the page and the metrics make of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from api.words import LANGUAGES
from core.stream import Position, StateChange, Work
from inference.store.engine import parse_url

Serve = Callable[..., Any]
T = 1_790_000_000


@pytest.fixture(params=["sqlite", "postgresql"])
def served(request: pytest.FixtureRequest, serve: Serve) -> Any:
    """The API over a store of each kind."""
    if request.param == "sqlite":
        return serve()
    return serve(store_url=request.getfixturevalue("fresh_postgres_url"))


def open_gap(served: Any, cause: str = "the oplog is gone") -> None:
    served.store.note_gap(cause, lambda number: Position(f"gap{number}", (T, 1)))


def close_gap(served: Any) -> None:
    served.store.write(Work(Position("{}", (T, 2)), gap_closed=True))


def gauges(served: Any) -> dict[str, float]:
    families = text_string_to_metric_families(served.get("/metrics").text)
    return {s.name: s.value for family in families for s in family.samples if not s.labels}


def test_gaps_are_listed_with_what_became_of_them(served: Any) -> None:
    open_gap(served)
    close_gap(served)
    open_gap(served, "the store was lost")

    body = served.get("/api/v1/gaps?limit=1").json()
    (second,) = body["gaps"]
    (first,) = served.get(f"/api/v1/gaps?cursor={body['next_cursor']}").json()["gaps"]

    assert (second["cause"], second["closed_at"], second["id"]) == ("the store was lost", None, 2)
    assert first["closed_at"] == "2026-09-21T14:14:20.000Z"
    assert first["to_time"] == "2026-09-21T14:13:20.000Z"
    assert (first["seen"], first["judged"]) == (0, 0)


def test_states_are_listed_newest_first(served: Any) -> None:
    changes = [
        StateChange(1000 * T, "streaming", "reconnecting", 11600, "no primary"),
        StateChange(1000 * T + 5, "reconnecting", "opening", None, ""),
    ]
    served.store.write(Work(Position("{}", (1, 2)), states=changes))

    body = served.get("/api/v1/state-log").json()

    assert [(s["before"], s["after"], s["code"]) for s in body["states"]] == [
        ("reconnecting", "opening", None),
        ("streaming", "reconnecting", 11600),
    ]
    assert body["states"][1]["at"] == "2026-09-21T14:13:20.000Z"
    assert body["next_cursor"] is None


def test_the_audit_says_where_it_was_changed_by_hand(served: Any) -> None:
    for number in range(3):
        served.store.audited("kim", "key.made", f"key {number}", "", "done")
    whole = served.get("/api/v1/audit?limit=2").json()
    engine = create_engine(parse_url(served.app.state.context.config.resolved_store_url), poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE audit SET who = 'lee' WHERE seq = 2"))

    changed = served.get("/api/v1/audit").json()

    assert ([row["seq"] for row in whole["audit"]], whole["verified"]) == ([3, 2], 3)
    assert whole["audit"][0]["previous_sha"] == whole["audit"][1]["sha"]
    assert changed["verified"] is None
    assert "expected row 2 with seal" in changed["problem"]


def test_gauges_tell_what_waits(served: Any) -> None:
    before = gauges(served)
    open_gap(served)
    served.store.dismiss_letter(1, "a test shot", "kim")
    served.status = replace(served.status, state="reconnecting", reason="secret reason", code=11600)

    after = gauges(served)

    assert (before["sprue_gap_open"], before["sprue_dead_letters_open"], before["sprue_state_code"]) == (
        0,
        1,
        0,
    )
    assert (after["sprue_gap_open"], after["sprue_dead_letters_open"], after["sprue_state_code"]) == (
        1,
        0,
        11600,
    )
    assert "secret reason" not in served.get("/metrics").text


def test_metrics_are_there_while_the_store_cannot_be_read(serve: Serve) -> None:
    found = gauges(serve(empty=True))

    assert "sprue_ready" in found
    assert "sprue_gap_open" not in found


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Records without a verdict: 1."),
        ("ko", "판정되지 않은 레코드 1건"),
        ("ru", "Записей без оценки: 1."),
    ],
)
def test_the_page_says_that_letters_wait(serve: Serve, language: str, words: str) -> None:
    served = serve()
    assert words in served.get(f"/hall?lang={language}").text

    served.store.dismiss_letter(1, "a test shot", "kim")
    assert '<ul class="notices">' not in served.get(f"/hall?lang={language}").text


def test_the_page_says_what_is_going_on_until_a_gap_is_closed(serve: Serve) -> None:
    served = serve()
    open_gap(served)
    served.status = replace(served.status, state="reconciling")

    text = served.get("/").text
    close_gap(served)
    served.status = replace(served.status, state="streaming")

    assert "judges what was missed, by comparing the collection with the verdicts" in text
    assert "Shots were missed and are being made up for: 0 records compared, 0 judged." in text
    assert "Shots were missed" not in served.get("/").text
    for state in ("paused", "snapshot"):
        served.status = replace(served.status, state=state)
        assert '<ul class="notices"><li class="waits">' in served.get("/?lang=ko").text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("state", "trained", "way_out"),
    [
        ("halted", True, ("SPRUE_ON_GAP=reconcile", "replSetResizeOplog")),
        ("failed", True, ("./sprue doctor", "./sprue serve")),
        ("paused", True, ("./sprue doctor",)),
        ("paused", False, ("./sprue train", "./sprue model activate VERSION")),
        ("reconnecting", True, ("./sprue doctor",)),
    ],
)
def test_whoever_reads_that_it_does_not_judge_reads_what_to_do_and_why(
    serve: Serve, state: Any, trained: bool, way_out: tuple[str, ...], language: str
) -> None:
    served = serve(trained=trained)
    served.status = replace(served.status, state=state, reason="<oplog> is short")

    text = served.get(f"/?lang={language}").text

    (line,) = re.findall(r'<li class="(?:gave-up|waits)">.*?</li>', text)[:1]
    for command in way_out:
        assert f"<code>{command}</code>" in line
    assert "&lt;oplog&gt; is short" in line
    assert ('<li class="gave-up">' in line) == (state in ("halted", "failed"))


def test_the_page_says_that_a_newer_model_is_not_used(served: Any) -> None:
    served.status = replace(served.status, model_problem="v2: manifest differs")
    text = served.get("/").text

    assert "A newer model version is not used" in text
    assert "v2: manifest differs" in text
    assert "<code>./sprue model</code> lists the versions" in text
