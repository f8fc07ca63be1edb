"""The chosen groups as the arrays that training takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from clustering.nearest import scaled
from clustering.setting import SettingSpace
from core.batch import Batch
from core.errors import ModelError
from core.profile import Profile
from ingest.lots import DAY_MS, Lots
from ingest.typical_values import FillLevel, TypicalValues
from models.group import GroupData
from models.selection import Selection
from models.validation_lots import validation_lots

_MINUTE_MS = 60_000


def group_data(
    batch: Batch,
    selection: Selection,
    spaces: Sequence[SettingSpace],
    fills: Sequence[FillLevel],
    profile: Profile,
    lots: Lots | None = None,
) -> list[GroupData]:
    """Training data of ``selection.of_status("train")``, in that order.

    With `lots`, also the counted lots that each group's detector may be chosen by.

    Raises
    ------
    ModelError
        There is no setting space of a group's maker.
    """
    space_of = {space.maker: space for space in spaces}
    width = len(profile.settings)
    typical = TypicalValues(fills, width + len(profile.production))
    found = []
    for group in selection.of_status("train"):
        key = group.key
        if key.maker not in space_of:
            raise ModelError(f"group {key}: expected setting clusters of its maker, got none")
        centre = scaled(batch.settings[group.rows], space_of[key.maker]).mean(axis=0)
        found.append(
            GroupData(
                key=key,
                kind=group.kind or "",
                train=batch.production[group.train_rows],
                held_out=batch.production[group.held_out_rows],
                typical=np.array(typical.mean(key.maker, key.facility, key.item)[width:]),
                setting_centre=centre,
                rows=len(group.rows),
                lots=group.lots,
                defect_rate=group.defect_rate,
                window=group.window,
                validation=None if lots is None else validation_lots(batch, selection, lots, group),
                held_out_lot=_day(batch.time[group.held_out_rows], profile),
            )
        )
    return found


def _day(time: NDArray[np.int64], profile: Profile) -> NDArray[np.int64]:
    """The plant's day of each shot: within a group, its lot."""
    return (time + profile.lot.utc_offset_minutes * _MINUTE_MS) // DAY_MS
