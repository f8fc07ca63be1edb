"""Every row of the fault matrix is proven by a test or says why not, and the document tells the truth."""

from __future__ import annotations

from pathlib import Path

from scripts.fault_report.figures import read_figures
from scripts.fault_report.proofs import proofs
from scripts.fault_report.table import DOCUMENT, TESTS, document_with_table, rows


def test_the_matrix_has_all_its_rows() -> None:
    assert [row.number for row in rows()] == list(range(1, 45))


def test_every_row_has_a_test_or_a_reason_and_never_both() -> None:
    proven = proofs(TESTS)

    assert [row.number for row in rows() if (row.number in proven) == bool(row.why_not)] == []
    assert set(proven) <= {row.number for row in rows()}


def test_the_document_holds_the_table_of_the_present_tests() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")

    assert document_with_table(text) == text, "out of date: run python -m scripts.fault_report"


def test_notes_of_several_trials_are_added_up(tmp_path: Path) -> None:
    file = tmp_path / "notes.jsonl"
    file.write_text(
        '{"kind": "fault", "disk full": 2}\n'
        '{"kind": "fault", "disk full": 1, "line cut": 4}\n'
        '{"kind": "events", "written": 10, "verdicts": 9, "dead_letters": 1, "lost": 0, "doubled": 0}\n'
        '{"kind": "events", "written": 5, "verdicts": 5}\n'
        '{"kind": "planted_bugs", "planted": 9, "caught": 8, "universes": 100}\n'
        '{"kind": "network", "seconds_to_notice": 9.96}\n'
        '{"kind": "network", "seconds_to_notice": 3.0}\n',
        encoding="utf-8",
    )
    figures = read_figures(file)

    assert figures.faults == {"disk full": 3, "line cut": 4}
    assert (figures.written, figures.verdicts, figures.dead_letters) == (15, 14, 1)
    assert (figures.planted, figures.caught, figures.universes) == (9, 8, 100)
    assert figures.seconds_to_notice == 10.0
