"""
Expectations of what an answer rests on: the sources that it cites, the functions that it calls.

    --expect-source docs.example.com            some citation is of this host
    --expect-call 'get_weather={"city": "Oslo"}'  some call of it has at least these arguments

Nothing is run for that: a call is judged by its name and its arguments. Those of answered steps
count as well, and so do the service's own: `web_search` is called by a `web_search_call`, and
tools of MCP servers by their names.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from gradient_cli.errors import UsageError
from gradient_cli.expect.hosts import Host, host_named, host_of, is_of, words_of
from gradient_cli.values import record
from gradient_cli.wire.json import Json, canonical, line
from gradient_cli.wire.response import Response
from gradient_cli.wire.strict import exact, parse

MOST_SHOWN = 300
MOST_NAMED = 5

Call = tuple[str, str]
"""Name and arguments, JSON as the model wrote it."""
Said = tuple[str, str, str]
"""An expectation, why it is not met ("" where it is), and the place that shows it."""
Fill = Callable[[Json, str], Json]
Open = Callable[[str, str], str]


@record
class WantedCall:
    """A call that is wanted, with arguments that it must have at least."""

    name: str
    arguments: Json = None
    """An object; None: whatever they are."""

    @property
    def words(self) -> str:
        """Give it as it is written on a command line."""
        return self.name if self.arguments is None else f"{self.name}={line(self.arguments)}"

    def filled(self, fill: Fill, flag: str) -> "WantedCall":
        """
        Give it with its variables filled.

        Raises:
            UsageError: a variable is not set, or the name is empty then.

        """
        name = str(fill(self.name, flag))
        if not name.strip():
            raise UsageError(f"{flag}: there is no name of a function")
        return WantedCall(name, None if self.arguments is None else fill(self.arguments, flag))


@record
class Evidence:
    """What an answer must rest on."""

    sources: tuple[Host, ...] = ()
    calls: tuple[WantedCall, ...] = ()

    @property
    def words(self) -> str:
        """Give it as one text, the same for the same evidence; "" for none."""
        if not self.sources and not self.calls:
            return ""
        wanted = [[call.name, call.arguments] for call in self.calls]
        return canonical({"sources": [words_of(host) for host in self.sources], "calls": wanted})

    def judge(self, response: Response) -> Iterator[Said]:
        """Judge an answer by each that is wanted."""
        called = list(calls_of(response)) if self.calls else []
        yield from (_call_verdict(wanted, called) for wanted in self.calls)
        yield from (_source_verdict(host, response.citations) for host in self.sources)


def evidence(
    sources: Sequence[str], calls: Sequence[WantedCall], flag: Callable[[str], str]
) -> Evidence:
    """
    Give the evidence that is wanted; `flag` says how errors name a field.

    Raises:
        UsageError: a source is no host.

    """
    hosts = [host_named(given, flag("expect_source")) for given in sources]
    unique = {(call.name, canonical(call.arguments)): call for call in calls}
    return Evidence(tuple(dict.fromkeys(hosts)), tuple(unique.values()))


# What is wanted, read -------------------------------------------------------------------------


def call_said(given: str, flag: str, opened: Open | None = None) -> WantedCall:
    """
    Read `NAME` or `NAME=JSON`; the JSON may be @FILE, if `opened` reads it.

    Raises:
        UsageError: no name, or no JSON object.

    """
    name, sign, said = given.partition("=")
    if not name.strip():
        raise UsageError(f"{flag} is empty: it says nothing about an answer")
    if not sign:
        return WantedCall(name.strip())
    text = opened(said.strip(), flag) if opened and said.strip().startswith("@") else said
    try:
        arguments = parse(text)
    except ValueError as error:
        raise UsageError(
            f"{flag} {name}: the arguments are not JSON: {error}",
            hint=f'{flag} \'{name}={{"city": "Oslo"}}\'',
        ) from None
    return _wanted(name.strip(), arguments, flag)


def call_given(given: Json, flag: str, opened: Open) -> WantedCall:
    """
    Read a call of a suite: a text as above, or a table {name, arguments}.

    Raises:
        UsageError: it is neither.

    """
    if isinstance(given, str):
        return call_said(given, flag, opened)
    if not isinstance(given, dict):
        raise UsageError(f"{flag} must be a name, a table, or a list of them")
    for key in given:
        if key not in ("name", "arguments"):
            raise UsageError(f"{flag} knows no `{key}`", hint="name, arguments")
    name = given.get("name")
    if not isinstance(name, str) or not name.strip():
        raise UsageError(f"{flag}: there is no `name`, which is a text")
    if "arguments" not in given:
        return WantedCall(name)
    return _wanted(name, given["arguments"], flag)


def _wanted(name: str, arguments: Json, flag: str) -> WantedCall:
    if not isinstance(arguments, dict):
        raise UsageError(f"{flag} {name}: the arguments are no object", hint='{"city": "Oslo"}')
    try:
        line(arguments)
    except (TypeError, ValueError):
        raise UsageError(
            f"{flag} {name}: the arguments hold what JSON cannot say, such as a date"
        ) from None
    return WantedCall(name, arguments)


# Calls ----------------------------------------------------------------------------------------


def calls_of(response: Response) -> Iterator[Call]:
    """Give every call of the steps and of the answer, and then the service's own."""
    for call in (*(step.call for step in response.steps), *response.tool_calls):
        yield call.name, call.arguments
    for item in response.server_calls:
        kind, name = item.get("type"), item.get("name")
        if not isinstance(kind, str) or not kind.endswith("_call"):
            continue
        said = item.get("arguments", item.get("action"))
        arguments = said if isinstance(said, str) else line({} if said is None else said)
        yield name if isinstance(name, str) and name else kind.removesuffix("_call"), arguments


