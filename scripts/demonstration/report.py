"""Counts what came out against what was put in, through the REST API alone."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from urllib.parse import quote

import numpy as np

from core.verdict import ROUTES
from scripts.demonstration.feed import Sent
from scripts.demonstration.service_process import ServiceProcess

PAGE = 1000


def report(service: ServiceProcess, sent: Sent, groups_trained: int) -> dict[str, Any]:
    """The demonstration's figures.

    Latency is from the moment the press began its insert to the moment the verdict
    was committed, both by this machine's clock. A shot is lost when it has neither a
    verdict nor a dead letter, doubled when it has more than one of them.
    """
    ours = sent.inserted_at
    verdicts = [v for v in pages(service, "/api/v1/verdicts", "verdicts") if v["shot_id"] in ours]
    dead = [d for d in pages(service, "/api/v1/dead-letters", "dead_letters") if d["record_id"] in ours]
    answers = Counter([v["shot_id"] for v in verdicts] + [d["record_id"] for d in dead])
    ng = {v["shot_id"] for v in verdicts if v["outcome"] == "NG"}
    good = set(ours) - sent.bad
    latency = np.array([_ms(v["judged_at"]) - ours[v["shot_id"]] for v in verdicts])
    routes = Counter(v["route"] for v in verdicts)
    return {
        "shots": len(ours),
        "verdicts": len(verdicts),
        "dead_letters": len(dead),
        "lost": sum(1 for shot in ours if shot not in answers),
        "doubled": sum(1 for count in answers.values() if count > 1),
        "outcomes": dict(Counter(v["outcome"] for v in verdicts)),
        "routes": {route: routes.get(route, 0) for route in ROUTES},
        "bad_shots": len(sent.bad),
        "ng_recall": _share(len(ng & sent.bad), len(sent.bad)),
        "false_alarm_rate": _share(len(ng & good), len(good)),
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
    rows: list[dict[str, Any]] = []
    cursor = None
    while True:
        query = f"?limit={PAGE}" + (f"&cursor={quote(cursor)}" if cursor else "")
        page = service.get(path + query, timeout=60)
        rows += page[name]
        cursor = page["next_cursor"]
        if cursor is None:
            return rows


def _ms(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
