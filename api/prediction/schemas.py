"""What is asked and answered about predictions, field by field."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from core.verdict import Outcome
from inference.prediction.predicted import Standing

ROWS_AT_ONCE = 1000
"""Rows of one request."""

Name = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Values = Annotated[dict[Name, Number], Field(max_length=100, title="Inputs")]
"""One row of inputs: by their names, or by their fields of a document, in any case of letters."""
Regressors = Annotated[
    dict[Name, Name],
    Field(max_length=100, description="Target to the regressor to ask instead of the chosen one."),
]


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PredictionWish(_Wish):
    """Rows to predict."""

    rows: list[Values] = Field(min_length=1, max_length=ROWS_AT_ONCE, description="One a record.")
    regressors: Regressors = Field(default_factory=dict)


class Band(_Wish):
    """From one value to another; an end that is left out is free."""

    low: Number | None = Field(None, description="At least this.")
    high: Number | None = Field(None, description="At most this.")

    @model_validator(mode="before")
    @classmethod
    def _is_an_object(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            msg = f'expected {{"low": number, "high": number}}, either may be left out; got {given!r:.60}'
            raise ValueError(msg)
        return given


class AdviceWish(_Wish):
    """What settings shall come to."""

    within: dict[Name, Band] = Field(
        default_factory=dict,
        max_length=100,
        description="Limits on inputs, quantities, and targets, whose whole interval lies inside.",
    )
    minimize: list[Name] = Field(
        default_factory=list,
        max_length=20,
        description="Made small, all at once; empty: as the profile says.",
    )
    far: bool = Field(False, strict=True, description="Also settings far from any that was run.")
    regressors: Regressors = Field(default_factory=dict)


class InputOut(BaseModel):
    """One input."""

    name: str = Field(description="Name of the input.", examples=["current"])
    path: str = Field(description="Where a document or a table has it.", examples=["I"])
    label: str = Field(description="Its name in the language asked for.", examples=["Current"])
    unit: str = Field(description="Its unit; empty where it has none.", examples=["mA"])
    trained_low: float = Field(description="Least value trained on.", examples=[43.0])
    trained_high: float = Field(description="Largest value trained on.", examples=[49.0])
    limit_low: float | None = Field(description="Physical limit.", examples=[0.0])
    limit_high: float | None = Field(description="Physical limit.", examples=[200.0])


class TargetOut(BaseModel):
    """One target."""

    name: str = Field(description="Name of the target.", examples=["thickness"])
    path: str = Field(description="Where a document or a table has it.", examples=["Thickness"])
    label: str = Field(description="Its name in the language asked for.", examples=["Thickness"])
    unit: str = Field(description="Its unit; empty where it has none.", examples=["mm"])
    nominal: float | None = Field(description="The size wanted.", examples=[1.2])
    tolerance: float | None = Field(description="How far off it may be, either way.", examples=[0.4])
    regressor: str = Field(description="Who predicts it.", examples=["extra_trees"])
    regressors: list[str] = Field(description="Who may, the chosen one first.")


class QuantityOut(BaseModel):
    """What follows from inputs and targets."""

    name: str = Field(description="Name of the quantity.", examples=["energy"])
    label: str = Field(description="Its name in the language asked for.", examples=["Energy"])
    unit: str = Field(description="Its unit; empty where it has none.", examples=["J/mm"])


class ValidationOut(BaseModel):
    """How well a regressor predicts a target on rows left out of its training."""

    target: str = Field(description="Name of the target.", examples=["thickness"])
    regressor: str = Field(description="Its name; `chosen`: whichever is chosen.", examples=["extra_trees"])
    split: Literal["by_setting", "random"] = Field(
        description="Whole settings left out, or rows at random whose twins stay: that flatters."
    )
    rows: int = Field(description="Rows predicted so.", examples=[72])
    r2: float | None = Field(description="Share of the variance explained.", examples=[0.73])
    mae: float | None = Field(description="Mean absolute error, in the target's unit.", examples=[0.06])
    coverage: float | None = Field(description="Share of the rows inside their intervals.", examples=[0.91])
    width: float | None = Field(description="Mean width of the intervals.", examples=[0.31])


class PredictorOut(BaseModel):
    """What predicts, from what, and how well."""

    model_config = ConfigDict(protected_namespaces=())

    version: str = Field(description="Registry version.", examples=["20261120T080000Z"])
    process: str = Field(description="Name of the profile.", examples=["beam_welding"])
    record: str = Field(description="What one record is.", examples=["part"])
    source: str | None = Field(description="What it was trained from.", examples=["measured.csv"])
    synthetic: bool = Field(description="It was trained on the made-up example, not on measurements.")
    rows: int = Field(description="Measured rows trained on.", examples=[72])
    settings: int = Field(description="Distinct settings among them.", examples=[15])
    coverage: float = Field(description="Share of measurements an interval shall hold.", examples=[0.9])
    reach: float = Field(description="Distance beyond which settings are far from any run.", examples=[0.6])
    inputs: list[InputOut] = Field(description="What it predicts from.")
    targets: list[TargetOut] = Field(description="What it predicts.")
    quantities: list[QuantityOut] = Field(description="What follows from both.")
    minimize: list[str] = Field(description="What advice makes small unless told otherwise.")
    validation: list[ValidationOut] = Field(description="How good each regressor is on rows left out.")


class SizeOut(BaseModel):
    """One target as predicted."""

    name: str = Field(description="Name of the target.", examples=["thickness"])
    unit: str = Field(description="Its unit; empty where it has none.", examples=["mm"])
    mean: float | None = Field(description="As predicted; null: it cannot be.", examples=[1.21])
    low: float | None = Field(description="Lower end of the interval.", examples=[1.04])
    high: float | None = Field(description="Upper end of the interval.", examples=[1.38])
    regressor: str = Field(description="Who predicted it.", examples=["extra_trees"])


class QuantityValue(BaseModel):
    """One quantity."""

    name: str = Field(description="Name of the quantity.", examples=["energy"])
    unit: str = Field(description="Its unit; empty where it has none.", examples=["J/mm"])
    value: float | None = Field(description="Null: it is no finite number.", examples=[207.8])


class NearestOut(BaseModel):
    """The nearest settings that were run."""

    inputs: dict[str, float] = Field(description="By name.")
    rows: int = Field(description="How often they were measured.", examples=[4])


class PredictionOut(BaseModel):
    """What is predicted of one row."""

    row: int = Field(description="Its place among those sent, from 0.", examples=[0])
    inputs: dict[str, float] = Field(description="By name.")
    outcome: Outcome | None = Field(
        description="Of the common verdict on the predicted sizes; null where no size is wanted."
    )
    margin: float | None = Field(
        description="What is left to the tolerance, in tolerances; below 0: NG.", examples=[0.4]
    )
    standing: Standing = Field(
        description="Run before; never run; far from any run; outside the trained ranges."
    )
    outside: dict[str, Literal["below", "above"]] = Field(description="Inputs outside, and beyond which end.")
    distance: float | None = Field(
        description="To the nearest settings run, each input in units of its trained range.", examples=[0.12]
    )
    nearest: NearestOut | None = Field(description="The nearest settings that were run.")
    targets: list[SizeOut] = Field(description="Each as predicted.")
    quantities: list[QuantityValue] = Field(description="What follows.")
    text: str = Field(description="All of it in words, in the language asked for.")


class PredictionsOut(BaseModel):
    """What is predicted, row by row."""

    version: str = Field(description="Registry version.", examples=["20261120T080000Z"])
    coverage: float = Field(description="Share of measurements an interval shall hold.", examples=[0.9])
    rows: list[PredictionOut] = Field(description="In the order of those sent.")


class AdvisedOut(PredictionOut):
    """Settings that none of those tried beats in everything minimized."""

    run_before: int = Field(description="How often they were measured; 0: never run.", examples=[0])


class ExcludedOut(BaseModel):
    """Why there are no settings."""

    why: Literal["untrained", "far", "unreachable", "together"] = Field(
        description="The limit lies outside the trained range; all left are far from any run; "
        "the limit alone excludes everything; only all limits together do."
    )
    name: str = Field(description="Of the limit; empty with `far`.", examples=["width"])
    low: float | None = Field(description="Lower end asked for.")
    high: float | None = Field(description="Upper end asked for.")
    nearest_low: float | None = Field(description="Of the trained range, or of what comes nearest.")
    nearest_high: float | None = Field(description="As `nearest_low`.")
    left: int = Field(description="Settings tried that are left without this limit.", examples=[0])
    text: str = Field(description="All of it in words, in the language asked for.")


class AdviceOut(BaseModel):
    """Settings within the limits, best first."""

    version: str = Field(description="Registry version.", examples=["20261120T080000Z"])
    minimized: list[str] = Field(description="What was made small.", examples=[["thickness", "energy"]])
    tried: int = Field(description="Settings looked at.", examples=[51200])
    settings: list[AdvisedOut] = Field(description="By what is made small first.")
    excluded: ExcludedOut | None = Field(description="Where there are none: why.")
