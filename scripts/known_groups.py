"""Whether there is a group of the press, item or setting that an option names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import typer

from core.errors import ModelNotFound
from models.registry import Registry

MOST_NAMED = 20


def none_such(wanted: Mapping[str, Any], keys: Iterable[Any]) -> str | None:
    """That no group has all that is wanted, and what there is; None where one has.

    Parameters
    ----------
    wanted : mapping of str to str or int
        By ``maker``, ``facility``, ``item``, ``cluster``.
    keys : iterable
        Of groups, with attributes of these names.

    Examples
    --------
    >>> from core.profile import GroupKey
    >>> none_such({"facility": "X"}, [GroupKey("A", "A-02", "cap", 0), GroupKey("A", "A-01", "cap", 0)])
    'no group has facility X; there are: A-01, A-02'
    """
    groups = list(keys)
    if any(all(getattr(key, name) == value for name, value in wanted.items()) for key in groups):
        return None
    rows = {tuple(getattr(key, name) for name in wanted) for key in groups}
    found = sorted(" and ".join("-" if value is None else str(value) for value in row) for row in rows)
    named = " and ".join(f"{name} {value}" for name, value in wanted.items())
    more = f" and {len(found) - MOST_NAMED} more" if len(found) > MOST_NAMED else ""
    return f"no group has {named}; there are: {', '.join(found[:MOST_NAMED]) or 'none'}{more}"


def refuse_unknown(wanted: Mapping[str, Any], keys: Iterable[Any]) -> None:
    """Refuse options that name a group there is not, as wrong usage.

    Raises
    ------
    typer.BadParameter
        No group has all that is wanted; says what there is.
    """
    said = none_such(wanted, keys) if wanted else None
    if said is not None:
        raise typer.BadParameter(said)


def refuse_untrained(wanted: Mapping[str, Any], registry: Registry) -> None:
    """As `refuse_unknown`, of the groups with a model in the version in use.

    Before anything is trained nothing is refused.
    """
    if not wanted:
        return
    try:
        plant, _ = registry.load()
    except ModelNotFound:
        return
    refuse_unknown(wanted, [model.key for model in plant.models])
