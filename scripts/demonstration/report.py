"""Counts what came out against what was put in, through the REST API alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import quote

import numpy as np

from core.verdict import OUTCOMES, ROUTES
from scripts.demonstration.feed import Sent
from scripts.demonstration.service_process import ServiceProcess

PAGE = 1000


def report(service: ServiceProcess, sent: Sent, groups_trained: int) -> dict[str, Any]:
    """The demonstration's figures.

    Latency is from the moment the press began its insert to the moment the verdict
    was committed, both by this machine's clock. A shot is lost when it has neither a
    verdict nor a dead letter, doubled when it has more than one of them.

    ``ng_recall`` is the share of bad parts judged NG, ``false_alarm_rate`` the share of
    good parts judged NG. Some good parts come from shots on which something did go wrong
    (``abnormal_good_shots``; NG: ``flagged_abnormal_good``). They stay in the false
    alarms, because to a plant a good part judged NG is one; they are counted apart,
    because such an alarm had a cause on the press.
    """
    ours = sent.inserted_at
    verdicts = _ours(service, "/api/v1/verdicts", "verdicts", "shot_id", sent)
    dead = _ours(service, "/api/v1/dead-letters", "dead_letters", "record_id", sent)
    answers = Counter([v["shot_id"] for v in verdicts] + [d["record_id"] for d in dead])
    ng = {v["shot_id"] for v in verdicts if v["outcome"] == "NG"}
    good = set(ours) - sent.bad
    latency = np.array([_ms(v["judged_at"]) - ours[v["shot_id"]] for v in verdicts])
    routes = Counter(v["route"] for v in verdicts)
    outcomes = Counter(v["outcome"] for v in verdicts)
    return {
        "shots": len(ours),
        "verdicts": len(verdicts),
        "dead_letters": len(dead),
        "lost": sum(1 for shot in ours if shot not in answers),
        "doubled": sum(1 for count in answers.values() if count > 1),
        "outcomes": {outcome: outcomes.get(outcome, 0) for outcome in OUTCOMES},
        "routes": {route: routes.get(route, 0) for route in ROUTES},
        "bad_shots": len(sent.bad),
        "ng_recall": _share(len(ng & sent.bad), len(sent.bad)),
        "false_alarm_rate": _share(len(ng & good), len(good)),
        "abnormal_good_shots": len(sent.abnormal_good),
        "flagged_abnormal_good": len(ng & sent.abnormal_good),
        "latency_p50_ms": round(float(np.quantile(latency, 0.5)), 1) if len(latency) else None,
        "latency_p99_ms": round(float(np.quantile(latency, 0.99)), 1) if len(latency) else None,
        "groups_trained": groups_trained,
    }


def answered(service: ServiceProcess) -> int:
    """Verdicts and dead letters so far, by the service's own count."""
    status = service.get("/api/v1/status")
    return int(status["verdicts"]) + int(status["dead_letters"])


def pages(service: ServiceProcess, path: str, name: str) -> list[dict[str, Any]]:
    """Every row of a paged answer, newest first; `name` is its list's field."""
    return [row for page in _pages(service, path, name) for row in page]


def _ours(service: ServiceProcess, path: str, name: str, key: str, sent: Sent) -> list[dict[str, Any]]:
    """The rows of the shots that were sent; what earlier starts left is older and not read."""
    found: list[dict[str, Any]] = []
    for page in _pages(service, path, name):
        rows = [row for row in page if row[key] in sent.inserted_at]
        if not rows:
            break
        found += rows
    return found


def _pages(service: ServiceProcess, path: str, name: str) -> Iterator[list[dict[str, Any]]]:
    cursor = None
    while True:
        query = f"?limit={PAGE}" + (f"&cursor={quote(cursor)}" if cursor else "")
        page = service.get(path + query, timeout=60)
        yield page[name]
        cursor = page["next_cursor"]
        if cursor is None:
            return


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
