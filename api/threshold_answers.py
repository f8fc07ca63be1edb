"""What is answered about the limit."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from inference.group_rules import Origin


class ChoiceOut(BaseModel):
    """A choice of the limit."""

    id: int = Field(description="Its number; the highest counts.", examples=[4])
    at: str | None = Field(description="When, RFC 3339.", examples=["2026-11-20T08:15:30.311Z"])
    who: str = Field(description="Who chose.", examples=["kim"])
    why: str = Field(description="Why.", examples=["too many calls at night"])
    rule: dict[str, Any] = Field(
        description="What was chosen; empty: the profile's rule.", examples=[{"rule": "budget", "budget": 5}]
    )


class ChoicePage(BaseModel):
    """Choices of the limit, newest first."""

    choices: list[ChoiceOut]
    next_cursor: str | None = Field(
        description="Give it as `cursor` for the next page; null: this was the last.", examples=[None]
    )


class GroupLimitOut(BaseModel):
    """The limit of one group for shots of its own setting."""

    maker: str = Field(description="Maker of the press.", examples=["A"])
    facility: str = Field(description="The press.", examples=["A-01"])
    item: str = Field(description="What it molds.", examples=["cap"])
    cluster: int = Field(description="Setting cluster.", examples=[2])
    origin: Origin = Field(
        description="Where the base is from: `cv` losses and their scatter; `budget`; `extrapolated` a "
        "budget past the largest loss held out; `no_tail` as cv, for want of held-out losses.",
        examples=["budget"],
    )
    base: float | None = Field(description="See the verdict's base.", examples=[0.31])
    weight: float | None = Field(description="0 under a budget.", examples=[0])
    limit: float | None = Field(description="NG above it.", examples=[0.31])
    held_out: int = Field(description="Losses the budget is taken from; 0: none were kept.", examples=[740])
    held_out_lots: int = Field(description="Lots they are from.", examples=[14])
    budget: float | None = Field(description="Flags per 1,000 good shots asked for.", examples=[5])
    share: float | None = Field(
        description="Of 1,000 held-out losses, how many lie above the limit that keeps the budget from lot "
        "to lot.",
        examples=[0.35],
    )
    low: float | None = Field(
        description="Lower end of the stated interval of the realised flags per 1,000 good shots.",
        examples=[0],
    )
    high: float | None = Field(description="Its upper end.", examples=[24.3])


class ThresholdOut(BaseModel):
    """The limit that counts now."""

    version: str = Field(description="Registry version.", examples=["20261119T230000000Z-0a1b2c3d"])
    in_use: int = Field(
        description="Number of the choice the service judges by; 0: the profile's rule.", examples=[4]
    )
    choice: ChoiceOut | None = Field(description="The newest one stored; null: nobody ever chose.")
    profile: dict[str, Any] = Field(description="The profile's rule.", examples=[{"rule": "cv"}])
    rehearsed: int = Field(
        description="Halves of held-out lots the budget was rehearsed on; under 10: it is taken as it is.",
        examples=[70],
    )
    correlation: float = Field(description="Between shots of one lot, 0-1.", examples=[0.07])
    groups: list[GroupLimitOut]


class TallyOut(BaseModel):
    """What a rule comes to. A flag is an NG; WARN is counted beside it."""

    rule: dict[str, Any] = Field(description="Chosen over the profile.", examples=[{"rule": "budget"}])
    limit_ratio: float | None = Field(
        description="Median over the shots: its limit / the present one.", examples=[1.1]
    )
    shots: int = Field(description="Shots tried on.", examples=[3000])
    days: int = Field(description="With at least one shot.", examples=[3])
    flags: int = Field(description="NG.", examples=[12])
    warns: int = Field(description="WARN.", examples=[4])
    flags_a_day: float = Field(description="flags / days.", examples=[4])
    bad_lots: int = Field(description="Known to be bad.", examples=[2])
    bad_lots_caught: int = Field(description="Of them, with at least one flag.", examples=[2])
    good_lots: int = Field(description="Known to be good.", examples=[30])
    good_shots: int = Field(description="Their shots.", examples=[2400])
    good_flags: int = Field(description="The flags among them.", examples=[9])
    confirmed: int = Field(description="Shots confirmed to be bad.", examples=[5])
    confirmed_flagged: int = Field(description="Of them, flagged.", examples=[5])
    false_alarms: int = Field(description="Shots said to be good.", examples=[3])
    false_alarms_flagged: int = Field(description="Of them, flagged.", examples=[1])
    precision: float | None = Field(
        description="Confirmed among the flagged shots somebody spoke of; null: nobody did.", examples=[0.83]
    )
    good_rate: float | None = Field(
        description="Flags per 1,000 shots of lots known to be good; null: there are none.", examples=[3.75]
    )


class HistogramOut(BaseModel):
    """Scores over the present limit of their group, by what is known; equal bins from 0 on."""

    widest: float = Field(description="Upper end of the last bin, which holds all beyond, too.", examples=[2])
    good: list[int] = Field(description="Shots known to be good.", examples=[[0, 4]])
    bad: list[int] = Field(description="Shots known to be bad.", examples=[[0, 1]])
    unknown: list[int] = Field(description="The others.", examples=[[3, 0]])


class TrialOut(BaseModel):
    """Rules tried on shots that were judged."""

    model_config = ConfigDict(protected_namespaces=())

    version: str = Field(description="Whose verdicts they are.", examples=["20261119T230000000Z-0a1b2c3d"])
    shots: int = Field(description="Shots tried on.", examples=[3000])
    left_out: int = Field(description="Verdicts of other versions.", examples=[0])
    complete: bool = Field(description="False: only the newest 100,000 of the period.", examples=[True])
    present: TallyOut = Field(description="Under the rule that counts now.")
    trials: list[TallyOut] = Field(description="In the order of `rules`.")
    sweep: list[TallyOut] = Field(description="Knob turned step by step; empty where none was asked for.")
    histogram: HistogramOut
