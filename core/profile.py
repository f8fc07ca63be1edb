"""What a process is: keys, variables, detectors and the threshold rule, as data.

A profile is read from a TOML file (`core.profile_file.load_profile`). No code
anywhere knows a process by name; a new process is a new file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal, NamedTuple

from core.prediction import AdviceRule, PredictionRule, Quantity, RegressorRule

Role = Literal["setting", "production", "target", "ignored"]
FillWay = Literal["forward", "backward", "mean", "mode"]
ROLES: tuple[Role, ...] = ("setting", "production", "target", "ignored")
FILL_WAYS: tuple[FillWay, ...] = ("forward", "backward", "mean", "mode")


class GroupKey(NamedTuple):
    """A facility–item–setting group: the unit that has a model of its own."""

    maker: str
    facility: str
    item: str
    cluster: int


@dataclass(frozen=True, slots=True)
class Variable:
    """One set value or measured value of a record.

    Attributes
    ----------
    name : str
        Unique name: SQL column, CSV header and API field alike.
    role : {"setting", "production", "target", "ignored"}
        Set by the operator, measured by the machine, to be predicted, or not used.
    unit : str
        Unit of the value, e.g. ``"bar"``; empty when it has none.
    path : tuple of str
        Where the value sits in the document, one key a level.
    fill : tuple of str
        Ways to fill a missing value, tried in this order.
    limits : tuple of float or None
        Physical limits ``(low, high)``; the static limits when no model fits.
    standard : str
        Name in OPC 40077 / 40083, empty where the standard has none.
    tweak : float or None
        Of a set value: what an operator changes it by without meaning another setting, in
        its unit; None: 5 % of its usual size.
    nominal, tolerance : float or None
        Of a target: the size wanted, and how far off it may be either way; None where no
        size is wanted.
    label : str
        What people call it where the catalogue has no words for it; empty: by its name.
    """

    name: str
    role: Role
    unit: str
    path: tuple[str, ...]
    fill: tuple[FillWay, ...]
    limits: tuple[float, float] | None = None
    standard: str = ""
    tweak: float | None = None
    nominal: float | None = None
    tolerance: float | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A field that is not a variable: its name and where it sits in the document.

    `otherwise` is the value of records and tables that do not carry the field; None: it is
    missing there.
    """

    name: str
    path: tuple[str, ...]
    otherwise: str | None = None


@dataclass(frozen=True, slots=True)
class LotRule:
    """How shots are counted: one facility, one item, one day.

    Attributes
    ----------
    good, bad : FieldPath
        The running totals on a shot's row. They say nothing about that shot.
    utc_offset_minutes : int
        Where the plant's day begins, relative to midnight UTC, e.g. 540 for Korea.
    """

    good: FieldPath
    bad: FieldPath
    utc_offset_minutes: int = 0


@dataclass(frozen=True, slots=True)
class DetectorRule:
    """A detector for groups of ``min_rows <= rows < max_rows`` shots.

    `max_rows` None means no upper bound. `parameters` go to the estimator as they are.
    """

    kind: str
    min_rows: int
    max_rows: int | None
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CandidateRule:
    """A detector that a group may get when its detector is chosen by evidence.

    `parameters` go to the estimator as they are.
    """

    kind: str
    parameters: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SelectionRule:
    """Which groups train (IM-05).

    Groups with a defect rate below `max_defect_rate` train, the others validate;
    groups under `min_shots` are left out. `held_out_share` of the training lots
    (the last in time) is kept for the loss distribution. With `skip_warm_up` records in
    warm-up (see `WarmUpRule`) neither train nor count as shots of their group. The
    detector of a group follows from its number of records, or the evidence chooses among
    the profile's candidates.
    """

    max_defect_rate: float = 0.01
    min_shots: int = 500
    held_out_share: float = 0.2
    choice: Literal["by_count", "by_evidence"] = "by_count"
    skip_warm_up: bool = False


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """The gains and limits of the CV-weighted threshold (IM-13).

    Attributes
    ----------
    fixed_sigmas : float
        Fixed threshold = mean + this many standard deviations of the training losses
        (RJG eDART alarms stand at 4.5).
    cv_gain : float
        Weight per unit of the coefficient of variation of the training losses.
    distance_gain : float
        Weight per reference distance to the substitute setting (adaptive route).
    margin_limit : float
        Cap of the whole weight: tolerance never exceeds ``base * margin_limit``.
    warn_share : float
        WARN above ``base + warn_share * tolerance``; 0 warns as soon as base is passed.
    trim_counted_bad : bool
        Leave out the highest losses, as many as the lots counted bad, before taking
        the maximum: lots under 1 % still contain bad shots.
    range_excess : float
        A value beyond the training range by more than this share of the range is
        evidence of its own (clipping hides it from the score).
    range_outcome : {"flag", "WARN", "NG"}
        What such a range violation does to the outcome. Beside a substitute model it is
        a flag only: another setting moves the measured values by itself.
    rule : {"cv", "budget"}
        Where the base comes from: the losses and their scatter, or `budget`.
    budget : float
        Flags per 1,000 good shots that the limit may cost; above 0. See `inference.rehearsal`.
    """

    fixed_sigmas: float = 4.5
    cv_gain: float = 0.2
    distance_gain: float = 4.0
    margin_limit: float = 6.0
    warn_share: float = 0.0
    trim_counted_bad: bool = True
    range_excess: float = 1.0
    range_outcome: Literal["flag", "WARN", "NG"] = "WARN"
    rule: Literal["cv", "budget"] = "cv"
    budget: float = 5.0


