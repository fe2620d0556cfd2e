"""
From flags, environment and files to the settings of one run, each value with its source.

    flag  >  environment  >  profile  >  top level of config.toml  >  built in

`metadata` and `params` are joined key by key, the higher level winning.
The built-in profile `demo` is different in one thing: its endpoint is inside this process,
so the environment's endpoint does not apply.
"""

from collections.abc import Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path
from typing import BinaryIO

from gradient_cli.errors import ConfigError, UsageError
from gradient_cli.settings.config_file import (
    BUILT_IN_PROFILES,
    DEMO,
    DEMO_URL,
    Config,
    profile_values,
    read_config,
    read_text,
)
from gradient_cli.settings.credentials import Credential
from gradient_cli.settings.keyring import ENDPOINT_VARIABLE, Destination, find_key, has_key
from gradient_cli.settings.paths import config_path
from gradient_cli.settings.privacy import writable_by_others
from gradient_cli.settings.setting_keys import KEYS, REQUEST_FIELDS, nearest
from gradient_cli.values import record
from gradient_cli.wire.address import DEFAULT_URL, normalised
from gradient_cli.wire.json import Json
from gradient_cli.wire.surrogates import is_whole

BUILT_IN: Mapping[str, Json] = {
    "base_url": DEFAULT_URL,
    "timeout": 120,
    "retries": 3,
    "max_input_bytes": 100_000_000,
    "max_answer_bytes": 100_000_000,
    "format": "auto",
    "color": "auto",
}
VARIABLES: Mapping[str, str] = {
    "base_url": ENDPOINT_VARIABLE,
    "model": "GRADIENT_MODEL",
    "profile": "GRADIENT_PROFILE",
    "thread": "GRADIENT_THREAD",
}
"""setting -> the variable that sets it; empty counts as unset."""

FLAG_NAMES: Mapping[str, str] = {"modalities": "--modality", "params": "--param"}
"""Flags that are not called like their key."""
JOINED = ("metadata", "params")
NAMES = ("model", "decide_model", "proxy", "ca_bundle", "reasoning_effort", "tool_choice")
"""Settings that name something; white space around them is an accident."""

_HOW_TO_NAME_A_MODEL = "-m ID, or `gradient config set model ID`; `gradient models` lists them"

LONGEST_WAIT_S = 2_000_000.0
"""23 days: poll() counts milliseconds in 31 bits, and users write 9999999 for "no end"."""


@record
class Value:
    """One setting and where it was set."""

    value: Json
    source: str
    """Such as `--model`, `$GRADIENT_MODEL`, `profile "review"`, a path, `built in`."""


@record
class Level:
    """One place that may set values; the first of several wins."""

    source: str
    values: Mapping[str, Json]


@record
class Settings:
    """The settings of one run."""

    values: Mapping[str, Value]
    """Only what is set somewhere; the keys of `settings.keys.KEYS`, and every flag given."""
    profile: str | None
    config: Config
    environ: Mapping[str, str] = field(repr=False)
    """It may hold keys."""
    warnings: tuple[str, ...] = ()
    """Lines for the user on stderr."""
    flags: Mapping[str, Json] = field(default_factory=dict)
    """What was given as flags, without the rest."""

    def get(self, name: str) -> Json:
        """Give a setting, or None where it is not set."""
        found = self.values.get(name)
        return found.value if found else None

    def source(self, name: str) -> str:
        """Give the words for where a setting was set."""
        found = self.values.get(name)
        return found.source if found else "not set"

    def request(self) -> dict[str, Json]:
        """
        Give the fields of the request that are set, by the wire's names and `params`.

        Instructions that the settings file keeps in a file of their own are read; those of
        a flag are given as they came.

        Raises:
            ConfigError: such a file cannot be read.

        """
        fields = {name: self.values[name].value for name in REQUEST_FIELDS if name in self.values}
        if "instructions" in fields and "instructions" not in self.flags:
            fields["instructions"] = self._instructions()
        return fields

    def _instructions(self) -> str:
        text = str(self.get("instructions"))
        if text.startswith("@@"):
            return text[1:]
        if not text.startswith("@"):
            return text
        found = read_text(Path(text[1:]))
        if found is None:
            raise ConfigError(
                f'{self.source("instructions")}: instructions: there is no file "{text[1:]}"',
                hint="@@ begins a text with a literal @",
            )
        return found

    @property
    def base_url(self) -> str:
        """The endpoint, normalised; `DEMO_URL` for the mock inside this process."""
        return str(self.values["base_url"].value)

    @property
    def is_demo(self) -> bool:
        """Whether the endpoint is the mock inside this process."""
        return self.base_url == DEMO_URL

    @property
    def timeout_s(self) -> float:
        """The longest silence."""
        return _seconds(self.values["timeout"].value)

    @property
    def max_time_s(self) -> float | None:
        """The longest run; None for no end."""
        value = self.get("max_time")
        return None if value is None else _seconds(value)

    @property
    def retries(self) -> int:
        """How often to try again before the answer begins."""
        return int(self.values["retries"].value)

    @property
    def max_input_bytes(self) -> int:
        """The most that is read for one prompt."""
        return int(self.values["max_input_bytes"].value)

    @property
    def max_answer_bytes(self) -> int:
        """The most that is read of one answer."""
        return int(self.values["max_answer_bytes"].value)

    def credential(self, stdin: BinaryIO | None = None, left_s: float | None = None) -> Credential:
        """
        Find the key for this run; see `settings.keyring`. May read files and run a command.

        `stdin` is for `--key-file -`; `left_s` bounds a command.

        Raises:
            CredentialError: the endpoint demands a key and there is none, or it is not usable.
            UsageError: the key would go over plain HTTP to another machine.
            ConfigError: a file that should hold it is broken.

        """
        if self.is_demo:
            return Credential(None, "the demo needs no key")
        return find_key(replace(self.destination(), left_s=left_s), stdin)

    def destination(self) -> Destination:
        """Give what decides on the key."""
        return Destination(
            self.base_url,
            self.profile,
            self.config,
            self.environ,
            key_file=self.flags.get("key_file"),
            allow_http=bool(self.get("allow_http")),
        )


