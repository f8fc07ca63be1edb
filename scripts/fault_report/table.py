"""The fault matrix as a table of docs/reliability.md."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from scripts.fault_report.proofs import proofs

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
TESTS = ROOT / "tests"
BEGIN = "<!-- fault matrix: written by python -m scripts.fault_report -->"
END = "<!-- end of the fault matrix -->"


@dataclass(frozen=True)
class Row:
    """One fault: what is done, what must be seen, and why no test proves it (empty: one does)."""

    number: int
    fault: str
    seen: str
    why_not: str = ""


def rows() -> list[Row]:
    """The matrix, by number."""
    matrix = tomllib.loads(Path(__file__).with_name("matrix.toml").read_text(encoding="utf-8"))
    return [Row(int(number), **fields) for number, fields in matrix.items()]


def table(proven: Mapping[int, list[str]]) -> str:
    """Markdown; `proven` as `proofs` gives it."""
    lines = ["| | Fault | What must be seen | Proven by |", "|---:|---|---|---|"]
    for row in rows():
        by = ", ".join(f"`{file}`" for file in proven.get(row.number, [])) or f"no test: {row.why_not}"
        lines.append(f"| {row.number} | {row.fault} | {row.seen} | {by} |")
    return "\n".join(lines)


def document_with_table(text: str) -> str:
    """The document with the table made anew between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table(proofs(TESTS))}\n{END}{after}"
