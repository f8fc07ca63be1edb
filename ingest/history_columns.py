"""Which columns of a history table hold which field."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import HistoryError
from core.profile import Profile
from ingest.frame import find_column

OPTIONAL = ("maker", "item", "lot_good", "lot_bad")
"""Fields a history may lack as a whole: they are missing in every row then."""


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


def history_columns(columns: Sequence[str], profile: Profile, *, where: str) -> dict[str, str]:
    """Flat name -> column of the table, for every field that is there.

    A history without one of the profile's variables would train models that never saw
    it, so that is an error; keys and lot totals in `OPTIONAL` may be absent.

    Raises
    ------
    HistoryError
        Names the columns that are missing, and those that are there.
    """
    fields = flat_fields(profile)
    found = {name: find_column(columns, path, name) for name, path in fields.items()}
    missing = [
        f"{name} (or {'.'.join(fields[name])})" if (name,) != fields[name] else name
        for name, column in found.items()
        if column is None and name not in OPTIONAL
    ]
    if missing:
        raise HistoryError(
            f"{where}: expected columns {', '.join(missing)}, found {', '.join(columns) or 'none'}; "
            f"add them as a view, or leave the variables out of profile {profile.name!r}"
        )
    return {name: column for name, column in found.items() if column is not None}
