"""
What the mock answers: behaviours, one a request.

    Script
    ├── behaviours   used in turn; the last one stays, or all begin anew (`is_looped`)
    │                one with `match` or `model` is kept for the requests that it fits
    └── defaults     dialect, models, the key it asks for, a rate limit

`script_file` reads the same from TOML.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import field

from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json

DIALECTS = ("typed", "chunk")
ENDS = (
    "completed",
    "incomplete",
    "incomplete-vllm",
    "failed",
    "error",
    "cut",
    "reset",
    "close",
    "stall",
    "malformed",
    "done",
)
"""
How a reply ends: completed; incomplete (max_output_tokens: `response.incomplete`, as the
specification has it); incomplete-vllm (the same, called `response.completed`); failed
(`response.failed`); error (an `error` event); cut (the connection ends in the middle of the
transfer); reset (it breaks); close (the transfer ends cleanly, with no terminal event); stall
(silence, the connection open); malformed (a frame that is no JSON); done (`[DONE]` alone).
"""


@record(kw_only=True)
class Behaviour:
    """How one request is answered."""

    text: str = "Hello from gradient mock."
    """
    The answer, sent in pieces of a word each; "" is an empty answer.
    `{{ prompt }}`, `{{ characters }}` (of the prompt) and `{{ model }}` stand for the request's,
    `{{ tool NAME }}` for what came back from that function, `{{ tool }}` from any.
    """
    messages: tuple[str, ...] = ()
    """Further messages after the answer's first."""
    commentary: str = ""
    """A message of the phase `commentary` before the answer, which is `final_answer` then."""
    refusal: str = ""
    """A part `refusal`, after the text."""
    annotations: tuple[Mapping[str, Json], ...] = ()
    """What the last message cites: {type = "url_citation", url, title, ...}."""
    server_calls: tuple[Mapping[str, Json], ...] = ()
    """What the service does before it writes: {type = "web_search_call", action = {...}}."""
    items: tuple[Mapping[str, Json], ...] = ()
    """Output items as they are, after all else: what is pending, what a server's tool did."""
    final_text: str | None = None
    """What a stream's final object has for the answer's text; None: what was streamed."""
    hides_limit: bool = False
    """Calls an answer completed that the token limit has cut, as llama.cpp does."""
    reasoning: str = ""
    calls: tuple[Mapping[str, str], ...] = ()
    """Function calls: {name, arguments}; the arguments are JSON text, which may be broken."""
    obey_schema: bool = False
    """Answer a request for JSON with a small instance of its schema, in place of `text`."""
    obey_tools: bool = False
    """Use the tools that a request offers: see `tool_use`."""
    dialect: str | None = None
    """typed or chunk; None is the script's."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """They replace the mock's own: `Content-Type` too."""
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
    """Words before an `end` other than completed, reasoning included; None is all."""
    odds: Mapping[str, float] | None = None
    """For the decision endpoint alone: probabilities by word; see `decisions.answers`."""
    times: int | None = None
    """How many requests are answered so; 0 is without end. None: 1, if it is for some only 0."""
    match: str | None = None
    """A regular expression; answers only prompts in which it is found."""
    model: str | None = None
    """Answers only requests for this model."""
    sees: str | None = None
    """Answers only requests that bring back a result of this function; "" of any."""

    @property
    def is_for_any(self) -> bool:
        """Whether it answers any request."""
        return self.match is None and self.model is None and self.sees is None

    @property
    def most_times(self) -> int:
        """How many requests are answered so; 0 is without end."""
        if self.times is not None:
            return self.times
        return 1 if self.is_for_any else 0


@record(kw_only=True)
class Script:
    """All that a mock needs to know."""

    behaviours: tuple[Behaviour, ...] = (Behaviour(),)
    decisions: tuple[Behaviour, ...] = ()
    """The same for the decision endpoint, whose requests are counted apart."""
    dialect: str = "typed"
    is_looped: bool = False
    models: tuple[str, ...] = ("mock-small", "mock-large")
    """What `GET /v1/models` lists; any model is answered."""
    key: str | None = None
    """The key that is asked for; None asks for none."""
    limit_per_minute: int | None = None
    """Requests a minute; above that 429 with x-ratelimit headers and no Retry-After."""


class WrongScript(UsageError):
    """A value in a script cannot be carried out; `key` names it."""

    def __init__(self, key: str, words: str, hint: str | None = None) -> None:
        super().__init__(f"`{key}` {words}", hint=hint)
        self.key = key
        self.words = words


def check(behaviour: Behaviour) -> Behaviour:
    """
    Give the behaviour if it can be carried out.

    Raises:
        WrongScript: names the key and what it may be.

    """
    one_of("end", behaviour.end, ENDS)
    one_of("dialect", behaviour.dialect or "typed", DIALECTS)
    if not 200 <= behaviour.status <= 599:
        raise WrongScript("status", f"{behaviour.status} is out of range: 200 to 599")
    for name in ("delay", "first_token", "token_delay", "times", "after"):
        value = getattr(behaviour, name)
        if value is not None and not (math.isfinite(value) and value >= 0):
            raise WrongScript(name, f"{value} is out of range: 0 and above")
    if behaviour.after is not None and behaviour.end == "completed":
        raise WrongScript("after", "needs an `end` other than completed")
    for word, value in (behaviour.odds or {}).items():
        if not 0 <= value <= 1:
            raise WrongScript("odds", f"has {value:g} for {word}, out of range: 0 to 1")
    if behaviour.match is not None:
        try:
            re.compile(behaviour.match)
        except re.error as error:
            raise WrongScript("match", f"is no regular expression: {error}") from None
    return behaviour


def one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    """
    Check that a value is one of a few words.

    Raises:
        WrongScript: it is none of them; names the nearest.

    """
    if value not in known:
        from difflib import get_close_matches

        near = get_close_matches(value, known, 1)
        advice = f"; did you mean {near[0]}?" if near else ""
        raise WrongScript(key, f'"{value}" is not one of {", ".join(known)}{advice}')
