"""
Faults become errors: an exception of httpx, or a status with a body of any shape.

`complaints.py` reads what a body says.
"""

import re
from collections.abc import Mapping
from dataclasses import field

from gradient_cli.errors import (
    NO_SECRETS,
    BrokenReply,
    ConnectionFailed,
    CredentialError,
    GradientError,
    MachineExhausted,
    QuotaUsedUp,
    RateLimited,
    RequestRejected,
    ServiceError,
    TimedOut,
)
from gradient_cli.transport.complaints import Complaint, read_complaint, without_key, words_of
from gradient_cli.values import record

LONGEST_BODY = 64 * 1024
"""Bytes of an error body that are read."""

UNTRUSTED = "untrusted_certificate"
"""The code of a connection that TLS refused: trying again changes nothing."""

REQUEST_ID_HEADERS = ("x-request-id", "request-id", "cf-ray")


@record
class Setting:
    """What an error may say about the request: never the key, only where it came from."""

    endpoint: str
    """The base URL."""
    model: str | None = None
    key_source: str | None = None
    empty_variable: str | None = None
    """A variable that should hold the key, is set, and holds nothing."""
    secret: str = field(default="", repr=False)
    """Taken out of whatever the server says."""
    tool_secrets: tuple[str, ...] = field(default=(), repr=False)
    """What the request's tools carry (`wire.tool_secrets`), taken out likewise."""
    proxy: str = ""
    """The proxy on the way there, without its password; "" for none."""

    @property
    def hidden(self) -> tuple[str, ...]:
        """Give everything that is taken out of what the server says."""
        return (self.secret, *self.tool_secrets) if self.secret else self.tool_secrets


def request_id(headers: Mapping[str, str], hidden: tuple[str, ...] = ()) -> str | None:
    """Give the id by which the server knows this exchange; a key that it repeats is taken out."""
    found = next((headers[name] for name in REQUEST_ID_HEADERS if headers.get(name)), None)
    return without_key(found, hidden) if found else None


def from_reply(
    status: int, headers: Mapping[str, str], body: bytes, setting: Setting
) -> GradientError:
    """Give the error that a reply with a status of 300 and above means."""
    complaint = read_complaint(body, setting.hidden)
    identity = complaint.request_id or request_id(headers, setting.hidden)
    message, hint = _describe(status, headers, complaint, setting)
    is_used_up = status == 429 and _is_used_up(complaint.words, complaint.code)
    return (QuotaUsedUp if is_used_up else _kind(status))(
        message, hint=hint, request_id=identity, http_status=status, code=complaint.code
    )


def _kind(status: int) -> type[GradientError]:
    match status:
        case 401 | 403:
            return CredentialError
        case 429:
            return RateLimited
        case _ if status >= 500 or status == 424:
            return ServiceError
        case _:
            return RequestRejected


def _describe(
    status: int, headers: Mapping[str, str], complaint: Complaint, setting: Setting
) -> tuple[str, str | None]:
    """Give (message, hint)."""
    said = f": {complaint.words}" if complaint.words and not complaint.is_markup else ""
    if status in {401, 403}:
        return _describe_key(status, said, setting)
    if status in {404, 405}:
        return _describe_missing(status, said, complaint, setting)
    if status in {402, 429}:
        if status == 402 or _is_used_up(complaint.words, complaint.code):
            return f"the account has nothing left ({status}){said}", _ACCOUNT
        return f"too many requests (429){said}", _wait_hint(headers)
    if status >= 500 or status == 424:
        excerpt = f": {complaint.words[:120]}" if complaint.is_markup else said
        return f"the service failed ({status}){excerpt}", "try again later"
    if status >= 400:
        return _describe_refusal(status, said, complaint, setting)
    target = words_of(headers.get("location", ""), setting.hidden)
    if not target:
        return f"{setting.endpoint} answered with {status}, which is no answer{said}", _BASE_URL
    return (
        f'{setting.endpoint} redirects to "{target}" ({status})',
        "nothing was sent there; if that is right, set it as --base-url",
    )


def _describe_refusal(
    status: int, said: str, complaint: Complaint, setting: Setting
) -> tuple[str, str | None]:
    if status == 413:
        return f"the request is too large (413){said}", "send less, or in parts"
    if status == 407:
        proxy = f' "{setting.proxy}"' if setting.proxy else ""
        return f"the proxy{proxy} wants a user name and a password (407){said}", _PROXY_USER
    if setting.model and _is_about_model(complaint):
        return f'model "{setting.model}" not found ({status}){said}', _MODELS
    return f"the service refused the request ({status}){said}", _request_hint(said)


def _describe_key(status: int, said: str, setting: Setting) -> tuple[str, str]:
    if setting.key_source is None and setting.empty_variable:
        what = f"${setting.empty_variable} is set but empty"
        return f"{setting.endpoint} wants a key ({status}), and {what}{said}", NO_SECRETS
    if setting.key_source is None:
        return f"{setting.endpoint} wants a key ({status}){said}", _LOGIN
    if status == 401:
        return f"the key from {setting.key_source} was not accepted (401){said}", _LOGIN
    return f"the key from {setting.key_source} may not do this (403){said}", _SCOPE


