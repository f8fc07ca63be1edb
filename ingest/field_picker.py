"""Takes fields out of nested documents."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from core.profile import FieldPath

Document = dict[str, Any]


class FieldPicker:
    """Takes the same fields out of many documents, grouped by the document they sit in.

    Values come in the order of the groups; ``row[order]`` brings them into the fields'.
    """

    def __init__(self, fields: Sequence[FieldPath]) -> None:
        groups: dict[tuple[str, ...], list[int]] = {}
        for index, field in enumerate(fields):
            groups.setdefault(field.path[:-1], []).append(index)
        grouped = list(chain.from_iterable(groups.values()))
        self._grouped = grouped
        self.order = np.argsort(grouped)
        self._back = self.order.tolist()
        self._in_order = grouped == sorted(grouped)
        self._groups = [
            (parent, tuple(fields[i].path[-1] for i in members)) for parent, members in groups.items()
        ]
        self._getters = [(parent, _getter(names)) for parent, names in self._groups]

    def all_present(self, document: Document) -> tuple[Any, ...]:
        """Every value; KeyError or TypeError where one is not there."""
        row: tuple[Any, ...] = ()
        for parent, getter in self._getters:
            node = document
            for key in parent:
                node = node[key]
            row += getter(node)
        return row

    def some_missing(self, document: Document) -> tuple[Any, ...]:
        """Every value, None where absent; the obstacle itself where a parent is no document."""
        row: tuple[Any, ...] = ()
        for parent, names in self._groups:
            node = find(document, parent)
            row += tuple(map(node.get, names)) if isinstance(node, dict) else (node,) * len(names)
        return row

    def ordered(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        """A row in the order of the fields."""
        if self._in_order:
            return row
        return tuple([row[i] for i in self._back])

    def in_groups(self, values: Iterable[Any]) -> tuple[Any, ...]:
        """Values in the order of the fields, brought into the order of the groups."""
        given = list(values)
        return tuple([given[i] for i in self._grouped])


def _getter(names: tuple[str, ...]) -> Callable[[Document], tuple[Any, ...]]:
    if len(names) == 1:
        name = names[0]
        return lambda node: (node[name],)
    return itemgetter(*names)


def find(document: Document, path: tuple[str, ...]) -> Any:
    """The value at the path, None where absent; what stands in the way where that is no document."""
    node: Any = document
    for key in path:
        if not isinstance(node, dict):
            return node
        node = node.get(key)
    return node