def _call_verdict(wanted: WantedCall, called: Sequence[Call]) -> Said:
    name = f"expect-call {_cut(wanted.words)}"
    own = [arguments for other, arguments in called if other == wanted.name]
    if not own:
        others = list(dict.fromkeys(other for other, _ in called))
        shown = ", ".join(_cut(other, 60) for other in others[:MOST_NAMED])
        why = f"it calls {shown}" if others else "it calls nothing"
        return name, f"the answer does not call it: {why}", ""
    if wanted.arguments is None:
        return name, "", ""
    missed = [_missed(wanted.arguments, arguments) for arguments in own]
    if "" in missed:
        return name, "", ""
    more = f" (and {len(own) - 1} more calls)" if len(own) > 1 else ""
    return name, f"{missed[0]}{more}", _cut(own[0])


def _missed(wanted: Json, said: str) -> str:
    """Say what a call's arguments lack; "" for nothing."""
    try:
        arguments = parse(said, is_exact=True) if said.strip() else {}
    except ValueError as error:
        return f"its arguments are not JSON: {error}"
    return _difference(exact(wanted), arguments, "")


def _difference(wanted: Json, found: Json, place: str) -> str:
    """Say where a value has less than is wanted, or another; lists must be as long."""
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        for name, value in wanted.items():
            here = f"{place}.{name}" if place else name
            if name not in found:
                return f"its arguments have no {_cut(here, 80)}"
            if words := _difference(value, found[name], here):
                return words
        return ""
    if isinstance(wanted, list) and isinstance(found, list):
        if len(wanted) != len(found):
            return f"its {_cut(place, 80)} has {len(found)} values, not {len(wanted)}"
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            if words := _difference(one, other, f"{place}[{number}]"):
                return words
        return ""
    if _is_same(wanted, found):
        return ""
    return f"its {_cut(place, 80)} is {_cut(line(found), 80)}, not {_cut(line(wanted), 80)}"


def _is_same(wanted: Json, found: Json) -> bool:
    """Compare by value: 1, 1.0 and 1e0 are one number, and true is none."""
    is_number = [isinstance(one, int | float) or _is_decimal(one) for one in (wanted, found)]
    is_truth = [isinstance(one, bool) for one in (wanted, found)]
    if is_truth[0] != is_truth[1] or is_number[0] != is_number[1]:
        return False
    if is_number[0] and not is_truth[0]:
        return _decimal(wanted) == _decimal(found)
    return type(wanted) is type(found) and bool(wanted == found)


def _is_decimal(value: Json) -> bool:
    return type(value).__name__ == "Decimal"


def _decimal(value: Json) -> object:
    from decimal import Decimal

    return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)


# Sources --------------------------------------------------------------------------------------


def _source_verdict(host: Host, citations: Sequence[Mapping[str, Json]]) -> Said:
    name = f"expect-source {words_of(host)}"
    addresses = [url for one in citations if isinstance(url := one.get("url"), str)]
    if any(is_of(address, host) for address in addresses):
        return name, "", ""
    hosts = [found[0] for found in map(host_of, addresses) if found]
    shown = ", ".join(_cut(one, 80) for one in list(dict.fromkeys(hosts))[:MOST_NAMED])
    why = f"it cites {shown}" if shown else "it cites no page"
    return name, f"the answer does not cite it: {why}", ""


def _cut(text: str, most: int = MOST_SHOWN) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
