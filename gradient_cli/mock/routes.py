"""The paths that the mock serves: what each takes, and which model it is about."""

from gradient_cli.wire.json import Json

DECISIONS = "/v1/systemone"
_PATHS = {"/v1/models": "GET", "/v1/responses": "POST", DECISIONS: "POST"}
_MODEL = "/v1/models/"


def method_of(path: str) -> str | None:
    """Give what a path takes; None: there is no such path."""
    return "GET" if model_of(path) else _PATHS.get(path)


def model_of(path: str) -> str | None:
    """Give the model that a path is about; its id may have slashes."""
    from urllib.parse import unquote

    return unquote(path.removeprefix(_MODEL)) or None if path.startswith(_MODEL) else None


def body_refusal(body: Json) -> tuple[int, str] | None:
    """Give why a body is no request, in the service's words."""
    if not isinstance(body, dict):
        return 400, "the body is not a JSON object"
    given = body.get("input")
    if not isinstance(given, str) and not (isinstance(given, list) and given):
        return 400, "`input` must be a text or a list of items"
    return None
