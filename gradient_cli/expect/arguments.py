"""The arguments of a function call, held against the parameters that the function declares."""

from gradient_cli.errors import UsageError
from gradient_cli.expect.schema import make_schema
from gradient_cli.wire.json import Json


def complaint(parameters: Json, arguments: str, name: str) -> str | None:
    """
    Give what is wrong with a call's arguments, in one line, or None.

    Parameters that are no JSON Schema of ours prove nothing, and nothing is said of them:
    it is the service that reads them.
    """
    try:
        schema = make_schema(parameters, f'the parameters of "{name}"')
    except UsageError:
        return None
    return schema.judge(arguments.strip() or "{}").complaint
