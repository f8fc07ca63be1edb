from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from api.pages.tile import IDLE_AFTER_MS, facility_state, warm_up_shots
from api.times import from_rfc3339
from core.profile import WarmUpRule
from inference.store.reader import TrendPoint

Serve = Callable[..., Any]
OK = TrendPoint(False, "OK", 0.1, 0.2, 0.02)


class _Page(HTMLParser):
    """Collects what a page loads, its text, and whether its tags close."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.inline: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loads += [given[a] or "" for a in ("src", "href") if a in given and tag != "a"]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag not in ("meta", "link", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert not self.open or self.open[-1] not in ("script", "style") or not data.strip()
        self.text += f" {data}"


def test_every_machine_has_a_tile_with_its_state_in_words(served: Any) -> None:
    page = _Page(served.get("/").text)

    assert page.open == []
    for words in ("A-01", "Out of tolerance", "A-02", "Near the limit", "B-01", "Not covered by a model"):
        assert words in page.text
    assert "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm" in page.text


@pytest.mark.parametrize(
    ("query", "header", "language", "words"),
    [
        ("", "", "en", "Out of tolerance"),
        ("", "ko", "ko", "허용 범위 이탈"),
        ("?lang=ru", "ko", "ru", "Вне допуска"),
    ],
)
def test_page_speaks_the_language_asked_for(
    served: Any, query: str, header: str, language: str, words: str
) -> None:
    text = served.get(f"/{query}", headers={"Accept-Language": header}).text

    assert f'<html lang="{language}">' in text
    assert words in text


def test_what_senders_write_is_text_never_markup(served: Any) -> None:
    text = served.get("/").text

    assert "press/3 &lt;b&gt;" in text
    assert "<script>" not in text.replace('<script src="/static/hall.js" defer>', "")
    assert "press/3 <b>" not in text


def test_page_loads_from_this_service_only_and_carries_nothing_inline(served: Any) -> None:
    page = _Page(served.get("/").text)

    assert page.inline == []
    assert page.loads
    for url in page.loads:
        assert url.startswith("/static/")
        assert served.get(url).status_code == 200
    css = served.get("/static/hall.css").text
    assert not re.search(r"https?:|@import|url\(", css)


def test_fragment_holds_what_the_page_holds(served: Any) -> None:
    whole, part = served.get("/").text, served.get("/hall").text

    for name in ("summary", "content"):
        assert f'id="{name}"' in part
    tiles = re.findall(r'<li class="tile .*?</dl></li>', whole)
    assert len(tiles) == 4
    assert re.findall(r'<li class="tile .*?</dl></li>', part) == tiles


def test_warning_of_a_substitute_model_is_no_alarm(serve: Serve, write: Callable[..., None]) -> None:
    served = serve()
    write(served.store, [{"facility": "C-01", "outcome": "WARN", "route": "nearest"}], "substitute")
    text = served.get("/").text

    assert '<li class="tile substitute">' in text
    assert "Judged by the nearest setting" in text
    assert '<td class="machine">C-01</td>' not in text
    assert '<td class="machine">A-02</td>' in text


STAND_IN = {"route": "nearest", "substitute": "H02|DUC-206|9", "distance": 1.2749}


@pytest.mark.parametrize(
    ("language", "badge", "whose"),
    [
        ("en", "substitute · distance 1.3", "the model of H02, DUC-206, setting 9 stands in"),
        ("ko", "대체 모델 · 거리 1.3", "대체 모델: H02, DUC-206, 조건 9"),
        ("ru", "замена · расстояние 1,3", "вместо неё модель: H02, DUC-206, настройка 9"),
    ],
)
@pytest.mark.parametrize("outcome", ["OK", "WARN", "NG"])
def test_no_outcome_of_a_substitute_passes_for_that_of_an_own_model(
    serve: Serve, write: Callable[..., None], outcome: str, language: str, badge: str, whose: str
) -> None:
    served = serve()
    write(served.store, [{"facility": "C-01", "outcome": outcome, **STAND_IN}], "substitute")

    text = served.get(f"/?lang={language}").text
    (tile,) = re.findall(r'<li class="tile (?:(?!</dl>).)*<h2>C-01</h2>.*?</dl></li>', text)
    own = re.findall(r'<li class="tile (?:(?!</dl>).)*<h2>A-01</h2>.*?</dl></li>', text)

    assert f"</svg>{badge}</p>" in tile
    assert whose in tile
    assert "tile ok" not in tile
    assert "badge" not in own[0]
    # The row among the abnormal shots says it, too.
    assert text.count(f"</svg>{badge}</p>") == (2 if outcome == "NG" else 1)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "This setting, but set differently than ever trained (distance 3.3)"),
        ("ko", "같은 조건이지만 설정값이 학습 때와 다름 (거리 3.3)"),
        ("ru", "Эта же настройка, но заданная иначе, чем при обучении (расстояние 3,3)"),
    ],
)
def test_a_setting_judged_by_its_own_model_from_afar_is_not_told_of_another(
    serve: Serve, write: Callable[..., None], language: str, words: str
) -> None:
    served = serve()
    place = {"facility": "H02", "item": "DUC-206", "cluster": 9}
    write(served.store, [{**place, **STAND_IN, "distance": 3.3}], "same")

    for path in ("/", "/shots/same0"):
        text = served.get(f"{path}?lang={language}").text
        assert words in text
        assert "H02, DUC-206," not in text


def test_without_any_model_the_badge_says_so(served: Any) -> None:
    assert "</svg>no model · limits only</p>" in served.get("/").text


@pytest.mark.parametrize("distance", [None, float("inf")])
def test_a_substitute_at_no_known_distance_is_still_named(
    serve: Serve, write: Callable[..., None], distance: float | None
) -> None:
    served = serve()
    row = {"facility": "C-01", "route": "nearest", "substitute": "<b>", "distance": distance}
    write(served.store, [row], "substitute")
    text = served.get("/").text

    assert "</svg>substitute</p>" in text
    assert "the model of &lt;b&gt; stands in" in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Cushion 1.25 mm: 2.75 mm below its normal band 4 to 5.5 mm"),
        ("ko", "쿠션 위치 1.25 mm: 정상 범위 4 ~ 5.5 mm보다 2.75 mm 낮음"),
        ("ru", "Подушка (ход) 1,25 мм: на 2,75 мм ниже нормы 4 … 5,5 мм"),
    ],
)
def test_units_are_written_as_the_language_of_the_page_writes_them(
    served: Any, language: str, words: str
) -> None:
    assert words in served.get(f"/?lang={language}").text


@pytest.mark.parametrize(
    ("started", "words"),
    [
        ("2026-09-21T05:02:00+09:00", "0 shots judged since start 05:02"),
        ("2026-09-20T23:59:00+09:00", "0 shots judged since start 09-20 23:59"),
    ],
)
def test_the_bar_says_since_when_it_counts(
    served: Any, monkeypatch: pytest.MonkeyPatch, started: str, words: str
) -> None:
    """The hall below shows what the store holds, also from before the start."""
    context = served.app.state.context
    moment = from_rfc3339(started)
    monkeypatch.setattr(served.app.state, "context", replace(context, started=moment))

    assert words in served.get("/").text


def test_before_the_first_shot_the_page_says_so(serve: Serve) -> None:
    served = serve(empty=True)
    text = served.get("/").text
    assert "The verdicts cannot be read now. <code>./sprue doctor</code> says what is wrong" in text
    served.store.open()
    assert "No verdict yet." in served.get("/").text


def test_when_not_ready_the_bar_says_why(serve: Serve) -> None:
    served = serve(trained=False)
    served.catalog.problem = 'manifest "x" differs'

    assert 'title="model: manifest &quot;x&quot; differs"' in served.get("/").text


@pytest.mark.parametrize(
    ("latest", "trend", "expected"),
    [
        ({}, [OK], "ok"),
        ({"outcome": "NG"}, [OK], "ng"),
        ({"outcome": "WARN"}, [OK], "warn"),
        ({"outcome": "WARN", "route": "nearest"}, [OK], "substitute"),
        ({"route": "nearest"}, [OK], "substitute"),
        ({"route": "nearest"}, [OK._replace(outcome="NG"), OK], "recent"),
        ({"route": "nearest"}, [OK._replace(changed_over=True)], "substitute"),
        ({"outcome": "WARN", "route": "nearest"}, [OK._replace(outcome="NG"), OK], "recent"),
        ({"outcome": "NG", "route": "nearest"}, [OK], "ng"),
        ({"outcome": "WARN", "route": "limits"}, [OK], "warn"),
        ({"route": "limits"}, [OK], "not_covered"),
        ({"outcome": "NG", "route": "limits"}, [OK], "ng"),
        ({}, [OK._replace(outcome="NG"), *[OK] * 99], "recent"),
        ({"flags": ["warm_up"]}, [OK], "warming_up"),
        ({"flags": ["warm_up"]}, [OK._replace(outcome="NG"), OK], "warming_up"),
        ({"flags": ["warm_up"], "outcome": "NG"}, [OK], "ng"),
        ({"flags": ["warm_up"], "route": "nearest"}, [OK], "substitute"),
        ({}, [OK._replace(changed_over=True, warming_up=True), OK], "ok"),
        ({"judged_at": -IDLE_AFTER_MS - 1, "outcome": "NG"}, [OK], "idle"),
        ({"judged_at": -IDLE_AFTER_MS, "outcome": "NG"}, [OK], "ng"),
    ],
)
def test_state_is_the_one_that_needs_somebody_most(
    latest: dict[str, Any], trend: list[TrendPoint], expected: str
) -> None:
    ordinary = {"judged_at": 0, "outcome": "OK", "route": "trained", "flags": []}
    assert facility_state(ordinary | latest, trend, 0) == expected


WARM = OK._replace(warming_up=True)
CHANGED = WARM._replace(changed_over=True)


@pytest.mark.parametrize(
    ("trend", "made"),
    [
        ([WARM], 1),
        ([OK, WARM, WARM], 2),
        ([WARM, WARM, CHANGED, WARM], 2),
        ([WARM._replace(shot_time=0), WARM._replace(shot_time=60_001), WARM], 2),
        ([WARM._replace(shot_time=0), WARM._replace(shot_time=60_000)], 2),
        ([WARM._replace(shot_time=99), WARM._replace(shot_time=7)], 2),
        ([WARM] * 9, 5),
    ],
)
def test_a_warm_up_counts_from_its_start(trend: list[TrendPoint], made: int) -> None:
    assert warm_up_shots(trend, WarmUpRule(shots=5, gap_minutes=1.0)) == made


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Warming up, 2 of 20"), ("ko", "안정화 중, 20쇼트 중 2번째"), ("ru", "Прогрев, 2 из 20")],
)
def test_a_tile_says_how_far_the_warm_up_is(
    serve: Serve, write: Callable[..., None], language: str, words: str
) -> None:
    served = serve()
    write(served.store, [{"facility": "W-01", "flags": ["warm_up"]}] * 2, "warm")
    assert words in served.get(f"/?lang={language}").text


def test_a_flagged_shot_shows_its_last_word_as_text_and_a_button_to_change_it(served: Any) -> None:
    before = served.get("/hall").text
    assert before.count('data-token="t3"') == 1
    assert "Give feedback" in before
    served.store.give_feedback("t3", "confirm", "first", "kim")
    served.store.give_feedback("t3", "false_alarm", "<b>flat</b>", "<i>lee")

    page = _Page(served.get("/").text)

    assert page.open == []
    for words in ("False alarm", "<b>flat</b>", "<i>lee", "Change"):
        assert words in page.text
    assert "first" not in page.text
    assert "<b>flat" not in served.get("/").text


def test_what_is_said_of_a_shot_that_was_not_flagged_is_no_answer_to_an_alarm(served: Any) -> None:
    served.store.give_feedback("t0", "confirm", "", "kim")

    missed = served.get("/shots/t0?lang=en").text
    served.store.give_feedback("t0", "false_alarm", "", "kim")
    good = served.get("/shots/t0?lang=en").text

    assert "<b>Bad, not flagged</b>" in missed
    assert "<b>Good part</b>" in good
    assert 'data-outcome="OK"' in good


def test_who_may_only_look_sees_what_was_said_and_no_button(serve: Serve, keys: dict[str, str]) -> None:
    served = serve()
    served.store.give_feedback("t3", "unsure", "", "kim")

    seen = {
        role: served.get("/?lang=en", headers={"X-API-Key": keys[role]}).text
        for role in ("viewer", "operator")
    }

    assert all("Unclear" in text for text in seen.values())
    assert ['data-token="t3"' in text for text in seen.values()] == [False, True]
    assert ["<dialog" in text for text in seen.values()] == [False, True]
    assert "feedback-who" not in seen["operator"]
    assert "feedback-who" in served.get("/static/feedback.js", headers={"X-API-Key": keys["viewer"]}).text
