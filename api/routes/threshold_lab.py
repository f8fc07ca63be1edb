"""The limit: what counts, what another would come to, and choosing it."""

from __future__ import annotations

from threading import Lock
from typing import Annotated, Any

from fastapi import APIRouter, Body, HTTPException, Query, Request

from api.context import Context, Here
from api.guarded_route import GuardedRoute
from api.ordering import carry_out, order_responses, who_says
from api.problems import problem_responses
from api.roles import needs
from api.routes.verdicts import PAGE_LIMIT, Text, before
from api.threshold_answers import ChoiceOut, ChoicePage, ThresholdOut, TrialOut
from api.threshold_rows import (
    choice_outward,
    groups_outward,
    histogram,
    limit_ratio,
    profile_outward,
    trial_outward,
)
from api.threshold_wishes import ChoiceWish, TrialWish
from api.times import from_rfc3339
from core.errors import ConfigError, ModelNotFound
from inference.group_rules import group_rules
from inference.plan import Plan
from inference.rehearsal import rehearse_models
from inference.store.cursor import encode_cursor
from inference.store.feedback import FeedbackFilter
from inference.store.scored_rows import MOST_ROWS
from inference.store.verdict_filter import VerdictFilter
from inference.stored_choice import check_tails, refuse_predicting
from inference.threshold_choice import Choice
from inference.threshold_lab import Labels, Scored, scored_of, try_rules
from inference.threshold_lab.trial import sweep
from inference.threshold_order import choose
from models.artifact import TrainedPlant

router = APIRouter(tags=["threshold"], route_class=GuardedRoute)

MOST_SAID = 20_000
"""Words on shots that are read for one trial."""
_ONE_AT_A_TIME = Lock()
"""A trial is arithmetic on a hundred thousand rows beside the judging: never two of them."""


def _using(here: Context) -> tuple[Plan, TrainedPlant]:
    plan, plant = here.catalog.plan, here.catalog.plant
    if plan is None or plant is None:
        raise ModelNotFound(here.catalog.problem or "no model is trained yet: run `./sprue train`")
    try:
        refuse_predicting(here.profile)
    except ConfigError as error:
        raise HTTPException(409, str(error)) from None
    return plan, plant


def present_choice(here: Context) -> Choice:
    """The choice that counts; none where nobody chose or it cannot be read."""
    stored = here.reader.newest_threshold_choice()
    try:
        return Choice.of(stored.rule) if stored is not None else Choice()
    except ConfigError:
        return Choice()


@router.get("/threshold", response_model=ThresholdOut, responses=problem_responses(409, 503))
@needs("viewer")
def threshold(here: Here) -> Any:
    """The rule that counts, who chose it, and every group's limit with what it will cost."""
    plan, plant = _using(here)
    stored = here.reader.newest_threshold_choice()
    rehearsal = rehearse_models(plant.models)
    rules = group_rules(plant.models, here.profile.threshold, present_choice(here), rehearsal)
    return {
        "version": plan.version,
        "in_use": here.status().threshold_choice,
        "choice": None if stored is None else choice_outward(stored),
        "profile": profile_outward(here.profile.threshold),
        "rehearsed": rehearsal.pairs,
        "correlation": rehearsal.correlation,
        "groups": groups_outward(plant.models, rules, rehearsal),
    }


@router.get("/threshold/choices", response_model=ChoicePage, responses=problem_responses(422, 503))
@needs("viewer")
def choices(
    here: Here,
    cursor: Annotated[Text, Query(description="`next_cursor` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT, description="Most rows of the page.")] = 50,
) -> Any:
    """Who chose which limit, when and why, newest first."""
    page, following = here.reader.threshold_choices(limit, before(cursor))
    return {
        "choices": [choice_outward(one) for one in page],
        "next_cursor": None if following is None else encode_cursor(following),
    }


@router.post("/threshold/try", response_model=TrialOut, responses=problem_responses(400, 409, 415, 422, 503))
@needs("viewer")
def try_threshold(here: Here, wish: Annotated[TrialWish, Body()]) -> Any:
    """What other rules would have come to on the verdicts of a period; changes nothing.

    Shots are counted as judging them under each rule would have, without scoring them again.
    Of the version that judges now, the newest 100,000 of the period.
    """
    plan, plant = _using(here)
    present = present_choice(here)
    turned = sweep(present, wish.sweep) if wish.sweep else []
    asked = [Choice.of(rule.as_rule()) for rule in wish.rules]
    with _ONE_AT_A_TIME:
        scored, read = _scored(here, wish, plan, plant)
        now, *trials = try_rules(scored, plant.models, here.profile.threshold, [present, *asked, *turned])
        shown = [trial_outward(one, limit_ratio(scored, one.rules, now.rules)) for one in trials]
        return {
            "version": plan.version,
            "shots": len(scored),
            "left_out": scored.left_out,
            "complete": read < MOST_ROWS,
            "present": trial_outward(now, limit_ratio(scored, now.rules, now.rules)),
            "trials": shown[: len(asked)],
            "sweep": shown[len(asked) :],
            "histogram": histogram(scored, now.rules),
        }


def _scored(here: Context, wish: TrialWish, plan: Plan, plant: TrainedPlant) -> tuple[Scored, int]:
    """The shots asked for, and how many verdicts were read."""
    start, end = (None if text is None else from_rfc3339(text) for text in (wish.start, wish.end))
    wanted = VerdictFilter(start=start, end=end, facility=wish.facility, item=wish.item)
    columns = here.reader.scored_columns(wanted)
    said, _ = here.reader.feedback(FeedbackFilter(facility=wish.facility, newest=True), MOST_SAID)
    labels = Labels(
        frozenset(wish.bad_lots),
        frozenset(wish.good_lots),
        {row["shot_id"]: row["judgement"] for row in said},
    )
    keys = [model.key for model in plant.models]
    return scored_of(columns, plan, keys, labels), len(columns["shot_id"])


@router.put(
    "/threshold",
    response_model=ChoiceOut,
    responses=order_responses() | problem_responses(400, 409, 415, 422, 503),
)
@needs("admin")
def put_threshold(here: Here, request: Request, wish: Annotated[ChoiceWish, Body()]) -> Any:
    """Choose the limit. It is audited, and counts from the batches of the next second or two on."""
    who = who_says(request, wish.who)
    choice = Choice.of(wish.rule.as_rule())
    plan, plant = _using(here)
    try:
        check_tails(choice, plant, plan.version)
    except ConfigError as error:
        raise HTTPException(409, str(error)) from None
    rule = choice.as_rule()
    return choice_outward(
        carry_out(here.hand_in, here.status, lambda desk: choose(desk, who, wish.why, rule))
    )
