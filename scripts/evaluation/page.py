"""The evaluation of a version as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from scripts.evaluation.frame import figure, interval, page, table
from scripts.evaluation.report import MOST_LOTS
from scripts.evaluation.svg import Plot
from scripts.evaluation.words import (
    PART_HEADINGS,
    limit_in_use,
    part_row,
    parts_worst_first,
    peer_caption,
    peer_headings,
    peer_rows,
    shot_rows,
)

Plain = dict[str, Any]

MOST_GROUPS = 200
ROUTE_CLASSES = {"all": "bad", "trained": "first", "nearest": "good", "limits": "unlabelled"}
TITLES = {
    "unseen": "Shots the version was not trained on",
    "seen": "Shots seen in training (flattering: for comparison only)",
}


def evaluation_page(found: Plain) -> str:
    """The page, UTF-8 text.

    Parameters
    ----------
    found : dict
        As `scripts.evaluation.report.report` gives it.
    """
    limit = limit_in_use(found)
    refused = "".join(f", {count:,} {escape(reason)}" for reason, count in found["refused"].items())
    lead = (
        f"<p>Version <b>{escape(found['version'])}</b>{limit}, profile {escape(found['profile'])}, "
        f"{escape(found['source'])}: {found['rows']:,} rows with a verdict, {found['shots']:,} shots"
        f"{refused and ' (without a verdict: ' + refused[2:] + ')'}.</p>"
    )
    sections = [
        _section(TITLES[name], section) for name, section in found["sections"].items() if section["shots"]
    ]
    return page("Evaluation", [lead, *sections, _peers(found.get("peers")), _notes()])


def _section(title: str, section: Plain) -> str:
    plots = [*_shot_plots(section), *_lot_plots(section)]
    named = [
        ("Fault kinds", section["causes"]),
        ("Routes", section["routes"]),
        ("Detectors", section["kinds"]),
    ]
    return "".join(
        [
            f"<section><h2>{escape(title)}</h2>",
            f"<p>{section['shots']:,} shots, {section['labelled']:,} of them labelled; "
            f"{section['flagged']:,} came out NG, {section['warned']:,} WARN.</p>",
            '<div class="columns">',
            _shot_table(section["figures"]),
            _lot_table(section["lot_figures"]),
            "</div>",
            f'<div class="plots">{"".join(plot.svg() for plot in plots)}</div>',
            *(_parts(heading, parts) for heading, parts in named if parts),
            _parts("Groups, most bad shots and flags first", section["groups"]),
            "</section>",
        ]
    )


def _shot_table(figures: Plain) -> str:
    if not figures:
        return "<p>No shot is labelled.</p>"
    rows = shot_rows(figures)
    heads = [
        f"{'all shots' if name == 'all' else 'route ' + name}: {one['shots']:,}, {one['bad']:,} bad"
        for name, one in figures.items()
    ]
    left = figures["all"]
    caption = ""
    if left["unranked"]:
        caption = (
            f"{left['unranked']:,} shots ({left['unranked_bad']:,} bad) judged by static limits "
            "are in no ranking"
        )
    return table(("shots", *heads), rows, caption=caption)


def _lot_table(figures: Plain | None) -> str:
    if figures is None:
        return "<p>No lot was counted.</p>"
    any_bad, over = figures["any_bad"], figures["over_limit"]
    low, high = figures["flags_expected"]
    rows = [
        ("rank correlation of flagged share and defect rate", *interval(figures["rank_correlation"])),
        (f"AUC, {any_bad['bad']} lots with a counted bad", *interval(any_bad["auc"])),
        ("of these with a flagged shot", *interval(any_bad["recall"], shares=True)),
        (f"of the {any_bad['good']} without, flagged", *interval(any_bad["false_alarms"], shares=True)),
        (f"AUC, {over['bad']} lots over the defect limit", *interval(over["auc"])),
        ("of these with a flagged shot", *interval(over["recall"], shares=True)),
        ("shots flagged / parts counted bad", f"{figures['flagged']:,.0f} / {figures['counted_bad']:,.0f}",
         f"{low:,.0f}–{high:,.0f} flags would agree"),
        ("lots whose flags agree with their count", *interval(figures["lots_within"], shares=True)),
    ]  # fmt: skip
    caption = f"{figures['lots']:,} lots, {figures['uncounted']:,} more that nobody counted"
    return table(("lots", "", "95 % interval"), rows, caption=caption)


def _shot_plots(section: Plain) -> Iterable[Plot]:
    curves, histogram = section["curves"], section["histogram"]
    if curves:
        roc = Plot("Bad caught against false alarms", "good shots flagged", "bad shots flagged", percent="xy")
        roc.line([(0, 0), (1, 1)], "chance")
        for name, curve in curves.items():
            roc.line(curve["roc"], ROUTE_CLASSES[name], name if len(curves) > 1 else "")
        yield roc
        pr = Plot("Precision over recall", "bad shots flagged", "flagged shots that are bad", percent="xy")
        for name, curve in curves.items():
            pr.line(curve["precision_recall"], ROUTE_CLASSES[name], name if len(curves) > 1 else "")
        yield pr
    kinds = [kind for kind in ("good", "unlabelled", "bad") if sum(histogram[kind])]
    if kinds:
        shares = {kind: [n / sum(histogram[kind]) for n in histogram[kind]] for kind in kinds}
        top = max(max(values) for values in shares.values())
        edges = histogram["edges"]
        plot = Plot(
            "Scores, each kind adding up to 100 %", "score / limit (2 = 2 and more)", "share of its kind",
            (edges[0], edges[-1]), (0, top * 1.05), percent="y",
        )  # fmt: skip
        for kind in kinds:
            plot.bars(edges, shares[kind], kind, kind)
        plot.upright(1.0, "limit", "limit")
        yield plot


def _lot_plots(section: Plain) -> Iterable[Plot]:
    counted = [lot for lot in section["lots"] if lot["good"] is not None and lot["good"] + lot["bad"] > 0]
    if not counted:
        return
    points = [
        (
            lot["bad"] / (lot["good"] + lot["bad"]),
            lot["flagged"] / lot["shots"],
            f"{lot['lot']}: {lot['flagged']} of {lot['shots']} shots NG, {lot['bad']:g} counted bad",
            lot["bad"] > 0,
        )
        for lot in counted[:MOST_LOTS]
    ]
    reach = max(max(x, y) for x, y, *_ in points) or 0.01
    plot = Plot(
        "Lots: flagged against counted", "counted defect rate", "shots flagged",
        (0, reach * 1.04), (0, reach * 1.04), percent="xy",
    )  # fmt: skip
    plot.line([(0, 0), (reach * 1.04, reach * 1.04)], "chance")
    plot.dots(((x, y, says) for x, y, says, bad in points if not bad), "good", "none bad")
    plot.dots(((x, y, says) for x, y, says, bad in points if bad), "bad", "some bad")
    yield plot


def _peers(peers: Plain | None) -> str:
    if peers is None:
        return ""
    return (
        "<section><h2>Beside other libraries</h2>"
        + table(peer_headings(), peer_rows(peers), caption=peer_caption(peers), own=("this version",))
        + "</section>"
    )


def _parts(heading: str, parts: Sequence[Plain]) -> str:
    some = parts_worst_first(parts)
    more = f"{len(parts) - MOST_GROUPS} more in the JSON output" if len(parts) > MOST_GROUPS else ""
    return f"<h3>{escape(heading)}</h3>" + table(
        PART_HEADINGS, [part_row(part) for part in some[:MOST_GROUPS]], caption=more
    )


def _notes() -> str:
    return figure(
        "How to read this",
        "<p>A shot is what one cycle made: rows of one machine and time stamp are one shot. "
        "Scores are divided by the limit in force for that shot, so that shots of all models can be ranked "
        "together. The limits of a substitute model are far wider than those of an own one: a ranking over "
        "both routes mixes the two, each route's own ranking does not. Recall at 0.1 % false alarms is what "
        "the best limit would have reached, not the one in use. NG alone is a flag; WARN is told beside it."
        "</p><p>Intervals of the rankings come from resampling whole lots, those of shares are Wilson's; the "
        "agreement of flags with counts is an exact Poisson interval. A lot of which training saw any shot "
        "counts as seen.</p>",
    )
