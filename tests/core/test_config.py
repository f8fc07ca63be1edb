"""Settings come from the environment; secrets stay out of messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import load_config, redacted
from core.errors import ConfigError


@pytest.fixture(autouse=True)
def _no_dotenv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_environment_and_flags_set_values_and_flags_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRUE_PORT", "9000")
    monkeypatch.setenv("SPRUE_HOME", "여기 상태")

    assert load_config().port == 9000
    assert load_config().home == Path("여기 상태")
    assert load_config(port=9001).port == 9001
    assert load_config(port=None).port == 9000


def test_dotenv_beside_the_start_is_read_as_utf8(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("SPRUE_MONGO_DATABASE=공장\n", encoding="utf-8")

    assert load_config().mongo_database == "공장"


@pytest.mark.parametrize("encoding", ["cp949", "utf-16"])
def test_dotenv_in_another_encoding_is_said(tmp_path: Path, encoding: str) -> None:
    (tmp_path / ".env").write_text("SPRUE_MONGO_DATABASE=공장\n", encoding=encoding)

    with pytest.raises(ConfigError, match=r"\.env: expected UTF-8 text"):
        load_config()


def test_a_wrong_value_names_its_variable_and_what_came(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRUE_PORT", "eighty")

    with pytest.raises(ConfigError, match=r"SPRUE_PORT.*'eighty'"):
        load_config()


def test_a_table_name_that_is_not_plain_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRUE_HISTORY_TABLE", "shots; drop table shots")

    with pytest.raises(ConfigError, match="SPRUE_HISTORY_TABLE"):
        load_config()


def test_passwords_do_not_show_in_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRUE_MONGO_URL", "mongodb://judge:canary-1@db/plant")
    monkeypatch.setenv("SPRUE_HISTORY_URL", "postgresql://judge:canary-2@db/plant")
    monkeypatch.setenv("SPRUE_STORE_URL", "postgresql://judge:canary-3@db/plant")

    assert "canary" not in repr(load_config()) + str(load_config())


@given(st.text(min_size=1), st.text(alphabet="abcdefgh", min_size=1))
def test_no_password_survives_redaction(tail: str, host: str) -> None:
    secret = "canary" + tail.replace("canary", "")
    shown = redacted(f"mongodb://user:{secret}@{host}:27017/plant?authSource=admin")

    assert "canary" not in shown


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("10.0.0.5", False),
        ("plant-pc", False),
    ],
)
def test_only_addresses_of_this_machine_count_as_loopback(host: str, loopback: bool) -> None:
    assert load_config(host=host).loopback is loopback


@pytest.mark.parametrize(
    ("settings", "exposed"),
    [
        ({}, False),
        ({"host": "0.0.0.0"}, True),
        ({"behind_proxy": True}, True),
        ({"host": "::1", "behind_proxy": True}, True),
    ],
)
def test_a_proxy_makes_loopback_reachable_by_others(settings: dict[str, object], exposed: bool) -> None:
    assert load_config(**settings).exposed is exposed


def test_an_empty_certificate_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPRUE_TLS_CERT", "")

    assert load_config().tls_cert is None


@pytest.mark.parametrize("name", ["MONGO_URL", "HISTORY_URL", "STORE_URL"])
@pytest.mark.parametrize("sign", ["/", "?", "#", "@", "[", "]"])
def test_a_password_a_driver_would_cut_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, sign: str
) -> None:
    scheme = "mongodb" if name == "MONGO_URL" else "postgresql"
    monkeypatch.setenv(f"SPRUE_{name}", f"{scheme}://judge:canary{sign}canary@db/plant")

    with pytest.raises(ConfigError, match=f"SPRUE_{name}: expected user, password") as caught:
        load_config()
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "settings",
    [
        {"store_url": "sqlite:////srv/line@3/verdicts.sqlite"},
        {"mongo_url": "mongodb://judge:a%40b%2Fc@db1:27017,db2/?replicaSet=rs0"},
        {"history_url": "postgresql://[::1]:5432/plant"},
        {"mongo_url": "mongodb://[::1]:27017/?replicaSet=rs0"},
    ],
)
def test_addresses_that_are_read_as_meant_are_taken(settings: dict[str, str]) -> None:
    load_config(**settings)
