"""The running service, asked by its REST API: with the key of this place, past any proxy."""

from __future__ import annotations

import http.client
import ipaddress
import json
import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.error import HTTPError, URLError
from urllib.request import HTTPSHandler, OpenerDirector, ProxyHandler, Request, build_opener

from core.config import Config
from core.errors import ConfigError, SprueError, StoreUnavailable

TIMEOUT_S = 60.0


class ServiceClient:
    """Asks the service that has the store open. A context manager that holds nothing.

    Parameters
    ----------
    config : Config
        Where the service listens, its certificate, the key to ask with.
    """

    def __init__(self, config: Config) -> None:
        if config.port == 0:
            raise ConfigError("SPRUE_PORT: expected the port the running service chose, got 0; give --port")
        scheme = "http" if config.tls_cert is None else "https"
        self.address = f"{scheme}://{_own_name(config.host)}:{config.port}"
        self._opener = _opener(config)
        self._headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if config.key is not None:
            self._headers["X-API-Key"] = config.key.get_secret_value()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The answer to a request below ``/api/v1``.

        Raises
        ------
        StoreUnavailable
            No service answers, or it does not do it now.
        ConfigError
            The key is not accepted.
        SprueError
            What `meaning` gives.
        """
        url = f"{self.address}/api/v1{path}"
        content = None if method == "GET" else json.dumps(body or {}).encode()
        request = Request(url, content, self._headers, method=method)
        try:
            with self._opener.open(request, timeout=TIMEOUT_S) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                if answer.status == 202:
                    raise StoreUnavailable(found["detail"])
                return found
        except HTTPError as error:
            with error:
                raise self._refused(error.code, error.read(), url) from None
        except (URLError, http.client.HTTPException, OSError, ValueError) as error:
            said = getattr(error, "reason", None) or error
            msg = (
                f"{self.address}: another process has the verdict store open, but no service answers "
                f"here: {said}; give --host and --port as that service has them"
            )
            raise StoreUnavailable(msg) from None

    def meaning(self, status: int, kind: str, detail: str) -> SprueError | None:
        """What a problem of this kind means to who asked; None: nothing of its own."""
        del status, kind, detail
        return None

    def _refused(self, status: int, content: bytes, url: str) -> SprueError:
        try:
            problem = json.loads(content)
            detail, kind = str(problem["detail"]), str(problem["type"])
        except (ValueError, KeyError, TypeError):
            return StoreUnavailable(f"{url}: expected an answer of sprue, got status {status}")
        own = self.meaning(status, kind, detail)
        if own is not None:
            return own
        if status in (401, 403):
            return ConfigError(f"{detail}; put the key into SPRUE_KEY")
        return StoreUnavailable(detail)


def _own_name(host: str) -> str:
    """Under which name this machine reaches a service that listens on `host`."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")
    return f"[{address}]" if address.version == 6 else str(address)


def _opener(config: Config) -> OpenerDirector:
    """Asks directly, whatever proxy the environment names; believes the service's own certificate."""
    if config.tls_cert is None:
        return build_opener(ProxyHandler({}))
    context = ssl.create_default_context(cafile=str(config.tls_cert))
    # The certificate is known, and names the plant's host rather than this machine's loopback.
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return build_opener(ProxyHandler({}), HTTPSHandler(context=context))
