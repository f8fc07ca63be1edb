"""Where ``./sprue threshold`` chooses and lists: at the running service, or in the store itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from api.threshold_rows import choice_outward
from core.config import Config
from core.errors import ModelNotFound, StoreUnavailable
from inference.store.choices import ThresholdChoice
from inference.store.engine import parse_url, sqlite_path
from inference.store.held import is_written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from inference.stored_choice import check_tails
from inference.threshold_choice import Choice
from models.registry import Registry
from scripts.service_client import ServiceClient

PAGE = 1000
Given = dict[str, Any]
"""A choice as the REST API gives it."""


class ThresholdBox(Protocol):
    """Choices that can be listed and made. A context manager.

    Every method may raise `StoreUnavailable` and `ConfigError`.
    """

    def __enter__(self) -> Self:
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Let go of everything."""

    def choices(self, limit: int) -> list[Given]:
        """The newest choices, at most `limit`."""

    def choose(self, rule: Mapping[str, Any], why: str, who: str | None) -> Given:
        """Store a choice."""


def threshold_box(config: Config) -> ThresholdBox:
    """The service's, when one has the store open, else the store's."""
    if is_written(config.resolved_store_url):
        return RemoteThreshold(config)
    return DirectThreshold(config)


class RemoteThreshold(ServiceClient):
    """Choices of a running service; see `ThresholdBox`."""

    def choices(self, limit: int) -> list[Given]:
        """The newest choices."""
        found: list[Given] = []
        cursor = ""
        while len(found) < limit:
            page = self.ask("GET", f"/threshold/choices?limit={min(PAGE, limit - len(found))}{cursor}")
            found += page["choices"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        return found

    def choose(self, rule: Mapping[str, Any], why: str, who: str | None) -> Given:
        """Have the service write it."""
        wish = {"rule": dict(rule), "why": why} | ({"who": who} if who else {})
        return self.ask("PUT", "/threshold", wish)


class DirectThreshold:
    """Choices of a store that no service writes; see `ThresholdBox`."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def choices(self, limit: int) -> list[Given]:
        """The newest choices."""
        return [choice_outward(one) for one in stored_choices(self._config, limit)]

    def choose(self, rule: Mapping[str, Any], why: str, who: str | None) -> Given:
        """Write it; this process is the store's writer for a moment."""
        try:
            plant, manifest = Registry(self._config.registry).load()
            check_tails(Choice.of(rule), plant, manifest.version)
        except ModelNotFound:
            pass  # a choice may be made before anything is trained
        store = VerdictStore(self._config.resolved_store_url, identity_folder=self._config.home)
        try:
            store.open()
            return choice_outward(store.choose_threshold(who or "local", why, rule))
        finally:
            store.close()


def stored_choices(config: Config, limit: int) -> list[ThresholdChoice]:
    """The newest choices in the store of this place; none where it has no store yet."""
    path: Path | None = sqlite_path(parse_url(config.resolved_store_url))
    if path is not None and not path.exists():
        return []
    reader = VerdictReader(config.resolved_store_url)
    try:
        found, _ = reader.threshold_choices(limit)
        return found
    finally:
        reader.close()


def newest_choice(config: Config) -> ThresholdChoice | None:
    """The choice that counts in the store of this place; None where nobody chose or none can be read."""
    try:
        found = stored_choices(config, 1)
    except StoreUnavailable:
        return None
    return found[0] if found else None
