"""What is sent about the limit: rules, trials, choices."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from api.routes.verdicts import Time
from inference.threshold_choice import NUMBERS
from inference.threshold_lab.trial import Knob

MOST_RULES = 40
MOST_PLACES = 20
MOST_LOTS = 30
"""Together they stay below what a request may hold; the command line takes more."""
_Trimmed = StringConstraints(strip_whitespace=True)
_Name = Annotated[str, StringConstraints(max_length=100)]


def _number(name: str, description: str, example: float) -> Any:
    least, most = NUMBERS[name]
    return Field(None, ge=least, le=most, description=description, examples=[example])


def _whole(value: Any) -> Any:
    """2.0 is a whole number in JSON, too."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


class GainsWish(BaseModel):
    """What a rule can say; what it does not name stays as the profile has it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: Literal["cv", "budget"] = Field(
        "cv",
        description="Where the base comes from: losses and their scatter, or a budget.",
        examples=["budget"],
    )
    budget: float = _number("budget", "Flags per 1,000 good shots.", 5)
    fixed_sigmas: float = _number("fixed_sigmas", "Standard deviations of the fixed threshold.", 4.5)
    cv_gain: float = _number("cv_gain", "Weight per unit of the CV.", 0.2)
    distance_gain: float = _number("distance_gain", "Weight per reference distance.", 4)
    margin_limit: float = _number("margin_limit", "Cap of the weight.", 6)
    warn_share: float = _number("warn_share", "WARN above base + warn_share x tolerance.", 0)

    def as_rule(self) -> dict[str, Any]:
        """Only what was given."""
        return self.model_dump(exclude_unset=True)


class OverrideWish(GainsWish):
    """What is different for the groups that have all of these names."""

    maker: _Name = Field("", description="Maker of the press.", examples=["A"])
    facility: _Name = Field("", description="The press.", examples=["A-01"])
    item: _Name = Field("", description="What it molds.", examples=["cap"])
    cluster: Whole = Field(0, ge=0, le=2**31, description="Setting cluster.", examples=[2])


class RuleWish(GainsWish):
    """A rule for the plant, with what is different for single groups. Empty: the profile's."""

    overrides: list[OverrideWish] = Field(
        [], max_length=MOST_PLACES, description="Of several that fit the later one counts.", examples=[[]]
    )


class TrialWish(BaseModel):
    """Which shots to try which rules on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    start: Time | None = Field(
        None, alias="from", description="Shots made at this time or later.", examples=["2026-11-20T08:00:00Z"]
    )
    end: Time | None = Field(
        None, alias="to", description="Shots made before this time.", examples=["2026-11-21T08:00:00Z"]
    )
    facility: _Name | None = Field(None, description="Only this press.", examples=["A-03"])
    item: _Name | None = Field(None, description="Only this item.", examples=["cap-28"])
    rules: list[GainsWish] = Field(
        [], max_length=MOST_RULES, description="Tried one beside the other.", examples=[[{"rule": "budget"}]]
    )
    sweep: Knob | None = Field(
        None,
        description="Also the rule that counts, with its budget or its margin turned.",
        examples=["budget"],
    )
    bad_lots: list[_Name] = Field(
        [], max_length=MOST_LOTS, description="Lots known to be bad.", examples=[["A-03|cap-28|2026-11-20"]]
    )
    good_lots: list[_Name] = Field(
        [], max_length=MOST_LOTS, description="Lots known to be good.", examples=[["A-03|cap-28|2026-11-19"]]
    )


class ChoiceWish(BaseModel):
    """A choice of the limit, with its reason."""

    model_config = ConfigDict(extra="forbid", strict=True)

    rule: RuleWish = Field(description="An empty one gives the limit back to the profile.")
    why: Annotated[str, _Trimmed] = Field(
        min_length=1,
        max_length=500,
        pattern=r"\S",
        description="For the audit.",
        examples=["too many calls at night"],
    )
    who: Annotated[str, _Trimmed] | None = Field(
        None,
        max_length=100,
        description="Who chooses, where no key is needed; where one is, its name counts, and another name is "
        "refused.",
        examples=["kim"],
    )
