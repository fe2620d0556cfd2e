"""
Which key a request gets. A key belongs to an endpoint, and goes nowhere else.

    1  --key-file                        goes where the request goes
    2  a profile with its own base_url   its key_command, key_file or stored key, or none
    3  $GRADIENT_MODEL_ACCESS_KEY        goes where the request goes
    4  $MODEL_ACCESS_KEY, $DIGITALOCEAN_*    hosts of do-ai.run, or of
                                         $GRADIENT_INFERENCE_ENDPOINT
    5  the profile's key_command, key_file, stored key; then the same of the top level:
       only to the endpoint that the file, or the login, meant

A flag or a variable may send the request elsewhere than the profile says; the profile's key
then stays at home. Only do-ai.run demands a key.
"""

from collections.abc import Mapping
from typing import BinaryIO

from gradient_cli.errors import CredentialError, UsageError
from gradient_cli.settings import credentials
from gradient_cli.settings.credentials import Credential, Credentials, checked
from gradient_cli.settings.resolve import VARIABLES, Settings, endpoint_of, profile_values
from gradient_cli.wire.address import (
    host_of,
    is_digitalocean,
    is_private,
    normalised,
    origin_of,
)

OWN_VARIABLE = "GRADIENT_MODEL_ACCESS_KEY"
"""The variable that is meant for this program: its key goes where the request goes."""
ACCOUNT_VARIABLES = (
    "MODEL_ACCESS_KEY",
    "DIGITALOCEAN_INFERENCE_KEY",
    "DIGITALOCEAN_ACCESS_TOKEN",
    "DIGITALOCEAN_TOKEN",
)
"""Credentials of an account, which other programs use, too."""


def find_key(settings: Settings, stdin: BinaryIO | None = None) -> Credential:
    """
    Give the key for a run, or a Credential without one where none is demanded.

    May read files and run `key_command`; `stdin` is for `--key-file -`.

    Raises:
        CredentialError: the endpoint demands a key and there is none, or it is not usable.
        UsageError: the key would go over plain HTTP to another machine.
        ConfigError: a file that should hold it is broken.

    """
    if settings.is_demo:
        return Credential(None, "the demo needs no key")
    found = _Search(settings, stdin).run()
    if found.secret is not None:
        _check_privacy(settings, found)
    return found


def may_see_account(base_url: str, environ: Mapping[str, str]) -> bool:
    """Tell whether an account's credentials may go to an endpoint."""
    if is_digitalocean(base_url):
        return True
    variable = VARIABLES["base_url"]
    named = environ.get(variable)
    return bool(named) and host_of(normalised(named or "", f"${variable}")) == host_of(base_url)


def same_owner(one: str, other: str) -> bool:
    """Tell whether two endpoints may see the same key: one origin, or both of do-ai.run."""
    if origin_of(one) == origin_of(other):
        return True
    return all(is_digitalocean(url) and is_private(url) for url in (one, other))


class _Search:
    """One search for a key; remembers where it looked, for the error."""

    def __init__(self, settings: Settings, stdin: BinaryIO | None) -> None:
        self._settings = settings
        self._stdin = stdin
        self._looked: list[str] = []
        self._stored: Credentials | None = None

    def run(self) -> Credential:
        settings = self._settings
        if named := settings.flags.get("key_file"):
            return credentials.from_file(str(named), "--key-file", self._stdin)
        if self._has_own_endpoint():
            found = self._of_profile(settings.profile)
        else:
            found = self._variable()
            for profile in dict.fromkeys((settings.profile, None)):
                found = found or self._of_profile(profile)
        if found:
            return found
        if is_digitalocean(settings.base_url):
            raise self._missing()
        return Credential(None, "; ".join(self._looked))

    def _has_own_endpoint(self) -> bool:
        """Tell whether the request goes to an endpoint that the profile brings itself."""
        own = profile_values(self._settings.config, self._settings.profile).get("base_url")
        return own is not None and same_owner(
            endpoint_of(self._settings.config, self._settings.profile), self._settings.base_url
        )

    def _variable(self) -> Credential | None:
        environ = self._settings.environ
        names = [OWN_VARIABLE]
        if may_see_account(self._settings.base_url, environ):
            names.extend(ACCOUNT_VARIABLES)
        for name in names:
            if environ.get(name, "").strip():
                return Credential(checked(environ[name], f"${name}"), f"${name}")
        self._looked.append(", ".join(f"${name}" for name in names))
        return None

    def _of_profile(self, profile: str | None) -> Credential | None:
        """Give the key that the files hold for a profile, if it belongs to this endpoint."""
        config = self._settings.config
        own = config.top if profile is None else profile_values(config, profile)
        place = str(config.path) if profile is None else f'profile "{profile}"'
        home = endpoint_of(config, profile)
        if same_owner(home, self._settings.base_url):
            if command := own.get("key_command"):
                source = f"key_command of {place}"
                return credentials.from_command(command, source, self._settings.environ)
            if file := own.get("key_file"):
                return credentials.from_file(file, f"key_file of {place}", None)
        elif "key_command" in own or "key_file" in own:
            self._looked.append(f"{place} (its key belongs to {home})")
        return self._from_store(profile, home)

    def _from_store(self, profile: str | None, home: str) -> Credential | None:
        store = self._read_store()
        source = credentials.source_of(profile)
        stored = store.keys.get(profile)
        if stored is None:
            self._looked.append(source)
            return None
        owner = stored.endpoint or home
        if not same_owner(normalised(owner, f"the endpoint in {source}"), self._settings.base_url):
            self._looked.append(f"{source} (its key belongs to {owner})")
            return None
        return Credential(stored.secret, source, store.warning)

    def _read_store(self) -> Credentials:
        if self._stored is None:
            self._stored = credentials.read_credentials(self._settings.environ)
        return self._stored

    def _missing(self) -> CredentialError:
        settings = self._settings
        profile = f" --profile {settings.profile}" if settings.profile else ""
        login = f"`gradient auth login{profile}`"
        is_alone = self._has_own_endpoint()
        return CredentialError(
            f"no key for {settings.base_url}; looked in: {', '.join(self._looked)}",
            hint=f"{login} stores one; a profile with its own base_url uses no variable"
            if is_alone
            else f"{login} stores one, or set {OWN_VARIABLE}",
        )


def _check_privacy(settings: Settings, found: Credential) -> None:
    if is_private(settings.base_url) or settings.get("allow_http"):
        return
    hint = "use https, or `gradient config set profiles.NAME.allow_http true` and -p NAME"
    if settings.profile:
        hint = f"use https, or `gradient config set profiles.{settings.profile}.allow_http true`"
    raise UsageError(
        f"the key from {found.source} is not sent over plain HTTP to {settings.base_url}",
        hint=hint,
    )
