"""Coverage by REST and as a page: history joined with live verdicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from api.words import LANGUAGES, catalogue
from inference.coverage import LACKS, STATUSES
from tests.api.test_hall import _Page

Serve = Callable[..., Any]
Write = Callable[..., None]


def rows_of(body: dict[str, Any]) -> dict[tuple[Any, ...], dict[str, Any]]:
    return {(r["facility"], r["item"], r["cluster"]): r for r in body["coverage"]}


def test_every_group_says_who_judges_it_and_what_it_lacks(served: Any) -> None:
    body = served.get("/api/v1/coverage").json()

    rows = rows_of(body)
    trained, left_out = rows["A-01", "cap", 1], rows["A-02", "lid", 0]
    assert (trained["status"], trained["route"], trained["missing"]) == ("trained", "trained", "nothing")
    assert (trained["live"], trained["live_trained"], trained["live_ng"]) == (2, 2, 1)
    assert (left_out["status"], left_out["missing"]) == ("too_few", "shots")
    assert left_out["missing_text"] == "460 more shots"
    assert (left_out["route"], left_out["substitute"]) == ("nearest", "A-01|cap|1")
    assert left_out["distance"] == 0.0
    assert (left_out["reason"], left_out["defect_rate"], left_out["kind"]) == ("40 of 500 shots", None, None)
    never = rows["B-01", None, None]
    assert (never["status"], never["route"], never["live_limits"]) == ("never_seen", "limits", 1)
    assert body["groups"] == {"trained": 1, "too_few": 1, "never_seen": 3}
    assert (body["counted"]["first"], body["counted"]["last"]) == (1, 5)


def test_the_blindest_group_comes_first(served: Any) -> None:
    first = served.get("/api/v1/coverage").json()["coverage"][0]

    assert (first["facility"], first["live_limits"]) == ("B-01", 1)


@pytest.mark.parametrize(
    ("query", "facilities"),
    [
        ("maker=B", ["B-01"]),
        ("facility=A-02", ["A-02", "A-02"]),
        ("item=cap", ["A-01"]),
        ("status=trained", ["A-01"]),
        ("route=limits", ["B-01"]),
        ("facility=A-02&status=too_few", ["A-02"]),
        ("facility=nowhere", []),
    ],
)
def test_filters_keep_what_meets_all_of_them(served: Any, query: str, facilities: list[str]) -> None:
    body = served.get(f"/api/v1/coverage?{query}").json()

    assert [row["facility"] for row in body["coverage"]] == facilities


def test_pages_hold_every_group_once_though_verdicts_arrive(served: Any, write: Write) -> None:
    whole = [row["facility"] for row in served.get("/api/v1/coverage").json()["coverage"]]
    seen: list[str] = []
    cursor = ""

    while True:
        body = served.get(f"/api/v1/coverage?limit=2{cursor}").json()
        seen += [row["facility"] for row in body["coverage"]]
        write(
            served.store,
            [{"facility": "A-02", "item": "lid", "route": "nearest", "cluster": 0}],
            f"n{len(seen)}",
        )
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"

    assert seen == whole
    assert served.get("/api/v1/coverage").json()["coverage"][0]["facility"] == "A-02"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "460 more shots"), ("ko", "460쇼트 더 필요"), ("ru", "нужно ещё циклов: 460")],
)
def test_it_says_what_is_missing_in_three_languages(served: Any, language: str, words: str) -> None:
    body = served.get(f"/api/v1/coverage?status=too_few&lang={language}").json()

    assert (body["language"], body["coverage"][0]["missing_text"]) == (language, words)
    assert words in served.get(f"/coverage?lang={language}").text


def test_everything_it_can_say_has_words() -> None:
    assert set(catalogue()["covered"]) == set(STATUSES)
    assert set(catalogue()["lack"]) == set(LACKS)
    assert set(catalogue()["backing"]) == {"trained", "nearest", "limits"}


def test_without_a_model_the_page_says_what_to_do(serve: Serve) -> None:
    served = serve(trained=False)

    assert served.get("/api/v1/coverage").status_code == 503
    page = served.get("/coverage")
    assert page.status_code == 200
    assert "./sprue train" in page.text


def test_without_a_store_the_page_shows_the_history_alone(serve: Serve) -> None:
    served = serve(empty=True)

    assert served.get("/api/v1/coverage").status_code == 503
    text = served.get("/coverage").text
    assert "live shots are not counted" in text
    assert "A-02" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_carries_nothing_inline_and_loads_from_here_alone(
    served: Any, language: str
) -> None:
    page = _Page(served.get(f"/coverage?lang={language}").text)

    assert (page.open, page.inline) == ([], [])
    assert page.loads
    for url in page.loads:
        assert served.get(url).status_code == 200, url
    assert "press/3 <b>" in page.text


def test_what_senders_write_is_text_never_markup(served: Any) -> None:
    text = served.get("/coverage").text

    assert "press/3 <b>" not in text
    assert "<i>" not in text


def test_a_sign_stands_for_each_group_and_a_ring_for_the_blind(served: Any) -> None:
    text = served.get("/coverage").text

    groups = len(served.get("/api/v1/coverage").json()["coverage"])
    assert text.count('class="sign-of"') == groups
    assert text.count("ringed") == 2 * 1 + 1  # the blind group in picture and table, and the legend
    assert 'aria-label="A-02, lid, setting 0' in text


def test_the_legend_counts_blind_settings_and_their_shots(served: Any, write: Write) -> None:
    write(
        served.store,
        [{"facility": "B-01", "maker": "B", "item": None, "route": "limits", "cluster": None}],
        "n",
    )

    text = served.get("/coverage").text

    assert "<b>1</b> Settings with live shots but no own model (shots: 2)" in text


def test_the_page_is_filtered_by_its_links(served: Any) -> None:
    text = served.get("/coverage?facility=A-02&item=lid").text

    assert text.count('class="sign-of"') == 2
    assert "A-01, cap" not in text.replace("A-01, cap, setting 1; ", "")
    assert served.get("/coverage?status=nonsense").status_code == 422


def test_the_machine_hall_leads_there(served: Any) -> None:
    assert 'href="/coverage?lang=ru"' in served.get("/?lang=ru").text
