"""Which home a command acts upon: said, since it follows the folder one stands in."""

from __future__ import annotations

import sys

from core.config import Config, redacted


def is_new(config: Config) -> bool:
    """Whether nothing of a service is in the home: no store, no model, no key."""
    store = config.home / "verdicts.sqlite"
    kept = (store, store.with_name(store.name + ".id"), config.registry, config.keys_file)
    return not any(path.exists() for path in kept)


def say_home(config: Config) -> None:
    """Name the home on standard error, where it is no result; and that it is a new one."""
    said = f"home: {config.home.absolute()}"
    if config.store_url is not None:
        said += f", verdict store: {redacted(config.resolved_store_url)}"
    if is_new(config):
        said += "\n  no store here; the service's home is set by SPRUE_HOME"
    print(said, file=sys.stderr)
