"""Lots as they were judged."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query

from api.context import Here
from api.guarded_route import GuardedRoute
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import Text
from api.schemas import LotList
from api.times import to_rfc3339
from inference.store.reader import VerdictFilter

router = APIRouter(tags=["lots"], route_class=GuardedRoute)


@router.get("/lots", response_model=LotList, responses=problem_responses(422, 503))
@needs("viewer")
def lots(
    here: Here,
    facility: Annotated[Text, Query(description="Only lots of this press.", examples=["A-03"])] = None,
    item: Annotated[Text, Query(description="Only lots of this item.", examples=["cap-28"])] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Most lots.", examples=[50])] = 50,
) -> Any:
    """The lots of the last 100,000 verdicts, the last judged first, each counted whole."""
    found = here.reader.lots(VerdictFilter(facility=facility, item=item), limit)
    return {
        "lots": [
            asdict(lot)
            | {
                "flagged_share": lot.flagged_share,
                "first": to_rfc3339(lot.first),
                "last": to_rfc3339(lot.last),
            }
            for lot in found
        ]
    }
