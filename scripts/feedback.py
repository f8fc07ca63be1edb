"""``./sprue feedback``: what people said of verdicts; say something of a shot."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any, get_args

import typer

from api.times import from_rfc3339
from core.config import Config, load_config
from core.errors import ModelError
from core.judgement import Judgement
from models.registry import Registry
from scripts.feedback_box import FeedbackBox, Query, feedback_box
from scripts.home import say_home
from scripts.known_groups import none_such
from scripts.listing import print_rows, printable
from scripts.options import Home, Host, Port

MOST_LISTED = 100_000
LONGEST_REASON, LONGEST_NAME = 500, 100


class Action(StrEnum):
    """What to do with feedback."""

    list = "list"
    add = "add"
    counts = "counts"


class Said(StrEnum):
    """A judgement; see `core.judgement`."""

    confirm = "confirm"
    false_alarm = "false_alarm"
    unsure = "unsure"


assert set(Said) == set(get_args(Judgement))

What = Annotated[Action, typer.Argument(help="What to do.")]
Shot = Annotated[
    str | None, typer.Argument(help="add: identifier of the shot, or the verdict's event token.")
]
Says = Annotated[
    Said | None,
    typer.Argument(help="add: confirm (the shot is bad), false_alarm (it is good) or unsure."),
]
Reason = Annotated[str | None, typer.Option(help="add: what was seen.")]
Who = Annotated[str | None, typer.Option(help="add: who says so, where no key is needed.")]
Facility = Annotated[str | None, typer.Option(help="list, counts: only this press.")]
Only = Annotated[Said | None, typer.Option("--judgement", help="list: only this judgement.")]
Since = Annotated[
    str | None, typer.Option("--from", help="list, counts: given at this time or later (RFC 3339).")
]
Until = Annotated[str | None, typer.Option("--to", help="list, counts: given before this time.")]
Newest = Annotated[bool, typer.Option("--newest", help="list: only the last word of each shot.")]
Limit = Annotated[
    int | None, typer.Option(min=1, max=MOST_LISTED, help="list: at most so many; default: 50.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def feedback(
    action: What = Action.list,
    shot: Shot = None,
    judgement: Says = None,
    reason: Reason = None,
    who: Who = None,
    facility: Facility = None,
    only: Only = None,
    since: Since = None,
    until: Until = None,
    newest: Newest = False,
    limit: Limit = None,
    as_json: Json = False,
    home: Home = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """List what people said of verdicts, say something of a shot, or count how many flags were right.

    `add SHOT confirm|false_alarm|unsure` says what a look at the shot showed; all that is said is
    kept, of a shot the newest counts. While the service runs it is asked by REST (the key in
    SPRUE_KEY, where keys are needed); while it does not, the store is opened here. Either way
    the audit says who said what.
    """
    query = _query(facility, only, since, until, newest)
    given = {"SHOT": shot, "JUDGEMENT": judgement, "--reason": reason, "--who": who}
    _check(action, given, {**query, **({} if limit is None else {"limit": str(limit)})})
    config = load_config(home=home, host=host, port=port)
    say_home(config)
    with feedback_box(config) as box:
        if action is Action.add:
            assert shot is not None
            assert judgement is not None
            _add(box, shot, judgement, (reason or "").strip(), (who or "").strip(), as_json)
        elif action is Action.counts:
            _counts(box, query, as_json, config)
        else:
            _list(box, query, limit or 50, as_json, config)


def _query(
    facility: str | None, only: Said | None, since: str | None, until: str | None, newest: bool
) -> Query:
    """The filters that were given, as the REST API takes them."""
    for name, text in (("--from", since), ("--to", until)):
        try:
            from_rfc3339(text) if text is not None else None
        except ValueError as error:
            raise typer.BadParameter(f"{name}: {error}, got {text!r}") from None
    asked = {
        "facility": facility,
        "judgement": only and only.value,
        "from": since,
        "to": until,
        "newest": "true" if newest else None,
    }
    return {name: value for name, value in asked.items() if value is not None}


def _check(action: Action, given: dict[str, str | None], listing: dict[str, str]) -> None:
    """A word that is ignored answers a question nobody asked."""
    if action is Action.add:
        lacking = [name for name in ("SHOT", "JUDGEMENT") if given[name] is None]
        if lacking:
            raise typer.BadParameter(
                f"feedback add: expected SHOT JUDGEMENT, got no {' and no '.join(lacking)}"
            )
        for name, most in (("--reason", LONGEST_REASON), ("--who", LONGEST_NAME)):
            if len((given[name] or "").strip()) > most:
                raise typer.BadParameter(f"feedback add: expected {name} of at most {most} characters")
    else:
        for name in [name for name, value in given.items() if value is not None]:
            raise typer.BadParameter(f"feedback {action}: takes no {name}, got {given[name]}")
    taken = {Action.add: (), Action.counts: ("facility", "from", "to")}.get(action, tuple(listing))
    for name in [name for name in listing if name not in taken]:
        raise typer.BadParameter(f"feedback {action}: takes no --{name}")


def _add(box: FeedbackBox, shot: str, judgement: Said, reason: str, who: str, as_json: bool) -> None:
    row = box.give(shot, judgement.value, reason, who or None)
    said = f"shot {row['shot_id']}, judged {row['outcome']}: {row['judgement']}, says {row['who']}"
    print(json.dumps(row, ensure_ascii=False) if as_json else printable(said))


def _nothing(query: Query, config: Config) -> str:
    """That there is no feedback; where no group has the press asked for, that, and which there are."""
    if "facility" not in query:
        return "no feedback"
    try:
        plant, _ = Registry(config.registry).load()
    except ModelError:
        return "no feedback"
    said = none_such({"facility": query["facility"]}, [row.key for row in plant.coverage])
    return printable("no feedback" if said is None else f"no feedback: {said}")


def _list(box: FeedbackBox, query: Query, limit: int, as_json: bool, config: Config) -> None:
    found = box.feedback(query, limit)
    if as_json:
        print(json.dumps({"feedback": found}, ensure_ascii=False))
    elif not found:
        print(_nothing(query, config))
    else:
        names = ("at", "facility", "shot_id", "outcome", "judgement", "who", "reason")
        _table(names, [[row[name] for name in names] for row in found])


def _counts(box: FeedbackBox, query: Query, as_json: bool, config: Config) -> None:
    groups = box.counts(query)
    if as_json:
        print(json.dumps({"groups": groups}, ensure_ascii=False))
        return
    if not groups:
        print(_nothing(query, config))
        return
    key = ("maker", "facility", "item", "cluster")
    names = (*key, "of", "confirmed", "false alarms", "unsure", "right", "95 % interval")
    rows = [
        [*(group[name] for name in key), outcome.upper(), *_figures(group[outcome])]
        for group in groups
        for outcome in ("ng", "warn")
        if any(group[outcome][name] for name in ("confirmed", "false_alarms", "unsure"))
    ]
    rows += [
        [*(group[name] for name in key), "OK", group["missed"], "", "", "", ""]
        for group in groups
        if group["missed"]
    ]
    _table(names, rows)


def _figures(judged: dict[str, Any]) -> list[Any]:
    counts = [judged[name] for name in ("confirmed", "false_alarms", "unsure")]
    if judged["precision"] is None:
        return [*counts, None, None]
    return [*counts, f"{judged['precision']:.0%}", f"{judged['low']:.0%} to {judged['high']:.0%}"]


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    shown = [["–" if value is None else printable(str(value)) for value in row] for row in rows]
    print_rows([name.replace("_id", "").replace("_", " ") for name in names], shown)
