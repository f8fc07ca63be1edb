"""The frame of every report page: head, style, tables, figures with intervals."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any, Literal

Plain = dict[str, Any]

STYLE = """
:root { color-scheme: light; --ink:#2f3437; --faint:#6b7377; --rule:#d5d8d6; --ground:#f3f4f2;
  --good:#8a98a3; --unknown:#b9bfc1; --bad:#a8481f; --limit:#2f3437; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 24px 28px 60px; max-width: 1360px;
  background: var(--ground); color: var(--ink);
  font: 14px/1.45 system-ui, "Segoe UI", "Noto Sans", "Noto Sans KR", sans-serif; }
h1 { font-size: 22px; margin: 0 0 6px; } h2 { font-size: 17px; margin: 34px 0 4px; }
h3 { font-size: 14px; margin: 22px 0 4px; }
p { max-width: 76em; margin: 6px 0; }
.columns { display: flex; flex-wrap: wrap; gap: 12px 40px; align-items: flex-start; }
.plots { display: flex; flex-wrap: wrap; gap: 12px; margin: 14px 0; }
svg { background: #fff; border: 1px solid var(--rule); max-width: 100%; height: auto; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: 8px 0; font-variant-numeric: tabular-nums; }
caption { caption-side: top; text-align: left; color: var(--faint); padding: 2px 0 4px; }
th, td { padding: 3px 14px 3px 0; border-bottom: 1px solid var(--rule); text-align: right;
  vertical-align: top; }
th { font-weight: 600; border-bottom-color: var(--faint); }
th:first-child, td:first-child { text-align: left; }
.dense { font-size: 12.5px; }
.dense th, .dense td { padding-right: 9px; }
.dense td { white-space: nowrap; }
.prose th, .prose td { text-align: left; }
td.best { font-weight: 700; } tr.own td:first-child { font-weight: 600; }
.title { font-size: 12.5px; font-weight: 600; fill: var(--ink); }
.label, .tick { font-size: 10.5px; fill: var(--faint); }
.grid { stroke: #ebedeb; } .axis { stroke: var(--faint); fill: none; }
.line { fill: none; stroke-width: 1.8; } .key { stroke-width: 3; }
.line.bad, .key.bad, .dot.bad { stroke: var(--bad); }
.line.good, .key.good, .dot.good { stroke: var(--good); }
.key.unlabelled { stroke: var(--unknown); }
.line.first, .key.first { stroke: var(--limit); }
.line.unlabelled { stroke: var(--unknown); }
.line.chance { stroke: var(--rule); stroke-dasharray: 4 3; }
.line.limit, .key.limit { stroke: var(--limit); stroke-dasharray: 5 3; stroke-width: 1.4; }
.bar.good { fill: var(--good); fill-opacity: .75; }
.bar.unlabelled { fill: var(--unknown); fill-opacity: .6; }
.bar.bad { fill: var(--bad); fill-opacity: .55; }
.dot.good { fill: #fff; } .dot.bad { fill: var(--bad); fill-opacity: .55; }
@media print { body { background: #fff; padding: 0; } section, svg { break-inside: avoid-page; }
  .columns, .plots { break-inside: avoid; } }
"""


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page; title is text, parts are HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{''.join(parts)}</body></html>\n"
    )


def table(
    headings: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    caption: str = "",
    own: Sequence[str] = (),
    kind: Literal["plain", "dense", "prose"] = "plain",
) -> str:
    """A table of texts; rows whose first cell is in `own` are set off, ``*`` marks what is best.

    A dense one has narrow columns whose headings break at underscores, one of prose is set left.
    """
    head = "".join(f"<th>{escape(h).replace('_', '_<wbr/>')}</th>" for h in headings)
    lines = []
    for row in rows:
        cells = "".join(
            f'<td class="best">{escape(cell[1:])}</td>'
            if cell.startswith("*")
            else f"<td>{escape(cell)}</td>"
            for cell in row
        )
        lines.append(f'<tr class="own">{cells}</tr>' if row[0] in own else f"<tr>{cells}</tr>")
    told = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="wide"><table class="{kind}">{told}{body}</table></div>'


def figure(heading: str, body: str) -> str:
    """A heading with HTML under it."""
    return f"<section><h3>{escape(heading)}</h3>{body}</section>"


def interval(value: Plain, *, shares: bool = False) -> tuple[str, str]:
    """A figure and its interval as two texts.

    >>> interval({"value": 0.5, "low": 0.2, "high": 0.75})
    ('0.500', '0.200–0.750')
    """
    said = percent if shares else _three
    whole, low, high = value["value"], value["low"], value["high"]
    if whole is None:
        return "–", ""
    return said(whole), f"{said(low)}–{said(high)}" if low is not None and high is not None else ""


def percent(value: float) -> str:
    """A share in percent, three digits.

    >>> percent(0.001), percent(0.75), percent(0.0)
    ('0.1%', '75%', '0%')
    """
    return f"{value * 100:.3g}%"


def _three(value: float) -> str:
    return f"{value:.3f}"
