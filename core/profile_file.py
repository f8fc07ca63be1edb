"""Reads a profile from TOML; every error names the file, the key and what was expected."""

from __future__ import annotations

import codecs
import hashlib
import itertools
import tomllib
from importlib import resources
from pathlib import Path

from core.errors import ConfigError
from core.prediction_file import advice, check_prediction, prediction, quantities, regressors
from core.profile import (
    FILL_WAYS,
    ROLES,
    CandidateRule,
    DetectorRule,
    FillRule,
    LotRule,
    Profile,
    SelectionRule,
    ThresholdRule,
    Variable,
    WarmUpRule,
)
from core.toml_table import TomlTable, dotted_path

MOST_WARM_UP_SHOTS = 1_000_000
MOST_BUDGET = 100


def load_profile(source: str | Path) -> Profile:
    """Read a profile by path, or one of the built-in ones by name.

    Parameters
    ----------
    source : str or Path
        ``"injection_molding"`` (a file of ``core/profiles``) or a path ending in ``.toml``.

    Raises
    ------
    ConfigError
        The file is missing, is not TOML, or a key is missing, unknown or wrong.
    """
    text = str(source)
    if text.endswith(".toml"):
        path = Path(source)
        if not path.is_file():
            msg = f"profile {text!r}: expected a TOML file, found none; check SPRUE_PROFILE or --profile"
            raise ConfigError(msg)
        return parse_profile(path.read_bytes(), where=text)
    file = resources.files("core") / "profiles" / f"{text}.toml"
    if not file.is_file():
        known = ", ".join(sorted(builtin_profiles()))
        msg = f"profile {text!r}: expected a path ending in .toml or one of: {known}"
        raise ConfigError(msg)
    return parse_profile(file.read_bytes(), where=f"core/profiles/{text}.toml")


