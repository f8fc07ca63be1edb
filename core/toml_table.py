"""A table of a TOML file whose every error names the file, the key and what was expected."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, TypeVar, get_args, get_type_hints

from core.errors import ConfigError
from core.profile import FieldPath, FillRule, SelectionRule, ThresholdRule, WarmUpRule

Rule = TypeVar("Rule", SelectionRule, ThresholdRule, FillRule, WarmUpRule)


class TomlTable:
    """A TOML table that remembers where it stands and which keys were asked for.

    Parameters
    ----------
    where : str
        Name of the file in errors.
    name : str
        Dotted name of the table, empty for the file itself; may be changed to a telling one.
    tree : dict
        Its keys and values, as `tomllib` gives them.

    Attributes
    ----------
    used : set of str
        Keys asked for so far; every other one is unknown.
    """

    def __init__(self, where: str, name: str, tree: dict[str, Any]) -> None:
        self.where, self.name, self.tree = where, name, tree
        self.used: set[str] = set()

    def wrong(self, key: str, expected: str, came: object) -> ConfigError:
        """The error, not raised: what was expected under this key, and what came."""
        dotted = f"{self.name}.{key}" if self.name else key
        return ConfigError(f"{self.where}: {dotted}: expected {expected}, got {came!r}")

    def take(self, key: str, kind: type, expected: str, default: Any = ...) -> Any:
        """The value of a key if it is of this kind; `default` where there is no such key.

        Raises
        ------
        ConfigError
            It is of another kind, or missing without a default. Truth is no number.
        """
        self.used.add(key)
        value = self.tree.get(key, default)
        if value is ...:
            raise ConfigError(f"{self.where}: {self._dotted(key)}: missing; expected {expected}")
        if key in self.tree and (
            not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool)
        ):
            raise self.wrong(key, expected, value)
        return value

    def _dotted(self, key: str) -> str:
        return f"{self.name}.{key}" if self.name else key

    def text(self, key: str, default: Any = ...) -> str:
        """A text that is not blank."""
        value: str = self.take(key, str, "a text", default)
        if key in self.tree and not value.strip():
            raise self.wrong(key, "a text that is not empty", value)
        return value

    def field(self, key: str, default: Any = ...) -> FieldPath:
        """The place of a field in a record, named like its key."""
        return FieldPath(key, dotted_path(self, key, self.text(key, default)))

    def text_field(self, key: str, default: Any = ...) -> FieldPath:
        """The place of a text in a record, named like its key.

        A text is the place; a table ``{ path = ..., otherwise = ... }`` says also what counts
        where a record does not carry the field.
        """
        if not isinstance(self.tree.get(key), dict):
            return self.field(key, default)
        table = self.table(key)
        path = dotted_path(table, "path", table.text("path", key))
        otherwise = table.text("otherwise").strip()
        if "\x00" in otherwise:
            raise table.wrong("otherwise", "a text that a database can store", otherwise)
        table.refuse_unknown()
        return FieldPath(key, path, otherwise)

    def table(self, key: str, *, optional: bool = False) -> TomlTable:
        """The table under this key; with `optional` an empty one where there is none."""
        tree = self.take(key, dict, "a table", {} if optional else ...)
        return TomlTable(self.where, self._dotted(key), tree)

    def tables(self, key: str, *, optional: bool = False) -> list[TomlTable]:
        """The tables of an array of them, at least one; with `optional` there may be no such array."""
        trees = self.take(key, list, f"at least one [[{key}]]", [] if optional else ...)
        if (not trees and not (optional and key not in self.tree)) or not all(
            isinstance(t, dict) for t in trees
        ):
            raise self.wrong(key, f"at least one [[{key}]] table", trees)
        return [TomlTable(self.where, f"{key}[{i}]", t) for i, t in enumerate(trees)]

    def into(self, rule: type[Rule]) -> Rule:
        """Fill a dataclass whose fields all have defaults; types come from its hints."""
        hints = get_type_hints(rule)
        values: dict[str, Any] = {}
        for f in fields(rule):
            if f.name not in self.tree:
                continue
            values[f.name] = self._typed(f.name, hints[f.name])
        self.used.update(f.name for f in fields(rule))
        self.refuse_unknown()
        return rule(**values)

    def _typed(self, key: str, hint: Any) -> Any:
        value = self.tree[key]
        choices = get_args(hint)
        if choices:
            if value not in choices:
                raise self.wrong(key, "one of " + ", ".join(map(repr, choices)), value)
            return value
        if hint is bool:
            return self.take(key, bool, "true or false")
        if hint is int:
            value = self.take(key, int, "a whole number that is not negative")
        else:
            value = float(self.take(key, (int, float), "a number that is not negative"))  # type: ignore[arg-type]  # isinstance takes a tuple
        if not 0 <= value < float("inf"):
            raise self.wrong(key, "a number that is not negative", value)
        return value

    def refuse_unknown(self) -> None:
        """Raise `ConfigError` for a key that nobody asked for."""
        for key in self.tree:
            if key not in self.used:
                known = ", ".join(sorted(self.used))
                raise ConfigError(f"{self.where}: {self._dotted(key)}: unknown key; expected one of: {known}")


def dotted_path(table: TomlTable, key: str, text: str) -> tuple[str, ...]:
    """The parts of a dotted path; `key` of `table` is where it stood, for the error.

    >>> dotted_path(TomlTable("profile.toml", "keys", {}), "time", "set.hold_time")
    ('set', 'hold_time')
    """
    parts = tuple(text.split("."))
    if not all(parts):
        raise table.wrong(key, "a dotted path such as 'settings.hold_pressure'", text)
    return parts
