"""
The key, without ever showing it: which is used, and forgetting it. Logging in is `login`.
"""

from collections.abc import Iterator

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.ask.session import Session, open_session
from gradient_cli.errors import GradientError
from gradient_cli.exits import ExitStatus
from gradient_cli.render.tables import aligned
from gradient_cli.settings.paths import credentials_path
from gradient_cli.settings.resolve import chosen_profile, load
from gradient_cli.wire.json import Json, line


def status(profile: str | None, invocation: Invocation, *, is_checked: bool, is_json: bool) -> int:
    """
    Print endpoint, key and model with their sources; never the key.

    Raises:
        CredentialError: there is no key where one is demanded, or it is not accepted.
        GradientError: the service cannot be asked.

    """
    session = quiet_session(invocation, NetworkOptions(profile=profile))
    error: GradientError | None = None
    facts: dict[str, Json] = {}
    try:
        for name, fact in _facts(session, is_checked=is_checked):
            facts[name] = fact
    except GradientError as fault:
        error = fault
    finally:
        session.close()
    if is_json:
        facts |= {"ok": error is None, "error": error.message if error else None}
    if is_json:
        invocation.terminal.write_json(line(facts) + "\n")
    else:
        invocation.terminal.say(_listing(facts))
    if error:
        raise error
    return ExitStatus.OK


def logout(profile: str | None, invocation: Invocation) -> int:
    """
    Delete the stored key; it stays valid at the service.

    Raises:
        ConfigError: the file is broken or cannot be written.

    """
    from gradient_cli.settings.edit import remove_key

    path = credentials_path(invocation.environ)
    if not profile:
        profile = chosen_profile({}, invocation.environ, load(invocation.environ))
    whose = f' of profile "{profile}"' if profile else ""
    if remove_key(path, profile):
        invocation.terminal.note(f"the key{whose} is forgotten; it is still valid at the service")
    else:
        invocation.terminal.note(f"{path} holds no key{whose}")
    return ExitStatus.OK


def quiet_session(invocation: Invocation, network: NetworkOptions) -> Session:
    """
    Give a session that says warnings and waits on stderr.

    Raises:
        GradientError: the settings are broken.

    """
    note = invocation.terminal.note
    return open_session(invocation, {}, network, ProofOptions(), tell=note, detail=lambda _: None)


def _facts(session: Session, *, is_checked: bool) -> Iterator[tuple[str, Json]]:
    """Give what is known, one fact at a time, until one cannot be had."""
    settings = session.settings
    yield "profile", settings.profile
    yield "endpoint", settings.base_url
    yield "endpoint_source", settings.source("base_url")
    yield "model", settings.get("model")
    yield "model_source", settings.source("model")
    credential = session.credential()
    yield "key", credential.secret.hint() if credential.secret else None
    yield "key_source", credential.source
    if not is_checked:
        return
    client = session.open_client()
    try:
        yield "models", len(client.models())
    finally:
        client.close()


def _listing(facts: dict[str, Json]) -> list[str]:
    rows = [
        ("profile", facts["profile"] or "none", ""),
        ("endpoint", facts["endpoint"], facts["endpoint_source"]),
        ("model", facts["model"] or "none", facts["model_source"]),
    ]
    if "key_source" in facts:
        rows.append(("key", facts["key"] or "none is sent", facts["key_source"]))
    if "models" in facts:
        count = facts["models"]
        rows.append(("check", "accepted", f"{count} model{'' if count == 1 else 's'}"))
    return aligned(rows)
