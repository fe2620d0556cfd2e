"""
Whom TLS trusts: the system's store, as curl does, so that company roots work.

    --ca-bundle FILE          that file alone
    SSL_CERT_FILE, SSL_CERT_DIR
    the system's folder of hashed roots     0.2 ms: a root is read when a chain needs it
    the system's bundle                     20 ms
    truststore (macOS, Windows)
    certifi                                 where the system has nothing
"""

import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

from gradient_cli.errors import UsageError


def tls_context(ca_bundle: str | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    """
    Give a client context that verifies names and chains, for HTTP/1.1.

    Raises:
        UsageError: a bundle that was asked for cannot be read.

    """
    context = _context(ca_bundle, environ)
    context.set_alpn_protocols(["http/1.1"])
    return context


def _context(ca_bundle: str | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    if ca_bundle:
        return _from_file(ca_bundle, "--ca-bundle")
    if file := environ.get("SSL_CERT_FILE"):
        return _from_file(file, "SSL_CERT_FILE")
    if sys.platform != "linux" and not environ.get("SSL_CERT_DIR"):
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    paths = ssl.get_default_verify_paths()
    folder = environ.get("SSL_CERT_DIR") or paths.capath
    if folder and _has_hashed_roots(folder):
        context.load_verify_locations(capath=folder)
    elif paths.cafile:
        context.load_verify_locations(cafile=paths.cafile)
    else:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    return context


def _from_file(path: str, source: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if Path(path).is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError) as error:
        words = getattr(error, "strerror", None) or "no certificate in it"
        raise UsageError(
            f'{source} "{path}" cannot be used: {words}',
            hint="name a PEM file of root certificates",
        ) from None
    return context


def _has_hashed_roots(folder: str) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(entry.name.endswith(".0") for entry in entries)
    except OSError:
        return False
