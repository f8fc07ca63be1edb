"""``./sprue threshold``: what the limit is, what another would cost, and choosing it."""

from __future__ import annotations

import getpass
import json
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.threshold_rows import tally_outward
from core.config import Config, load_config
from core.errors import ConfigError
from core.profile_file import load_profile
from inference.plan_provider import load_plan
from inference.stored_choice import refuse_predicting
from inference.threshold_choice import Choice
from inference.threshold_lab import try_rules
from inference.threshold_lab.trial import sweep
from models.registry import Registry
from scripts.home import say_home
from scripts.known_groups import refuse_unknown, refuse_untrained
from scripts.listing import print_rows, printable
from scripts.options import Home, Host, Port, ProfileName
from scripts.threshold_box import newest_choice, threshold_box
from scripts.threshold_show import show
from scripts.threshold_trial import NAMES, from_history, from_store, rows_of

MOST_LISTED = 100_000
MOST_WHY = 500


class Action(StrEnum):
    """What to do."""

    show = "show"
    try_ = "try"
    set = "set"
    clear = "clear"
    history = "history"


class Rule(StrEnum):
    """Where the base comes from."""

    cv = "cv"
    budget = "budget"


class Knob(StrEnum):
    """What a sweep turns."""

    budget = "budget"
    cv_gain = "cv_gain"