def builtin_profiles() -> tuple[str, ...]:
    """Names of the profiles that come with sprue."""
    folder = resources.files("core") / "profiles"
    return tuple(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def parse_profile(data: bytes, *, where: str) -> Profile:
    """Validate the bytes of a profile; `where` names them in errors."""
    data = data.removeprefix(codecs.BOM_UTF8).replace(b"\r\n", b"\n")  # what Windows editors add
    try:
        tree = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{where}: expected UTF-8 TOML, got {error}"
        raise ConfigError(msg) from error
    root = TomlTable(where, "", tree)
    process = root.table("process")
    keys = root.table("keys")
    predicts = "regressor" in tree  # such a process has no lots to learn from
    profile = Profile(
        name=process.text("name"),
        record=process.text("record", "record"),
        identifier=keys.text_field("id", "_id"),
        time=keys.field("time"),
        maker=keys.text_field("maker"),
        facility=keys.text_field("facility"),
        item=keys.text_field("item"),
        lot=_lot(root.table("lot", optional=predicts), optional=predicts),
        variables=tuple(_variable(t) for t in root.tables("variable")),
        detectors=tuple(_detector(t) for t in root.tables("detector", optional=predicts)),
        selection=root.table("selection", optional=True).into(SelectionRule),
        threshold=root.table("threshold", optional=True).into(ThresholdRule),
        fill=root.table("fill", optional=True).into(FillRule),
        warm_up=root.table("warm_up", optional=True).into(WarmUpRule),
        sha256=hashlib.sha256(data).hexdigest(),
        candidates=tuple(_candidate(t) for t in root.tables("candidate", optional=True)),
        regressors=regressors(root),
        prediction=prediction(root),
        quantities=quantities(root),
        advice=advice(root),
        example=process.text("example", ""),
    )
    for table in (process, keys, root):
        table.refuse_unknown()
    _check_whole(profile, where)
    return profile


def _lot(table: TomlTable, *, optional: bool) -> LotRule:
    offset = table.text("utc_offset", "+00:00")
    try:
        sign = {"+": 1, "-": -1}[offset[0]]
        hours, minutes = (int(p) for p in offset[1:].split(":"))
        if not (0 <= hours <= 14 and 0 <= minutes < 60):
            raise ValueError(offset)
    except (KeyError, ValueError, IndexError) as error:
        raise table.wrong("utc_offset", "an offset such as '+09:00'", offset) from error
    good, bad = (table.field(key, f"lot.{key}" if optional else ...) for key in ("good", "bad"))
    rule = LotRule(good, bad, sign * (hours * 60 + minutes))
    table.refuse_unknown()
    return rule


def _variable(table: TomlTable) -> Variable:
    name = table.text("name")
    table.name = f"variable {name!r}"
    role = table.text("role")
    if role not in ROLES:
        raise table.wrong("role", "one of " + ", ".join(ROLES), role)
    default_fill = ["forward", "backward", "mode" if role == "setting" else "mean"]
    fill = table.take("fill", list, "a list of ways", default_fill)
    for way in fill:
        if way not in FILL_WAYS:
            raise table.wrong("fill", "ways out of " + ", ".join(FILL_WAYS), way)
    limits = table.take("limits", list, "two numbers [low, high]", None)
    if limits is not None:
        numbers = [v for v in limits if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(limits) != 2 or len(numbers) != 2 or not numbers[0] < numbers[1]:
            raise table.wrong("limits", "two numbers [low, high] with low < high", limits)
        limits = (float(limits[0]), float(limits[1]))
    variable = Variable(
        name=name,
        role=role,
        unit=table.take("unit", str, "a text", ""),
        path=dotted_path(table, "path", table.text("path", name)),
        fill=tuple(fill),
        limits=limits,
        standard=table.take("standard", str, "a text", ""),
        tweak=_positive_of(table, "tweak", role, "setting"),
        nominal=_nominal(table, role),
        tolerance=_positive_of(table, "tolerance", role, "target"),
        label=table.take("label", str, "a text", ""),
    )
    if (variable.nominal is None) != (variable.tolerance is None):
        raise table.wrong("nominal", "it together with tolerance, or neither", variable.nominal)
    table.refuse_unknown()
    return variable


def _positive_of(table: TomlTable, key: str, role: str, whose: str) -> float | None:
    """A number above 0 that variables of the role `whose` may have."""
    value = table.take(key, (int, float), "a number", None)  # type: ignore[arg-type]  # isinstance takes it
    if value is not None and (role != whose or not 0 < value < float("inf")):
        raise table.wrong(key, f"a number above 0, of a variable with role {whose!r}", value)
    return None if value is None else float(value)


def _nominal(table: TomlTable, role: str) -> float | None:
    value = table.take("nominal", (int, float), "a number", None)  # type: ignore[arg-type]  # as above
    if value is not None and (role != "target" or not -float("inf") < value < float("inf")):
        raise table.wrong("nominal", "a number, of a variable with role 'target'", value)
    return None if value is None else float(value)


def _detector(table: TomlTable) -> DetectorRule:
    kind = table.text("kind")
    table.name = f"detector {kind!r}"
    least = table.take("min_rows", int, "a whole number")
    most = table.take("max_rows", int, "a whole number, or no such key for no bound", None)
    if least < 1:
        raise table.wrong("min_rows", "at least 1", least)
    if most is not None and most <= least:
        raise table.wrong("max_rows", f"more than min_rows ({least})", most)
    parameters = table.table("parameters", optional=True)
    table.refuse_unknown()
    return DetectorRule(kind, least, most, dict(parameters.tree))


def _candidate(table: TomlTable) -> CandidateRule:
    kind = table.text("kind")
    table.name = f"candidate {kind!r}"
    parameters = table.table("parameters", optional=True)
    table.refuse_unknown()
    return CandidateRule(kind, dict(parameters.tree))


def _check_whole(profile: Profile, where: str) -> None:
    """What only the whole file can break: double names, gaps, impossible rules."""
    names = [v.name for v in profile.variables]
    reserved = {"id", "time", "maker", "facility", "item", "lot_good", "lot_bad"}
    for name in names:
        if names.count(name) > 1 or name in reserved:
            raise ConfigError(f"{where}: variable {name!r}: expected a name used once and not a key's name")
        if not name.isidentifier() or name != name.lower():
            raise ConfigError(
                f"{where}: variable {name!r}: expected a lower-case name of letters, digits and _"
            )
    check_prediction(profile, where)
    if not profile.production and not profile.regressors:
        raise ConfigError(f"{where}: variable: expected at least one with role 'production', got none")
    rules = sorted(profile.detectors, key=lambda d: d.min_rows)
    for small, large in itertools.pairwise(rules):
        if small.max_rows != large.min_rows:
            raise ConfigError(
                f"{where}: detector {small.kind!r}: expected max_rows = min_rows of {large.kind!r} "
                f"({large.min_rows}), got {small.max_rows!r}: every row count needs exactly one detector"
            )
    if profile.selection.held_out_share >= 1:
        raise ConfigError(
            f"{where}: selection.held_out_share: expected less than 1, got {profile.selection.held_out_share}"
        )
    if profile.warm_up.shots > MOST_WARM_UP_SHOTS:
        raise ConfigError(
            f"{where}: warm_up.shots: expected at most {MOST_WARM_UP_SHOTS}, got {profile.warm_up.shots}"
        )
    if not 0 < profile.threshold.budget <= MOST_BUDGET:
        raise ConfigError(
            f"{where}: threshold.budget: expected flags per 1,000 good shots, above 0 and at most "
            f"{MOST_BUDGET}, got {profile.threshold.budget}"
        )
    if profile.threshold.warn_share > 1:
        raise ConfigError(
            f"{where}: threshold.warn_share: expected 0 to 1, got {profile.threshold.warn_share}"
        )
