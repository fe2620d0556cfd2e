"""The arguments of a function call, held against the parameters that the function declares."""

from gradient_cli.expect.schema import lenient_schema
from gradient_cli.wire.json import Json


def complaint(parameters: Json, arguments: str) -> str | None:
    """
    Give what is wrong with a call's arguments, in one line, or None.

    Parameters that are no JSON Schema prove nothing, and nothing is said of them: it is the
    service that reads them.
    """
    schema = lenient_schema(parameters)
    found = schema.judge(arguments.strip() or "{}").complaint if schema else None
    return found.removeprefix("the answer: ") if found else None
