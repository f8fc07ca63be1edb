"""./sprue, run for real: what it finds, installs, keeps, redoes and passes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.ground.conftest import Checkout

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="platform: a POSIX shell script")


def test_first_start_installs_and_second_start_installs_nothing(checkout: Checkout) -> None:
    first = checkout.run("serve", "--port", "9", "두 단어")
    second = checkout.run("serve")

    assert first.returncode == 0, first.stderr
    assert json.loads(first.stdout)["arguments"] == ["serve", "--port", "9", "두 단어"]
    assert "first start" in first.stderr
    assert json.loads(second.stdout)["arguments"] == ["serve"]
    assert second.stderr == ""


def test_verb_runs_in_the_callers_folder_with_utf8_and_without_its_modules(
    checkout: Checkout, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "scripts").mkdir(parents=True)
    (elsewhere / "scripts" / "__main__.py").write_text("raise SystemExit('wrong scripts')", encoding="utf-8")
    link = tmp_path / "link"
    link.symlink_to(checkout.root / "sprue")

    done = subprocess.run(
        [str(link), "judge"], cwd=elsewhere, env=checkout.environment(), capture_output=True, text=True
    )

    ran = json.loads(done.stdout)
    assert Path(ran["cwd"]) == elsewhere
    assert (ran["utf8"], ran["safe_path"]) == (1, True)


def test_exit_code_of_the_verb_is_kept(checkout: Checkout) -> None:
    assert checkout.run("serve", EXIT_WITH="7").returncode == 7


@pytest.mark.parametrize("version", ["2.7.18", "3.10.12", "3.14.0", "3.12.1 (32 bit)"])
def test_unfit_python_is_named_and_refused(checkout: Checkout, version: str) -> None:
    checkout.command("python3", f'echo "{version}"; exit 1')

    done = checkout.run("serve")

    assert done.returncode == 1
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert f"python3 is Python {version}" in done.stderr
    assert "apt install" in done.stderr
    assert not (checkout.root / ".venv").exists()


def test_no_python_at_all_is_said_kindly(checkout: Checkout) -> None:
    (checkout.bin / "python3").unlink()

    done = checkout.run("serve")

    assert done.returncode == 1
    assert "no Python at all" in done.stderr


def test_name_that_cannot_be_run_is_passed_over(checkout: Checkout) -> None:
    checkout.command("python3.13", "echo 'command not found' >&2; exit 127")

    assert checkout.run("serve").returncode == 0


def test_chosen_python_is_taken_or_refused_never_replaced(checkout: Checkout) -> None:
    refused = checkout.run("serve", SPRUE_PYTHON="/no/such/python")
    (checkout.bin / "python3").rename(checkout.bin / "my-python")
    taken = checkout.run("serve", SPRUE_PYTHON="my-python")

    assert refused.returncode == 1
    assert "/no/such/python" in refused.stderr
    assert taken.returncode == 0, taken.stderr


def test_changed_lock_is_installed_again(checkout: Checkout) -> None:
    checkout.run("serve")
    checkout.require("serve", "2.0")

    done = checkout.run("serve")

    assert json.loads(done.stdout)["tiny"] == "2.0"


def test_larger_group_serves_smaller_and_smaller_does_not_serve_larger(checkout: Checkout) -> None:
    checkout.run("train")

    smaller = checkout.run("serve")
    larger = checkout.run("test")

    assert smaller.stderr == ""
    assert "installing the packages for `dev`" in larger.stderr


def test_stale_larger_group_is_renewed_whole(checkout: Checkout) -> None:
    checkout.run("test")
    for group in ("serve", "train", "demo", "dev", "peers"):
        checkout.require(group, "2.0")

    assert "for `dev`" in checkout.run("serve").stderr
    assert checkout.run("test").stderr == ""


def test_wrong_hash_installs_nothing_and_fails(checkout: Checkout) -> None:
    lock = checkout.root / "requirements" / "serve.txt"
    lock.write_text("tiny==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")

    done = checkout.run("serve")

    assert done.returncode == 1
    assert done.stdout == ""
    assert "pip ended with" in done.stderr


def test_update_that_cannot_be_fetched_leaves_the_old_installation_valid(checkout: Checkout) -> None:
    checkout.run("serve")
    lock = checkout.root / "requirements" / "serve.txt"
    old = lock.read_bytes()
    lock.write_text("tiny==9.9 \\\n    --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    failed = checkout.run("serve")
    lock.write_bytes(old)

    again = checkout.run("serve")

    assert failed.returncode == 1
    assert again.returncode == 0
    assert again.stderr == ""


def test_killed_installation_is_not_believed_and_done_again(checkout: Checkout) -> None:
    # An installer that copies half a package and is then killed with all its callers.
    half = "site=$(echo .venv/lib/python3.*/site-packages); : > $site/tiny.py; kill -9 0"
    checkout.command("uv", f'cd "{checkout.root}" || exit 1\n{half}')
    killed = subprocess.run(
        [str(checkout.root / "sprue"), "serve"],
        env=checkout.environment(),
        start_new_session=True,
        capture_output=True,
    )
    (checkout.bin / "uv").unlink()

    done = checkout.run("serve")

    assert killed.returncode == -signal.SIGKILL
    assert "unfinished" in done.stderr
    assert json.loads(done.stdout)["tiny"] == "1.0"


def test_failing_uv_is_replaced_by_pip(checkout: Checkout) -> None:
    checkout.command("uv", "echo no registry for uv >&2; exit 2")

    done = checkout.run("serve")

    assert "trying pip" in done.stderr
    assert json.loads(done.stdout)["tiny"] == "1.0"


def test_two_first_starts_at_once_install_once(checkout: Checkout) -> None:
    command = [str(checkout.root / "sprue"), "serve"]
    both = [
        subprocess.Popen(
            command, env=checkout.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]

    ends = [process.communicate(timeout=120) for process in both]

    assert [json.loads(out)["tiny"] for out, _ in ends] == ["1.0", "1.0"]
    assert sum("first start" in error for _, error in ends) == 1


def test_vanished_base_python_means_a_new_venv(checkout: Checkout) -> None:
    checkout.run("serve")
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/no/such/python")

    done = checkout.run("serve")

    assert done.returncode == 0, done.stderr
    assert "unusable" in done.stderr


def test_moved_checkout_still_finds_itself(checkout: Checkout) -> None:
    checkout.run("serve")
    checkout.root = checkout.root.rename(checkout.root.with_name("금형 2"))

    done = checkout.run("serve")

    assert json.loads(done.stdout)["tiny"] == "1.0"
    assert done.stderr == ""


def test_wrapper_is_executable_in_the_repository() -> None:
    assert os.access(Path(__file__).resolve().parents[2] / "sprue", os.X_OK)
