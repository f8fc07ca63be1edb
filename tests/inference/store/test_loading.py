from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import sys
from inference.store.sink import VerdictStore
from inference.store.reader import VerdictReader
VerdictStore("sqlite:///a.sqlite"), VerdictReader("sqlite:///a.sqlite")
print([name for name in sys.modules if "postgresql" in name or name == "psycopg2"])
"""


def test_a_store_in_a_file_loads_nothing_of_postgresql() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=True, text=True)

    assert done.stdout.strip() == "[]"
