"""Metrics of the challenger and of drift."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from api.context import Catalog
from core.errors import ModelCorrupt, StoreUnavailable
from core.profile import Profile
from inference.drift.report import drift_of
from inference.store.reader import VerdictReader
from models.registry import Registry

KEPT_MS = 60_000
"""How long a count of drifted groups stands: lots change slowly, and scrapes come often."""


class BesideCollector(Collector):
    """Reads what goes on beside judging; left out while the store cannot be read.

    Parameters
    ----------
    registry : Registry
        Names the challenger.
    reader : VerdictReader
    catalog : Catalog
        What judges.
    profile : Profile
    clock : callable
        The present, ms since 1970 UTC.
    """

    def __init__(
        self,
        registry: Registry,
        reader: VerdictReader,
        catalog: Catalog,
        profile: Profile,
        clock: Callable[[], int],
    ) -> None:
        self._registry, self._reader, self._catalog = registry, reader, catalog
        self._profile, self._clock = profile, clock
        self._drifted: tuple[str, int, int] | None = None

    def collect(self) -> Iterator[Metric]:
        """The metrics now."""
        try:
            yield from self._challenger()
            yield from self._drift()
        except StoreUnavailable:
            return

    def _challenger(self) -> Iterator[Metric]:
        try:
            appointed = self._registry.challenger()
        except (ModelCorrupt, OSError):
            return
        run = self._reader.shadow_run(appointed.since) if appointed is not None else None
        if run is None:
            return
        dropped = float(run.state == "dropped")
        yield GaugeMetricFamily("sprue_challenger_dropped", "1: the trial ended by itself.", value=dropped)
        for name, value, text in (
            ("compared", run.compared, "Shots the challenger judged, too."),
            ("skipped", run.skipped, "Shots it did not judge."),
        ):
            yield CounterMetricFamily(f"sprue_challenger_{name}", text, value=value)

    def _drift(self) -> Iterator[Metric]:
        version, plant = self._catalog.version, self._catalog.plant
        if version is None or plant is None:
            return
        now, known = self._clock(), self._drifted
        if known is None or known[0] != version or not 0 <= now - known[1] < KEPT_MS:
            found = drift_of(self._reader.drift_lots(version), plant, self._profile)
            moved = sum(group["status"] == "moved" for group in found.groups())
            known = self._drifted = version, now, moved
        yield GaugeMetricFamily("sprue_drifted_groups", "Groups that left their training.", value=known[2])
