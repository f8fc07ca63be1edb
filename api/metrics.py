"""Prometheus metrics, read from the service at the moment of the scrape."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from core.errors import StoreUnavailable
from inference.status import STATES, ServiceStatus
from inference.store.log_reader import LogReader

Judged = Callable[[], Mapping[tuple[str, str], int]]
"""Verdicts written by ``(outcome, route)`` since the start."""


class ServiceCollector(Collector):
    """Turns `ServiceStatus` into metrics; nothing is counted twice, nothing goes stale."""

    def __init__(self, status: Callable[[], ServiceStatus], judged: Judged, reader: LogReader) -> None:
        self._status = status
        self._judged = judged
        self._reader = reader

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        now = self._status()
        for name, value, text in (
            ("read", now.read, "Events read from the stream."),
            ("dead_letters", now.dead_letters, "Records written as dead letters."),
            ("ignored", now.ignored, "Events that bring no record."),
            ("replayed", now.replayed, "Events that were written before."),
            ("reconnects", now.reconnects, "Times the stream or the store was opened again."),
        ):
            yield CounterMetricFamily(f"sprue_{name}", text, value=value)
        verdicts = CounterMetricFamily("sprue_verdicts", "Verdicts written.", labels=["outcome", "route"])
        for labels, count in sorted(self._judged().items()):
            verdicts.add_metric(labels, count)
        yield verdicts
        state = GaugeMetricFamily("sprue_state", "1 for the state of the judging loop.", labels=["state"])
        for one in STATES:
            state.add_metric([one], float(one == now.state))
        yield state
        yield GaugeMetricFamily(
            "sprue_state_code", "The server's error code behind the state, 0: none.", value=now.code or 0
        )
        yield from self._kept()
        yield GaugeMetricFamily("sprue_ready", "1 while verdicts are being given.", value=float(now.ready))
        yield GaugeMetricFamily(
            "sprue_balanced", "1 while every event is accounted for.", value=float(now.balanced)
        )
        if now.lag_seconds is not None:
            yield GaugeMetricFamily(
                "sprue_lag_seconds",
                "Last record written against the newest in the source.",
                value=now.lag_seconds,
            )
        if now.last_commit is not None:
            yield GaugeMetricFamily(
                "sprue_last_commit_timestamp_seconds",
                "When something was last written.",
                value=now.last_commit / 1000,
            )
        yield GaugeMetricFamily(
            "sprue_threshold_choice",
            "Number of the stored choice of the limit that judges, 0: the profile's.",
            value=now.threshold_choice,
        )
        model = InfoMetricFamily("sprue_model", "The registry version that judges.")
        model.add_metric([], {"version": now.model_version or "", "problem": now.model_problem})
        yield model

    def _kept(self) -> Iterator[Metric]:
        """What waits in the store; left out while it cannot be read."""
        try:
            letters, (newest, _) = self._reader.dead_letter_count(), self._reader.gaps(1)
        except StoreUnavailable:
            return
        yield GaugeMetricFamily("sprue_dead_letters_open", "Dead letters nobody settled yet.", value=letters)
        gap = float(any(one["closed_at"] is None for one in newest))
        yield GaugeMetricFamily("sprue_gap_open", "1 while missed records are looked for.", value=gap)


def metrics_registry(
    status: Callable[[], ServiceStatus], judged: Judged, reader: LogReader, *more: Collector
) -> CollectorRegistry:
    """A registry of our own: nothing of other libraries' globals gets in."""
    registry = CollectorRegistry(auto_describe=False)
    for collector in (ServiceCollector(status, judged, reader), *more):
        registry.register(collector)
    return registry
