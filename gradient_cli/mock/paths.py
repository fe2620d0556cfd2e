"""The paths that the mock serves: what each takes, and which model it is about."""

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
