"""A home holds one process: its versions follow each other, its verdicts are of the same records."""

from __future__ import annotations

from core.config import Config
from core.errors import ConfigError, ModelCorrupt
from core.profile import Profile
from models.registry import Registry
from models.registry_manifest import MANIFEST, read_manifest


def refuse_another_process(config: Config, profile: Profile) -> None:
    """Refuse to train a process into the home of another one, whose version it would replace.

    Raises
    ------
    ConfigError
        The version in use was trained under a profile of another name.
    """
    registry = Registry(config.registry)
    try:
        version = registry.current()
        if version is None:
            return
        name = read_manifest(registry.folder / version / MANIFEST)["profile"]["name"]
    except (ModelCorrupt, KeyError, TypeError):  # whose it is nobody can say; training mends it
        return
    if name != profile.name:
        msg = (
            f"{config.home}: this home holds process {name!r}, got profile {profile.name!r}; "
            "give another folder with --home"
        )
        raise ConfigError(msg)


def one_judges(registry: Registry) -> bool:
    """Whether there is a version that a challenger can stand beside."""
    try:
        return registry.current() in registry.list()
    except ModelCorrupt:  # training mends it
        return False
