"""
Templates: {{ name }} stands for a variable.

    name     a letter of any script or _, then letters, digits, _ and -
    {{{{     a literal {{
"""

import re
from collections.abc import Iterable, Mapping

from gradient_cli.errors import UsageError

_NAME = re.compile(r"[^\W\d][\w-]*")
_PLACE = re.compile(rf"\{{\{{\{{\{{|\{{\{{\s*({_NAME.pattern})\s*\}}\}}")


def fill(
    text: str,
    variables: Mapping[str, str],
    where: str = "the prompt",
    *,
    is_template: bool = False,
    way: str = "--var {name}=VALUE",
) -> str:
    """
    Give the text with its variables filled in; what is filled in is not looked at again.

    Without any variables given, a text is left alone, unless it is known to be a template:
    prompts about templates are prompts. `way` is how this caller's user sets a variable, with
    {name} for its name.

    Raises:
        UsageError: a variable that is not set; names it and the nearest that is.

    """
    if not variables and not is_template:
        return text

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name is None:
            return "{{"
        if name not in variables:
            raise _unset(name, variables, where, way.replace("{name}", name))
        return variables[name]

    return _PLACE.sub(value, text)


def _unset(name: str, variables: Mapping[str, str], where: str, remedy: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(name, list(variables), 1)
    advice = f"; did you mean {near[0]}?" if near else ""
    return UsageError(
        f"{{{{ {name} }}}} in {where} is not set{advice}",
        hint=f"{remedy}, or {{{{{{{{ for a literal {{{{",
    )


def is_name(text: str) -> bool:
    """Tell whether {{ text }} would be a variable's place."""
    return bool(_NAME.fullmatch(text))


def bare(text: str) -> str:
    """Give what a text says beside its variables."""
    return _PLACE.sub(lambda match: "" if match[1] else "{{", text)


def names(text: str) -> set[str]:
    """Give the variables that a text asks for."""
    return {match[1] for match in _PLACE.finditer(text) if match[1]}


def unused(texts: Iterable[str], variables: Iterable[str]) -> list[str]:
    """Give the variables that no text asks for, in their own order."""
    asked = set().union(*(names(text) for text in texts))
    return [name for name in variables if name not in asked]
