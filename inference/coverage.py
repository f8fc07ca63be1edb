"""Where the plant is blind: what was trained, joined with what was judged of late."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

import numpy as np

from clustering.nearest import nearest
from core.batch import NO_TIME
from core.profile import GroupKey, Profile
from core.verdict import Route
from inference.live_counts import LiveCount, LiveKey
from inference.routes import Routes, compile_routes
from inference.threshold import base_of
from models.artifact import Coverage, TrainedPlant

Status = Literal["trained", "too_few", "validate", "refused", "failed", "never_seen"]
STATUSES: tuple[Status, ...] = get_args(Status)
_STATUS: Mapping[str, Status] = {status: status for status in STATUSES}
Lack = Literal[
    "nothing", "outside", "shots", "counts", "train", "defects", "refused", "failed",
    "maker", "item", "setting",
]  # fmt: skip
LACKS: tuple[Lack, ...] = get_args(Lack)
_STAMP = re.compile(r"(\d{8}T\d{6})(\d{3})?Z")


class Missing(NamedTuple):
    """What keeps a group from being judged by a model of its own.

    Attributes
    ----------
    lack : str
        ``nothing``; ``outside``: trained, but `shots` live ones had settings beyond it;
        ``shots``: so many more; ``counts``: good and bad of its lots; ``train``: the shots
        are there, train again; ``defects``: too many; ``refused``, ``failed``: see the
        reason; ``maker``, ``item``, ``setting``: the records do not name it.
    shots : int
    """

    lack: Lack
    shots: int = 0


@dataclass(frozen=True, slots=True)
class StandIn:
    """Who judges a setting: a route, and whose model stands in.

    Attributes
    ----------
    route : str
    substitute : GroupKey or None
    distance : float or None
        In reference distances; 1 is as far as neighbouring trained settings are apart.
    reference : float
        The reference distance in scaled units.
    """

    route: Route
    substitute: GroupKey | None = None
    distance: float | None = None
    reference: float = 1.0


@dataclass(frozen=True, slots=True)
class Cell:
    """One facility–item–setting group: its history, its model, its recent verdicts.

    Attributes
    ----------
    key : LiveKey
    history : Coverage or None
        What training saw; None where it never did.
    status : str
    stand_in : StandIn
        Who judges shots at the setting's centre.
    live : mapping of str to int
        Recent verdicts by route; every route is there.
    live_ng, live_later : int
        Of these NG; made after the newest shot that training saw.
    live_last : int or None
        Newest of them, ms since 1970 UTC.
    live_distance : float or None
        Mean distance of those a substitute judged, in reference distances.
    missing : Missing
    """

    key: LiveKey
    history: Coverage | None
    status: Status
    stand_in: StandIn
    live: Mapping[Route, int]
    live_ng: int
    live_later: int
    live_last: int | None
    live_distance: float | None
    missing: Missing

    @property
    def live_shots(self) -> int:
        """All its recent verdicts."""
        return sum(self.live.values())

    @property
    def blind(self) -> int:
        """Recent verdicts without a model of its own."""
        return self.live["nearest"] + self.live["limits"]

    @property
    def last(self) -> int | None:
        """Newest shot of the history, ms since 1970 UTC."""
        return None if self.history is None or self.history.last == NO_TIME else self.history.last


_PREDICTED: tuple[tuple[StandIn, int, Status], ...] = (
    (StandIn("trained"), 0, "trained"),
    (StandIn("limits"), 0, "never_seen"),
)
"""Who judges where targets are predicted, and where the settings are missing."""


def history_end(plant: TrainedPlant) -> int:
    """The newest shot that training saw, ms since 1970 UTC; 0 where none has a time."""
    return max([0, *(row.last for row in plant.coverage)])


def trained_at(version: str) -> int | None:
    """When a version was trained, ms since 1970 UTC, by its name; None where that is no time.

    >>> trained_at("20261119T230000500Z-ab12"), trained_at("v1")
    (1795129200500, None)
    """
    stamp = _STAMP.match(version)
    if stamp is None:
        return None
    try:
        moment = datetime.strptime(stamp[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(moment.timestamp()) * 1000 + int(stamp[2] or 0)


def cells(plant: TrainedPlant, counts: Sequence[LiveCount], profile: Profile) -> list[Cell]:
    """Every group of the history or of recent verdicts, the blindest first.

    Sorted by recent verdicts without a model of its own, then those that have none, then
    by name.

    Parameters
    ----------
    plant : TrainedPlant
    counts : sequence of LiveCount
        Of `inference.store.live_reader`, asked for later than `history_end`.
    profile : Profile
        Whose selection rule says how many shots are enough.
    """
    histories = {LiveKey(*row.key): row for row in plant.coverage}
    seen: dict[LiveKey, list[LiveCount]] = {}
    for count in counts:
        seen.setdefault(count.key, []).append(count)
    routes, keys = _routes(plant)
    enough = max(profile.selection.min_shots, min((d.min_rows for d in profile.detectors), default=0))
    if plant.predictor is not None:
        # Settings trained on have no history of shots; every record stands beside the nearest.
        found = [_cell(key, None, of_key, *_PREDICTED[key.cluster is None]) for key, of_key in seen.items()]
    else:
        found = [
            _cell(key, histories.get(key), seen.get(key, ()), _stand_in(key, routes, keys), enough)
            for key in {**histories, **seen}
        ]
    return sorted(found, key=lambda c: (-c.blind, c.status == "trained", *_named(c.key)))


def _cell(
    key: LiveKey,
    history: Coverage | None,
    counts: Sequence[LiveCount],
    stand_in: StandIn,
    enough: int,
    status: Status = "never_seen",
) -> Cell:
    live: dict[Route, int] = {"trained": 0, "nearest": 0, "limits": 0}
    for count in counts:
        live[count.route] += count.shots
    far = [c.distance / stand_in.reference for c in counts if c.distance is not None]  # of one route alone
    if history is not None:
        status = _STATUS.get(history.status, "failed")
    later = sum(c.later for c in counts)
    return Cell(
        key=key,
        history=history,
        status=status,
        stand_in=stand_in,
        live=live,
        live_ng=sum(c.ng for c in counts),
        live_later=later,
        live_last=max((c.last for c in counts if c.last is not None), default=None),
        live_distance=far[0] if far else None,
        missing=_missing(key, status, history.rows if history else 0, later, live, enough),
    )


def _missing(
    key: LiveKey, status: Status, rows: int, later: int, live: Mapping[Route, int], enough: int
) -> Missing:
    """What a group lacks; every shot counted live is one of the next history."""
    if status == "trained":
        outside = live["nearest"] + live["limits"]
        return Missing("outside", outside) if outside else Missing("nothing")
    if status == "validate":
        return Missing("defects")
    if status == "refused" or status == "failed":
        return Missing(status)
    if key.maker is None:
        return Missing("maker")
    if key.item is None:
        return Missing("item")
    if key.cluster is None:
        return Missing("setting")
    if status == "too_few" and rows >= enough:
        return Missing("counts")
    lacking = enough - rows - later
    return Missing("shots", lacking) if lacking > 0 else Missing("train")


def _routes(plant: TrainedPlant) -> tuple[Routes, list[GroupKey]]:
    keys = [model.key for model in plant.models]
    fixed = np.array([model.fixed_threshold for model in plant.models], dtype=np.float64)
    largest = np.array([model.losses.maximum for model in plant.models], dtype=np.float64)
    centres = np.array([model.setting_centre for model in plant.models], dtype=np.float64)
    centres = centres.reshape(len(keys), len(plant.setting_names))
    return compile_routes(plant.spaces, keys, centres, np.isfinite(base_of(fixed, largest))), keys


def _stand_in(key: LiveKey, routes: Routes, keys: Sequence[GroupKey]) -> StandIn:
    """Who judges a shot at the centre of a group's setting, as `inference.router` decides."""
    if key.maker is None or key.cluster is None or key.maker not in routes.makers:
        return StandIn("limits")
    number = routes.makers[key.maker]
    centres = routes.spaces[number].centres
    place = routes.places.get((key.maker, key.facility, key.item), -1)
    scope = routes.place_scopes[place] if place >= 0 else routes.maker_scopes[number]
    if routes.group_at(place, key.cluster) >= 0:
        return StandIn("trained", reference=scope.reference)
    if not len(scope.groups) or not 0 <= key.cluster < len(centres):
        return StandIn("limits")
    index, distance = nearest(centres[key.cluster : key.cluster + 1], scope.centres)
    substitute = keys[int(scope.groups[int(index[0])])]
    return StandIn("nearest", substitute, float(distance[0]) / scope.reference, scope.reference)


def _named(key: LiveKey) -> tuple[str, str, str, int]:
    return key.maker or "", key.facility, key.item or "", -1 if key.cluster is None else key.cluster
