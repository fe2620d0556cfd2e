"""
A request: what is asked, checked, and its JSON body.

Only what the user set is sent; the fields carry the wire's own names.
Limits come from the endpoint's document; they are checked before anything is sent.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import field, fields
from json.encoder import encode_basestring, encode_basestring_ascii

from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical, dumps

PATH = "/v1/responses"
MAX_STOPS = 4
MAX_METADATA = 16
MAX_METADATA_KEY = 64
MAX_METADATA_VALUE = 512
OTHER_FIELDS = (
    "background", "frequency_penalty", "include", "logit_bias", "max_tokens", "max_tool_calls",
    "presence_penalty", "prompt_cache_key", "prompt_cache_retention", "reasoning",
    "repetition_penalty", "seed", "service_tier", "store", "stream_options", "text",
    "tool_choice", "top_k", "top_logprobs", "truncation",
)  # fmt: skip
"""Fields that some server of this endpoint reads, and that have no flag of their name."""
LONG_TEXT = 8 * 1024 * 1024
"""Characters from which a text is kept encoded (LongText), to cost its own size once."""


class LongText:
    """
    A text held as pieces of JSON string content, already escaped and in UTF-8.

    100 MB of input then need 100 MB: a `str`, its JSON and its bytes would need three times that.
    """

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        self.chunks: list[bytes] = []
        for piece in pieces:
            self.append(piece)

    def append(self, piece: str) -> None:
        """Add text at the end."""
        if piece:
            self.chunks.append(encode_basestring(piece)[1:-1].encode("utf-8", "replace"))

    def prepend(self, piece: str) -> None:
        """Add text at the beginning."""
        if piece:
            self.chunks.insert(0, encode_basestring(piece)[1:-1].encode("utf-8", "replace"))


@record(kw_only=True)
class Request:
    """What is asked of the model. None and empty mean: not sent."""

    model: str | None = None
    input: str | LongText | tuple[Json, ...] = ""
    """A prompt, or the wire's input items."""
    instructions: str | None = None
    max_output_tokens: int | None = None
    """1 and above."""
    temperature: float | None = None
    """0 to 2."""
    top_p: float | None = None
    """0 to 1."""
    stop: tuple[str, ...] = ()
    """Up to 4 texts at which the model stops."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Up to 16 pairs; keys to 64, values to 512 characters."""
    user: str | None = None
    modalities: tuple[str, ...] = ()
    parallel_tool_calls: bool | None = None
    tools: tuple[Json, ...] = ()
    tool_choice: str | None = None
    """none, auto, required, or the name of a function or of a service's tool."""
    reasoning_effort: str | None = None
    previous_response_id: str | None = None
    text_format: Json = None
    """What `text.format` carries: a JSON Schema for servers that can obey it."""
    stream: bool = False
    params: Mapping[str, Json] = field(default_factory=dict)
    """Any other body field; dotted keys nest. They win over the named fields."""
    base: Mapping[str, Json] = field(default_factory=dict)
    """A whole body to start from; everything above wins over it."""

    def __post_init__(self) -> None:
        """
        Check ranges and limits.

        Raises:
            UsageError: names the flag, the value and the range.

        """
        _in_range("--temperature", self.temperature, 0, 2)
        _in_range("--top-p", self.top_p, 0, 1)
        _in_range("--max-output-tokens", self.max_output_tokens, 1, None)
        if len(self.stop) > MAX_STOPS:
            raise UsageError(f"--stop was given {len(self.stop)} times; the limit is {MAX_STOPS}")
        if "" in self.stop:
            raise UsageError("--stop is empty: every answer would end before it began")
        _check_metadata(self.metadata)
        _check_params(self.params, self.base)
        if self.input and any(name.split(".")[0] == "input" for name in self.params):
            raise UsageError(
                "the parameter `input` and the prompt exclude each other: only one is sent",
                hint="--param and `params` set other fields; give the one or the other",
            )

    def check_tools(self) -> None:
        """
        Check the tools, and that one chosen by name is among them; last, when all are known.

        Raises:
            UsageError: names the choice and the tools, or the secret that is missing.

        """
        if self.has_tools or self.tool_choice not in {None, "none", "auto", "required"}:
            from gradient_cli.wire.tool_choice import check_choice
            from gradient_cli.wire.tool_secrets import check_secrets

            tools = self.body().get("tools")
            check_secrets(tools)
            check_choice(self.tool_choice, tools)

    @property
    def has_tools(self) -> bool:
        """Tell whether tools may be offered; the body says which."""
        in_params = self.params and any(name.split(".")[0] == "tools" for name in self.params)
        return bool(self.tools or self.base.get("tools") or in_params)

    @property
    def sent_model(self) -> str | None:
        """Give the model that the body names; None for none."""
        model = self.params.get("model", self.model or self.base.get("model"))
        return model if isinstance(model, str) else None

    def body(self) -> dict[str, Json]:
        """Give the JSON body; a LongText input stands in it as it is."""
        body: dict[str, Json] = dict(self.base)
        for name, value in self._named():
            body[name] = value
        if self.tool_choice is not None:
            from gradient_cli.wire.tool_choice import choice_of

            offered = self.params.get("tools", body.get("tools"))
            body["tool_choice"] = choice_of(self.tool_choice, offered)
        if self.reasoning_effort is not None:
            _nest(body, "reasoning.effort", self.reasoning_effort)
        if self.text_format is not None:
            _nest(body, "text.format", self.text_format)
        if self.stream:
            body["stream"] = True
        elif body.get("stream"):
            del body["stream"]
        for name, value in self.params.items():
            _nest(body, name, value)
        return body

    def _named(self) -> Iterable[tuple[str, Json]]:
        for name in _PLAIN:
            value = getattr(self, name)
            if value is None or (not isinstance(value, int | float | LongText) and not value):
                continue
            yield name, list(value) if isinstance(value, tuple) else value

    def shown(self, mark: str | None = None) -> dict[str, Json]:
        """Give the body without the secrets of its tools; `mark` stands for each."""
        body = self.body()
        if not self.has_tools:
            return body
        from gradient_cli.wire.tool_secrets import HIDDEN, hidden

        return dict(hidden(body, mark or HIDDEN))

    def encode(
        self, *, is_job: bool = False, body: Mapping[str, Json] | None = None
    ) -> list[bytes]:
        """
        Give the body as the chunks of bytes that are sent.

        What is no stream says so, for there are servers that stream unless they are told; but
        not in a batch job (`is_job`), which never streams. `body` is what is encoded in place of
        its own, as `shown` gives it.
        """
        body = self.body() if body is None else dict(body)
        if not is_job:
            body.setdefault("stream", False)
        text = body.get("input")
        if not isinstance(text, LongText):
            return [encode_json(body)]
        chunks = []
        for name, value in body.items():
            chunks.append(encode_json(name) + b":")
            chunks.extend([b'"', *text.chunks, b'"'] if value is text else [encode_json(value)])
            chunks.append(b",")
        return [b"{", *chunks[:-1], b"}"]

    def key(self) -> str:
        """
        Give the SHA-256 (hex) of method, path and canonical body: the request's identity.

        Secrets of tools are left out: another token asks the same.
        """
        import hashlib  # 3 ms, and one answer that nobody records asks for no identity

        body = self.shown()
        digest = hashlib.sha256(f"POST {PATH}\n".encode())
        text = body.get("input")
        if isinstance(text, LongText):
            for chunk in text.chunks:
                digest.update(chunk)
            body["input"] = None
        digest.update(canonical(body).encode())
        return digest.hexdigest()


