"""Which columns of a history table hold which field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from core.errors import HistoryError
from core.profile import Profile
from ingest.frame_reader import find_column

OPTIONAL = ("maker", "item", "lot_good", "lot_bad")
"""Fields a history may lack as a whole: they are missing in every row then."""
_LOT_KEYS = {"lot_good": "good", "lot_bad": "bad"}
_MOST_NEAR = 3


def flat_fields(profile: Profile) -> dict[str, tuple[str, ...]]:
    """Flat name -> document path of every field a history has, in the order of a table."""
    return {
        "id": profile.identifier.path,
        "time": profile.time.path,
        "maker": profile.maker.path,
        "facility": profile.facility.path,
        "item": profile.item.path,
        "lot_good": profile.lot.good.path,
        "lot_bad": profile.lot.bad.path,
        **{v.name: v.path for v in (*profile.settings, *profile.production)},
    }


def history_columns(
    columns: Sequence[str], profile: Profile, *, where: str, numbered: bool = False
) -> dict[str, str]:
    """Flat name -> column of the table, for every field that is there.

    A history without one of the profile's variables would train models that never saw
    it, so that is an error; keys and lot totals in `OPTIONAL` may be absent, and those the
    profile has a default for. With `numbered` the rows of a table have an order that never
    changes: their numbers are identifiers where the profile says so.

    Raises
    ------
    HistoryError
        Names the columns that are missing, and those that are there.
    """
    fields = flat_fields(profile)
    found = {name: find_column(columns, path, name) for name, path in fields.items()}
    optional = {*OPTIONAL, *(["facility"] if profile.facility.otherwise is not None else [])}
    if numbered and profile.identifier.otherwise is not None:
        optional.add("id")
    missing = [name for name, column in found.items() if column is None and name not in optional]
    if missing:
        raise HistoryError(
            f"{where}: expected columns {', '.join(_named(name, fields[name]) for name in missing)}, "
            f"found {', '.join(columns) or 'none'}{_near(missing, columns, found.values(), fields)}; "
            f"add them as a view, or leave the variables out of profile {profile.name!r}"
        )
    return {name: column for name, column in found.items() if column is not None}


def check_target_columns(columns: Sequence[str], profile: Profile, *, where: str) -> None:
    """Refuse a table that lacks a column of an input or a target.

    Raises
    ------
    HistoryError
        Names the columns that are missing, and those that are there.
    """
    fields = {v.name: v.path for v in (*profile.inputs, *profile.targets)}
    found = {name: find_column(columns, path, name) for name, path in fields.items()}
    missing = [name for name, column in found.items() if column is None]
    if missing:
        raise HistoryError(
            f"{where}: expected columns {', '.join(_named(name, fields[name]) for name in missing)}, "
            f"found {', '.join(columns) or 'none'}{_near(missing, columns, found.values(), fields)}; "
            f"check that profile {profile.name!r} is the one of this table"
        )


def without_lots(columns: Sequence[str], profile: Profile, *, where: str) -> str:
    """What to say of a history that lacks a column of lot totals; empty where it has both.

    Without them nobody knows which lots were good, and no group is trained.
    """
    fields = flat_fields(profile)
    found = {name: find_column(columns, path, name) for name, path in fields.items()}
    lacking = [name for name in _LOT_KEYS if found[name] is None]
    if not lacking:
        return ""
    keys = " and ".join(_LOT_KEYS[name] for name in lacking)
    return (
        f"{where}: expected columns {' and '.join(_named(name, fields[name]) for name in lacking)} with the "
        f"lot's running totals, found {', '.join(columns) or 'none'}"
        f"{_near(lacking, columns, found.values(), fields)}; without them no lot counts as good and no "
        f"group is trained: offer a view with these names, or set {keys} under [lot] in profile "
        f"{profile.name!r} to the columns' names (the shots' documents must have them there, too)"
    )


def _named(name: str, path: tuple[str, ...]) -> str:
    return f"{name} (or {'.'.join(path)})" if (name,) != path else name


def _near(
    names: Iterable[str],
    columns: Sequence[str],
    taken: Iterable[str | None],
    fields: dict[str, tuple[str, ...]],
) -> str:
    """Columns no field has that may be meant, in words; empty where none is like them."""
    free = sorted(set(columns) - set(taken))
    said = [f"{' or '.join(like)} for {name}" for name in names if (like := list(_like(name, fields, free)))]
    return f" (near: {', '.join(said)})" if said else ""


def _like(name: str, fields: dict[str, tuple[str, ...]], free: Sequence[str]) -> Iterator[str]:
    """The most alike columns: spelled nearly so, or with the field's own word in them."""
    of_lower = {column.lower(): column for column in free}
    close = get_close_matches(name, of_lower, n=_MOST_NEAR, cutoff=0.7)
    # A word of two letters is in too many others.
    word = fields[name][-1].lower()
    close += [lower for lower in of_lower if len(word) > 2 and word in lower and lower not in close]
    yield from (of_lower[lower] for lower in close[:_MOST_NEAR])
