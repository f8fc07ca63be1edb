"""``python -m scripts.fault_report``: write the table of docs/reliability.md anew."""

from __future__ import annotations

from scripts.fault_report.table import DOCUMENT, document_with_table

if __name__ == "__main__":
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(document_with_table(text), encoding="utf-8", newline="\n")
    print(DOCUMENT)