class Stencil:
    """The keys of many requests that differ in their input alone; the rest is hashed once."""

    def __init__(self, request: Request) -> None:
        """`request`: any of them; none of its `params` may be `input`."""
        import hashlib

        body = request.shown()
        before = canonical({name: body[name] for name in body if name < "input"})[1:-1]
        after = canonical({name: body[name] for name in body if name > "input"})[1:-1]
        opening = f'POST {PATH}\n{{{before}{"," if before else ""}"input":'
        self._begun = hashlib.sha256(opening.encode())
        self._rest = f"{',' if after else ''}{after}}}"

    def key(self, text: str) -> str:
        """Give what `Request.key` gives with this text, which is not empty, as the input."""
        digest = self._begun.copy()
        digest.update((encode_basestring_ascii(text) + self._rest).encode())
        return digest.hexdigest()


_PLAIN = tuple(
    f.name
    for f in fields(Request)
    if f.name not in {"tool_choice", "reasoning_effort", "text_format", "stream", "params", "base"}
)


def encode_json(value: Json) -> bytes:
    """Give compact UTF-8 JSON; with lone surrogates, which only escapes can carry, pure ASCII."""
    try:
        return dumps(value).encode()
    except UnicodeEncodeError:
        return canonical(value).encode()


def _nest(body: dict[str, Json], dotted: str, value: Json) -> None:
    """Set a dotted key, copying the objects on the way so that a shared base stays as it was."""
    *path, last = dotted.split(".")
    for name in path:
        inner = body.get(name)
        body[name] = dict(inner) if isinstance(inner, dict) else {}
        body = body[name]
    body[last] = value


