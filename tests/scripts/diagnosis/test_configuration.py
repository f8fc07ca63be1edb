"""``.env``, names, values, binding, permissions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from api.key_file import add_key
from scripts.diagnosis import configuration, environment, permissions, port
from scripts.diagnosis.examination import attempt
from scripts.diagnosis.finding import Finding

Install = Callable[..., Any]
Pick = Callable[..., Any]


def levels(findings: list[Finding]) -> set[str]:
    return {finding.level for finding in findings}


def test_without_env_file_the_defaults_are_in_order(install: Install) -> None:
    found = list(configuration.examine(install()))

    assert levels(found) == {"ok", "note"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("SPRUE_PORT=8001\n".encode("utf-16"), "UTF-16"),
        ("SPRUE_HOME=공장\n".encode("cp949"), "other bytes at 11"),
        ("SPRUE_PORT=8001\n".encode("utf-16-le"), "NUL bytes"),
    ],
    ids=["powershell", "korean-code-page", "utf-16-without-mark"],
)
def test_an_env_file_in_another_encoding_is_a_problem(
    install: Install, pick: Pick, tmp_path: Path, content: bytes, said: str
) -> None:
    (tmp_path / ".env").write_bytes(content)

    found = pick(configuration.examine(install()), ".env")

    assert found.level == "problem"
    assert said in found.found


def test_an_env_file_beside_the_program_but_not_here_is_a_warning(
    install: Install, pick: Pick, tmp_path: Path
) -> None:
    installation = install()
    installation.root = tmp_path / "program"
    installation.root.mkdir()
    (installation.root / ".env").touch()

    found = pick(configuration.examine(installation), ".env")

    assert found.level == "warning"
    assert str(tmp_path / ".env") in found.expected


def test_misspelled_names_are_told_with_the_nearest_one(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    lines = ["SPRUE_MONGO_ULR=mongodb://judge:canary-secret@h/", "SPURE_PORT=1", "LANG=C", "SPRUE_PYTHON=x"]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setenv("SPRUE_COLOUR", "red")

    found = [f for f in configuration.examine(install()) if f.subject == "names"]

    said = " | ".join(f.sentence for f in found)
    assert "SPRUE_MONGO_ULR in .env, which nothing reads; did you mean SPRUE_MONGO_URL?" in said
    assert "did you mean SPRUE_PORT?" in said
    assert "SPRUE_PYTHON in the environment" in said
    assert "SPRUE_COLOUR in the environment, which nothing reads" in said
    assert "LANG" not in said
    assert "canary-secret" not in said
    assert levels(found) == {"warning"}


def test_a_starting_service_says_the_same_of_names_without_their_values(
    install: Install, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("SPRUE_API_KEY=canary-secret\nSPRUE_MONGO_ULR=canary\n", encoding="utf-8")
    monkeypatch.setenv("SPRUE_PROT", "8000")

    said = environment.unread_names()

    assert len(said) == 3
    assert "SPRUE_API_KEY in .env, which nothing reads" in said[0]
    assert "did you mean SPRUE_MONGO_URL?" in said[1]
    assert "SPRUE_PROT in the environment, which nothing reads; did you mean SPRUE_PORT?" in said[2]
    assert "canary" not in "".join(said)


def test_names_that_are_read_need_no_words_at_the_start(install: Install, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SPRUE_PORT=1\nLANG=C\n", encoding="utf-8")
    install(home="x")

    assert environment.unread_names() == []


def test_a_setting_given_twice_is_a_note(install: Install, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SPRUE_PORT=8001\nSPRUE_HOST\n", encoding="utf-8")

    found = [f for f in configuration.examine(install(port=8002)) if f.subject == "names"]

    assert [f.level for f in found if "environment's counts" in f.found] == ["note"]
    assert [f.level for f in found if "alone in .env" in f.found] == ["warning"]


def test_every_wrong_value_is_a_problem_of_its_own(install: Install) -> None:
    found = list(configuration.examine(install(port=99999, batch_size="many")))

    wrong = [f for f in found if f.level == "problem"]
    assert sorted(f.found.split(":")[0] for f in wrong) == ["SPRUE_BATCH_SIZE", "SPRUE_PORT"]


def test_what_needs_the_configuration_is_not_looked_at_without_one(install: Install) -> None:
    (found,) = attempt("port", lambda: port.examine(install(port=99999)))

    assert found.level == "note"
    assert "configuration cannot be read" in found.found


def test_a_profile_that_is_not_there_is_a_problem(install: Install, pick: Pick) -> None:
    assert pick(configuration.examine(install(profile="nowhere.toml")), "profile").level == "problem"


def test_listening_to_others_without_a_key_is_a_problem(install: Install, pick: Pick, tmp_path: Path) -> None:
    assert pick(configuration.examine(install(host="0.0.0.0", home=tmp_path)), "binding").level == "problem"
    proxied = install(host="0.0.0.0", home=tmp_path, behind_proxy=True)
    assert pick(configuration.examine(proxied), "binding").level == "problem"
    add_key(tmp_path / "keys.json", "line", "viewer", 0)
    found = pick(configuration.examine(proxied), "binding")
    assert (found.level, found.found) == ("ok", "0.0.0.0: other machines, with a key")


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")
def test_files_that_others_can_read_are_warnings(install: Install, pick: Pick) -> None:
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        database = home / "verdicts.sqlite"
        database.touch()
        database.chmod(0o644)
        installation = install(home=home)
        assert pick(permissions.examine(installation), "verdict store").level == "warning"

        database.chmod(0o600)
        home.chmod(0o777)
        found = list(permissions.examine(installation))
        assert pick(found, "verdict store").level == "ok"
        assert pick(found, "home folder").level == "warning"
