"""The report in Markdown, from nothing but what the command measured."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.benchmarks.plots import picture_name, readable
from scripts.benchmarks.targets import TARGETS

COMMAND = "./sprue bench --report docs/performance.md"


def write_report(result: Mapping[str, Any], path: Path, pictures: Path) -> None:
    """Write the report of a run.

    Parameters
    ----------
    result : mapping
        As ``./sprue bench --json`` prints it.
    path : Path
        The Markdown file.
    pictures : Path
        Folder of the suites' pictures, linked relative to the file.
    """
    images = Path(os.path.relpath(pictures, path.parent)).as_posix()
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in _lines(result, images))


def _lines(result: Mapping[str, Any], images: str) -> Iterator[str]:
    yield "# Performance"
    yield ""
    yield f"Written by `{COMMAND}`; do not edit. Every figure is a ratio: both sides are measured in"
    yield "turn (A B A B) in one run on one machine, and the value is the median over the rounds. Absolute"
    yield "rates belong to this machine only. `./sprue bench SUITE --json` measures one suite again."
    yield ""
    if result["quick"]:
        yield "**A smoke test (`--quick`): these figures say nothing.**"
        yield ""
    yield from _machine(result)
    yield from _overview(result["figures"], result["suites"])
    for suite, about in result["suites"].items():
        yield from _suite(suite, about, result["figures"], images)


def _machine(result: Mapping[str, Any]) -> Iterator[str]:
    machine = result["machine"]
    load = machine["load_average"]
    yield "## The machine"
    yield ""
    yield f"- {machine['cpu']}, {machine['cores_usable']} of {machine['cores']} cores usable,"
    yield f"  {machine['memory_gb']} GB, {machine['system']}, Python {machine['python']}"
    yield "- " + ", ".join(f"{name} {version}" for name, version in machine["libraries"].items())
    threads = {f"{name}={value}" for name, value in machine["threads"].items() if value != "library default"}
    yield f"- threads: {', '.join(sorted(threads)) or 'every library may use all cores, on both sides'}"
    if load is not None:
        yield f"- load average at the start: {', '.join(f'{part:.2f}' for part in load)}"
    yield f"- started {result['started']}, {result['seconds']} s in all"
    yield ""


def _overview(figures: Mapping[str, Any], suites: Mapping[str, Any]) -> Iterator[str]:
    yield "## All figures"
    yield ""
    yield "| figure | what | value | min – max | target | |"
    yield "|---|---|---:|---:|---:|---|"
    for key, figure in figures.items():
        if figure["value"] is None:
            yield f"| `{key}` | {figure['meaning']} | not measured | | {_target(figure)} | {figure['note']} |"
            continue
        ratio = figure["ratio"]
        met = {True: "met", False: "**missed**", None: "reported"}[figure["met"]]
        yield (
            f"| `{key}` | {figure['meaning']} | {readable(figure['value'])} "
            f"| {readable(ratio['min'])} – {readable(ratio['max'])} | {_target(figure)} | {met} |"
        )
    yield ""
    missed = [key for key, figure in figures.items() if figure["met"] is False]
    if missed:
        yield "### Missed"
        yield ""
        for key in missed:
            profiled = suites[figures[key]["suite"]]["profiles"]
            why = [TARGETS[key].if_missed] if TARGETS[key].if_missed else []
            why += ["Where the time goes stands below."] if profiled else []
            short = f"{readable(figures[key]['value'])} instead of {_target(figures[key])}"
            yield " ".join([f"- `{key}`: {short}.", *why])
        yield ""


def _suite(suite: str, about: Mapping[str, Any], figures: Mapping[str, Any], images: str) -> Iterator[str]:
    yield f"## {suite}"
    yield ""
    yield f"`./sprue bench {suite} --json` ({about['seconds']} s). {_facts(about['facts'])}"
    yield ""
    yield f"![{suite}]({images}/{picture_name(suite)})"
    yield ""
    for key, figure in figures.items():
        if figure["suite"] != suite or figure["value"] is None:
            continue
        yield f"### {key}"
        yield ""
        yield figure["note"]
        yield ""
        yield f"| {figure['unit']} | median | min | max | rounds |"
        yield "|---|---:|---:|---:|---:|"
        for name, side in figure["rates"].items():
            numbers = " | ".join(readable(side[part]) for part in ("median", "min", "max"))
            yield f"| {name} | {numbers} | {side['rounds']} |"
        yield ""
        if figure["facts"]:
            yield _facts(figure["facts"])
            yield ""
    for title, shares in about["profiles"].items():
        yield f"Where the time goes, {title} (own time of functions under cProfile, which makes Python"
        yield "code look slower than it is):"
        yield ""
        yield "| share | function |"
        yield "|---:|---|"
        for name, share in shares.items():
            yield f"| {100 * share:.0f} % | `{name}` |"
        yield ""


def _target(figure: Mapping[str, Any]) -> str:
    if figure["target"] is None:
        return "reported"
    return f"{'≥' if figure['sense'] == '>=' else '≤'} {readable(figure['target'])}"


def _facts(facts: Mapping[str, Any]) -> str:
    return "; ".join(f"{name}: {_fact(value)}" for name, value in facts.items()) + ("." if facts else "")


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_fact(inner)}" for name, inner in value.items())
    return readable(value) if isinstance(value, (int, float)) else str(value)