def _check_params(params: Mapping[str, Json], base: Mapping[str, Json]) -> None:
    """Refuse dotted keys with an empty step, and those that would wipe out another value."""
    before: list[str] = []
    for dotted in params:
        steps = dotted.split(".")
        if "" in steps:
            raise UsageError(f'--param "{dotted[:60]}" has an empty name in it')
        above = [".".join(steps[:end]) for end in range(1, len(steps))]
        lost = [name for name in before if name.startswith(f"{dotted}.")]
        lost += [name for name in above if not isinstance(params.get(name, {}), Mapping)]
        if lost:
            raise UsageError(
                f"--param {lost[0]} and --param {dotted} exclude each other",
                hint="one of them would be dropped; an object is given as a whole",
            )
        inner: Json = base
        for step in steps[:-1]:
            inner = inner.get(step, {}) if isinstance(inner, Mapping) else inner
        if not isinstance(inner, Mapping | None):
            raise UsageError(
                f"--param {dotted}: what it leads into is no object in --body",
                hint=f"--param {above[0]}=JSON replaces it",
            )
        before.append(dotted)


def _in_range(flag: str, value: float | None, low: float, high: float | None) -> None:
    if value is None:
        return
    # Not isfinite(), which makes a float of it: a whole number can be too large for that.
    is_number = -math.inf < value < math.inf
    if not is_number or value < low or (high is not None and value > high):
        wanted = f"{low} and above" if high is None else f"{low} to {high}"
        raise UsageError(f"{flag} {value} is out of range: {wanted}")


def _check_metadata(metadata: Mapping[str, str]) -> None:
    if len(metadata) > MAX_METADATA:
        raise UsageError(f"--metadata has {len(metadata)} pairs; the limit is {MAX_METADATA}")
    for name, value in metadata.items():
        if not 1 <= len(name) <= MAX_METADATA_KEY:
            raise UsageError(
                f'--metadata key "{name[:70]}" has {len(name)} characters; '
                f"the range is 1 to {MAX_METADATA_KEY}"
            )
        if len(value) > MAX_METADATA_VALUE:
            raise UsageError(
                f'--metadata value of "{name}" has {len(value)} characters; '
                f"the limit is {MAX_METADATA_VALUE}"
            )


def said_item(text: str) -> Json:
    """Give the input item for an earlier answer; llama.cpp refuses one without its type."""
    return {"type": "message", "role": "assistant", "content": text}
