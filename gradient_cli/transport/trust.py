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
from gradient_cli.values import record


def tls_context(ca_bundle: str | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    """
    Give a client context that verifies names and chains, for HTTP/1.1.

    Raises:
        UsageError: a bundle that was asked for cannot be read.

    """
    context = _context(ca_bundle, environ)
    context.set_alpn_protocols(["http/1.1"])
    return context


@record
class Store:
    """The roots that are trusted."""

    path: str | None
    """A file or a folder of roots; None for the system's own store, or certifi's."""
    source: str
    """Who chose it."""
    is_asked_for: bool = False
    """By the user: it must be readable then."""


def store(ca_bundle: str | None, environ: Mapping[str, str]) -> Store:
    """Choose the roots to trust; nothing is loaded yet."""
    if ca_bundle:
        return Store(ca_bundle, "--ca-bundle", is_asked_for=True)
    if file := environ.get("SSL_CERT_FILE"):
        return Store(file, "SSL_CERT_FILE", is_asked_for=True)
    named = environ.get("SSL_CERT_DIR")
    if sys.platform != "linux" and not named:
        return Store(None, TRUSTSTORE)
    paths = ssl.get_default_verify_paths()
    folder = named or paths.capath
    if folder and _has_hashed_roots(folder):
        return Store(folder, "SSL_CERT_DIR" if named else "the system's folder")
    if paths.cafile:
        return Store(paths.cafile, "the system's bundle")
    return Store(None, CERTIFI)


TRUSTSTORE = "the system's store"
CERTIFI = "certifi; the system has no store"


def _context(ca_bundle: str | None, environ: Mapping[str, str]) -> ssl.SSLContext:
    chosen = store(ca_bundle, environ)
    if chosen.path and chosen.is_asked_for:
        return _from_file(chosen.path, chosen.source)
    if chosen.source == TRUSTSTORE:
        import truststore

        return truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if chosen.path is None:
        import certifi

        context.load_verify_locations(cafile=certifi.where())
    elif Path(chosen.path).is_dir():
        context.load_verify_locations(capath=chosen.path)
    else:
        context.load_verify_locations(cafile=chosen.path)
    return context


def _from_file(path: str, source: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        if Path(path).is_dir():
            context.load_verify_locations(capath=path)
        else:
            context.load_verify_locations(cafile=path)
    except OSError as error:
        is_content = isinstance(error, ssl.SSLError)
        words = "no certificate in it" if is_content else (error.strerror or str(error)).lower()
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
