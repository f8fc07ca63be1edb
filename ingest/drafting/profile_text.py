"""The draft as TOML, every guess with its reason beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ingest.drafting.draft import Draft
from ingest.drafting.guess import Guess, Place
from ingest.drafting.measure import title_of
from ingest.drafting.rules import MAX_DEFECT_RATE, detectors_for, least_rows, regressors_for

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_WIDTH = 108
_TITLES = (
    ("setting", "set values"),
    ("production", "measured values"),
    ("target", "what is predicted"),
    ("ignored", "not used"),
)


def quoted(text: str) -> str:
    r"""A TOML string of any text.

    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    shown = (_ESCAPES.get(c, c) if c.isprintable() or c in _ESCAPES else _code(c) for c in text)
    return f'"{"".join(shown)}"'


def _code(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def comment(text: str, indent: str = "# ") -> Iterator[str]:
    """Lines of a comment; what commands a terminal is left out."""
    plain = "".join(c if c.isprintable() else "\ufffd" for c in text)
    line = ""
    for word in plain.split(" "):
        if line and len(indent) + len(line) + 1 + len(word) > _WIDTH:
            yield (indent + line).rstrip()
            line = ""
        line = f"{line} {word}" if line else word
    yield (indent + line).rstrip()


def path_of(guess: Guess) -> str:
    """Where the column is found; its name in the profile where it has none that a path can be.

    >>> path_of(Guess("Temp.1", name="temp_1")), path_of(Guess("a..b", name="a_b"))
    ('Temp.1', 'a_b')
    """
    parts = guess.column.split(".")
    return guess.column if guess.column.strip() and all(parts) else guess.name


def profile_text(draft: Draft, name: str) -> str:
    """The whole profile of a draft."""
    lines = [*_head(draft), "", "[process]", f"name = {quoted(name)}", 'record = "record"', ""]
    lines += [*_keys(draft), ""]
    if draft.predicts:
        lines += [*_regressors(draft)]
    else:
        lines += [*_lot(draft), "", *_detectors(draft)]
    lines += [*_fill(draft), ""]
    for role, title in _TITLES:
        guesses = draft.of_role(role)
        if guesses:
            lines += [f"# --- {title} ".ljust(84, "-")]
        for guess in guesses:
            lines += [*_variable(guess, draft), ""]
    return "\n".join(lines).rstrip() + "\n"


def _head(draft: Draft) -> Iterator[str]:
    sample = draft.sample
    yield from comment(f"Drafted by ./sprue init from {sample.source}: {sample.rows:,} rows.")
    yield from comment(
        "Every guess stands with its reason: sure, likely or unsure. Read those that are not sure, "
        "mend what is wrong, and take the comments out as you please."
    )
    for note in draft.notes:
        yield from comment(f"NOTE: {note}")


def _keys(draft: Draft) -> Iterator[str]:
    yield "[keys]"
    places: tuple[Place, ...] = ("id", "time", "maker", "facility", "item")
    for place in places:
        guess, absent = draft.key(place), draft.absent.get(place)
        if place == "time":
            yield from _time(draft, guess)
        elif guess is not None:
            yield from comment(_told(guess))
            yield f"{place} = {quoted(path_of(guess))}"
        elif absent is not None:
            path = "_id" if place == "id" else place
            yield from comment(absent.reason)
            yield f"{place} = {{ path = {quoted(path)}, otherwise = {quoted(absent.otherwise)} }}"


def _time(draft: Draft, guess: Guess | None) -> Iterator[str]:
    if guess is None:
        yield from comment("no column says when: records have no time")
    else:
        yield from comment(f"{_told(guess)} (column {guess.column!r})")
    path = draft.moments.path
    yield f"time = {quoted(path_of(guess) if guess is not None and path is not None else 'time')}"


def _lot(draft: Draft) -> Iterator[str]:
    yield from comment("Lots: one facility, one item, one day; running totals of good and bad parts.")
    yield "[lot]"
    places: tuple[Place, ...] = ("lot_good", "lot_bad")
    for place in places:
        guess, key = draft.key(place), place.removeprefix("lot_")
        if guess is not None:
            yield from comment(_told(guess))
            yield f"{key} = {quoted(path_of(guess))}"
        else:
            yield from comment(
                f"no column holds the lot's running total of {key} parts; without it no group is trained"
            )
            yield f"{key} = {quoted(place)}"
    offset = draft.moments.offset
    reason = "as the times say" if offset else "times without an offset count as UTC, and so do days"
    yield f'utc_offset = "{offset or "+00:00"}"    # {reason}'


def _detectors(draft: Draft) -> Iterator[str]:
    least, reason = least_rows(draft.largest_group)
    yield "[selection]"
    yield f"max_defect_rate = {MAX_DEFECT_RATE}    # below: the group trains; from here on: it validates"
    yield f"min_shots = {least}    # {reason}"
    yield "held_out_share = 0.2      # of the training records, the last in time"
    yield 'choice = "by_count"       # or "by_evidence"'
    yield ""
    for detector in detectors_for(least, len(draft.of_role("production"))):
        yield "[[detector]]"
        yield f'kind = "{detector.kind}"'
        yield f"min_rows = {detector.min_rows}"
        if detector.max_rows is not None:
            yield f"max_rows = {detector.max_rows}"
        yield f"parameters = {detector.parameters}"
        yield ""
    yield "[threshold]    # the defaults, written out"
    yield "fixed_sigmas = 4.5"
    yield "cv_gain = 0.2"
    yield "distance_gain = 4.0"
    yield "margin_limit = 6.0"
    yield "warn_share = 0.0          # WARN as soon as the base is passed"
    yield 'range_outcome = "WARN"    # a value far beyond the training range; "NG" to be strict'
    yield ""
    yield "[warm_up]"
    yield "shots = 20                # marked after a start and after a change-over"
    yield "gap_minutes = 20"
    yield ""


def _regressors(draft: Draft) -> Iterator[str]:
    experiment = draft.experiment
    assert experiment is not None
    yield from comment(
        f"An experiment: {experiment.repeated}. So what came out is predicted from what was set."
    )
    yield "[prediction]"
    yield "coverage = 0.9              # of what is measured lies inside its interval"
    yield 'choice = "by_validation"    # the first one, unless another errs clearly less on settings left out'
    yield ""
    targets = draft.of_role("target")
    yield from comment(
        "What `./sprue advise` makes small, in this order: targets, settings or a [[quantity]] of them; "
        "drafted are the targets. Its limits are given by --within."
    )
    yield "[advice]"
    yield f"minimize = [{', '.join(quoted(g.name) for g in targets)}]"
    yield ""
    for kind, parameters in regressors_for(draft.sample.rows):
        yield "[[regressor]]"
        yield f'kind = "{kind}"'
        if parameters:
            yield f"parameters = {parameters}"
        yield ""


def _fill(draft: Draft) -> Iterator[str]:
    yield "[fill]"
    if draft.fills:
        yield 'unreadable = "fill"           # more than 1 % of the rows hold a text where a number belongs'
    else:
        yield 'unreadable = "dead_letter"    # a text where a number belongs keeps the record out'
    yield "max_filled_share = 0.5"


def _variable(guess: Guess, draft: Draft) -> Iterator[str]:
    yield "[[variable]]"
    yield from comment(_told(guess))
    yield f"name = {quoted(guess.name)}"
    title = title_of(guess.column)
    if title != guess.name and not draft.sample.documents:
        yield f"label = {quoted(title)}"
    yield f'role = "{guess.role}"'
    if guess.role != "ignored":
        yield f"unit = {quoted(guess.unit)}"
    yield f"path = {quoted(path_of(guess))}"
    if path_of(guess) != guess.column:
        yield from comment(
            f"the column {guess.column!r} cannot be named by a path: rename it, or use --convert"
        )
    if guess.limits is not None:
        yield f"limits = [{_number(guess.limits[0])}, {_number(guess.limits[1])}]"
    if guess.standard:
        yield f"standard = {quoted(guess.standard)}"
    if guess.tweak is not None:
        yield f"tweak = {_number(guess.tweak)}"
    if guess.role == "target":
        known = draft.columns[guess.column].known
        seen = f"{known.min():g} to {known.max():g}"
        nominal, tolerance = f"{np.median(known):g}", f"{(known.max() - known.min()) / 4:.2g}"
        yield "# To have predictions judged, put in the size wanted and how far off it may be either way,"
        yield f"# in {guess.unit or 'its unit'}, and take the # away from both lines (seen: {seen}):"
        yield f"# nominal = {nominal}"
        yield f"# tolerance = {tolerance}"


def _told(guess: Guess) -> str:
    what = f"{guess.what}: " if guess.what and guess.role == "ignored" and guess.place == "variable" else ""
    return f"{guess.confidence}: {what}{'; '.join(guess.reasons)}"


def _number(value: float) -> str:
    """A TOML number; whole ones without a point.

    >>> _number(0.5), _number(120.0), _number(1e-07)
    ('0.5', '120', '1e-07')
    """
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
