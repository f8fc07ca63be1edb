"""Which tests say that they prove which rows of the fault matrix: read from their markers."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

MARKER = "fault_row"


def proofs(tests: Path) -> Mapping[int, list[str]]:
    """Row -> files of tests with ``@pytest.mark.fault_row(row)``, relative to `tests`.

    The marker is read from the text, on a test, a class or a file's ``pytestmark``: nothing
    is imported, so that the table can be made where the tests cannot run.
    """
    found: dict[int, set[str]] = defaultdict(set)
    for file in sorted(tests.rglob("test_*.py")):
        text = file.read_text(encoding="utf-8")
        if MARKER not in text:
            continue
        for row in _rows(ast.parse(text)):
            found[row].add(file.relative_to(tests).as_posix())
    return {row: sorted(files) for row, files in found.items()}


def _rows(tree: ast.Module) -> Iterator[int]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Attribute) and node.func.attr == MARKER:
            for word in node.args:
                row = ast.literal_eval(word)
                if isinstance(row, int):
                    yield row
