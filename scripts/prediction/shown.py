"""An answer of `scripts.prediction.answer` as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from scripts.listing import lines as table_lines

Answer = Mapping[str, Any]
_STANDS = {
    "run_before": "Run before",
    "never_run": "Never run",
    "far": "Never run, nor anything near it: nothing is known there",
    "outside": "Outside what was trained on: nothing is known there",
}


def told(answer: Answer, width: int | None) -> Iterator[str]:
    """The lines of one answer; `width` as of `scripts.listing.lines`."""
    yield "   ".join(_input(one) for one in answer["inputs"])
    yield ""
    heads = ("target", "predicted", f"{_per_hundred(answer['coverage'])} within", "wanted", "verdict")
    yield from table_lines(heads, [_target(target) for target in answer["targets"]], width)
    yield ""
    if answer["outcome"] is not None:
        yield f"{answer['outcome']}: {verdict_in_words(answer)}"
    yield standing_in_words(answer)
    if answer["quantities"]:
        yield "   ".join(
            f"{one['name']} {measure(one['value'], one['unit'])}" for one in answer["quantities"]
        )
    yield ""
    for target in answer["targets"]:
        yield f"{target['name']} by {target['regressor']}: {error_in_words(target)}"
    yield learned_in_words(answer["learned_from"])


def side_by_side(answers: Sequence[Answer], width: int | None) -> Iterator[str]:
    """What every regressor predicts, target by target in the order of the answers."""
    heads = ("target", "regressor", "predicted", "within", "verdict", "R2 by setting", "off by, on average")
    rows = []
    for number in range(len(answers[0]["targets"])):
        for target in (answer["targets"][number] for answer in answers):
            validation = target["validation"]
            rows.append(
                (
                    target["name"],
                    target["regressor"] + (" (chosen)" if target["chosen"] else ""),
                    measure(target["value"], target["unit"]),
                    interval(target),
                    target["outcome"] or "-",
                    "-" if validation is None else f"{validation['r2']:.2f}",
                    "-" if validation is None else measure(validation["mae"], target["unit"]),
                )
            )
    yield from table_lines(heads, rows, width)


def standing_in_words(answer: Answer) -> str:
    """Where the inputs lie beside what was trained on."""
    said = _STANDS[answer["standing"]]
    if answer["standing"] == "run_before":
        times = answer["nearest"]["rows"]
        return f"{said}: {times} time{'s' if times != 1 else ''} in what was learned from."
    beyond = [
        f"{one['name']} {_plain(one['value'])} is {one['outside']} {_plain(one['trained'][at])}"
        for one in answer["inputs"]
        if one["outside"]
        for at in [0 if one["outside"] == "below" else 1]
    ]
    if beyond:
        said += f" ({', '.join(beyond)})"
    near = answer["nearest"]
    if near is not None:
        setting = ", ".join(f"{name} {_plain(value)}" for name, value in near["inputs"].items())
        said += f". Nearest setting run: {setting}; {near['distance']:.2g} of the trained ranges away"
    return f"{said}."


def verdict_in_words(answer: Answer) -> str:
    """Why the outcome is what it is."""
    if answer["outcome"] == "NG":
        off = [t for t in answer["targets"] if t["outcome"] == "NG"]
        return (
            ", ".join(f"{t['name']} {measure(-t['margin'], t['unit'])} beyond what is allowed" for t in off)
            or "beyond the physical limits"
        )
    if answer["outcome"] == "WARN":
        open_ = [t["name"] for t in answer["targets"] if t["outcome"] == "WARN"]
        if open_:
            return f"{' and '.join(open_)} may come out beyond what is allowed: the interval reaches there"
        return "nothing is known there"
    return "within what is allowed, the intervals, too"


def error_in_words(target: Mapping[str, Any]) -> str:
    """What a regressor's predictions are worth on settings that it never saw."""
    validation = target["validation_as_chosen"] or target["validation"]
    if validation is None:
        return "never tried on settings left out of training"
    return (
        f"on settings left out of training off by {measure(validation['mae'], target['unit'])} on average, "
        f"R2 {validation['r2']:.2f}, {_per_hundred(validation['coverage'])} inside their intervals"
    )


def learned_in_words(learned: Mapping[str, Any]) -> str:
    """What the predictor knows, and that a synthetic example is none of the reader's process."""
    said = f"{learned['rows']:,} rows at {learned['settings']:,} settings"
    if learned["example"]:
        return f"Learned from {said} of the SYNTHETIC example that comes with sprue: not your process."
    return f"Learned from {said} of {learned['source']}." if learned["source"] else f"Learned from {said}."


def interval(target: Mapping[str, Any]) -> str:
    """Both ends, with the unit."""
    if target["low"] is None:
        return "-"
    return f"{sized(target['low'])} ... {measure(target['high'], target['unit'])}"


def measure(value: float | None, unit: str) -> str:
    """A size with its unit.

    >>> measure(1.5, "mm"), measure(208.444, "J/mm"), measure(None, "mm")
    ('1.50 mm', '208 J/mm', '-')
    """
    return "-" if value is None else f"{sized(value)} {unit}".rstrip()


def sized(value: float) -> str:
    """Three figures, all that stand before the point.

    >>> sized(0.01234), sized(1.5), sized(139.0), sized(-12345.6), sized(0.0)
    ('0.0123', '1.50', '139', '-12346', '0')
    """
    if value == 0 or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:#.3g}".rstrip(".")


def _input(one: Mapping[str, Any]) -> str:
    return f"{one['name']} {_plain(one['value'])} {one['unit']}".rstrip()


def _target(target: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = "-"
    if target["nominal"] is not None:
        wanted = f"{_plain(target['nominal'])} ± {_plain(target['tolerance'])} {target['unit']}".rstrip()
    return (
        target["name"],
        measure(target["value"], target["unit"]),
        interval(target),
        wanted,
        _verdict(target),
    )


def _verdict(target: Mapping[str, Any]) -> str:
    if target["outcome"] is None:
        return "-"
    left = "to spare" if target["margin"] >= 0 else "beyond"
    return f"{target['outcome']}, {measure(abs(target['margin']), target['unit'])} {left}"


def _plain(value: float) -> str:
    return f"{value:.6g}"


def _per_hundred(share: float) -> str:
    return f"{100 * share:.3g} of 100"
