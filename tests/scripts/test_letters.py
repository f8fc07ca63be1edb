"""``./sprue letters``: on the store itself, and through a running service that may be killed meanwhile."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bson
import pytest
from pymongo.collection import Collection

from core.stream import DeadLetter, Position, Work
from inference.store.held import is_written
from inference.store.reader import VerdictReader
from inference.store.sink import VerdictStore
from models.artifact import TrainedPlant
from models.registry import Registry
from scripts import __main__ as command_line
from tests.scripts import test_serve
from tests.scripts.test_serve import NOW, Service, shot

# Fixtures are found by their names in this file.
start, live, trained = test_serve.start, test_serve.live, test_serve.trained
Start = Callable[..., Service]
Sprue = Callable[..., object]
ROOT = Path(__file__).resolve().parents[2]


# --- on the store itself -----------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trained: TrainedPlant
) -> str:
    """A store nobody writes, with letters 1 (bad), 2 (good by now) and 3 (cut); and a trained model."""
    for name in [name for name in os.environ if name.startswith("SPRUE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    url = f"sqlite:///{(tmp_path / 'verdicts.sqlite').as_posix()}"
    if request.param == "postgresql":
        url = request.getfixturevalue("fresh_postgres_url")
        monkeypatch.setenv("SPRUE_STORE_URL", url)
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))
    Registry(tmp_path / "registry").save(trained, now=NOW)
    bad, good = shot(1), shot(2)
    bad["actual"]["cycle_time"] = "[red]off\x1b[2J"
    raw = [bson.encode(bad), bson.encode(good), b"\x00" * 70_000]
    letters = [
        DeadLetter(f"x{i}", f"shot-{i}", "not_a_number", "cycle_time: '[red]off\x1b'", one)
        for i, one in enumerate(raw, start=1)
    ]
    store = VerdictStore(url)
    store.write(Work(Position("{}", (5, 1)), dead_letters=letters))
    store.close()
    return url


@pytest.fixture
def sprue(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str, str]]:
    """``sprue(word, ...)``: exit code, standard output, standard error."""

    def run(*words: str) -> tuple[object, str, str]:
        monkeypatch.setattr(sys, "argv", ["sprue", "letters", *words])
        with pytest.raises(SystemExit) as ended:
            command_line.main()
        return ended.value.code, *capsys.readouterr()

    return run


def audit(url: str) -> list[tuple[str, ...]]:
    reader = VerdictReader(url)
    rows = reader.audit(100)[0]
    assert reader.verify_audit() == len(rows)
    reader.close()
    return [tuple(row[name] for name in ("who", "verb", "subject", "result")) for row in reversed(rows)]


def test_letters_are_listed_and_shown_as_text_that_commands_no_terminal(store_url: str, sprue: Any) -> None:
    code, listed, _ = sprue()
    shown = sprue("show", "1")[1]

    assert code == 0
    assert "not_a_number" in listed
    assert "[red]" in shown
    assert "sensor" not in listed
    assert "\x1b[2J" not in listed + shown
    assert '"cycle_time": "[red]off' in shown
    assert sprue("list", "--state", "dismissed")[1] == "no dead letters\n"
    assert [one["seq"] for one in json.loads(sprue("--json", "--limit", "2")[1])["dead_letters"]] == [3, 2]
    assert json.loads(sprue("show", "3", "--json")[1])["shown"].startswith("the first 65536 of 70000 bytes")


def test_letters_are_judged_again_one_by_one(store_url: str, sprue: Any) -> None:
    code, out, _ = sprue("replay", "2", "1", "3", "2", "9", "--json")

    rows = json.loads(out)["letters"]
    assert [(one["seq"], one["result"]) for one in rows] == [
        (2, "replayed"), (1, "still_bad"), (3, "not_whole"), (2, "settled"), (9, "unknown"),
    ]  # fmt: skip
    assert code == 1
    assert audit(store_url) == [
        ("local", "replay", "dead letter 2", "verdict OK"),
        ("local", "replay", "dead letter 1", "still bad: not_a_number"),
    ]
    reader = VerdictReader(store_url)
    found = reader.verdict("x2")
    reader.close()
    assert found is not None
    assert (found["shot_id"], found["route"]) == ("shot-2", "trained")
    assert not is_written(store_url)


def test_letters_of_a_reason_are_judged_again(store_url: str, sprue: Any) -> None:
    code, out, _ = sprue("replay", "--reason", "not_a_number")

    assert (code, out) == (1, "1 replayed, 1 still bad, 0 settled, 1 not whole\n")
    assert sprue("replay", "--reason", "nobody's", "--json")[0] == 0


def test_a_letter_is_dismissed_with_a_reason_and_without_a_model(
    store_url: str, sprue: Any, tmp_path: Path
) -> None:
    shutil.rmtree(tmp_path / "registry")

    assert sprue("dismiss", "1", "--reason", "a test shot")[0] == 0
    code, _, said = sprue("dismiss", "1", "--reason", "a test shot")

    assert (code, "dismissed already" in said) == (1, True)
    code, _, said = sprue("dismiss", "9", "--reason", "a test shot")
    assert (code, "./sprue letters lists them" in said) == (1, True)
    code, _, said = sprue("replay", "2")
    assert (code, "./sprue train" in said) == (1, True)
    assert audit(store_url) == [("local", "dismiss", "dead letter 1", "dismissed")]


@pytest.mark.parametrize(
    "words",
    [
        ("show",), ("show", "1", "2"), ("list", "1"), ("replay",), ("replay", "1", "--reason", "x"),
        ("dismiss", "1"), ("dismiss", "1", "--reason", "ab"), ("replay", "1", "--limit", "5"),
        ("show", "1", "--reason", "x"), ("dismiss", "1", "--reason", "abc", "--state", "open"),
    ],
)  # fmt: skip
def test_words_that_do_not_fit_are_refused(sprue: Any, words: tuple[str, ...]) -> None:
    code, out, said = sprue(*words)

    assert (code, out) == (2, "")
    assert f"letters {words[0]}: " in said


def test_where_there_is_no_store_none_is_made(
    sprue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))

    for words in (("list",), ("replay", "1"), ("dismiss", "1", "--reason", "abc")):
        code, _, said = sprue(*words)
        assert code == 1
        assert said.startswith("sprue: ")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
def test_a_store_that_was_lost_is_not_said_to_be_a_first_run(
    store_url: str, sprue: Any, tmp_path: Path
) -> None:
    (tmp_path / "verdicts.sqlite").unlink()

    for words in (("list",), ("replay", "1"), ("dismiss", "1", "--reason", "abc")):
        code, _, said = sprue(*words)
        assert (code, "says that store" in said, "no verdicts yet" in said) == (1, True, False)
    assert not (tmp_path / "verdicts.sqlite").exists()


def test_a_store_that_somebody_writes_is_left_to_the_service(store_url: str, sprue: Any) -> None:
    store = VerdictStore(store_url)
    store.open()
    try:
        assert is_written(store_url)
        code, _, said = sprue("list", "--port", "1")
    finally:
        store.close()

    assert code == 1
    assert "http://127.0.0.1:1: another process has the verdict store open" in said
    assert "give --host and --port" in said
    assert not is_written(store_url)


# --- through the service -----------------------------------------------------------


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


def test_a_plant_that_wants_no_reconciling_is_halted_until_it_wants_it(
    start: Start, live: dict[str, str], trained: TrainedPlant, tmp_path: Path
) -> None:
    Registry(tmp_path / "registry").save(trained, now=NOW)
    first = start(**live)
    first.ready()
    assert first.end() == 0
    (tmp_path / "verdicts.sqlite").unlink()

    halted = start(on_gap="fail", **live)
    body = halted.until("/readyz", lambda _, b: any("halted" in r for r in b.get("reasons", ())))

    assert body["reasons"][0].startswith("stream: halted: ")
    assert halted.end() == 1
    again = start(on_gap="reconcile", **live)
    again.ready()
    gaps = again.until("/api/v1/gaps", lambda _, b: len(b.get("gaps", ())) == 1)["gaps"]
    assert "verdicts.sqlite" in gaps[0]["cause"]
    assert again.end() == 0
