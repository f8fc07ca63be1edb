"""``./sprue letters`` through a running service that may be paused, or killed meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from pymongo.collection import Collection

from models.artifact import TrainedPlant
from models.registry import Registry
from tests.scripts.plant_of_one import NOW, shot
from tests.scripts.running_service import Service, Start

ROOT = Path(__file__).resolve().parents[2]


def letters(service: Service, tmp_path: Path, *words: str) -> tuple[int, str, str]:
    """The command beside a service; exit code, standard output, standard error."""
    port = service.url.rpartition(":")[2]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SPRUE_")}
    environment |= {"SPRUE_HOME": str(tmp_path), "SPRUE_PORT": port, "PYTHONUTF8": "1"}
    environment["HTTP_PROXY"] = environment["http_proxy"] = "http://127.0.0.1:1"
    command = [sys.executable, "-m", "scripts", "letters", *words]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, encoding="utf-8", timeout=120, check=False
    )
    return done.returncode, done.stdout, done.stderr


def bad_shot(number: int) -> dict[str, Any]:
    document = shot(number)
    document["actual"]["cycle_time"] = "sensor off"
    return document


def letter(service: Service, seq: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = service.until(f"/api/v1/dead-letters/{seq}", lambda status, _: status == 200)
    return found


@pytest.fixture
def profile_file(tmp_path: Path) -> Path:
    """The plant's profile as a file that may be changed; text for a number is a dead letter."""
    file = tmp_path / "plant.toml"
    shutil.copy(ROOT / "core" / "profiles" / "injection_molding.toml", file)
    return file


def test_what_a_changed_profile_can_read_is_judged_after_all(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
    profile_file: Path,
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    service = start(profile=str(profile_file), **live)
    service.ready()
    mongo_collection.insert_many([shot(1), bad_shot(2), bad_shot(3)])
    letter(service, 2)

    code, out, said = letters(service, tmp_path, "replay", "1", "--json")
    assert (code, json.loads(out)["letters"][0]["result"]) == (1, "still_bad"), said
    assert letter(service)["attempts"] == 2
    assert service.end() == 0
    text = profile_file.read_text(encoding="utf-8")
    changed = text.replace('unreadable = "dead_letter"', 'unreadable = "fill"')
    profile_file.write_text(changed, encoding="utf-8")
    again = start(profile=str(profile_file), **live)
    again.ready()

    code, out, said = letters(again, tmp_path, "replay", "--reason", "not_a_number", "--json")

    assert code == 0, said
    assert json.loads(out) == {"replayed": 2, "still_bad": 0, "settled": 0, "not_whole": 0}
    one = letter(again)
    assert one["state"] == "replayed"
    _, verdict = again.get(f"/api/v1/verdicts/{one['event_token']}")
    assert (verdict["shot_id"], verdict["filled"]) == ("shot-2", {"cycle_time": "forward"})
    _, trail = again.get("/api/v1/audit")
    assert [row["result"] for row in trail["audit"]] == ["verdict OK"] * 2 + ["still bad: not_a_number"]
    assert trail["verified"] == 3
    assert letters(again, tmp_path)[1] == "no dead letters\n"
    assert again.end() == 0
    kept = json.loads(letters(again, tmp_path, "--state", "all", "--json")[1])  # from the store now
    assert [one["state"] for one in kept["dead_letters"]] == ["replayed"] * 2


def test_a_paused_service_changes_nothing_and_says_why(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    service = start(**live)
    service.ready()
    mongo_collection.insert_one(bad_shot(1))
    letter(service)
    assert service.end() == 0
    (tmp_path / "registry").rename(tmp_path / "away")
    paused = start(**live)
    paused.until("/api/v1/status", lambda _, body: body["state"] == "paused")

    code, _, said = letters(paused, tmp_path, "dismiss", "1", "--reason", "a test shot")

    assert code == 1
    assert "no model" in said
    assert "nothing was changed, and nothing will be" in said
    (tmp_path / "away").rename(tmp_path / "registry")
    paused.ready()
    mongo_collection.insert_one(shot(2))  # whatever was queued is carried out before it is judged
    paused.until("/api/v1/verdicts", lambda _, body: len(body.get("verdicts", ())) == 1)
    assert letter(paused)["state"] == "open"
    assert paused.get("/api/v1/audit")[1]["audit"] == []
    assert letters(paused, tmp_path, "dismiss", "1", "--reason", "a test shot")[0] == 0
    assert paused.end() == 0


KILLED = {
    "before": """
        import inference.store.sink as sink
        real = sink.settle
        def settle(*given):
            real(*given)
            os.kill(os.getpid(), signal.SIGKILL)
        sink.settle = settle
        """,
    "after": """
        from inference.store.sink import VerdictStore
        real = VerdictStore.settle_letter
        def settle_letter(*given):
            real(*given)
            os.kill(os.getpid(), signal.SIGKILL)
        VerdictStore.settle_letter = settle_letter
        """,
}


@pytest.mark.parametrize("when", KILLED)
@pytest.mark.fault_row(2)
def test_killed_around_the_commit_a_letter_is_open_or_has_its_verdict(
    start: Start,
    live: dict[str, str],
    mongo_collection: Collection[Any],
    trained: TrainedPlant,
    tmp_path: Path,
    profile_file: Path,
    when: str,
) -> None:
    if os.name != "posix":
        pytest.skip("platform: SIGKILL")
    Registry(tmp_path / "registry").save(trained, now=NOW)
    first = start(profile=str(profile_file), **live)
    first.ready()
    mongo_collection.insert_one(bad_shot(1))
    token = letter(first)["event_token"]
    assert first.end() == 0
    text = profile_file.read_text(encoding="utf-8")
    profile_file.write_text(text.replace('"dead_letter"', '"fill"'), encoding="utf-8")
    program = "import os, signal, sys\n" + textwrap.dedent(KILLED[when])
    program += "from scripts.__main__ import main\nsys.argv = ['sprue', 'serve']\nmain()\n"
    killed = start(["-c", program], profile=str(profile_file), **live)
    killed.ready()

    assert letters(killed, tmp_path, "replay", "1")[0] == 1

    assert killed.wait() == -signal.SIGKILL
    again = start(profile=str(profile_file), **live)
    again.ready()
    done = when == "after"
    assert letter(again)["state"] == ("replayed" if done else "open")
    assert again.get(f"/api/v1/verdicts/{token}")[0] == (200 if done else 404)
    trail = again.get("/api/v1/audit")[1]
    assert (trail["verified"], trail["problem"]) == (1 if done else 0, "")
    assert letters(again, tmp_path, "replay", "1")[0] == (1 if done else 0)
    assert letter(again)["state"] == "replayed"
    assert len(again.get("/api/v1/verdicts")[1]["verdicts"]) == 1
    assert again.end() == 0