def _describe_missing(
    status: int, said: str, complaint: Complaint, setting: Setting
) -> tuple[str, str]:
    if complaint.is_markup or not setting.model or _is_about_path(complaint):
        return f"no such endpoint at {setting.endpoint} ({status}){said}", _BASE_URL
    if "model" in complaint.words.lower():
        return f'model "{setting.model}" not found ({status}){said}', _MODELS
    return f"not found ({status}){said}", _MODELS


_ACCOUNT = "look at the account: its balance, its limits, its billing; waiting does not help"
_LOGIN = "`gradient auth login` stores a key; `gradient auth status` shows which one is used"
_SCOPE = "a key can be limited to some models or to a VPC; `gradient models` lists what it may use"
_BASE_URL = "check --base-url or GRADIENT_INFERENCE_ENDPOINT; /v1/responses is added to it"
_MODELS = "`gradient models` lists what this key may use"
_PROXY = "check --proxy, HTTPS_PROXY and NO_PROXY; --proxy '' goes without one"
_PROXY_USER = "such as --proxy http://USER:PASSWORD@HOST:PORT, or HTTPS_PROXY"
_NETWORK = "check the host name and the network; `gradient doctor` looks at both"


_USED_UP = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
_NOTHING_LEFT = (
    r"exceeded your current quota|\binsufficient (?:funds|credits?|balance|quota)\b"
    r"|\bout of credits?\b|\bcredit balance is too low\b"
)


def _is_used_up(words: str, code: str | None) -> bool:
    """Tell an account without money from requests that come too fast."""
    if (code or "").lower() in _USED_UP:
        return True
    return bool(re.search(_NOTHING_LEFT, words, re.IGNORECASE))


def _is_about_path(complaint: Complaint) -> bool:
    """Tell "no such path" from "no such model": only the first says neither code nor model."""
    words = complaint.words.lower()
    return "model" not in words and words in {
        "",
        "not found",
        "file not found",
        "method not allowed",
    }


# Not compiled before there is a fault: the three would cost each start a millisecond and a half.
_UNKNOWN_MODEL = (
    r"\b(?:invalid|unknown|unsupported|no such|unrecogni[sz]ed)\b[^.;]{0,20}\bmodels?\b"
    r"|\bmodels?\b[^.;]{0,200}?\b(?:not found|not exist|not available|not supported|unknown"
    r"|not a valid|invalid|unavailable|not recogni[sz]ed|no endpoints|could not be (?:found|loaded)"
    r"|not (?:be )?(?:served|loaded)|can ?not be loaded|cannot find)\b"
    r"|\bnot a valid model\b"
)
_LIMIT_TOO_LARGE = (
    r"\bmax_(?:output_|completion_|new_)?tokens\b[^.]*"
    r"\b(?:greater|larger|large|high|more|exceeds?|above|at most|too (?:big|many))\b"
)
_OTHER_FIELD = r"\b(?:parameter|argument|field|input|tool|value|temperature|format)s?\b"


def _is_about_model(complaint: Complaint) -> bool:
    """Tell "no such model", which some say with 400, from what a model that is there refuses."""
    if (complaint.code or "").lower() in {"model_not_found", "invalid_model", "unknown_model"}:
        return True
    words = complaint.words
    is_unknown = bool(re.search(_UNKNOWN_MODEL, words, re.IGNORECASE))
    return is_unknown and not re.search(_OTHER_FIELD, words.lower())


def _request_hint(words: str) -> str | None:
    lower = words.lower()
    is_about_prompt = "prompt" in lower or "input" in lower or "messages" in lower
    if re.search(_LIMIT_TOO_LARGE, lower) and not is_about_prompt:
        return "lower --max-output-tokens; with the prompt it must fit into the model's context"
    if "context" in lower or "too long" in lower or "max_model_len" in lower:
        return "the prompt is too long for this model; send less, or choose another model"
    return "`--dry-run` shows the body that is sent"


def _wait_hint(headers: Mapping[str, str]) -> str:
    after = headers.get("retry-after", "")
    is_seconds = after.isdecimal() and len(after) < 10
    return f"the service asks to wait {after} s" if is_seconds else "wait, then try again"


def from_words(message: str | None, code: str | None, setting: Setting) -> GradientError:
    """Give the error that a failure inside a 200 means: `response.failed`, an `error` event."""
    words = words_of(message or "", setting.hidden)
    code = without_key(code, setting.hidden) if code else None
    said = f": {words}" if words else ""
    lower = (code or "").lower()
    if code and re.fullmatch("[45][0-9]{2}", code):
        return _kind(int(code))(
            f"the service failed ({code}){said}", code=code, http_status=int(code)
        )
    if _is_used_up(words, code):
        return QuotaUsedUp(f"the account has nothing left{said}", hint=_ACCOUNT, code=code)
    if "rate_limit" in lower or lower == "too_many_requests":
        return RateLimited(f"too many requests{said}", hint="wait, then try again", code=code)
    if lower in {"unauthorized", "invalid_api_key", "forbidden"}:
        return CredentialError(f"the key was not accepted{said}", hint=_LOGIN, code=code)
    mark = f" ({code})" if code else ""
    return ServiceError(f"the service failed to answer{mark}{said}", code=code)


