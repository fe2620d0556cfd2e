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
from dataclasses import field
from typing import BinaryIO

from gradient_cli.errors import NO_SECRETS, CredentialError, GradientError, UsageError
from gradient_cli.settings import credentials
from gradient_cli.settings.config_file import Config, endpoint_of, profile_values
from gradient_cli.settings.credentials import Credential, Credentials, checked
from gradient_cli.values import record
from gradient_cli.wire.address import (
    host_of,
    is_digitalocean,
    is_private,
    normalised,
    origin_of,
)
from gradient_cli.wire.json import Json

ENDPOINT_VARIABLE = "GRADIENT_INFERENCE_ENDPOINT"
OWN_VARIABLE = "GRADIENT_MODEL_ACCESS_KEY"
"""The variable that is meant for this program: its key goes where the request goes."""
ACCOUNT_VARIABLES = (
    "MODEL_ACCESS_KEY",
    "DIGITALOCEAN_INFERENCE_KEY",
    "DIGITALOCEAN_ACCESS_TOKEN",
    "DIGITALOCEAN_TOKEN",
)
"""Credentials of an account, which other programs use, too."""
TELLING = 8
"""Characters of a key by which its copy in another variable is known."""


def empty_variable(environ: Mapping[str, str]) -> str | None:
    """Give the variable that should hold the key, is set, and holds nothing."""
    names = (OWN_VARIABLE, *ACCOUNT_VARIABLES)
    return next((name for name in names if name in environ and not environ[name].strip()), None)


def without_keys(environ: Mapping[str, str], key: str = "") -> dict[str, str]:
    """
    Give the environment for a program of the user's: no key in it, by whatever name.

    `key`: the one in use, which may come from elsewhere.
    """
    names = {OWN_VARIABLE, *ACCOUNT_VARIABLES}
    keys = {environ[name].strip() for name in names & environ.keys()} | {key}
    return {
        name: value
        for name, value in environ.items()
        if name not in names and not any(len(key) >= TELLING and key in value for key in keys)
    }


@record
class Destination:
    """Where a request goes, and who sends it."""

    base_url: str
    """Normalised."""
    profile: str | None
    config: Config
    environ: Mapping[str, str] = field(repr=False)
    """It may hold keys."""
    key_file: str | None = None
    """What --key-file names; `-` is stdin."""
    allow_http: bool = False
    left_s: float | None = None
    """Seconds that the run may still take."""


def find_key(destination: Destination, stdin: BinaryIO | None = None) -> Credential:
    """
    Give the key for a request, or a Credential without one where none is demanded.

    Raises:
        CredentialError: the endpoint demands a key and there is none, or it is not usable.
        UsageError: the key would go over plain HTTP to another machine.
        ConfigError: a file that should hold it is broken.

    """
    found = _Search(destination, stdin).run()
    if found.secret is not None:
        check_privacy(destination, found.source)
    return found


def before_stored(destination: Destination) -> str | None:
    """Give the source of a key that would be used before the stored one, or None."""
    return _Search(destination, None).before_stored()


def has_key(destination: Destination) -> bool:
    """Tell whether there may be a key; no command is run, and a broken file is no answer."""
    if destination.key_file or not is_digitalocean(destination.base_url):
        return True
    try:
        return _Search(destination, None).is_promising()
    except GradientError:
        return True


def may_see_account(base_url: str, environ: Mapping[str, str]) -> bool:
    """Tell whether an account's credentials may go to an endpoint."""
    if is_digitalocean(base_url):
        return True
    named = environ.get(ENDPOINT_VARIABLE)
    if not named:
        return False
    return host_of(normalised(named, f"${ENDPOINT_VARIABLE}")) == host_of(base_url)


def same_owner(one: str, other: str) -> bool:
    """Tell whether two endpoints may see the same key: one origin, or both of do-ai.run."""
    if origin_of(one) == origin_of(other):
        return True
    return all(is_digitalocean(url) and is_private(url) for url in (one, other))


def _brings_endpoint(to: Destination) -> bool:
    """Tell whether the profile has an endpoint of its own."""
    return profile_values(to.config, to.profile).get("base_url") is not None


def _goes_home(to: Destination) -> bool:
    """Tell whether the request goes to the endpoint that the settings file means."""
    return same_owner(endpoint_of(to.config, to.profile), to.base_url)


