"""Texts as no press should send them: through the server and the store out into the API's JSON."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from typing import Any, Final, NoReturn
from urllib.parse import quote

import pytest

from tests.faults.crash.hall import Hall
from tests.faults.crash.odd_shots import OddShots

MakeHall = Callable[..., Hall]
LONG: Final = "0123456789abcdef" * 2**16
"""1 MiB."""
RTL = "מכסה ‮28 غطاء"
COMBINED = "e\u0301\u0323 \u1e1b\u0307 👩\u200d🔧"
MARKUP = '<script>alert("1")</script> & \\ \u2028 \x01\x7f'
JUDGED: Final[dict[str, dict[str, Any]]] = {
    "rtl": {"item": RTL},
    "combined": {"item": COMBINED},
    "markup": {"item": MARKUP},
    "long": {"item": LONG},
    "long, other end": {"item": f"{LONG}x"},
    "rtl press": {"facility": RTL},
    "markup press": {"facility": MARKUP},
    "names": {"a.b": 1, "actual.cycle_time": "x", "$set": {"$x": 2}, "": 3, RTL: 4, "n" * 5_000: 5},
}
"""These get a verdict, whatever is in them."""
DEAD: Final[dict[str, dict[str, Any]]] = {
    "nul item": {"item": "a\x00b"},
    "nul press": {"facility": "\x00"},
    "nul maker": {"maker": "A\x00"},
}
"""No database can store these as a key."""


def sound(text: str) -> Any:
    """What a strict reader makes of JSON: no NaN, no key twice, nothing that is no Unicode."""

    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is no JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        assert len(found) == len(pairs), pairs
        return found

    value = json.loads(text, parse_constant=refuse, object_pairs_hook=once)
    json.dumps(value, ensure_ascii=False).encode("utf-8")
    return value


def ask(hall: Hall, path: str) -> str:
    with urllib.request.urlopen(hall.service.url + path, timeout=20) as answer:  # own loopback address
        assert answer.status == 200
        content: bytes = answer.read()
    return content.decode("utf-8")


def check_everything_is_told_soundly(hall: Hall) -> None:
    """Each list, each record and each page; nothing of it breaks a reader."""
    verdicts = sound(ask(hall, "/api/v1/verdicts?limit=1000"))["verdicts"]
    found = {one["shot_id"]: one for one in verdicts}
    assert [found[name]["item"] for name in ("rtl", "combined", "markup")] == [RTL, COMBINED, MARKUP]
    long = [found[name]["item"] for name in ("long", "long, other end")]
    assert [text[:400] for text in long] == [LONG[:400]] * 2
    assert long[0] != long[1]
    assert max(map(len, long)) <= 500
    for name in JUDGED:
        one = sound(ask(hall, f"/api/v1/verdicts/{quote(found[name]['event_token'], safe='')}"))
        assert one["shot_id"] == name
    letters = sound(ask(hall, "/api/v1/dead-letters?limit=1000"))["dead_letters"]
    assert {one["record_id"] for one in letters} >= {*DEAD, "half", "a\ufffdb"}
    for letter in letters:
        assert sound(ask(hall, f"/api/v1/dead-letters/{letter['seq']}"))["reason"] == letter["reason"]
    for press in (RTL, MARKUP):
        latest = sound(ask(hall, f"/api/v1/facilities/{quote(press, safe='')}/latest"))
        assert latest["latest"]["facility"] == press
        assert sound(ask(hall, f"/api/v1/verdicts?facility={quote(press, safe='')}"))["verdicts"]
    for path in ("facilities", "lots", "gaps", "state-log", "audit", "status", "models", "openapi.json"):
        sound(ask(hall, f"/api/v1/{path}"))
    for path in ("/", "/hall"):
        assert "<script>alert" not in ask(hall, path)
    assert "sprue_balanced 1.0" in ask(hall, "/metrics")


@pytest.mark.fault_row(28)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_every_text_is_stored_or_a_dead_letter_and_every_answer_is_sound(
    make_hall: MakeHall, request: pytest.FixtureRequest, database: str
) -> None:
    url = request.getfixturevalue("fresh_postgres_url") if database == "postgres" else None
    hall = make_hall(settings={"SPRUE_STORE_URL": url} if url else {})
    hall.start()
    odd = OddShots(hall)
    hall.feed.write(20)
    for name, fields in JUDGED.items():
        odd.put(name, fields)
    for name, fields in DEAD.items():
        odd.put(name, fields, "bad_text")
    odd.put_half_a_character("half", {"item": "a\ufffdb"})
    odd.put_half_a_character("half a name", {"a\ufffdb": 1})
    odd.put_named("a\x00b", "a\ufffdb", "bad_text")
    hall.feed.write(20)
    hall.await_answers()
    hall.note_faults("odd text", len(JUDGED) + len(DEAD) + 3)
    check_everything_is_told_soundly(hall)
    findings = hall.settle()

    assert findings.all_well, str(findings)
