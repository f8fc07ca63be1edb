"""``./sprue letters``: records without a verdict; judge them again, or dismiss them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, TextColumn

from core.config import Config, load_config
from core.errors import LetterNotWhole, LetterSettled, LetterUnknown
from inference.letters import Tried
from inference.store.held import is_written
from scripts.home import say_home
from scripts.letterbox.box import Letter, Letterbox
from scripts.letterbox.direct import DirectLetters
from scripts.letterbox.remote import RemoteLetters
from scripts.listing import print_rows, printable
from scripts.options import Home, Host, Port, ProfileName

RESULTS = ("replayed", "still_bad", "settled", "not_whole")
MOST_LISTED = 100_000


class Action(StrEnum):
    """What to do with dead letters."""

    list = "list"
    show = "show"
    replay = "replay"
    dismiss = "dismiss"


class Among(StrEnum):
    """Which letters are listed."""

    open = "open"
    replayed = "replayed"
    dismissed = "dismissed"
    all = "all"


What = Annotated[Action, typer.Argument(help="What to do.")]
Numbers = Annotated[list[int] | None, typer.Argument(metavar="[SEQ]...", min=1, help="Their numbers.")]
Reason = Annotated[
    str | None,
    typer.Option(help="list, replay: only those of this reason code. dismiss: why, for the audit."),
]
State = Annotated[Among | None, typer.Option(help="list: in this state; default: open.")]
Limit = Annotated[
    int | None, typer.Option(min=1, max=MOST_LISTED, help="list: at most so many; default: 50.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")]


def letters(
    action: What = Action.list,
    numbers: Numbers = None,
    reason: Reason = None,
    state: State = None,
    limit: Limit = None,
    as_json: Json = False,
    home: Home = None,
    profile: ProfileName = None,
    host: Host = None,
    port: Port = None,
) -> None:
    """List dead letters, show one with its record, have them judged again, or dismiss one.

    `replay SEQ...` or `replay --reason CODE` judges with the present profile and model;
    `dismiss SEQ --reason TEXT` closes a letter without a verdict. While the service runs it
    is asked by REST (the key in SPRUE_KEY, where keys are needed); while it does not, the
    store is opened here. Either way the audit says who did what. Ends with 1 when not
    everything asked for was done.
    """
    _check(action, numbers or [], reason, {"--state": state, "--limit": limit})
    config = load_config(home=home, profile=profile, host=host, port=port)
    say_home(config)
    with _box(config) as box:
        done = _act(box, action, numbers or [], reason, state or Among.open, limit or 50, as_json)
    if not done:
        raise typer.Exit(1)


def _box(config: Config) -> Letterbox:
    """The service's, when one has the store open, else the store's."""
    return RemoteLetters(config) if is_written(config.resolved_store_url) else DirectLetters(config)


def _act(
    box: Letterbox,
    action: Action,
    numbers: list[int],
    reason: str | None,
    state: Among,
    limit: int,
    as_json: bool,
) -> bool:
    """Whether all was done."""
    if action is Action.list:
        found = box.letters(None if state is Among.all else state.value, reason, limit)
        _print_list(found, as_json)
        return True
    if action is Action.show:
        _print_one(box.letter(numbers[0]), as_json)
        return True
    if action is Action.dismiss:
        assert reason is not None
        box.dismiss(numbers[0], reason)
        _print({"seq": numbers[0], "state": "dismissed"}, as_json, f"dead letter {numbers[0]} dismissed")
        return True
    if reason is not None:
        return _replay_reason(box, reason, as_json)
    return _replay(box, numbers, as_json)


def _replay(box: Letterbox, numbers: list[int], as_json: bool) -> bool:
    tried = [_tried(box, seq) for seq in numbers]
    rows = [{name: getattr(one, name) for name in Tried.__slots__} for one in tried]
    if as_json:
        print(json.dumps({"letters": rows}, ensure_ascii=False))
    else:
        shown = [(str(one.seq), one.result, one.outcome or "–", one.reason, one.detail) for one in tried]
        _print_rows(("seq", "result", "verdict", "reason", "detail"), shown)
    return all(one.result == "replayed" for one in tried)


def _tried(box: Letterbox, seq: int) -> Tried:
    try:
        return box.replay(seq)
    except LetterUnknown as error:
        return Tried(seq, "unknown", detail=str(error))
    except LetterSettled as error:
        return Tried(seq, "settled", detail=str(error))
    except LetterNotWhole as error:
        return Tried(seq, "not_whole", detail=str(error))


def _replay_reason(box: Letterbox, reason: str, as_json: bool) -> bool:
    counts: Counter[str] = Counter()
    column = TextColumn("{task.description}")
    with Progress(column, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("asking")
        for some in box.replay_reason(reason):
            counts.update(some)
            progress.update(task, description=_counted(counts))
    _print({name: counts[name] for name in RESULTS}, as_json, _counted(counts))
    return counts.total() == counts["replayed"]


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[name]} {name.replace('_', ' ')}" for name in RESULTS)


def _check(action: Action, numbers: list[int], reason: str | None, listing: dict[str, object]) -> None:
    """A word that is ignored answers a question nobody asked."""
    one = action in (Action.show, Action.dismiss)
    if one and len(numbers) != 1:
        raise typer.BadParameter(f"letters {action}: expected one number, got {len(numbers)}")
    if action is Action.list and numbers:
        raise typer.BadParameter(f"letters list: takes no numbers, got {numbers}")
    if action is Action.replay and bool(numbers) == (reason is not None):
        raise typer.BadParameter("letters replay: expected numbers, or --reason CODE; not both, not neither")
    if action is Action.show and reason is not None:
        raise typer.BadParameter("letters show: takes no --reason")
    if action is Action.dismiss and not 3 <= len((reason or "").strip()) <= 500:
        raise typer.BadParameter("letters dismiss: expected --reason TEXT of 3 to 500 characters")
    for name, value in listing.items():
        if value is not None and action is not Action.list:
            raise typer.BadParameter(f"letters {action}: takes no {name}, got {value}")


def _print_list(found: list[Letter], as_json: bool) -> None:
    if as_json:
        print(json.dumps({"dead_letters": found}, ensure_ascii=False))
        return
    if not found:
        print("no dead letters")
        return
    fields = ("seq", "first_seen", "state", "attempts", "reason", "record_id", "detail")
    names = ("seq", "first seen", "state", "tried", "reason", "record", "detail")
    _print_rows(names, [[str(one[field]) for field in fields] for one in found])


def _print_one(letter: Letter, as_json: bool) -> None:
    if as_json:
        print(json.dumps(letter, ensure_ascii=False))
        return
    written = letter["extended_json"]
    record = (
        letter["hex"] if written is None else json.dumps(json.loads(written), indent=2, ensure_ascii=False)
    )
    names = [name for name in letter if name not in ("extended_json", "hex")]
    for name in names:
        print(f"{name.replace('_', ' '):<12} {printable(str(letter[name]))}")
    print("\n".join(printable(line) for line in record.splitlines()))


def _print(result: dict[str, Any], as_json: bool, said: str) -> None:
    print(json.dumps(result) if as_json else said)


def _print_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    print_rows(names, [[printable(text) for text in row] for row in rows])
