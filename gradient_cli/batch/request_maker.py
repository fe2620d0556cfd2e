"""
From an item to its request: the flags' request, with what the item says put over it.

    a line, a file   {{ item }} in PROMPT, or a block before it; without PROMPT the prompt itself
    a row            its `prompt` or PROMPT, filled with its `vars`; its other fields as they are
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import field, replace
from functools import lru_cache
from typing import Any

from gradient_cli.batch.items.item import Item
from gradient_cli.errors import UsageError
from gradient_cli.values import record
from gradient_cli.wire import template
from gradient_cli.wire.attachment import Block, compose
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LONG_TEXT, OTHER_FIELDS, LongText, Request, Stencil

ITEM = "item"
"""The variable that stands for a line's text."""

_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "model": ((str,), "a text"),
    "instructions": ((str,), "a text"),
    "max_output_tokens": ((int,), "a whole number"),
    "temperature": ((int, float), "a number"),
    "top_p": ((int, float), "a number"),
    "stop": ((list, str), "a text or a list"),
    "metadata": ((dict,), "an object"),
    "user": ((str,), "a text"),
    "modalities": ((list,), "a list"),
    "parallel_tool_calls": ((bool,), "true or false"),
    "tools": ((list,), "a list"),
    "reasoning_effort": ((str,), "a text"),
    "previous_response_id": ((str,), "a text"),
    "stream": ((bool,), "true or false"),
    "input": ((str, list), "a text or a list of items"),
}
"""The fields of a row that a Request has, too, and what they may be."""