What = Annotated[Action, typer.Argument(help="What to do.")]
RuleName = Annotated[Rule | None, typer.Option(help="try, set: scatter of the losses, or a budget.")]
Number = float | None
Why = Annotated[str | None, typer.Option(help="set, clear: the reason, for the audit.")]
Who = Annotated[str | None, typer.Option(help="set, clear: who; default: the user.")]
History = Annotated[Path | None, typer.Option(help="try: CSV or Parquet with its lots' totals.")]
Database = Annotated[bool, typer.Option("--database", help="try: on the configured history database.")]
Start = Annotated[str | None, typer.Option("--from", help="try: from this time on, ISO 8601.")]
End = Annotated[str | None, typer.Option("--to", help="try: up to, not including, this time.")]
Sweep = Annotated[Knob | None, typer.Option(help="try: turn it step by step.")]
Limit = Annotated[int, typer.Option(min=1, max=MOST_LISTED, help="history: at most so many.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def threshold(
    action: What = Action.show,
    rule: RuleName = None,
    budget: Annotated[Number, typer.Option(help="Flags per 1,000 good shots; means --rule budget.")] = None,
    fixed_sigmas: Annotated[Number, typer.Option(help="Deviations of the fixed threshold.")] = None,
    cv_gain: Annotated[Number, typer.Option(help="Weight per unit of the CV.")] = None,
    distance_gain: Annotated[Number, typer.Option(help="Weight per distance to the substitute.")] = None,
    margin_limit: Annotated[Number, typer.Option(help="Cap of the weight.")] = None,
    warn_share: Annotated[Number, typer.Option(help="WARN above base + share x tolerance.")] = None,
    maker: Annotated[str | None, typer.Option(help="Only for this maker's groups.")] = None,
    facility: Annotated[str | None, typer.Option(help="Only for this press.")] = None,
    item: Annotated[str | None, typer.Option(help="Only for this item.")] = None,
    cluster: Annotated[int | None, typer.Option(min=0, help="Only for this setting.")] = None,
    why: Why = None,
    who: Who = None,
    history: History = None,
    database: Database = False,
    start: Start = None,
    end: End = None,
    turn: Annotated[Knob | None, typer.Option("--sweep", help="try: turn it step by step.")] = None,
    limit: Limit = 20,
    as_json: Json = False,
    home: Home = None,
    profile: ProfileName = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """Show the limit, try another on shots that were made, choose one, or take the choice back.

    `try` counts what the rule given would have flagged: on the verdicts of the store, with
    --history on a file, with --database on the history database; shots are scored once, whatever is
    tried. `set` stores the rule with who, when and why: a running service judges by it within
    seconds. With --maker, --facility, --item or --cluster it holds for those groups only and the
    rest stays; without, the plant's rule is replaced and what single groups have stays. `clear`
    gives everything back to the profile, and stores nothing where nothing is chosen.
    """
    values = {
        "rule": rule.value if rule else ("budget" if budget is not None else None),
        "budget": budget, "fixed_sigmas": fixed_sigmas, "cv_gain": cv_gain, "distance_gain": distance_gain,
        "margin_limit": margin_limit, "warn_share": warn_share,
    }  # fmt: skip
    places = {"maker": maker, "facility": facility, "item": item, "cluster": cluster}
    given, of = ({k: v for k, v in one.items() if v is not None} for one in (values, places))
    _check(action, given, of, why)
    config = load_config(home=home, profile=profile, host=host, port=port)
    say_home(config)
    if action in (Action.show, Action.try_, Action.set):
        refuse_predicting(load_profile(config.profile))
    if action is Action.show:
        show(config, as_json)
    elif action is Action.history:
        _list(config, limit, as_json)
    elif action is Action.try_:
        _try(config, given, of, (history, database, start, end), turn, as_json)
    else:
        refuse_untrained(of, Registry(config.registry))
        chosen = {} if action is Action.clear else _with(newest_choice(config), given, of).as_rule()
        with threshold_box(config) as box:
            if action is Action.clear and not any(one["rule"] for one in box.choices(1)):
                said = "nothing is chosen, the profile's rule counts; nothing was stored"
                print(json.dumps({"id": None, "rule": {}}) if as_json else said, flush=True)
                return
            made = box.choose(chosen, (why or "").strip(), _who(config, who))
        text = f"choice {made['id']} stored: {json.dumps(made['rule'], ensure_ascii=False) or 'the profile'}"
        print(json.dumps(made, ensure_ascii=False) if as_json else printable(text), flush=True)


def _check(action: Action, given: dict[str, Any], of: dict[str, Any], why: str | None) -> None:
    """What is ignored would answer a question nobody asked."""
    if action in (Action.set, Action.clear) and not (why or "").strip():
        raise typer.BadParameter(f"threshold {action}: expected --why, the reason for the audit")
    if len((why or "").strip()) > MOST_WHY:
        raise typer.BadParameter(f"threshold {action}: expected --why of at most {MOST_WHY} characters")
    if action is Action.set and not given:
        raise typer.BadParameter(
            "threshold set: expected a rule, for example --budget 5; clear takes it back"
        )
    if action in (Action.show, Action.history, Action.clear) and (given or of):
        names = ", ".join(f"--{name.replace('_', '-')}" for name in (*given, *of))
        raise typer.BadParameter(f"threshold {action}: takes no {names}")
    if action not in (Action.set, Action.clear) and why is not None:
        raise typer.BadParameter(f"threshold {action}: takes no --why")
    try:
        Choice.of(given)
    except ConfigError as error:
        raise typer.BadParameter(str(error)) from None


def _with(stored: Any, given: dict[str, Any], of: dict[str, Any]) -> Choice:
    """The stored choice with what was given in its place."""
    rule = dict(stored.rule) if stored is not None else {}
    overrides = [*rule.pop("overrides", [])]
    if not of:
        return Choice.of({**given, "overrides": overrides})
    same = [one for one in overrides if {k: one[k] for k in one if k in _PLACES} != of]
    return Choice.of({**rule, "overrides": [*same, {**of, **given}]})


_PLACES = ("maker", "facility", "item", "cluster")


def _list(config: Config, limit: int, as_json: bool) -> None:
    with threshold_box(config) as box:
        found = box.choices(limit)
    if as_json:
        print(json.dumps({"choices": found}, ensure_ascii=False))
        return
    rows = [
        (str(one["id"]), str(one["at"]), one["who"], one["why"], json.dumps(one["rule"], ensure_ascii=False))
        for one in found
    ]
    print_rows(("choice", "at", "who", "why", "rule"), [tuple(map(printable, row)) for row in rows])


def _try(
    config: Config,
    given: dict[str, Any],
    of: dict[str, Any],
    where: tuple[Path | None, bool, str | None, str | None],
    turn: Knob | None,
    as_json: bool,
) -> None:
    file, database, start, end = where
    profile = load_profile(config.profile)
    plan, plant = load_plan(Registry(config.registry), None, profile)
    refuse_unknown(of, [model.key for model in plant.models])
    times = _time("--from", start), _time("--to", end)
    if file is not None or database:
        scored = from_history(config, profile, plan, plant, file, *times)
    else:
        scored = from_store(config, plan, plant, *times)
    stored = newest_choice(config)
    present = Choice.of(stored.rule) if stored is not None else Choice()
    named = [("now", present)]
    if given:
        named.append(("tried", _with(stored, given, of)))
    if turn is not None:
        steps = sweep(named[-1][1], turn.value)
        named += [(f"{turn} {one.values[turn.value]:g}", one) for one in steps]
    trials = try_rules(scored, plant.models, profile.threshold, [choice for _, choice in named])
    told: list[dict[str, Any]] = [
        {"name": name, "rule": one.choice.as_rule(), **tally_outward(one.tally)}
        for (name, _), one in zip(named, trials, strict=True)
    ]
    about = {"version": plan.version, "shots": len(scored), "left_out": scored.left_out}
    if as_json:
        print(json.dumps({**about, "trials": told}, ensure_ascii=False))
        return
    print(f"{len(scored):,} shots of {trials[0].tally.days} days by {plan.version}", end="")
    print(f"; {scored.left_out:,} verdicts of other versions left out" if scored.left_out else "")
    print_rows(NAMES, rows_of(list(told)))


def _who(config: Config, given: str | None) -> str | None:
    """Who chooses; None: whose key it is."""
    if given and given.strip():
        return given.strip()
    if config.key is not None:
        return None
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(getattr(os, "getuid", int)())


def _time(flag: str, text: str | None) -> datetime | None:
    """The time an option gives; UTC unless it says otherwise."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{flag}: expected a time such as 2026-11-20T08:00, got {text!r}") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)
