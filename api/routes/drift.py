"""Whether production has moved away from what the models were trained on."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.context import Context, Here, Speaking
from api.drift_words import group_texts, proposal_texts
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.models import trained_plant
from api.words import Language
from inference.drift.report import Drift, drift_of

router = APIRouter(tags=["models"], route_class=GuardedRoute)


class InputMoved(BaseModel):
    """A measured value whose last lots lie beyond those of the training."""

    variable: str = Field(description="Name in the profile.", examples=["cushion_stroke"])
    mean: float = Field(description="Mean over the last lots.", examples=[6.1])
    training_low: float = Field(description="Least mean of a training lot.", examples=[4.2])
    training_high: float = Field(description="Greatest mean of a training lot.", examples=[5.3])
    shift: float | None = Field(
        description="How far from the training mean, in standard deviations; null: it never varied.",
        examples=[2.4],
    )
    chance: float | None = Field(description="Probability of so far without drift.", examples=[1e-06])


class FlagRate(BaseModel):
    """The flagged share against training."""

    moved: bool = Field(description="Too many lots with too many flags.", examples=[False])
    share: float | None = Field(description="Flagged of the last lots; null: no shots.", examples=[0.004])
    expected: float = Field(description="Flagged in training.", examples=[0.002])
    lots_with_too_many: int = Field(description="Lots with more flags than training explains.", examples=[0])
    chance: float | None = Field(description="Probability of so many without drift.", examples=[1.0])


class GroupDrift(BaseModel):
    """One trained facility-item-setting group."""

    maker: str = Field(description="Maker of the machine.", examples=["A"])
    facility: str = Field(description="The press.", examples=["A-03"])
    item: str = Field(description="What it molds.", examples=["cap-28"])
    cluster: int = Field(description="Setting cluster.", examples=[2])
    status: Literal["steady", "moved", "too_early", "no_reference"] = Field(
        description="`too_early`: too few lots, then or now; `no_reference`: trained by an older release.",
        examples=["steady"],
    )
    lots: int = Field(description="Last lots looked at.", examples=[7])
    shots: int = Field(description="Shots looked at.", examples=[1840])
    substituted: int = Field(description="Shots of other settings that its model judged.", examples=[12])
    inputs: list[InputMoved] = Field(description="What moved.")
    flags: FlagRate
    texts: list[str] = Field(description="What moved, in words.")


class Why(BaseModel):
    """One reason to train again."""

    why: Literal["inputs", "flags", "settings", "age"] = Field(description="Which one.", examples=["inputs"])
    groups: int | None = Field(None, description="Groups that moved.", examples=[3])
    share: float | None = Field(None, description="Share judged by a substitute or none.", examples=[0.31])
    days: int | None = Field(None, description="Days since the last training shot.", examples=[200])


class Proposal(BaseModel):
    """Whether to train again; nothing is done by itself."""

    retrain: bool = Field(description="Training again is advised.", examples=[False])
    reasons: list[Why]
    age_days: int | None = Field(description="Days since the last training shot.", examples=[41])
    shots_looked_at: int = Field(description="In the lots kept.", examples=[52000])
    substituted_share: float | None = Field(
        description="Judged by a substitute, or by no model.", examples=[0.04]
    )
    texts: list[str] = Field(description="The same in words.")


class DriftOut(BaseModel):
    """Drift of the version that judges."""

    version: str = Field(description="Registry version.", examples=["20261120T101500123Z-1a2b3c4d"])
    proposal: Proposal
    groups: list[GroupDrift]


def found_drift(here: Context) -> tuple[str, Drift]:
    """The version that judges and its last lots, tested.

    Raises
    ------
    ModelNotFound
        Nothing is trained yet.
    StoreUnavailable
        The lots cannot be read.
    """
    version, plant = trained_plant(here)
    return version, drift_of(here.reader.drift_lots(version), plant, here.profile)


@router.get("/drift", response_model=DriftOut, responses=problem_responses(422, 503))
@needs("viewer")
def drift(here: Here, language: Speaking) -> Any:
    """Every group's last lots against those it was trained on, those that moved first."""
    version, found = found_drift(here)
    return as_json(version, found, here.clock(), language)


def as_json(version: str, found: Drift, now: int, language: Language) -> dict[str, Any]:
    """What is told of drift; `now` in ms UTC."""
    proposal = found.proposal(now)
    return {
        "version": version,
        "proposal": proposal | {"texts": proposal_texts(proposal, language)},
        "groups": [group | {"texts": group_texts(group, language)} for group in found.groups()],
    }