@dataclass(frozen=True, slots=True)
class FillRule:
    """What to do with values that are missing or unreadable.

    `unreadable` says what a value of the wrong kind (text, a boolean, an infinity)
    does: ``"dead_letter"`` keeps the record out with its reason, ``"fill"`` treats
    the value as missing. When more than `max_filled_share` of the measured values
    had to be filled, the outcome is WARN at best: nothing was measured.
    """

    unreadable: Literal["dead_letter", "fill"] = "dead_letter"
    max_filled_share: float = 0.5


@dataclass(frozen=True, slots=True)
class WarmUpRule:
    """Which records stand in a facility's warm-up, and what that does to their outcome.

    Attributes
    ----------
    shots : int
        So many records after a start and after a change-over are marked; 0 marks none.
    gap_minutes : float
        No record for longer than this, by the records' own times: the next one is a start.
        0 takes no gap for one.
    outcome : {"keep", "WARN"}
        "keep" leaves the outcome as it is: a bad start is the time of bad records. "WARN"
        makes an NG a WARN.
    """

    shots: int = 20
    gap_minutes: float = 20.0
    outcome: Literal["keep", "WARN"] = "keep"


@dataclass(frozen=True)
class Profile:
    """A process, validated. See `core.profile_file` for the file format.

    It has detectors, which judge what was measured, or regressors, which predict its targets
    and judge those.
    """

    name: str
    record: str
    identifier: FieldPath
    time: FieldPath
    maker: FieldPath
    facility: FieldPath
    item: FieldPath
    lot: LotRule
    variables: tuple[Variable, ...]
    detectors: tuple[DetectorRule, ...]
    selection: SelectionRule
    threshold: ThresholdRule
    fill: FillRule
    warm_up: WarmUpRule
    sha256: str
    candidates: tuple[CandidateRule, ...] = ()
    regressors: tuple[RegressorRule, ...] = ()
    prediction: PredictionRule = field(default_factory=PredictionRule)
    quantities: tuple[Quantity, ...] = ()
    advice: AdviceRule = field(default_factory=AdviceRule)
    example: str = ""

    def of_role(self, role: Role) -> tuple[Variable, ...]:
        """Variables of one role, in the order of the file."""
        return tuple(v for v in self.variables if v.role == role)

    @cached_property
    def settings(self) -> tuple[Variable, ...]:
        """The set values: columns of ``Batch.settings``."""
        return self.of_role("setting")

    @cached_property
    def production(self) -> tuple[Variable, ...]:
        """The measured values: columns of ``Batch.production`` and inputs of every model."""
        return self.of_role("production")

    @cached_property
    def targets(self) -> tuple[Variable, ...]:
        """What regressors predict; no part of a `Batch`."""
        return self.of_role("target")

    @cached_property
    def inputs(self) -> tuple[Variable, ...]:
        """What regressors predict from: set values, then measured values."""
        return (*self.settings, *self.production)