class _Search:
    """One search for a key; remembers where it looked, for the error."""

    def __init__(self, to: Destination, stdin: BinaryIO | None) -> None:
        self._to = to
        self._stdin = stdin
        self._looked: list[str] = []
        self._stored: Credentials | None = None

    def run(self) -> Credential:
        if self._to.key_file:
            return credentials.from_file(self._to.key_file, "--key-file", self._stdin)
        if self._has_own_endpoint():
            found = self._of_profile(self._to.profile)
        else:
            found = self._variable()
            for profile in dict.fromkeys((self._to.profile, None)):
                found = found or self._of_profile(profile)
        if found:
            return found
        if is_digitalocean(self._to.base_url):
            raise self._missing()
        return Credential(None, f"not in: {', '.join(self._looked)}")

    def before_stored(self) -> str | None:
        if not self._has_own_endpoint() and (found := self._variable()):
            return found.source
        values, place = self._table(self._to.profile)
        names = (name for name in ("key_command", "key_file") if name in values)
        return next((f"{name} of {place}" for name in names), None)

    def is_promising(self) -> bool:
        """Tell whether a key, or a way to one, is set anywhere that counts."""
        if self.before_stored():
            return True
        profiles = dict.fromkeys((self._to.profile, None))
        return any(profile in self._read_store().keys for profile in profiles)

    def _has_own_endpoint(self) -> bool:
        """Tell whether the request goes to an endpoint that the profile brings itself."""
        return _brings_endpoint(self._to) and _goes_home(self._to)

    def _variable(self) -> Credential | None:
        environ = self._to.environ
        names = [OWN_VARIABLE]
        if may_see_account(self._to.base_url, environ):
            names.extend(ACCOUNT_VARIABLES)
        for name in names:
            if environ.get(name, "").strip():
                return Credential(checked(environ[name], f"${name}"), f"${name}")
        self._looked.append(", ".join(f"${name}" for name in names))
        return None

    def _of_profile(self, profile: str | None) -> Credential | None:
        """Give the key that the files hold for a profile, if it belongs to this endpoint."""
        own, place = self._table(profile)
        home = endpoint_of(self._to.config, profile)
        if same_owner(home, self._to.base_url):
            if command := own.get("key_command"):
                source = f"key_command of {place}"
                return credentials.from_command(command, source, self._to.environ, self._to.left_s)
            if file := own.get("key_file"):
                return credentials.from_file(file, f"key_file of {place}", None)
        elif "key_command" in own or "key_file" in own:
            self._looked.append(f"{place} (its key belongs to {home})")
        return self._from_store(profile, home)

    def _table(self, profile: str | None) -> tuple[Mapping[str, Json], str]:
        """Give what the settings file says for a profile, and the words for that place."""
        config = self._to.config
        if profile is None:
            return config.top, str(config.path)
        return profile_values(config, profile), f'profile "{profile}"'

    def _from_store(self, profile: str | None, home: str) -> Credential | None:
        store = self._read_store()
        source = credentials.source_of(profile)
        stored = store.keys.get(profile)
        if stored is None:
            self._looked.append(source)
            return None
        owner = stored.endpoint or home
        if not same_owner(normalised(owner, f"the endpoint in {source}"), self._to.base_url):
            self._looked.append(f"{source} (its key belongs to {owner})")
            return None
        return Credential(stored.secret, source, store.warning)

    def _read_store(self) -> Credentials:
        if self._stored is None:
            self._stored = credentials.read_credentials(self._to.environ)
        return self._stored

    def _missing(self) -> CredentialError:
        if not self._has_own_endpoint() and (name := empty_variable(self._to.environ)):
            return CredentialError(
                f"no key for {self._to.base_url}: ${name} is set but empty", hint=NO_SECRETS
            )
        profile = f" --profile {self._to.profile}" if self._to.profile else ""
        login = f"`gradient auth login{profile}`"
        is_alone = self._has_own_endpoint()
        return CredentialError(
            f"no key for {self._to.base_url}; looked in: {', '.join(self._looked)}",
            hint=f"{login} stores one; a profile with its own base_url uses no variable"
            if is_alone
            else f"{login} stores one, or set {OWN_VARIABLE}",
        )


def check_privacy(destination: Destination, source: str) -> None:
    """
    Refuse to send a key where others can read it on the way.

    Raises:
        UsageError: plain HTTP to another machine, and no profile allows it.

    """
    # The permission is a promise about one server: of a profile that names one, about that.
    is_stray = _brings_endpoint(destination) and not _goes_home(destination)
    if is_private(destination.base_url) or (destination.allow_http and not is_stray):
        return
    profile = destination.profile or "NAME"
    advice = (
        f"; allow_http of profile {profile} is for its own base_url"
        if is_stray
        else f", or `gradient config set profiles.{profile}.allow_http true` and -p {profile}"
    )
    raise UsageError(
        f"the key from {source} is not sent over plain HTTP to {destination.base_url}",
        hint=f"use https{advice}",
    )
