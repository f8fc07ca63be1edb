"""The service's stop requests on a real CPython for Windows, under Wine.

What this cannot prove: what Windows itself does when a console window is closed.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.wine, pytest.mark.xdist_group("wine")]

PROGRAM = """
import ctypes, os, signal, sys, threading
sys.path.insert(0, sys.argv[1])
import service_stop
registered = []
class Kernel:
    def SetConsoleCtrlHandler(self, handler, add):
        registered.append((handler, add))
        return real(handler, add)
real = ctypes.WinDLL("kernel32").SetConsoleCtrlHandler
answers = []
ctypes.WinDLL = lambda name: Kernel()
with service_stop.stop_requests() as requests:
    handler = registered[0][0]
    if sys.argv[2] == "break":
        print("left to Python:", not handler(1))
        signal.raise_signal(signal.SIGBREAK)
    else:  # as Windows calls it: from a thread of its own
        closing = threading.Thread(target=lambda: answers.append(handler(2)))
        closing.start()
    while not requests.wait(0.5):
        pass
    print("asked")
if sys.argv[2] == "close":
    closing.join(10)
    print("answered", answers)
print("handler taken out:", [add for _, add in registered])
"""


@pytest.mark.parametrize("how", ["break", "close"])
@pytest.mark.fault_row(44)
def test_a_console_event_asks_for_an_orderly_end(
    wine: dict[str, str], windows_python: Path, tmp_path: Path, how: str
) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    folder = "Z:" + str(ROOT / "scripts").replace("/", "\\")
    done = subprocess.run(
        ["wine", str(windows_python), "Z:" + str(program).replace("/", "\\"), folder, how],
        env=wine,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=120,
        check=False,
    )

    said = "left to Python: True\nasked\n" if how == "break" else "asked\nanswered [1]\n"
    assert done.stdout.replace("\r", "") == said + "handler taken out: [True, False]\n", done.stderr
    assert done.returncode == 0
