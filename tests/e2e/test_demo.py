"""``sprue demo`` as its users run it: started, ended in every way, started again."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.started_demo import Demo, RunDemo, none_left

pytestmark = [
    pytest.mark.xdist_group("demo"),
    pytest.mark.skipif(os.name == "nt", reason="platform: signals as a terminal on Linux sends them"),
]
HISTORY = ["--history-shots", "12000"]


@pytest.fixture(scope="module")
def first(run: RunDemo, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """A whole demonstration from an empty folder, its name with spaces and Korean letters."""
    home = tmp_path_factory.mktemp("demo") / "데모 폴더 1"
    demo = run(home, "--shots", "200", *HISTORY, "--rate", "100", "--exit")
    assert demo.wait() == 0, demo.told
    return demo


def test_every_shot_gets_one_verdict_and_the_last_line_counts_them(first: Demo) -> None:
    figures = first.figures

    assert figures["shots"] == figures["verdicts"] == 200
    assert (figures["lost"], figures["doubled"], figures["dead_letters"]) == (0, 0, 0)
    assert sum(figures["outcomes"].values()) == 200
    assert set(figures["routes"]) == {"trained", "nearest", "limits"}
    assert sum(figures["routes"].values()) == 200
    assert figures["routes"]["trained"] > 0
    assert figures["groups_trained"] > 0
    assert 0 < figures["latency_p50_ms"] <= figures["latency_p99_ms"]
    assert figures["ng_recall"] is None or 0 <= figures["ng_recall"] <= 1
    assert figures["false_alarm_rate"] < 0.05
    assert figures["flagged_abnormal_good"] <= figures["abnormal_good_shots"]
    assert "200 sent, 200 judged" in first.told


def test_a_second_start_goes_on_alone_without_training_and_ctrl_c_is_its_ordinary_end(
    first: Demo, run: RunDemo
) -> None:
    versions = sorted((first.home / "registry").iterdir())
    demo = run(first.home, "--shots", "150", "--rate", "300")
    servers = demo.until_started("serve")
    demo.until_told("service on")
    service = demo.told.partition("service on ")[2].partition("/,")[0]
    assert service.startswith("http://127.0.0.1:")

    other = run(first.home)
    assert other.wait() == 1
    assert other.told.splitlines() == [
        f"sprue: another demo runs in {first.home}; stop it, or give another folder with --home"
    ]
    # Shots are counted when they are in; only then is the end asked for.
    while json_of(f"{service}/api/v1/status")["verdicts"] < 150:
        threading.Event().wait(0.05)

    assert demo.end() == 0, demo.told
    assert (demo.figures["shots"], demo.figures["lost"], demo.figures["doubled"]) == (150, 0, 0)
    assert demo.figures["groups_trained"] == first.figures["groups_trained"]
    assert sorted((first.home / "registry").iterdir()) == versions
    assert none_left(demo, servers)


def json_of(url: str) -> dict[str, Any]:
    from urllib.request import urlopen

    with urlopen(url, timeout=10) as answer:  # own loopback address
        found: dict[str, Any] = json.loads(answer.read())
    return found


@pytest.mark.parametrize(
    ("begun", "number"),
    [("mongod", signal.SIGINT), ("postgres", signal.SIGTERM), ("initdb", signal.SIGKILL)],
)
def test_ended_during_start_up_it_leaves_nothing_running(
    run: RunDemo, tmp_path: Path, begun: str, number: int
) -> None:
    demo = run(tmp_path / "새 폴더", *HISTORY)
    servers = demo.until_started(begun)

    code = demo.end(number)

    assert code == (-9 if number == signal.SIGKILL else 130)
    assert "Traceback" not in demo.told
    assert none_left(demo, servers)


def test_stopped_in_training_it_leaves_nothing_and_the_next_start_completes_it(
    run: RunDemo, tmp_path: Path
) -> None:
    home = tmp_path / "중단 1"
    demo = run(home, *HISTORY)
    demo.until_told("shots of history in PostgreSQL")
    servers = demo.servers()
    assert demo.end() == 130, demo.told
    assert "Traceback" not in demo.told
    assert none_left(demo, servers)

    again = run(home, "--shots", "20", "--exit")
    assert again.wait() == 0, again.told
    assert again.figures["shots"] == again.figures["verdicts"] == 20


def test_killed_while_it_runs_it_takes_its_servers_along(first: Demo, run: RunDemo) -> None:
    demo = run(first.home, "--rate", "50")
    demo.until_told("service on")
    servers = demo.servers()

    assert demo.end(signal.SIGKILL) == -9
    assert none_left(demo, servers)

    after = run(first.home, "--shots", "30", "--exit")
    assert after.wait() == 0, after.told
    assert after.figures["shots"] == after.figures["verdicts"] == 30


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--seed", "7"], 1, "holds a plant of 12000 shots of history, seed 0; asked for 12000, seed 7"),
        (["--shots", "0", "--rate", "fast"], 2, "--shots"),
        (["--home", "pyproject.toml"], 1, "pyproject.toml"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    first: Demo, run: RunDemo, arguments: list[str], code: int, words: str
) -> None:
    demo = run(first.home, *arguments)

    assert demo.wait() == code
    assert words in demo.told
    assert "Traceback" not in demo.told
    assert code == 2 or len(demo.told.splitlines()) == 1
    assert demo.printed == ""


def test_a_taken_port_is_said(first: Demo, run: RunDemo) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        demo = run(first.home, "--port", port)
        assert demo.wait() == 1

    assert demo.told.splitlines() == [
        f"sprue: port {port} is taken (Address already in use); give another with --port, 0 for a free one"
    ]
