"""
What the mock answers: behaviours, one a request.

    Script
    ├── behaviours   used in turn; the last one stays, or all begin anew (`is_looped`)
    │                a behaviour with `match` is kept for the prompts it matches
    └── defaults     dialect, models, the key it asks for, a rate limit

A TOML file says the same:

    dialect = "chunk"
    [[reply]]
    status = 429
    headers = { Retry-After = "1" }
    times = 2
    [[reply]]
    text = "Hello"
    token_delay = 0.05
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from pathlib import Path

from gradient_cli.errors import UsageError
from gradient_cli.wire.json import Json

DIALECTS = ("typed", "chunk")
ENDS = ("completed", "incomplete", "failed", "error", "cut", "close", "stall", "malformed", "done")
"""
How a reply ends: completed; incomplete (max_output_tokens); failed (`response.failed`); error (an
`error` event); cut (the transfer breaks off); close (it ends cleanly, with no terminal event);
stall (silence, the connection open); malformed (a frame that is no JSON); done (`[DONE]` alone).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one request is answered."""

    text: str = "Hello from gradient mock."
    """The answer; sent in pieces of a word each."""
    reasoning: str = ""
    calls: tuple[Mapping[str, str], ...] = ()
    """Function calls: {name, arguments}."""
    dialect: str | None = None
    """typed or chunk; None is the script's."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    """The whole body, in place of an answer or of an error's JSON."""
    delay: float = 0.0
    """Seconds before anything is sent."""
    first_token: float = 0.0
    """Seconds between the head of the reply and the first piece."""
    token_delay: float = 0.0
    """Seconds between two pieces."""
    end: str = "completed"
    """One of ENDS."""
    after: int | None = None
    """Pieces of text before an `end` other than completed; None is all."""
    times: int = 1
    """How many requests are answered so; 0 is without end."""
    match: str | None = None
    """A regular expression; answers only prompts in which it is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """All that a mock needs to know."""

    behaviours: tuple[Behaviour, ...] = (Behaviour(),)
    dialect: str = "typed"
    is_looped: bool = False
    models: tuple[str, ...] = ("mock-small", "mock-large")
    key: str | None = None
    """The key that is asked for; None asks for none."""
    limit_per_minute: int | None = None
    """Requests a minute; above that 429 with x-ratelimit headers and no Retry-After."""


_SCRIPT_KEYS = {
    "dialect": "dialect",
    "loop": "is_looped",
    "models": "models",
    "key": "key",
    "limit_per_minute": "limit_per_minute",
}
_REPLY_KEYS = {f.name: f.type for f in fields(Behaviour)}
_KINDS: Mapping[str, tuple[type, ...]] = {
    "text": (str,),
    "reasoning": (str,),
    "calls": (list,),
    "dialect": (str,),
    "status": (int,),
    "headers": (dict,),
    "body": (str,),
    "delay": (int, float),
    "first_token": (int, float),
    "token_delay": (int, float),
    "end": (str,),
    "after": (int,),
    "times": (int,),
    "match": (str,),
    "loop": (bool,),
    "models": (list,),
    "key": (str,),
    "limit_per_minute": (int,),
}


def load_script(path: Path) -> Script:
    """
    Read a script from a TOML file.

    Raises:
        UsageError: it cannot be read, or says something unknown; names file and line.

    """
    import tomllib

    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(f'cannot read "{path}": {(error.strerror or "").lower()}') from None
    except UnicodeDecodeError:
        raise UsageError(f'"{path}" is not UTF-8') from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path}: {error}") from None
    try:
        return _script(table)
    except _Wrong as wrong:
        line = _line_of(text, wrong.key)
        raise UsageError(f"{path}{line}: {wrong}", hint=wrong.hint) from None


def check(behaviour: Behaviour) -> Behaviour:
    """
    Give the behaviour if it can be carried out.

    Raises:
        UsageError: names the key and what it may be.

    """
    try:
        return _checked(behaviour)
    except _Wrong as wrong:
        raise UsageError(str(wrong), hint=wrong.hint) from None


