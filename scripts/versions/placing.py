"""Putting a version in place, once it is proven that it can judge."""

from __future__ import annotations

import getpass
import os

import structlog

from core.errors import ModelCorrupt
from core.profile import Profile
from inference.plan_provider import load_plan
from models.registry import Registry


def put_in_place(registry: Registry, version: str, profile: Profile) -> None:
    """Make a version the current one, once it is proven that it can judge; who did is logged.

    Raises
    ------
    ModelError
        No such version, or it cannot judge under this profile; the current one stays.
    """
    load_plan(registry, version, profile)
    try:
        was = registry.current()
    except ModelCorrupt:  # of which this is the way out
        was = None
    registry.set_current(version)
    structlog.get_logger("model").info("version put in place", version=version, was=was, who=who())


def who() -> str:
    """Name of the user, or its number where it has no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(getattr(os, "getuid", int)())
