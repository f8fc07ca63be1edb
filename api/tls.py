"""The certificate the API shows, read before anything starts."""

from __future__ import annotations

import ssl

from core.config import Config
from core.errors import ConfigError


def tls_context(config: Config) -> ssl.SSLContext | None:
    """TLS 1.2 or newer with the certificate of the configuration; None where none is set.

    Raises
    ------
    ConfigError
        Only one of certificate and key is set, or they cannot be used; says which and why.
    """
    if config.tls_cert is None and config.tls_key is None:
        return None
    if config.tls_cert is None or config.tls_key is None:
        missing = "SPRUE_TLS_CERT" if config.tls_cert is None else "SPRUE_TLS_KEY"
        raise ConfigError(f"{missing}: expected a file, since the other of certificate and key is set")
    for name, file in (("SPRUE_TLS_CERT", config.tls_cert), ("SPRUE_TLS_KEY", config.tls_key)):
        try:
            file.open("rb").close()
        except OSError as error:
            why = error.strerror or error
            raise ConfigError(f"{name}: expected a file this user may read, got {file}: {why}") from None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2

    def encrypted() -> str:
        # Else OpenSSL would ask on the terminal, and a service has none.
        raise ConfigError(f"SPRUE_TLS_KEY: expected a key that is not encrypted, got {config.tls_key}")

    try:
        context.load_cert_chain(config.tls_cert, config.tls_key, password=encrypted)
    except ssl.SSLError as error:
        msg = (
            f"SPRUE_TLS_CERT, SPRUE_TLS_KEY: expected a PEM certificate and the key that belongs to it, got "
            f"{config.tls_cert} and {config.tls_key}: {error.reason or 'no PEM'}"
        )
        raise ConfigError(msg) from None
    return context
