"""The part of a profile that says what is predicted: regressors, quantities, the reverse question."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from core.errors import ConfigError
from core.prediction import AdviceRule, PredictionRule, Quantity, RegressorRule
from core.profile import Profile, Variable
from core.toml_table import TomlTable

BY_VALIDATION = "by_validation"
RESERVED = (BY_VALIDATION, "chosen")
"""What reports and choices call other things than a regressor."""
_USUAL = PredictionRule()
_LEAST_COVERAGE = 0.5


def prediction(root: TomlTable) -> PredictionRule:
    """The table ``[prediction]``; may be absent."""
    table = root.table("prediction", optional=True)
    coverage = table.take("coverage", float, "a share such as 0.9", _USUAL.coverage)
    if not _LEAST_COVERAGE < coverage < 1:
        raise table.wrong("coverage", f"a share above {_LEAST_COVERAGE} and below 1", coverage)
    rule = PredictionRule(coverage, table.text("choice", _USUAL.choice))
    table.refuse_unknown()
    return rule


def regressors(root: TomlTable) -> tuple[RegressorRule, ...]:
    """The tables ``[[regressor]]``; there may be none."""
    return tuple(_regressor(table) for table in root.tables("regressor", optional=True))


def _regressor(table: TomlTable) -> RegressorRule:
    kind = table.text("kind")
    table.name = f"regressor {kind!r}"
    name = table.text("name", kind)
    inverse, logarithmic = (_names(table, key) for key in ("inverse", "logarithmic"))
    parameters = table.table("parameters", optional=True)
    table.refuse_unknown()
    return RegressorRule(kind, name, inverse, logarithmic, dict(parameters.tree))


def quantities(root: TomlTable) -> tuple[Quantity, ...]:
    """The tables ``[[quantity]]``; there may be none."""
    return tuple(_quantity(table) for table in root.tables("quantity", optional=True))


def _quantity(table: TomlTable) -> Quantity:
    name = table.text("name")
    table.name = f"quantity {name!r}"
    factor = _number(table, "factor", 1.0)
    powers = table.table("powers")
    exponents = {key: _number(powers, key) for key in powers.tree}
    if not exponents:
        raise table.wrong("powers", "at least one variable and its exponent", powers.tree)
    unit = table.take("unit", str, "a text", "")
    table.refuse_unknown()
    return Quantity(name, unit, factor, exponents)


def advice(root: TomlTable) -> AdviceRule:
    """The table ``[advice]``; may be absent."""
    table = root.table("advice", optional=True)
    rule = AdviceRule(_names(table, "minimize"))
    table.refuse_unknown()
    return rule


def _number(table: TomlTable, key: str, default: object = ...) -> float:
    value = table.take(key, (int, float), "a number", default)  # type: ignore[arg-type]  # isinstance takes it
    if not -float("inf") < value < float("inf"):
        raise table.wrong(key, "a finite number", value)
    return float(value)


def _names(table: TomlTable, key: str) -> tuple[str, ...]:
    names = table.take(key, list, "a list of names", [])
    if not all(isinstance(name, str) for name in names) or len(set(names)) < len(names):
        raise table.wrong(key, "a list of names, each once", names)
    return tuple(names)


def check_prediction(profile: Profile, where: str) -> None:
    """What only the whole file can break: names that mean nothing, targets nobody predicts.

    Raises
    ------
    ConfigError
        Names the file, the table and what was expected.
    """
    inputs, targets = ({v.name for v in group} for group in (profile.inputs, profile.targets))
    if profile.regressors and profile.detectors:
        raise ConfigError(f"{where}: expected [[detector]] or [[regressor]] tables, got both")
    if profile.regressors and profile.candidates:
        raise ConfigError(f"{where}: candidate: expected [[detector]] tables beside it, got [[regressor]]")
    if profile.regressors and not (inputs and targets):
        lacking = "target" if inputs else "setting"
        raise ConfigError(
            f"{where}: regressor: expected at least one variable with role {lacking!r}, got none"
        )
    if not profile.regressors and (profile.quantities or profile.advice.minimize):
        raise ConfigError(f"{where}: quantity, advice: expected [[regressor]] tables beside them, got none")
    if profile.regressors:
        _refuse_names_of_others(where, (*profile.inputs, *profile.targets))
    _refuse_doubles(where, "regressor", [rule.name for rule in profile.regressors])
    for rule in profile.regressors:
        if rule.name in RESERVED:
            raise ConfigError(
                f"{where}: regressor {rule.name!r}: name: expected another one than {' and '.join(RESERVED)}"
            )
        _refuse_unknown(where, f"regressor {rule.name!r}", (*rule.inverse, *rule.logarithmic), inputs)
        if both := set(rule.inverse) & set(rule.logarithmic):
            raise ConfigError(
                f"{where}: regressor {rule.name!r}: expected each input once, got {sorted(both)} twice"
            )
    names = {rule.name for rule in profile.regressors}
    if profile.prediction.choice not in {BY_VALIDATION, *names} and names:
        known = ", ".join(map(repr, (BY_VALIDATION, *sorted(names))))
        raise ConfigError(
            f"{where}: prediction.choice: expected one of {known}, got {profile.prediction.choice!r}"
        )
    _check_quantities(profile, where, inputs | targets)


def _check_quantities(profile: Profile, where: str, variables: set[str]) -> None:
    own = [quantity.name for quantity in profile.quantities]
    _refuse_doubles(where, "quantity", [*own, *variables])
    for quantity in profile.quantities:
        if not quantity.name.isidentifier() or quantity.name != quantity.name.lower():
            raise ConfigError(
                f"{where}: quantity {quantity.name!r}: expected a lower-case name of letters, digits and _"
            )
        _refuse_unknown(where, f"quantity {quantity.name!r}.powers", quantity.powers, variables)
    _refuse_unknown(where, "advice.minimize", profile.advice.minimize, variables | set(own))


def _refuse_names_of_others(where: str, variables: Sequence[Variable]) -> None:
    """People give inputs by name, tables by field: a text that is both would mean two of them."""
    fields = {".".join(variable.path): variable.name for variable in variables}
    for name in (variable.name for variable in variables):
        if (other := fields.get(name, name)) != name:
            raise ConfigError(
                f"{where}: variable {name!r}: expected a name that is no other one's path, "
                f"got that of {other!r}"
            )


def _refuse_doubles(where: str, what: str, names: Sequence[str]) -> None:
    for one, other in itertools.pairwise(sorted(names)):
        if one == other:
            raise ConfigError(f"{where}: {what} {one!r}: expected a name used once")


def _refuse_unknown(where: str, place: str, names: Iterable[str], known: set[str]) -> None:
    for name in names:
        if name not in known:
            expected = ", ".join(sorted(known))
            raise ConfigError(f"{where}: {place}: expected names out of {expected}, got {name!r}")