class _Wrong(Exception):
    """Something in a script is not usable."""

    def __init__(self, key: str, words: str, hint: str | None = None) -> None:
        super().__init__(words)
        self.key = key
        self.hint = hint


def _script(table: Mapping[str, Json]) -> Script:
    replies = table.get("reply", [])
    if not isinstance(replies, list):
        raise _Wrong("reply", "`reply` is a list of tables: [[reply]]")
    own = {name: value for name, value in table.items() if name != "reply"}
    _check_keys(own, [*_SCRIPT_KEYS, "reply"])
    settings = {_SCRIPT_KEYS[name]: value for name, value in own.items()}
    if "models" in settings:
        settings["models"] = tuple(settings["models"])
    if settings.get("dialect", "typed") not in DIALECTS:
        raise _Wrong("dialect", f"`dialect` is one of {', '.join(DIALECTS)}")
    behaviours = tuple(_behaviour(reply) for reply in replies)
    return replace(Script(**settings), behaviours=behaviours or (Behaviour(),))


def _behaviour(table: Mapping[str, Json]) -> Behaviour:
    _check_keys(table, list(_REPLY_KEYS))
    settings = dict(table)
    if "calls" in settings:
        settings["calls"] = tuple(settings["calls"])
    return _checked(Behaviour(**settings))


def _check_keys(table: Mapping[str, Json], known: list[str]) -> None:
    for name, value in table.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            advice = f"; did you mean `{near[0]}`?" if near else ""
            raise _Wrong(name, f"unknown key `{name}`{advice}", f"known: {', '.join(known)}")
        kinds = _KINDS[name]
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise _Wrong(name, f"`{name}` must be {kinds[0].__name__}")


def _checked(behaviour: Behaviour) -> Behaviour:
    if behaviour.end not in ENDS:
        raise _Wrong("end", f'`end` "{behaviour.end}" is not one of {", ".join(ENDS)}')
    if behaviour.dialect is not None and behaviour.dialect not in DIALECTS:
        raise _Wrong("dialect", f"`dialect` is one of {', '.join(DIALECTS)}")
    if not 200 <= behaviour.status <= 599:
        raise _Wrong("status", f"`status` {behaviour.status} is out of range: 200 to 599")
    for name in ("delay", "first_token", "token_delay", "times"):
        if getattr(behaviour, name) < 0:
            raise _Wrong(name, f"`{name}` is out of range: 0 and above")
    for call in behaviour.calls:
        if not isinstance(call.get("name"), str):
            raise _Wrong("calls", "a call needs a `name`, and `arguments` as JSON text")
    if behaviour.match is not None:
        try:
            re.compile(behaviour.match)
        except re.error as error:
            raise _Wrong("match", f"`match` is no regular expression: {error}") from None
    return behaviour


def _line_of(text: str, key: str) -> str:
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf'\s*"?{re.escape(key)}"?\s*=', line):
            return f":{number}"
    return ""


class Director:
    """Chooses the behaviour for each request; for many threads."""

    def __init__(self, script: Script) -> None:
        from threading import Lock

        self._script = script
        self._lock = Lock()
        self._used = [0] * len(script.behaviours)

    def choose(self, prompt: str) -> Behaviour:
        """Give the behaviour for a prompt."""
        with self._lock:
            fitting = [
                n
                for n, behaviour in enumerate(self._script.behaviours)
                if behaviour.match is None or re.search(behaviour.match, prompt)
            ]
            # What was written for this prompt comes before what is for any.
            fitting.sort(key=lambda n: self._script.behaviours[n].match is None)
            if not fitting:
                return Behaviour()
            return self._script.behaviours[self._next(fitting)]

    def _next(self, fitting: list[int]) -> int:
        for _ in range(2):
            for number in fitting:
                times = self._script.behaviours[number].times
                if times == 0 or self._used[number] < times:
                    self._used[number] += 1
                    return number
            if not self._script.is_looped:
                break
            for number in fitting:
                self._used[number] = 0
        return fitting[-1]
