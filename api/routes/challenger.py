"""The version that judges in the shadow, and what would be different with it."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.context import Here, Speaking
from api.drift_words import comparison_text
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.times import to_rfc3339
from api.words import Language
from core.errors import ModelCorrupt
from inference.comparison import by_day, by_group, named_shots, said, whole
from inference.store.reader import VerdictReader
from models.registry import Registry

router = APIRouter(tags=["models"], route_class=GuardedRoute)

DAYS = 31
"""Days listed, the latest ones."""
GROUPS = 200
"""Groups listed, those with most disagreement."""
_DAY_MS = 86_400_000


class Share(BaseModel):
    """A share with its 95 % interval (Wilson); null where nothing was compared."""

    share: float | None = Field(description="The share, 0-1.", examples=[0.004])
    low: float | None = Field(description="Lower end.", examples=[0.0031])
    high: float | None = Field(description="Upper end.", examples=[0.0052])


class Compared(BaseModel):
    """Shots both judged; flagged means NG."""

    shots: int = Field(description="How many both judged.", examples=[12000])
    neither: int = Field(description="Flagged by nobody.", examples=[11930])
    champion_alone: int = Field(description="Flagged by the champion alone.", examples=[12])
    challenger_alone: int = Field(description="Flagged by the challenger alone.", examples=[31])
    both: int = Field(description="Flagged by both.", examples=[27])
    champion_share: Share
    challenger_share: Share
    difference: float | None = Field(
        description="Challenger's flagged share less the champion's.", examples=[0.0016]
    )
    difference_low: float | None = Field(description="Its 95 % interval.", examples=[0.0005])
    difference_high: float | None = Field(description="Its 95 % interval.", examples=[0.0027])
    chance: float = Field(
        description="McNemar's exact probability of so uneven a split by chance.", examples=[0.0054]
    )


class GroupCompared(Compared):
    """One facility, item and setting as the champion saw it."""

    facility: str = Field(description="The press.", examples=["A-03"])
    item: str | None = Field(description="What it molds; null: unknown.", examples=["cap-28"])
    cluster: int | None = Field(description="Setting cluster; null: unknown.", examples=[2])


class DayCompared(Compared):
    """One day of the plant."""

    day: str | None = Field(description="RFC 3339, midnight; null: shots without a time.", examples=[None])


class Said(BaseModel):
    """What people said of the shots named."""

    confirm: int = Field(description="Bad shots, they said.", examples=[3])
    false_alarm: int = Field(description="Good shots, they said.", examples=[1])
    unsure: int = Field(description="Looked at in vain.", examples=[0])


class Named(BaseModel):
    """Some shots that only one of them flagged, and what people said of these."""

    shots: list[str] = Field(description="Identifiers, see /api/v1/verdicts/{identifier}.")
    said: Said


class ChallengerOut(BaseModel):
    """The trial of the challenger; all null or 0 where there is none."""

    champion: str | None = Field(description="Version that judges.")
    challenger: str | None = Field(description="Version that judges in the shadow.")
    since: str | None = Field(description="When it was made challenger, RFC 3339.", examples=[None])
    who: str | None = Field(description="By whom.", examples=["kim"])
    state: Literal["none", "waiting", "running", "dropped"] = Field(
        description="`waiting`: nothing compared yet; `dropped`: see `reason`.", examples=["running"]
    )
    reason: str = Field(description="Why it was dropped.", examples=[""])
    skipped: int = Field(
        description="Shots it did not judge: production was behind, or it was being loaded.", examples=[256]
    )
    text: str = Field(description="What would have been different, in words.")
    whole: Compared
    groups: list[GroupCompared]
    days: list[DayCompared]
    champion_alone: Named
    challenger_alone: Named


def trial(
    registry: Registry, reader: VerdictReader, champion: str | None, language: Language
) -> dict[str, Any]:
    """The present trial with everything counted.

    Parameters
    ----------
    registry : Registry
        Names the challenger.
    reader : VerdictReader
    champion : str or None
        Version that judges.
    language : {"en", "ko", "ru"}

    Raises
    ------
    StoreUnavailable
        The counts cannot be read.
    """
    try:
        appointed, problem = registry.challenger(), ""
    except (ModelCorrupt, OSError) as error:
        appointed, problem = None, str(error)
    run = reader.shadow_run(appointed.since) if appointed is not None else None
    cells = reader.shadow_cells(appointed.since) if appointed is not None else {}
    mine, other = named_shots(cells)
    words = reader.last_words([*mine, *other]) if cells else {}
    compared = whole(cells).as_json()
    state = "none" if appointed is None else "waiting" if run is None else run.state
    return {
        "champion": champion,
        "challenger": appointed.version if appointed is not None else None,
        "since": to_rfc3339(appointed.since) if appointed is not None else None,
        "who": appointed.who if appointed is not None else None,
        "state": state,
        "reason": run.reason if run is not None else problem,
        "skipped": run.skipped if run is not None else 0,
        "text": comparison_text(compared, language),
        "whole": compared,
        "groups": by_group(cells)[:GROUPS],
        "days": [
            one.as_json() | {"day": to_rfc3339(day * _DAY_MS) if day >= 0 else None}
            for day, one in by_day(cells)[:DAYS]
        ],
        "champion_alone": {"shots": mine, "said": said(mine, words)},
        "challenger_alone": {"shots": other, "said": said(other, words)},
    }


@router.get("/challenger", response_model=ChallengerOut, responses=problem_responses(422, 503))
@needs("viewer")
def challenger(here: Here, language: Speaking) -> Any:
    """What the challenger would have flagged, against what counted."""
    return trial(Registry(here.config.registry), here.reader, here.catalog.version, language)
