"""A challenger from the command line: begun, ended, promoted, compared; and drift."""

from __future__ import annotations

import json
from contextlib import closing

import structlog

from api.routes.challenger import trial
from api.routes.drift import as_json as drift_as_json
from core.config import Config
from core.errors import ConfigError, ModelNotFound
from core.profile import Profile
from core.profile_file import load_profile
from inference.drift.report import drift_of
from inference.plan_provider import load_plan
from inference.store.reader import VerdictReader
from inference.store.sink import now_ms
from models.registry import Registry
from scripts.listing import print_rows
from scripts.versions.placing import put_in_place, who

ROWS = 50
"""Groups shown to people; --json gives all."""


def challenge(registry: Registry, version: str, profile: Profile) -> None:
    """Let a version judge in the shadow, once it is proven that it can judge; who did is logged.

    Raises
    ------
    ModelError
        No such version, or it cannot judge under this profile.
    ConfigError
        It is the one that judges.
    """
    if version == registry.current():
        msg = f"expected a version beside the one that judges, got that one, {version}; train another"
        raise ConfigError(msg)
    load_plan(registry, version, profile)
    registry.challenge(version, since=now_ms(), who=who())
    structlog.get_logger("model").info("challenger appointed", version=version, who=who())


def promote(registry: Registry, profile: Profile) -> str:
    """Make the challenger the version that judges, by the same checks as any; its name.

    Raises
    ------
    ModelNotFound
        There is no challenger.
    ModelError
        It cannot judge; everything stays as it is.
    """
    appointed = registry.challenger()
    if appointed is None:
        msg = f"{registry.folder}: expected a challenger, found none; `./sprue model challenge VERSION` first"
        raise ModelNotFound(msg)
    put_in_place(registry, appointed.version, profile)
    registry.unchallenge()
    return appointed.version


def show_comparison(config: Config, registry: Registry, *, as_json: bool) -> None:
    """Print what would be different with the challenger."""
    with closing(VerdictReader(config.resolved_store_url)) as reader:
        found = trial(registry, reader, registry.current(), "en")
    if as_json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return
    if found["state"] == "none":
        print(found["reason"] or "no version judges in the shadow: ./sprue model challenge VERSION")
        return
    print(f"{found['challenger']}, since {found['since']} by {found['who']}: {found['state']}")
    if found["reason"]:
        print(found["reason"])
    print(found["text"])
    whole = found["whole"]
    if whole["shots"]:
        for name in ("champion", "challenger"):
            share = whole[f"{name}_share"]
            print(f"{name} flagged {share['share']:.3%} ({share['low']:.3%} to {share['high']:.3%})")
    if found["skipped"]:
        print(f"{found['skipped']:,} shots were not compared: production came first, or it was being loaded")
    names = ("facility", "item", "setting", "shots", "champion alone", "challenger alone", "both")
    keys = ("facility", "item", "cluster", "shots", "champion_alone", "challenger_alone", "both")
    rows = [[_text(group[key]) for key in keys] for group in found["groups"][:ROWS]]
    if rows:
        print_rows(names, rows)


def show_drift(config: Config, registry: Registry, *, as_json: bool) -> None:
    """Print whether production has moved away from the training."""
    profile = load_profile(config.profile)
    plant, manifest = registry.load()
    with closing(VerdictReader(config.resolved_store_url)) as reader:
        lots = reader.drift_lots(manifest.version)
    found = drift_as_json(manifest.version, drift_of(lots, plant, profile), now_ms(), "en")
    if as_json:
        print(json.dumps(found, ensure_ascii=False), flush=True)
        return
    for text in found["proposal"]["texts"]:
        print(text)
    moved = [group for group in found["groups"] if group["status"] == "moved"]
    keys = ("facility", "item", "cluster")
    rows = [[*(_text(group[key]) for key in keys), "; ".join(group["texts"])] for group in moved[:ROWS]]
    if rows:
        print_rows(("facility", "item", "setting", "what moved"), rows)
    known = sum(group["status"] in ("steady", "moved") for group in found["groups"])
    print(f"{known} of {len(found['groups'])} groups have lots enough to tell")


def _text(value: object) -> str:
    return "-" if value is None else str(value)
