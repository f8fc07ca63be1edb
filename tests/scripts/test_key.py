from __future__ import annotations

import json
import ssl
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
import uvicorn

from api.key_file import read_keys
from api.serving import serving
from api.tls import tls_context
from core.config import load_config
from core.errors import ConfigError
from scripts import __main__ as command_line


def sprue(monkeypatch: pytest.MonkeyPatch, *words: str) -> object:
    monkeypatch.setattr(sys, "argv", ["sprue", "key", *words])
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return ended.value.code


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SPRUE_HOME", str(tmp_path))
    return tmp_path


def test_a_key_is_printed_alone_and_once(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sprue(monkeypatch, "add", "line 3", "--role", "operator", "--days", "30") == 0

    out, err = capsys.readouterr()
    (stored,) = read_keys(home / "keys.json")
    assert out.startswith(f"sprue_{stored.id}_")
    assert len(out.strip()) == 79
    assert "this once" in err
    assert (stored.name, stored.role) == ("line 3", "operator")
    sprue(monkeypatch, "list")
    listed = capsys.readouterr().out
    assert "line 3" in listed
    assert out.strip() not in listed
    assert stored.sha256 not in listed


def test_a_revoked_key_is_listed_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sprue(monkeypatch, "add", "a", "--role", "viewer")
    assert sprue(monkeypatch, "revoke", "a") == 0
    capsys.readouterr()

    assert sprue(monkeypatch, "list", "--json") == 0

    (row,) = json.loads(capsys.readouterr().out)["keys"]
    assert (row["name"], row["holds"]) == ("a", False)
    assert set(row) == {"id", "name", "role", "created", "expires", "revoked", "holds"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "a"), 1, "expected --role viewer, operator or admin"),
        (("add",), 1, "expected a name"),
        (("add", "a", "--role", "root"), 1, "role: expected one of viewer, operator, admin"),
        (("add", "a", "--role", "viewer", "--json"), 1, "takes no --json"),
        (("revoke", "a"), 1, "expected name or id of a key, got 'a'; there are: none"),
        (("revoke", "a", "--role", "viewer"), 1, "takes no --role"),
        (("list", "a"), 1, "takes no NAME"),
        (("drop", "a"), 2, ""),
        (("add", "a", "--role", "viewer", "--days", "0"), 2, ""),
    ],
    ids=range(9),
)
def test_wrong_words_change_nothing_and_say_what_was_expected(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    code: int,
    said: str,
) -> None:
    assert sprue(monkeypatch, *words) == code

    assert said in capsys.readouterr().err
    assert not (home / "keys.json").exists()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of localhost and its key, made by the system's openssl."""
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    more = ["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*command, *more, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def test_with_a_certificate_answers_are_encrypted_with_tls_1_2_at_least(
    home: Path, certificate: tuple[Path, Path]
) -> None:
    config = load_config(home=home, tls_cert=certificate[0], tls_key=certificate[1])

    async def app(scope: object, receive: object, send: object) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
        await send({"type": "http.response.body", "body": b"hello"})  # type: ignore[operator]

    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", **serving(config)))
    started, original = threading.Event(), server.startup

    async def startup(sockets: object = None) -> None:
        await original(None)
        started.set()

    server.startup = startup  # type: ignore[method-assign]  # says when it listens: no sleeping
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert started.wait(20)
        port = server.servers[0].sockets[0].getsockname()[1]
        trusting = ssl.create_default_context(cafile=str(certificate[0]))
        with urllib.request.urlopen(f"https://localhost:{port}/", context=trusting, timeout=10) as answer:
            assert answer.read() == b"hello"
    finally:
        server.should_exit = True
        thread.join()
    context = tls_context(config)
    assert context is not None
    assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_a_certificate_that_cannot_be_used_is_said(home: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    other = home / "other.pem"
    other.write_text("no PEM", encoding="utf-8")

    with pytest.raises(ConfigError, match="SPRUE_TLS_CERT, SPRUE_TLS_KEY: expected a PEM certificate"):
        tls_context(load_config(home=home, tls_cert=cert, tls_key=other))
    with pytest.raises(ConfigError, match="SPRUE_TLS_KEY: expected a file this user may read"):
        tls_context(load_config(home=home, tls_cert=cert, tls_key=home / "nowhere"))
    with pytest.raises(ConfigError, match="SPRUE_TLS_CERT: expected a file, since the other"):
        tls_context(load_config(home=home, tls_key=key))
    locked = home / "locked.pem"
    command = ["openssl", "pkcs8", "-topk8", "-passout", "pass:canary", "-in", str(key), "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    with pytest.raises(ConfigError, match="SPRUE_TLS_KEY: expected a key that is not encrypted"):
        tls_context(load_config(home=home, tls_cert=cert, tls_key=locked))
