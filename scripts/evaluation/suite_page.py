"""The comparison of the suite as one HTML page that needs nothing else."""

from __future__ import annotations

from html import escape
from typing import Any

from scripts.evaluation.frame import figure, page, table
from scripts.evaluation.interval_plot import interval_plot
from scripts.evaluation.suite_words import MEASURE_WORDS, measure_headings, measure_rows, set_rows

Plain = dict[str, Any]


def suite_page(found: Plain) -> str:
    """The page, UTF-8 text, of what `scripts.evaluation.suite_table.suite_report` gives."""
    own = [method["name"] for method in found["methods"] if method["own"]]
    plots = [
        interval_plot(
            f"{title} {words}",
            [(name, told[key][name], name in own) for name in told[key]],
            rising=key == "mean",
        )
        for words, told in ((MEASURE_WORDS[m], found["measures"][m]) for m in MEASURE_WORDS)
        for key, title in (("mean_rank", "Mean rank (1 = best) by"), ("mean", "Mean"))
    ]
    tables = [
        f"<section><h2>{escape(words)}</h2>"
        + table(measure_headings(found), measure_rows(found, measure), own=own, kind="dense")
        + "</section>"
        for measure, words in MEASURE_WORDS.items()
    ]
    notes = "".join(f"<p>{escape(note)}</p>" for note in found["notes"])
    failed = "".join(
        f"<p>{escape(f['method'])} failed on {escape(f['set'])}, seed {f['seed']}: {escape(f['why'])}</p>"
        for f in found["failed"]
    )
    heads = ("set", "rows learnt / judged", "seeds", "protocol", "chosen, how often")
    return page(
        "Detectors compared",
        [
            f'<div class="plots">{"".join(plots)}</div>',
            *tables,
            figure("Data sets", table(heads, set_rows(found), kind="prose")),
            figure("How it was done", notes + failed),
        ],
    )
