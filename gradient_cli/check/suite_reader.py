"""
One table of a suite, read strictly: every key known, every value of its kind, something expected.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from gradient_cli.check.case import Case
from gradient_cli.check.inquiry import POINT_KEYS, point_of
from gradient_cli.check.keys import EXPECTATIONS, KEYS
from gradient_cli.check.positions import Lines
from gradient_cli.check.shares import Required, share_of
from gradient_cli.check.wants import Wants
from gradient_cli.errors import UsageError
from gradient_cli.expect.extract import Extraction
from gradient_cli.settings.setting_keys import REQUEST_KEYS
from gradient_cli.wire.json import Json, line

MOST_REPEATS = 1000

ADDED_KEYS = tuple(name for name, key in KEYS.items() if key.adds)
"""What can stand together: [defaults] and the test both hold."""
FORM_KEYS = ("one_of", "schema")
"""What the answer is: one of [defaults] yields to another of the test."""
PROMPT_KEYS = ("prompt", "prompt_file", "answer")
EXTRACT_KEYS = ("extract", "extract_last", "extract_lang")
ALLOW_KEYS = ("allow_empty", "allow_refusal")
NOT_IN_DEFAULTS = tuple(name for name, key in KEYS.items() if not key.in_defaults)
JUDGES_SEE = ("prompt", "files")


def near_words(key: str, known: Sequence[str]) -> str:
    """Give "; did you mean …?", or nothing."""
    near = get_close_matches(key, known, 1)
    return f"; did you mean `{near[0]}`?" if near else ""


def _share(value: Json) -> int | None:
    return share_of(value) if isinstance(value, str) else None


class Reader:
    """Reads one table of a suite."""

    def __init__(self, path: str, table: Mapping[str, Json], lines: Lines) -> None:
        self._path = path
        self._table = table
        self._lines = lines

    def _fault(self, key: str, words: str, hint: str | None = None) -> UsageError:
        return UsageError(f"{self._path}:{self._lines.of(key)}: {words}", hint=hint)

    def check_keys(self) -> None:
        """Refuse unknown keys and values of the wrong kind."""
        for key, value in self._table.items():
            if key not in KEYS:
                hint = "`gradient help suite` explains every key"
                if key in POINT_KEYS:
                    hint = f'it belongs to a decision: decide = {{ question = "…", {key} = … }}'
                raise self._fault(key, f"unknown key `{key}`{near_words(key, tuple(KEYS))}", hint)
            self._check_kind(key, value)

    def _check_kind(self, key: str, value: Json) -> None:
        kind = KEYS[key].kind
        if not kind.accepts(value):
            raise self._fault(key, f"`{key}` must be {kind.words}")

    def _list(self, key: str) -> list[str]:
        value = self._table.get(key, [])
        return (
            [value]
            if isinstance(value, str)
            else list(value)
            if isinstance(value, list)
            else [value]
        )

    def case(self) -> Case:
        """Give the test, or raise what is wrong with it."""
        self.check_keys()
        table = self._table
        name = table.get("name") or f"line {self._lines.start}"
        self._check_asked(name)
        self._check_expectations()
        self._check_rows()
        self._check_sureness()
        repeat = table.get("repeat", 1)
        required = self._required()
        require = self._require(repeat, required)
        return Case(
            suite=self._path,
            line=self._lines.start,
            name=name,
            prompt=table.get("prompt"),
            prompt_file=table.get("prompt_file"),
            answer=table.get("answer"),
            files=tuple(self._list("files")),
            variables=table.get("vars", {}),
            fields={key: table[key] for key in REQUEST_KEYS if key in table},
            tools=tuple(self._listed("tools")),
            profile=table.get("profile"),
            repeat=repeat,
            require=require,
            required=required,
            cases=table.get("cases"),
            inline=self._inline(),
            group=table.get("group"),
            models=tuple(self._list("models")),
            places={key: self._lines.of(key) for key in table},
            wants=self._wants(),
            expected=self._expected(),
            allow_empty=table.get("allow_empty"),
            allow_refusal=table.get("allow_refusal", False),
            label=table.get("label"),
            decide_model=table.get("decide_model"),
            judge_model=table.get("judge_model"),
            judge_votes=table.get("judge_votes", 1),
            judge_sees=tuple(self._list("judge_sees")),
            tags=tuple(self._list("tags")),
            skip=table.get("skip"),
        )

    def _inline(self) -> tuple[tuple[int, Mapping[str, Json]], ...]:
        rows = self._table.get("case", [])
        return tuple(zip(self._lines.of_rows(rows), rows, strict=True))

    def _check_asked(self, name: str) -> None:
        """Refuse a test that asks nothing, or expects nothing."""
        table = self._table
        asked = [key for key in PROMPT_KEYS if key in table]
        if len(asked) > 1:
            raise self._fault(asked[1], f'"{name}" has both `{asked[0]}` and `{asked[1]}`')
        if not asked:
            raise self._fault("prompt", f'"{name}" has neither `prompt` nor `prompt_file`')
        if "prompt" in table and not table["prompt"].strip() and not table.get("files"):
            raise self._fault("prompt", f'"{name}" has an empty `prompt`')
        if "answer" in table:
            self._check_given(name)
        if not any(key in table for key in EXPECTATIONS) and not self._extraction():
            raise self._fault(
                "name", f'"{name}" expects nothing: every answer would pass',
                f"one of {', '.join(EXPECTATIONS)}",
            )  # fmt: skip

    def _check_given(self, name: str) -> None:
        """Refuse what says nothing about an answer that no model gave."""
        table = self._table
        if not table["answer"].strip():
            raise self._fault("answer", f'"{name}" has an empty `answer`')
        for key in ("max_seconds", "max_output_tokens_used", "votes", "calls", "sources"):
            if key in table:
                raise self._fault(key, f"`{key}` says nothing of an `answer` that nobody is asked")
        if table.get("files") and "files" not in self._list("judge_sees"):
            raise self._fault("files", "`files` beside `answer` are read by nobody",
                              'judge_sees = ["files"]')  # fmt: skip

    def _check_sureness(self) -> None:
        """Refuse what is sure of nothing."""
        table = self._table
        if "votes" in table and "one_of" not in table:
            raise self._fault("votes", "`votes` is about `one_of`")
        by_votes = "judge" in table and table.get("judge_votes", 1) > 1
        by_tokens = "one_of" in table and "answer" not in table
        if "sure" in table and not ("decide" in table or by_tokens or by_votes):
            raise self._fault("sure", "`sure` is about `decide`, `one_of` and `judge_votes`")
        if "label" in table and not ("cases" in table or "case" in table):
            raise self._fault("label", "`label` names a column, and the test has no `cases`")
        for value in self._points():
            try:
                point_of(value)
            except UsageError as error:
                raise self._fault("decide", error.message, error.hint) from None

    def _points(self) -> list[Json]:
        return self._listed("decide")

    def _listed(self, key: str) -> list[Json]:
        value = self._table.get(key, [])
        return value if isinstance(value, list) else [value]

    def _check_calls(self) -> None:
        """Refuse calls that are none; what a variable or a file stands for is seen later."""
        if "calls" not in self._table:
            return
        from gradient_cli.expect.evidence import call_given

        for value in self._listed("calls"):
            if isinstance(value, str) and ("{{" in value or "=@" in value):
                continue
            try:
                call_given(value, "calls", lambda text, _: text)
            except UsageError as error:
                raise self._fault("calls", error.message, error.hint) from None

    def _require(self, repeat: int, required: Required) -> int:
        """Give how many attempts must pass: of a row each."""
        has_rows = "cases" in self._table or "case" in self._table
        require = repeat if has_rows else required.of(repeat)
        if repeat > MOST_REPEATS:
            raise self._fault("repeat", f"`repeat` {repeat} is above {MOST_REPEATS}")
        if require > repeat:
            raise self._fault("require", f"`require` {require} is above `repeat` {repeat}")
        return require

    def _required(self) -> Required:
        value = self._table.get("require")
        return Required(share=_share(value)) if isinstance(value, str) else Required(count=value)

    def _check_rows(self) -> None:
        """Refuse two data sets, a group without one, and models that say one thing twice."""
        table = self._table
        if "cases" in table and "case" in table:
            raise self._fault("case", "`cases` and [[test.case]] exclude each other")
        if "group" in table and not ("cases" in table or "case" in table):
            raise self._fault("group", "`group` names a column, and the test has no `cases`")
        models = self._list("models")
        if "models" in table and not (models and all(name.strip() for name in models)):
            raise self._fault("models", "`models` names no model")
        if len(set(models)) < len(models):
            raise self._fault("models", "`models` names a model twice")
        if models and "model" in table:
            raise self._fault("models", "`model` and `models` exclude each other")

    def _check_expectations(self) -> None:
        """Refuse what says nothing, or contradicts itself."""
        table = self._table
        texts = ("equals", "expect", "expect_re", "reject", "reject_re")
        if table.get("ignore_case") and not any(key in table for key in texts):
            raise self._fault("ignore_case", f"`ignore_case` is about {', '.join(texts)}")
        if not table.get("skip", "why").strip():
            raise self._fault("skip", "`skip` is empty: say why")
        for key in (*EXPECTATIONS, "judge_sees"):
            if table.get(key) == [] or (key == "judge" and "" in map(str.strip, self._list(key))):
                raise self._fault(key, f"{key} is empty: it says nothing about an answer")
        self._check_calls()
        forms = [key for key in FORM_KEYS if key in table]
        if self._extraction():
            forms.append(next(key for key in EXTRACT_KEYS if table.get(key)))
        if len(forms) > 1:
            raise self._fault(
                forms[1], f"`{forms[0]}` and `{forms[1]}` exclude each other: the answer is one",
                "a schema and `one_of` take a fenced answer as it is",
            )  # fmt: skip
        for name in self._list("judge_sees"):
            if name not in JUDGES_SEE:
                raise self._fault("judge_sees", f'`judge_sees` knows no "{name}"', "prompt, files")
        self._check_params()

    def _check_params(self) -> None:
        """Refuse what would replace the prompt, or the tools."""
        table = self._table
        if table.get("tools") == []:
            raise self._fault("tools", "`tools` is empty")
        params = table.get("params", {})
        for name in params:
            if name.split(".")[0] == "input":
                raise self._fault("params", "`params.input` would replace the prompt")
            if name.split(".")[0] == "tools" and "tools" in table:
                raise self._fault("params", "`params.tools` would replace `tools`")

    def _wants(self) -> Wants:
        table = self._table
        return Wants(
            equals=table.get("equals"),
            expect=tuple(self._list("expect")),
            expect_re=tuple(self._list("expect_re")),
            reject=tuple(self._list("reject")),
            reject_re=tuple(self._list("reject_re")),
            one_of=tuple(self._list("one_of")),
            schema=table.get("schema"),
            extraction=self._extraction(),
            max_output_tokens_used=table.get("max_output_tokens_used"),
            max_seconds=table.get("max_seconds"),
            max_characters=table.get("max_characters"),
            max_words=table.get("max_words"),
            ignore_case=table.get("ignore_case", False),
            calls=tuple(self._listed("calls")),
            sources=tuple(self._list("sources")),
            checks=tuple(self._list("checks")),
            judge=tuple(self._list("judge")),
            decide=tuple(point_of(value) for value in self._points()),
            sure=table.get("sure"),
            votes=table.get("votes"),
        )

    def _extraction(self) -> Extraction | None:
        language = self._table.get("extract_lang")
        is_last = bool(self._table.get("extract_last"))
        is_wanted = bool(self._table.get("extract")) or is_last or language is not None
        return Extraction(language, is_last) if is_wanted else None

    def _expected(self) -> tuple[tuple[str, str], ...]:
        found = []
        for key in EXPECTATIONS:
            if key == "decide":
                found += [(key, point.words) for point in map(point_of, self._points())]
            elif key == "calls":
                found += [
                    (key, one if isinstance(one, str) else line(one)) for one in self._listed(key)
                ]
            elif key in self._table:
                value = self._table[key]
                values = value if isinstance(value, list) and key != "one_of" else [value]
                found += [(key, ", ".join(v) if isinstance(v, list) else str(v)) for v in values]
        for key in (*EXTRACT_KEYS, *ALLOW_KEYS, "sure", "votes"):
            if value := self._table.get(key):
                found.append((key, "true" if value is True else str(value)))
        return tuple(found)