def from_exception(
    error: Exception, setting: Setting, timeout_s: float | None, *, is_at_proxy: bool = False
) -> GradientError:
    """
    Give the error that an exception of httpx means.

    `is_at_proxy`: it happened on the way to the proxy, or while it was asked for the way on.

    Raises:
        TypeError: it is none of httpx; a bug should look like one.

    """
    import httpx

    if isinstance(error, httpx.TransportError) and (own := MachineExhausted.behind(error)):
        return own
    place = setting.endpoint
    cause = words_of(_root_words(error), setting.hidden)
    if is_at_proxy and setting.proxy and isinstance(error, httpx.TransportError):
        return _from_proxy(error, cause, setting.proxy, timeout_s)
    if setting.proxy and not isinstance(error, httpx.ConnectError):
        place = f'{place} (by the proxy "{setting.proxy}")'
    return _from_server(error, place, cause, timeout_s or 0)


def _from_server(error: Exception, place: str, cause: str, timeout_s: float) -> GradientError:
    """Give the error for what happened on the way to the server, or there."""
    import httpx

    match error:
        case httpx.ConnectTimeout():
            return TimedOut(f"no connection to {place} within {timeout_s:g} s", hint=_NETWORK)
        case httpx.TimeoutException():
            return TimedOut(
                f"no sign of life from {place} for {timeout_s:g} s",
                hint="--timeout SECONDS sets how long silence may last",
            )
        case httpx.UnsupportedProtocol() | httpx.InvalidURL() | UnicodeError():
            return RequestRejected(f'"{place}" is no usable address: {cause}', hint=_BASE_URL)
        case httpx.ConnectError():
            return ConnectionFailed(
                f"cannot connect to {place}: {cause}",
                hint=_plain_hint(place, cause) or _connect_hint(cause),
                code=UNTRUSTED if _is_untrusted(error) else None,
            )
        case httpx.DecodingError():
            return BrokenReply(f"the reply's compression is broken: {cause}")
        case httpx.TransportError():
            return ConnectionFailed(f"the connection to {place} broke: {cause}")
        case _:
            raise TypeError("not a fault of the transport") from error


def _from_proxy(error: Exception, cause: str, proxy: str, timeout_s: float | None) -> GradientError:
    """Give the error for what the proxy did, or did not do: nobody should look at the server."""
    import httpx

    match error:
        case httpx.ConnectTimeout():
            words = f'no connection to the proxy "{proxy}" within {timeout_s or 0:g} s'
            return TimedOut(words, hint=_PROXY)
        case httpx.TimeoutException():
            words = f'no sign of life from the proxy "{proxy}" for {timeout_s or 0:g} s'
            return TimedOut(words, hint=_PROXY)
        case httpx.ConnectError():
            is_untrusted = _is_untrusted(error)
            return ConnectionFailed(
                f'cannot connect to the proxy "{proxy}": {cause}',
                hint=_connect_hint(cause) if is_untrusted else _PROXY,
                code=UNTRUSTED if is_untrusted else None,
            )
        case httpx.ProxyError():
            hint = _PROXY_USER if cause.startswith("407") else _PROXY
            return ConnectionFailed(f'the proxy "{proxy}" refused: {cause}', hint=hint)
        case _:
            words = f'the proxy "{proxy}" broke the connection: {cause}'
            return ConnectionFailed(words, hint=_PROXY)


def _is_untrusted(error: BaseException | None) -> bool:
    while error is not None:
        if hasattr(error, "verify_message"):
            return True
        error = error.__cause__ or error.__context__
    return False


def _root_words(error: BaseException) -> str:
    """Give the words of the first cause, which names what really happened."""
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    if isinstance(error, OSError) and error.strerror and not hasattr(error, "verify_message"):
        return error.strerror
    return getattr(error, "verify_message", None) or str(error) or type(error).__name__


def _plain_hint(place: str, cause: str) -> str | None:
    """Say that a server may not speak TLS at all, where TLS came to no certificate."""
    from gradient_cli.wire.address import host_of, is_loopback

    lower = cause.lower()
    is_tls = "ssl" in lower or "eof occurred" in lower or "wrong version" in lower
    if not (place.startswith("https:") and is_tls) or "certificate" in lower:
        return None
    plain = place.replace("https:", "http:", 1)
    if is_loopback(host_of(place)):
        return f"a server on this machine may speak plain HTTP: --base-url {plain}"
    return "does this port speak TLS? `gradient doctor` looks at each step"


def _connect_hint(cause: str) -> str:
    lower = cause.lower()
    if "certificate" in lower or "self-signed" in lower or "self signed" in lower:
        return "a company root? name it with --ca-bundle FILE or SSL_CERT_FILE"
    if "name" in lower or "address associated" in lower or "resolution" in lower:
        return _NETWORK
    return "is the server running? `gradient doctor` looks at each step"
