"""``python -m scripts.fault_report``: write the table of docs/reliability.md anew."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from scripts.fault_report.table import DOCUMENT, ROOT, document_with_table

ABOUT = """\
Write the fault matrix of docs/reliability.md anew.

Rows come from scripts/fault_report/matrix.toml; which test proves which row is read from the
markers @pytest.mark.fault_row(number) below tests/. No test is run or imported."""
CODES = """\
Exit codes: 0 the document holds the table of the present tests; 1 with --check: it does not;
2 wrong usage."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the document, or only compare it; the exit code.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the command line when None.
    """
    parser = argparse.ArgumentParser(
        prog="python -m scripts.fault_report",
        description=ABOUT,
        epilog=CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing, only say whether it is up to date"
    )
    check: bool = parser.parse_args(arguments).check
    old = DOCUMENT.read_text(encoding="utf-8")
    new = document_with_table(old)
    if check:
        print(f"{DOCUMENT.relative_to(ROOT)}: {'up to date' if old == new else 'out of date'}")
        return int(old != new)
    DOCUMENT.write_text(new, encoding="utf-8", newline="\n")
    print(DOCUMENT.relative_to(ROOT).as_posix())
    return 0


if __name__ == "__main__":
    sys.exit(main())