@record
class RequestMaker:
    """Makes the requests of a run."""

    base: Request
    """What the flags and settings say."""
    prompt: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    blocks: Sequence[Block] = ()
    """Files that go before every prompt."""
    where: str = "the prompt"
    """What PROMPT is called in errors: the file that it stands in."""
    no_model: Callable[[], UsageError] | None = None
    """Gives the error of a row without a model, where the endpoint demands one."""
    own_columns: Sequence[str] = ("prompt",)
    """The columns of a table that are asked, the first that is there, if there is no PROMPT."""
    row_fields: Collection[str] | None = None
    """What rows may say of their own request; None: any field of one."""
    _checked: Sequence[str] | None = field(init=False)
    """The kind of item that was checked last."""
    _may_be_empty: bool = field(init=False)
    """PROMPT is made of variables alone."""
    _frame: tuple[str, str] | None = field(init=False)
    """What stands before and behind a line; None where that is not known or not alike."""
    _stencil: Stencil | None = field(init=False)
    """None where more than the input differs, or a parameter stands in for it."""

    def __post_init__(self) -> None:
        """Prepare what all rows have in common."""
        is_varied = bool(self.base.instructions and self.variables) or any(
            name.split(".")[0] == "input" for name in self.base.params
        )
        object.__setattr__(self, "_checked", None)
        object.__setattr__(self, "_frame", None)
        own = self.prompt or ("{{ prompt }}" if self.prompt is None else "")
        object.__setattr__(self, "_may_be_empty", not template.bare(own).strip())
        object.__setattr__(self, "_stencil", None if is_varied else Stencil(self.base))

        object.__setattr__(self, "_frame", self._framed())

    def _framed(self) -> tuple[str, str] | None:
        """Give what a line is put between: it is the same for all of them."""
        mark = "\N{OBJECT REPLACEMENT CHARACTER}line\N{OBJECT REPLACEMENT CHARACTER}"
        try:
            whole = self._input(Item(0, "", text=mark), self.variables)
        except UsageError:
            return None  # It will be told of a line.
        parts = whole.split(mark) if isinstance(whole, str) else []
        return (parts[0], parts[1]) if len(parts) == 2 else None

    def key(self, item: Item) -> str:
        """
        Give the key of `request(item)`, several times as fast.

        Raises:
            UsageError: as `request` does.

        """
        if self._stencil and not (item.fields or (item.variables and self.base.instructions)):
            try:
                text = self._input(item, self._variables(item))
            except UsageError as error:
                raise _located(error, item) from None
            if isinstance(text, str) and text:
                return self._stencil.key(text)
        return self.request(item).key()

    def check(self, item: Item) -> None:
        """
        Make sure that `request(item)` can be made; what is alike is looked at once.

        Raises:
            UsageError: as `request` does.

        """
        if item.fields or (item.text is None and item.columns is None):
            self.request(item)
            return
        # All lines are alike, and all rows of a table.
        kind = item.columns if item.text is None else ("", str(item.path is None))
        if kind is not self._checked and kind != self._checked:
            # Before the request: one line says what is wrong with all of them.
            object.__setattr__(self, "_checked", kind)
            self.request(item)
        elif self._may_be_empty and item.text is None:
            self.request(item)

    def uses_prompt(self, item: Item) -> bool:
        """Tell whether PROMPT is a part of the item's request."""
        return item.prompt is None and "input" not in item.fields

    def _variables(self, item: Item) -> Mapping[str, str]:
        if not item.variables:
            return self.variables
        return {**self.variables, **item.variables} if self.variables else item.variables

    def request(self, item: Item) -> Request:
        """
        Give an item's request.

        Raises:
            UsageError: it asks nothing, a variable is not set, or a field is of the wrong kind.

        """
        try:
            request = self._request(item)
        except UsageError as error:
            raise _located(error, item) from None
        if self.no_model and not request.sent_model:
            raise self.no_model()
        return request

    def _request(self, item: Item) -> Request:
        variables = self._variables(item)
        named = self._named(item)
        if "input" not in named:
            named["input"] = self._input(item, variables)
        elif item.prompt is not None:
            raise UsageError('the row has "prompt" and "input"', hint="one of them is sent")
        instructions = named.get("instructions", self.base.instructions)
        if instructions and variables:
            named["instructions"] = template.fill(instructions, variables, "the instructions")
        return replace(self.base, **named)

    def _input(self, item: Item, variables: Mapping[str, str]) -> str | LongText:
        if self._frame is not None and item.text is not None and item.path is None:
            text = f"{self._frame[0]}{item.text}{self._frame[1]}"
            return text if len(text) < LONG_TEXT else LongText([text])
        blocks = list(self.blocks)
        prompt = item.prompt if item.prompt is not None else self._prompt_for(item)
        if item.text is None:
            if prompt is None and not self.base.body().get("input"):
                raise self._no_prompt()
            self._check_used(item, prompt or "", variables)
            text = self._filled(item, prompt or "", variables)
            if not text and not blocks and not self.base.body().get("input"):
                raise UsageError(
                    "there is nothing to ask: the prompt is empty",
                    hint="a row of which nothing is asked has no place among ITEMS",
                )
            return compose(blocks, text)
        if prompt is None:
            return compose(blocks, item.text)
        if "{{" in prompt and ITEM in template.names(prompt):
            variables = {**variables, ITEM: item.text}
        else:
            blocks.append(Block(item.path, item.text, ITEM))
        return compose(blocks, self._filled(item, prompt, variables))

    def _no_prompt(self) -> UsageError:
        if self.row_fields is None:
            hint = 'a row needs "prompt" or "input", or give PROMPT'
            return UsageError("there is no prompt", hint=hint)
        return UsageError(
            "there is nothing to decide about",
            hint="PROMPT says what is: '{{ NAME }}'; or a column " + ", ".join(self.own_columns),
        )

    def _prompt_for(self, item: Item) -> str | None:
        """Give PROMPT; without one a table's own column of that name."""
        if self.prompt is None and item.columns is not None:
            own = next((name for name in self.own_columns if name in item.variables), None)
            return None if own is None else f"{{{{ {own} }}}}"
        return self.prompt

    def _filled(self, item: Item, prompt: str, variables: Mapping[str, str]) -> str:
        """Fill in the variables: PROMPT is a template, a row's own prompt may be none."""
        if "{{" not in prompt:
            return prompt
        is_own = item.prompt is not None
        way = "--var {name}=VALUE"
        if item.text is None:
            way += ", or a column of that name" if item.columns else ', or "vars" of the row'
        else:
            way += ", or --csv where ITEMS are a table"
        where = "the prompt" if is_own else self.where
        return template.fill(prompt, variables, where, is_template=not is_own, way=way)

    def _check_used(self, item: Item, prompt: str, variables: Mapping[str, str]) -> None:
        """Refuse a row whose data would not be in the request."""
        asked = _names(prompt) if "{{" in prompt else frozenset()
        if ITEM in asked and ITEM not in variables:
            raise UsageError(
                "{{ item }} stands for a line's text, and a row has none",
                hint=f'"vars": {{"{ITEM}": "..."}} gives it one',
            )
        if not item.variables or not asked <= variables.keys():
            return  # What is not set will be told when it is filled in.
        texts = item.fields.get("instructions"), self.base.instructions
        asked = asked.union(*(template.names(text) for text in texts if isinstance(text, str)))
        if asked.isdisjoint(item.variables):
            name = next(iter(item.variables))
            what = 'no "vars" of the row is used' if item.columns is None else "no column is used"
            raise UsageError(
                f"{what}, such as `{name}`",
                hint=f"the prompt says where it goes: {{{{ {name} }}}}",
            )

    def _named(self, item: Item) -> dict[str, Any]:
        """Give a row's fields by the names that a Request has; the others are parameters."""
        fields = item.fields
        if not fields:
            return {}
        named: dict[str, Any] = {}
        params = dict(self.base.params)
        for name, value in fields.items():
            if self.row_fields is not None and name not in self.row_fields:
                raise UsageError(f'"{name}" says nothing of a decision', hint="leave it out")
            if name in _KINDS and value is not None:
                _check_kind(name, value)
                named[name] = tuple(value) if isinstance(value, list) else value
            elif name == "params" and isinstance(value, dict):
                params.update(value)
            elif name in _KINDS or name in OTHER_FIELDS or item.is_body:
                _check_text(name, value)
                params[name] = value
            else:
                raise _unknown(name)
        if isinstance(named.get("stop"), str):
            named["stop"] = (named["stop"],)
        return {**named, "params": params}


