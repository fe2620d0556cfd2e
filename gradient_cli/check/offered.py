"""
The tools that a test offers: those of its suite, and those of the command line.

A suite may belong to a stranger. It can offer functions, which nobody runs unless the command
line names a program, and the service's own tools; but it can name no server that the service
then tells what a prompt holds, and no token. The command line can: `check --tool`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradient_cli.ask.session import Tell
from gradient_cli.ask.texts import Texts
from gradient_cli.check.case import Case
from gradient_cli.errors import UsageError
from gradient_cli.terminal.opener import Opener
from gradient_cli.wire.json import Json, line
from gradient_cli.wire.request import Request

_ENDPOINTS = ("server_url", "connector_id")


class Offer:
    """The tools of the command line, for every test."""

    def __init__(self, given: Sequence[str], tell: Tell) -> None:
        """`given` as the user wrote them; read when the first test wants them."""
        self._given = given
        self._tell = tell
        self._read: tuple[Json, ...] | None = None

    def over(
        self,
        request: Request,
        case: Case,
        fields: Mapping[str, Json],
        opener: Opener,
        texts: Texts,
    ) -> Request:
        """
        Give a request with all that is offered to it; `fields` are those of test and prompt file.

        Raises:
            UsageError: a tool is none, or leads elsewhere; the choice is none of them.

        """
        if case.tools or self._given:
            own = suite_tools(case.tools, opener, texts)
            request = replace(request, tools=(*own, *self._tools()))
        params = fields.get("params")
        if isinstance(params, dict) and "tools" in params:
            check_harmless(params["tools"], "params")
            if self._given:
                raise UsageError("params: `params.tools` would replace --tool")
        try:
            request.check_tools()
        except UsageError as error:
            error.message = error.message.replace("--tool-choice", "tool_choice")
            raise
        return request

    def words(self) -> list[str]:
        """Give --tool again, but what holds a secret itself and not the name of its file."""
        if not self._given:
            return []
        from gradient_cli.wire.tool_secrets import secrets_of

        secrets = secrets_of({"tools": self._tools()})
        written = [word for secret in secrets for word in (f"={secret}", line(secret))]
        kept = [tool for tool in self._given if not any(word in tool for word in written)]
        return [word for tool in kept for word in ("--tool", tool)]

    def _tools(self) -> tuple[Json, ...]:
        if self._read is None:
            from gradient_cli.ask.service_tools import Reader

            self._read = Reader(self._tell).tools(self._given)
        return self._read


def suite_tools(given: Sequence[Json], opener: Opener, texts: Texts) -> tuple[Json, ...]:
    """
    Give the tools of a test.

    Raises:
        UsageError: one is none, cannot be read, or names a server or a secret.

    """
    from gradient_cli.ask.service_tools import Reader

    reader = Reader(lambda _: None, opener, "tools:")
    found = reader.tools(texts.expected_json(value, "tools") for value in given)
    check_harmless(found)
    return found


def check_harmless(tools: Json, key: str = "tools") -> None:
    """
    Refuse tools of a suite that lead elsewhere.

    Raises:
        UsageError: one names a server or holds a secret.

    """
    from gradient_cli.wire.tool_secrets import secret_fields

    for tool in tools if isinstance(tools, list | tuple) else []:
        if not isinstance(tool, Mapping) or tool.get("type") == "function":
            continue
        check_harmless(tool.get("tools"), key)
        named = [name for name in _ENDPOINTS if name in tool] or list(secret_fields(tool))
        if named:
            raise UsageError(
                f"{key}: a suite names no server and no secret: {named[0]}",
                hint="on the command line: gradient check --tool mcp:server_label=…,server_url=…",
            )