def no_model(settings: Settings, hint: str = _HOW_TO_NAME_A_MODEL) -> UsageError:
    """Give the error of a run without a model; on a fresh machine the key is missing, too."""
    if has_key(settings.destination()):
        return UsageError("no model is set", hint=hint)
    return UsageError(
        "neither a key nor a model is set",
        hint="`gradient auth login` asks for both; -p demo needs neither",
    )


def _seconds(value: Json) -> float:
    return float(min(value, LONGEST_WAIT_S))


def resolve(
    flags: Mapping[str, Json], environ: Mapping[str, str], config: Config | None = None
) -> Settings:
    """
    Give the settings of a run.

    `flags` are named like the keys of config.toml; None and empty lists mean not given.
    `config` is what `load` gave, for those who resolve many times.

    Raises:
        ConfigError: the file is broken, or there is no such profile.
        UsageError: a URL is none.

    """
    if config is None:
        config = load(environ)
    given = {name: v for name, v in flags.items() if v is not None and v not in ((), [], {})}
    profile = chosen_profile(given, environ, config)
    levels = list(_levels(given, environ, config, profile))
    names = dict.fromkeys((*KEYS, *given))
    values = {name: value for name in names if (value := _first(name, levels)) is not None}
    values["base_url"] = _address(values["base_url"])
    warnings = _warnings(values, config, profile, given)
    return Settings(values, profile, config, environ, warnings, given)


def load(environ: Mapping[str, str]) -> Config:
    """
    Read the config.toml that applies.

    Raises:
        ConfigError: it is broken, or GRADIENT_CONFIG names a file that is not there.

    """
    path = config_path(environ)
    config = read_config(path)
    if not config.exists and environ.get("GRADIENT_CONFIG"):
        raise ConfigError(
            f'$GRADIENT_CONFIG names "{path}", which is not there',
            hint="unset the variable, or begin the file with `gradient config set model ID`",
        )
    return config


def chosen_profile(
    flags: Mapping[str, Json], environ: Mapping[str, str], config: Config
) -> str | None:
    """
    Give the name of the profile in use, or None.

    Raises:
        ConfigError: there is no such profile.

    """
    name, source = None, ""
    if flags.get("profile"):
        name, source = str(flags["profile"]), "--profile"
    elif environ.get(VARIABLES["profile"]):
        name, source = environ[VARIABLES["profile"]], f"${VARIABLES['profile']}"
    elif "profile" in config.top:
        name, source = str(config.top["profile"]).strip(), str(config.path)
    if name is None or name in config.profiles or name in BUILT_IN_PROFILES:
        return name
    known = [*config.profiles, *BUILT_IN_PROFILES]
    near = nearest(name, known)
    advice = f"; did you mean {near}?" if near else ""
    raise ConfigError(
        f'{source}: there is no profile "{name}"{advice}', hint=f"known: {', '.join(known)}"
    )


def flag_of(name: str) -> str:
    """Give the flag that sets a setting."""
    return FLAG_NAMES.get(name) or "--" + name.replace("_", "-")


def _levels(
    flags: Mapping[str, Json],
    environ: Mapping[str, str],
    config: Config,
    profile: str | None,
) -> Iterator[Level]:
    for name, value in flags.items():
        yield Level(flag_of(name), {name: value})
    own = profile_values(config, profile)
    for name, variable in VARIABLES.items():
        is_inside = name == "base_url" and own.get(name) == DEMO_URL
        if environ.get(variable) and not is_inside:
            if not is_whole(environ[variable]):
                raise UsageError(f"${variable} is not UTF-8")
            yield Level(f"${variable}", {name: environ[variable]})
    if profile is not None:
        yield Level(f'profile "{profile}"', own)
    yield Level(str(config.path), config.top)
    yield Level("built in", BUILT_IN)


def _first(name: str, levels: list[Level]) -> Value | None:
    found = [
        Value(_trimmed(name, level.values[name]), level.source)
        for level in levels
        if name in level.values
    ]
    if not found:
        return None
    if name not in JOINED or not all(isinstance(value.value, Mapping) for value in found):
        return found[0]
    joined: dict[str, Json] = {}
    for value in reversed(found):
        joined.update(value.value)
    return Value(joined, ", ".join(value.source for value in found))


def _trimmed(name: str, value: Json) -> Json:
    return value.strip() if name in NAMES and isinstance(value, str) else value


def _address(value: Value) -> Value:
    if value.value == DEMO_URL and value.source == f'profile "{DEMO}"':
        return value
    return Value(normalised(value.value, value.source), value.source)


def _warnings(
    values: Mapping[str, Value],
    config: Config,
    profile: str | None,
    flags: Mapping[str, Json],
) -> tuple[str, ...]:
    """
    Say when others may change the settings, and when a profile that was asked for by flag does
    not get its own endpoint.
    """
    opened = writable_by_others(config.path) if config.exists else None
    found = (opened,) if opened else ()
    own = profile_values(config, profile).get("base_url")
    variable = f"${ENDPOINT_VARIABLE}"
    if own is None or values["base_url"].source != variable or "profile" not in flags:
        return found
    if normalised(own, "base_url") == values["base_url"].value:
        return found
    return (*found, f'{variable} overrules the base_url of profile "{profile}"')
