"""A choice of the limit over the profile's: for the whole plant, and for single groups.

It is kept as plain JSON beside who chose it, when and why (`inference.store.choices`)::

    {"rule": "budget", "budget": 5.0, "overrides": [{"facility": "A-01", "budget": 2.0}]}

What it does not name stays as the profile has it. An override names groups by any of
``maker``, ``facility``, ``item`` and ``cluster``: whose models judge; of several that fit, the
later one wins, and one that names none of these fits all. An empty choice is none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from core.errors import ConfigError
from core.profile import GroupKey, ThresholdRule

RULES = ("cv", "budget")
NUMBERS: Mapping[str, tuple[float, float]] = {
    "budget": (0.001, 100.0),
    "fixed_sigmas": (0.0, 100.0),
    "cv_gain": (0.0, 1e6),
    "distance_gain": (0.0, 1e6),
    "margin_limit": (0.0, 1e6),
    "warn_share": (0.0, 1.0),
}
"""What can be chosen beside ``rule``: least and most."""
_TEXTS = ("maker", "facility", "item")
_OVERRIDES, _CLUSTER = "overrides", "cluster"
MOST_OVERRIDES = 1000


@dataclass(frozen=True, slots=True)
class Override:
    """What is different for some groups.

    Attributes
    ----------
    of : mapping of str to str or int
        Which groups: those whose key has all of these.
    values : mapping of str to str or float
    """

    of: Mapping[str, Any]
    values: Mapping[str, Any]

    def fits(self, key: GroupKey) -> bool:
        """Whether a group is one of them."""
        return all(getattr(key, name) == value for name, value in self.of.items())


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen; empty: nothing, the profile's rule counts."""

    values: Mapping[str, Any] = field(default_factory=dict)
    overrides: Sequence[Override] = ()

    @classmethod
    def of(cls, rule: Any) -> Choice:
        """Read a choice from its JSON object.

        Raises
        ------
        ConfigError
            No object, a key nobody knows, or a value that cannot be; names it.
        """
        if not isinstance(rule, Mapping):
            msg = f"threshold: expected an object, got {rule!r:.80}"
            raise ConfigError(msg)
        given = dict(rule)
        overrides = given.pop(_OVERRIDES, [])
        if not isinstance(overrides, (list, tuple)) or len(overrides) > MOST_OVERRIDES:
            msg = (
                f"threshold {_OVERRIDES}: expected a list of at most {MOST_OVERRIDES}, got {overrides!r:.80}"
            )
            raise ConfigError(msg)
        return cls(_values(given, "threshold"), tuple(_override(one, k) for k, one in enumerate(overrides)))

    def as_rule(self) -> dict[str, Any]:
        """The JSON object."""
        rule = dict(self.values)
        if self.overrides:
            rule[_OVERRIDES] = [{**one.of, **one.values} for one in self.overrides]
        return rule

    def for_group(self, key: GroupKey, profile: ThresholdRule) -> ThresholdRule:
        """The rule that counts for a group."""
        values = self.of_group(key)
        return replace(profile, **values) if values else profile

    def of_group(self, key: GroupKey) -> dict[str, Any]:
        """What was chosen for a group."""
        values = dict(self.values)
        for one in self.overrides:
            if one.fits(key):
                values |= one.values
        return values


def _override(given: Any, number: int) -> Override:
    where = f"threshold {_OVERRIDES}[{number}]"
    if not isinstance(given, Mapping):
        msg = f"{where}: expected an object, got {given!r:.80}"
        raise ConfigError(msg)
    of = {name: given[name] for name in (*_TEXTS, _CLUSTER) if name in given}
    for name, value in of.items():
        wanted, word = (int, "a whole number") if name == _CLUSTER else (str, "a text")
        if not isinstance(value, wanted) or isinstance(value, bool):
            msg = f"{where}.{name}: expected {word}, got {value!r:.80}"
            raise ConfigError(msg)
    values = _values({name: value for name, value in given.items() if name not in of}, where)
    return Override(of, values)


def _values(given: Mapping[str, Any], where: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "rule":
            if value not in RULES:
                msg = f"{where}.rule: expected one of {', '.join(RULES)}, got {value!r:.80}"
                raise ConfigError(msg)
            values[name] = value
            continue
        if name not in NUMBERS:
            known = ", ".join(("rule", *NUMBERS, _OVERRIDES))
            msg = f"{where}: expected one of {known}, got {name!r:.80}"
            raise ConfigError(msg)
        values[name] = _number(value, f"{where}.{name}", *NUMBERS[name])
    return values


def _number(value: Any, where: str, least: float, most: float) -> float:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    # NaN lies in no range; a whole number of any length is compared as it is.
    if not number or not least <= value <= most:
        msg = f"{where}: expected a number from {least:g} to {most:g}, got {value!r:.80}"
        raise ConfigError(msg)
    return float(value)