@lru_cache(maxsize=64)
def _names(prompt: str) -> frozenset[str]:
    """Give the names that a prompt asks for; most rows have the same one."""
    return frozenset(template.names(prompt))


def _located(error: UsageError, item: Item) -> UsageError:
    """Give the error with the item's place before its words."""
    if not error.message.startswith(item.where):
        error.message = f"{item.where}: {error.message}"
    return error


def _check_text(name: str, value: Json) -> None:
    """Tell the request's `text`, an object, from a column of data that is called so."""
    if name == "text" and not isinstance(value, dict):
        raise UsageError('"text" is not an object', hint="the row's own text is its `prompt`")


def _unknown(name: str) -> UsageError:
    from difflib import get_close_matches

    near = get_close_matches(
        name, [*_KINDS, *OTHER_FIELDS, "id", "prompt", "vars", "params"], 1, 0.75
    )
    advice = f"; did you mean {near[0]}?" if near else ""
    return UsageError(
        f'unknown field "{name}"{advice}',
        hint="columns go into `vars`: jq -c '{id, vars: .}' FILE (of an array: "
        "'.[] | {id, vars: .}'), fields of the request into `params`, what is only carried along "
        "into `data`",
    )


def _check_kind(name: str, value: Json) -> None:
    kinds, words = _KINDS[name]
    is_wrong = isinstance(value, bool) != (kinds == (bool,))
    if is_wrong or not isinstance(value, kinds):
        raise UsageError(f'"{name}" is not {words}')
    if isinstance(value, dict) and not all(isinstance(text, str) for text in value.values()):
        raise UsageError(f'"{name}" holds something that is no text')
