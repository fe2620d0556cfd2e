"""
What `doctor` finds on the way to the service: settings, key, network, TLS, models, clock.

    settings ─► endpoint ─► key ─► proxy │ dns, tcp, tls ─► GET /v1/models ─► POST /v1/responses
                                                                                   └─► clock

The list of models may fail where prompts are answered, and be there where none is: so the
endpoint is asked itself, for nothing (`{}`), which it refuses without a cost.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.doctor.findings import FAIL, OK, WARN, Finding, from_error
from gradient_cli.errors import BrokenReply, GradientError, UsageError
from gradient_cli.exits import ExitStatus
from gradient_cli.settings.paths import config_path
from gradient_cli.settings.resolve import Settings, load
from gradient_cli.transport import faults
from gradient_cli.wire.address import is_private, without_password
from gradient_cli.wire.request import PATH

if TYPE_CHECKING:
    from gradient_cli.ask.client import Client
    from gradient_cli.transport.reply import Reply, Transport

PATIENCE_S = 15.0
"""The longest silence while examining, unless --timeout says otherwise."""
SKEW_S = 120.0
"""Seconds by which the clock may differ: rate limits are told as times of day."""


def examine(invocation: Invocation, network: NetworkOptions) -> Iterator[Finding]:
    """Give what is found, in the order in which a request needs it."""
    warnings: list[str] = []
    yield from _settings_file(invocation.environ)
    wanted = replace(network, timeout=network.timeout or PATIENCE_S, retries=0)
    try:
        session = open_session(
            invocation, {}, wanted, ProofOptions(), tell=warnings.append, detail=lambda _: None
        )
    except GradientError as error:
        yield from_error("settings", error)
        return
    try:
        yield from _endpoint(session.settings)
        has_key = True
        for finding in _key(session):
            has_key = has_key and finding.state != FAIL
            yield finding
        is_reachable = True
        for finding in _network(session):
            is_reachable = is_reachable and finding.state != FAIL
            yield finding
        if has_key and is_reachable:
            yield from _service(session)
        yield from (Finding("warning", WARN, text.removeprefix("warning: ")) for text in warnings)
    finally:
        session.close()


def _settings_file(environ: Mapping[str, str]) -> Iterator[Finding]:
    try:
        config = load(environ)
    except GradientError:
        return  # The session says it, once.
    if not config.exists:
        yield Finding("settings", OK, f"{config_path(environ)} is not there; nothing is set")
        return
    count = len(config.profiles)
    profiles = f"{count} profile{'' if count == 1 else 's'}"
    yield Finding("settings", OK, f"{config.path}, {profiles}")


def _endpoint(settings: Settings) -> Iterator[Finding]:
    profile = f'profile "{settings.profile}"' if settings.profile else ""
    source = settings.source("base_url")
    other = f"; {profile}" if profile and profile != source else ""
    words = f"{settings.base_url} ({source}){other}"
    if settings.is_demo:
        yield Finding("endpoint", OK, f"inside this process ({profile})")
    elif is_private(settings.base_url):
        yield Finding("endpoint", OK, words)
    else:
        yield Finding(
            "endpoint", WARN, f"{words}: plain HTTP, prompts can be read on the way", "use https"
        )


def _key(session: Session) -> Iterator[Finding]:
    try:
        credential = session.credential()
    except GradientError as error:
        yield from_error("key", error)
        return
    if credential.secret is None:
        yield Finding("key", OK, f"none is sent ({credential.source})")
        return
    yield Finding("key", OK, f"{credential.secret.hint()} from {credential.source}")


def _network(session: Session) -> Iterator[Finding]:
    from gradient_cli.transport.probe import probe
    from gradient_cli.transport.proxy import proxy_for
    from gradient_cli.transport.trust import store, tls_context

    settings = session.settings
    environ = session.invocation.environ
    if settings.is_demo:
        return
    url, bundle = settings.base_url, settings.get("ca_bundle")
    try:
        proxy = proxy_for(url, settings.get("proxy"), environ)
    except UsageError as error:
        yield from_error("proxy", error)
        return
    if proxy:
        yield Finding("proxy", OK, without_password(proxy))
    if url.startswith("https:"):
        try:
            tls_context(bundle, environ)
        except UsageError as error:
            yield from_error("trust", error)
            return
        chosen = store(bundle, environ)
        source = settings.source("ca_bundle") if bundle else chosen.source
        yield Finding("trust", OK, f"{chosen.path} ({source})" if chosen.path else source)
    # Beyond a proxy only the request itself can look.
    for step in probe(proxy or url, bundle, environ, settings.timeout_s):
        if step.has_failed:
            yield Finding(step.name, FAIL, step.words, _REMEDY[step.name], ExitStatus.SERVICE)
        else:
            yield Finding(step.name, OK, f"{step.words} ({step.took_ms:.0f} ms)")


_REMEDY = {
    "dns": "check the host name, the network and /etc/resolv.conf; behind a proxy set HTTPS_PROXY",
    "tcp": "is the server running? does a firewall or a proxy stand between?",
    "tls": "a company root? name it with --ca-bundle FILE or SSL_CERT_FILE",
}


class _Witness:
    """A transport that remembers the headers of the last reply and how long it took."""

    def __init__(self, inner: "Transport", session: Session) -> None:
        self._inner = inner
        self._clock = session.invocation.clock
        self.headers: Mapping[str, str] = {}
        self.took_s = 0.0

    def send(
        self,
        method: str,
        path: str,
        body: Sequence[bytes] = (),
        *,
        accept: str = "application/json",
    ) -> "Reply":
        started = self._clock()
        reply = self._inner.send(method, path, body, accept=accept)
        self.took_s = self._clock() - started
        self.headers = {name.lower(): value for name, value in reply.headers.items()}
        return reply

    def close(self) -> None:
        self._inner.close()


def _service(session: Session) -> Iterator[Finding]:
    witness: _Witness | None = None

    def watched(transport: "Transport") -> "Transport":
        nonlocal witness
        witness = _Witness(transport, session)
        return witness

    try:
        client = session.open_client(watched)
    except GradientError as error:
        yield from_error("models", error)
        return
    assert witness, "the client was opened around it"
    try:
        yield from _models(session, client, witness)
    finally:
        client.close()
    yield from _clock(witness.headers)


def _models(session: Session, client: "Client", witness: _Witness) -> Iterator[Finding]:
    """Ask for the list of models, and whether prompts are taken."""
    try:
        ids = [str(model["id"]) for model in client.models()]
    except GradientError as error:
        if not _may_be_the_lists_own(error):
            yield from_error("models", error)
            return
        refused = _refusal(session, witness)
        if refused and error.http_status not in {404, 405}:
            # The service fails altogether.
            yield from_error("models", error)
        else:
            yield Finding("models", WARN, f"no list of models: {error.message}", error.hint)
            yield refused or _TAKEN
        return
    count = f"{len(ids)} model{'' if len(ids) == 1 else 's'}"
    yield Finding("models", OK, f"{count} ({witness.took_s * 1000:.0f} ms)")
    yield from _model(session.settings, ids)
    if not session.settings.is_demo:
        yield _refusal(session, witness) or _TAKEN


_TAKEN = Finding("responses", OK, f"POST {PATH} is there")


def _may_be_the_lists_own(error: GradientError) -> bool:
    """Tell a fault that the list alone may have; a key or a redirect would meet a prompt, too."""
    status = error.http_status
    return (
        status in {404, 405, 424}
        or (status is not None and status >= 500)
        or (isinstance(error, BrokenReply))
    )


def _refusal(session: Session, witness: _Witness) -> Finding | None:
    """Give what keeps the endpoint from taking prompts, or None; it is asked for nothing."""
    try:
        reply = witness.send("POST", PATH, [b"{}"])
    except GradientError as error:
        return from_error("responses", error)
    status, body = reply.status, b""
    try:
        body = b"".join(islice(reply.chunks(), 4))
    except GradientError:
        pass  # The status says enough.
    finally:
        reply.close()
    # Some answer a wrong request with 500 (LiteLLM), and say in words what they miss.
    is_about_body = status < 500 or any(word in body for word in (b"input", b"missing", b"requir"))
    if status in {401, 403, 404, 405} or 300 <= status < 400 or not is_about_body:
        source = session.credential()
        setting = faults.Setting(
            session.settings.base_url,
            key_source=source.source if source.secret else None,
            secret=source.secret.reveal() if source.secret else "",
        )
        return from_error("responses", faults.from_reply(status, reply.headers, body, setting))
    return None


def _model(settings: Settings, ids: Sequence[str]) -> Iterator[Finding]:
    """Say whether the default model is one of those that the key may use."""
    model = settings.get("model")
    if not isinstance(model, str):
        hint = "`gradient config set model ID` sets one"
        yield Finding("model", WARN, "no default model is set; each run needs --model", hint)
    elif model in ids:
        yield Finding("model", OK, f"{model} ({settings.source('model')})")
    elif not model.startswith("router:"):
        from difflib import get_close_matches

        near = get_close_matches(model, ids, 1, 0.5)
        hint = f"near: {near[0]}" if near else "`gradient models` lists them"
        words = f'"{model}" ({settings.source("model")}) is not in the list'
        yield Finding("model", WARN, words, hint)


def _clock(headers: Mapping[str, str]) -> Iterator[Finding]:
    """Compare the clock with the server's Date."""
    import time
    from email.utils import parsedate_to_datetime

    try:
        there = parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return
    skew_s = time.time() - there
    if abs(skew_s) <= SKEW_S:
        yield Finding("clock", OK, "agrees with the server's")
        return
    direction = "ahead of" if skew_s > 0 else "behind"
    yield Finding(
        "clock",
        WARN,
        f"{abs(skew_s):.0f} s {direction} the server's: waits and certificates will be misjudged",
        "set the clock (timedatectl set-ntp true)",
    )
