"""What holds for every test folder: in CI nothing may pass by being skipped."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

RIGHT_TO_SKIP = ("platform:", "real data:")
"""Starts of the reasons of a skip that is right: the behaviour belongs to another system, or
the test reads plant data that are no part of the project and may not be beside it."""


class NoSkips:
    """Turn the run red when a test was skipped because something it needs is absent."""

    def __init__(self) -> None:
        self.skipped: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that was skipped; an expected failure is none."""
        if report.skipped and not hasattr(report, "wasxfail"):
            self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that was skipped whole."""
        if report.skipped:
            self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if not reason.removeprefix("Skipped: ").startswith(RIGHT_TO_SKIP):
            self.skipped.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Turn a green run red."""
        if self.skipped and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say which skips did it."""
        if self.skipped:
            terminalreporter.section("skipped, and CI=true: the run fails", red=True)
            for line in self.skipped:
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    """Watch for skips under ``CI=true``, once: not in the workers of a parallel run."""
    if os.environ.get("CI") == "true" and not hasattr(config, "workerinput"):
        config.pluginmanager.register(NoSkips(), "no-skips")


@pytest.fixture(scope="session")
def pinned_wheel() -> Callable[[Path, str], str]:
    """Write the tiny package ``tiny`` as a wheel into a folder; its line in a hashed lock."""

    def write(folder: Path, version: str) -> str:
        path = folder / f"tiny-{version}-py3-none-any.whl"
        if not path.exists():
            info = f"tiny-{version}.dist-info"
            contents = {
                "tiny.py": f"VERSION = {version!r}\n",
                f"{info}/METADATA": f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n",
                f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            }
            record = "".join(f"{name},,\n" for name in [*contents, f"{info}/RECORD"])
            with zipfile.ZipFile(path, "w") as wheel:
                for name, text in {**contents, f"{info}/RECORD": record}.items():
                    wheel.writestr(name, text)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        return f"tiny=={version} \\\n    --hash=sha256:{digest}\n"

    return write
