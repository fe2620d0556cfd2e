"""The arguments of a function call, held against the parameters that the function declares."""

from collections.abc import Iterable, Mapping

from gradient_cli.expect.schema import lenient_schema
from gradient_cli.values import record
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.strict import parse


def complaint(parameters: Json, arguments: str) -> str | None:
    """
    Give what is wrong with a call's arguments, in one line, or None.

    Parameters that are no JSON Schema prove nothing, and nothing is said of them: it is the
    service that reads them.
    """
    schema = lenient_schema(parameters)
    found = schema.judge(arguments.strip() or "{}").complaint if schema else None
    return found.removeprefix("the answer: ") if found else None


@record
class Arguments:
    """Arguments that a program may be given, or why it may not."""

    text: str = ""
    """One line of JSON, written anew from what was read."""
    complaint: str | None = None


def read_arguments(definitions: Iterable[Json], arguments: str) -> Arguments:
    """
    Read a call's arguments for a program: what does not fit never comes to it.

    `definitions` are the `parameters` of each definition of the function; all must fit. A
    function without parameters takes no arguments. What cannot be checked does not fit.
    """
    text = arguments.strip() or "{}"
    try:
        found = parse(text)
    except ValueError as error:
        return Arguments(complaint=f"they are no JSON: {error}")
    if not isinstance(found, dict):
        return Arguments(complaint="they are no JSON object")
    value: Json = found
    for parameters in definitions:
        if parameters is None:
            if found:
                return Arguments(complaint="the function takes none")
            continue
        schema = lenient_schema(parameters) if isinstance(parameters, Mapping) else None
        if schema is None:
            return Arguments(complaint="the parameters of the function are no JSON Schema")
        reading = schema.judge(text)
        if reading.complaint:
            words = reading.complaint.removeprefix("the answer: ")
            return Arguments(complaint=words.replace("the answer", "the arguments", 1))
        value = reading.value
    return Arguments(line(value))


def is_sound(parameters: Json) -> bool:
    """Tell whether arguments can be held against parameters; without any, there are none."""
    if parameters is None:
        return True
    return isinstance(parameters, Mapping) and lenient_schema(parameters) is not None
