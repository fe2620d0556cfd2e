"""
The desk: where a test gets everything that it needs to be asked.

    Case ─► files, variables, prompt ─► Request ─► Prepared, with a session for its profile
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from gradient_cli.ask import flag_values, inputs
from gradient_cli.ask.client import Asker
from gradient_cli.ask.flaws import Allowed, is_blank
from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.question_options import RequestOptions
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions, ToolOptions
from gradient_cli.ask.session import Session, Tell, open_session
from gradient_cli.ask.sureness import with_tokens
from gradient_cli.ask.texts import Texts, from_files, with_files
from gradient_cli.check.case import Case, Row
from gradient_cli.check.inquiry import Inquiry
from gradient_cli.check.judge import Bench
from gradient_cli.check.offered import Offer
from gradient_cli.check.program_checks import programs_of
from gradient_cli.check.report import Result
from gradient_cli.check.rerun import rerun_line
from gradient_cli.check.suite_options import TapeOptions, WhichOptions
from gradient_cli.check.trial import Prepared
from gradient_cli.errors import ConfigError, GradientError, MachineExhausted, UsageError
from gradient_cli.settings.prompt_file import parse_prompt_file
from gradient_cli.settings.resolve import Settings, chosen_profile, load, no_model
from gradient_cli.terminal.intake import short
from gradient_cli.terminal.opener import Opener
from gradient_cli.wire import template
from gradient_cli.wire.address import is_digitalocean
from gradient_cli.wire.attachment import Block, compose
from gradient_cli.wire.json import Json
from gradient_cli.wire.request import LongText, Request

if TYPE_CHECKING:
    from gradient_cli.ask.tools.kit import Kit
    from gradient_cli.transport.tape import Unasked

_KEY = re.compile(r"(?:\{\{ \S+ \}\} in )?(?:the )?`?(\w+)")
"""The key that the words of an error begin with."""

WAY = 'vars = { {name} = "VALUE" }'
"""How a suite sets a variable."""


class Desk:
    """Prepares tests: reads what they need, and opens a session for each profile."""

    def __init__(
        self,
        invocation: Invocation,
        which: WhichOptions,
        tape: TapeOptions,
        network: NetworkOptions,
        tell: Tell,
        detail: Tell,
        cases: Sequence[Case] = (),
        left_out: Sequence[Case] = (),
        read: set[tuple[int, int]] | None = None,
        tools: ToolOptions | None = None,
    ) -> None:
        """
        Get ready for `cases`; `left_out` are tests of their suites that are not asked.

        `read`: files so far.
        """
        self.tape = tape
        self._invocation = invocation
        self._which = which
        self._network = network
        self._tell = tell
        self._detail = detail
        self._left_out = left_out
        self.read: set[tuple[int, int]] = set() if read is None else read
        """Device and inode of each file that the tests have named."""
        self._programs = programs_of(which, invocation)
        self._programs.refuse_unused(
            {name for case in (*cases, *left_out) for name in case.wants.checks}
        )
        self._tools = tools or ToolOptions()
        self._tools.refuse_alone()
        self._kit: Kit | None = None
        self._offer = Offer(which.tools or (), tell)
        self._how = (which, tape, network, self._tools)
        self._sessions: dict[str | None, tuple[Session, Callable[[], Asker]]] = {}

    def prepared(self, cases: Iterable[Case]) -> list[Prepared]:
        """
        Give the tests that are asked.

        Raises:
            GradientError: one cannot be prepared, or a program answers no function of any.

        """
        tests = [self.prepare(case) for case in cases if case.skip is None]
        if self._kit and tests:
            self._kit.check([test.request for test in tests])
        return tests

    def prepare(self, case: Case) -> Prepared:
        """
        Give a test with its request.

        Raises:
            GradientError: names the suite's file and line.

        """
        self._check_profile(case)
        # What is wrong with settings, flags and variables is no fault of the suite's.
        session, open_client = self._session(case.profile)
        try:
            self._programs.check_names(case.wants.checks)
            return self._prepare(case, session, open_client)
        except (ConfigError, MachineExhausted):
            raise
        except UsageError as error:
            raise _placed(error, case) from None

    def _prepare(self, case: Case, session: Session, open_client: Callable[[], Asker]) -> Prepared:
        opener = replace(Opener.beside(case.suite, self._which.root), seen=self.read)
        prompt, given, texts = self._prompt(case, opener)
        if case.model:
            given["model"] = case.model
        settings = session.resolved(given)
        asked = _fields(settings, given, texts)
        blocks = [Block(path, opener.read(path)) for path in case.files]
        said = "" if case.answer else _input(case, texts, compose(blocks, prompt))
        expectations = case.wants.expectations(texts, opener)
        criteria, points = case.wants.criteria(texts), case.wants.points(texts)
        inputs.check_context(case.files, blocks, from_files(case.variables, texts))
        if unused := [name for name in case.own_variables if name not in texts.asked]:
            raise UsageError(f"the variable `{unused[0]}` is not used")
        if case.row:
            _check_row(case, case.row, texts, expectations.equals)
        request = inputs.build_request(
            asked,
            input=said,
            options=RequestOptions(),
            base={},
            text_format=schema.text_format() if (schema := expectations.schema) else None,
            stream=bool(asked.get("stream", True)),
        )
        request = self._offer.over(request, case, given, opener, texts)
        self._check_model(case, request, settings)
        sureness = case.wants.sureness() if case.answer is None else None
        seen = _seen(case, prompt, blocks) if criteria or points else ()
        tags = settings.get("think_tags")
        return Prepared(
            case,
            with_tokens(request) if sureness and sureness.wants_tokens else request,
            open_client,
            self._rerun(case, case.name),
            allowed=_allowed(case, expectations.equals, keeps_tags=tags == "keep"),
            expectations=expectations,
            inquiry=Inquiry(points, _decide_model(case, settings) if points else "", seen),
            bench=_bench(case, request, criteria, seen),
            sureness=sureness,
            unsure_fails=self._which.unsure_fails,
            given=None if case.answer is None else prompt,
            programs=self._programs.within(session),
            rerun_all=self._rerun(case, case.row.test) if case.row else "",
        )

    def _check_model(self, case: Case, request: Request, settings: Settings) -> None:
        """Refuse a test that asks nobody, where the endpoint takes no request without a model."""
        is_asked = case.answer is None or (case.wants.judge and not case.judge_model)
        has_model = self.tape.replay or request.model
        if is_asked and is_digitalocean(settings.base_url) and not has_model:
            raise no_model(settings, "-m ID, or `model` in [defaults]")

    def _prompt(self, case: Case, opener: Opener) -> tuple[str, dict[str, Json], Texts]:
        """Give the filled prompt, the test's request fields, and what fills its texts."""
        variables = {
            name: flag_values.text_or_file(text, opener.read_short)
            for name, text in case.variables.items()
        }
        way = f"{WAY}, or a column of that name" if case.row else WAY
        columns = case.row.variables if case.row else {}
        if case.prompt_file is None:
            variables |= columns
            texts = Texts(variables, read=opener.read_short, way=way, is_strict=True)
            given, where = (
                (case.prompt, "the prompt") if case.answer is None else (case.answer, "answer")
            )
            prompt, fields = texts.text(given or "", where), {}
        else:
            path = opener.path(case.prompt_file)
            parsed = parse_prompt_file(opener.read_short(case.prompt_file), path)
            parsed = with_files(parsed, opener.beside_named(case.prompt_file))
            variables = {**parsed.variables, **variables, **columns}
            texts = Texts(variables, read=opener.read_short, way=way, is_strict=True)
            prompt, fields = texts.filled(parsed.text, path), dict(parsed.fields)
            if "instructions" in fields:
                fields["instructions"] = texts.filled(fields["instructions"], path)
        if not prompt.strip() and not case.files:
            raise UsageError(f"prompt: {case.prompt_file or case.prompt} is empty")
        fields |= case.fields
        if "instructions" in case.fields:
            fields["instructions"] = texts.text(case.fields["instructions"], "the instructions")
        return prompt, fields, texts

    def _check_profile(self, case: Case) -> None:
        """Refuse a profile that the suite names and the settings do not have."""
        if case.profile is None or case.profile in self._sessions:
            return
        environ = self._invocation.environ
        config = load(environ)
        try:
            chosen_profile({"profile": case.profile}, environ, config)
        except ConfigError as error:
            words = f"profile{error.message.removeprefix('--profile')}"
            raise _placed(UsageError(words, hint=error.hint), case) from None

    def _session(self, profile: str | None) -> tuple[Session, Callable[[], Asker]]:
        if profile not in self._sessions:
            network = replace(self._network, profile=profile or self._network.profile)
            session = open_session(
                self._invocation,
                {},
                network,
                ProofOptions(
                    record=_folder_of(self.tape.record, profile),
                    replay=_folder_of(self.tape.replay, profile),
                    strict_replay=self.tape.strict_replay,
                ),
                tell=self._tell,
                detail=self._detail,
            )
            if not self.tape.replay:
                session.credential()
                session.base_url()
                # Now, and not by sixteen workers at once.
                import_module("gradient_cli.transport.http")
            # What a worker would miss, the main thread misses now: recordings, a CA bundle.
            session.open_client().close()
            self._sessions[profile] = (session, self._way(session))
        return self._sessions[profile]

    def _way(self, session: Session) -> Callable[[], Asker]:
        """Give what opens a client, which answers calls where the command line names programs."""
        if not self._tools.run_tool:
            return session.open_client
        from gradient_cli.ask.tools.kit import Kit

        self._kit = kit = Kit(self._tools, session, self._tell)
        return lambda: kit.over(session.open_client())

    def _rerun(self, case: Case, name: str) -> str:
        return rerun_line(case, name, self._how, self._offer.words())

    def skipped(self, case: Case) -> Result:
        """Give the result of a test that its suite says is not asked."""
        return Result(
            suite=case.suite,
            line=case.line,
            name=case.name,
            repeat=case.repeat,
            require=case.require,
            request={},
            expectations=case.expected,
            rerun=self._rerun(case, case.name),
            skip=case.skip,
        )

    def recording_fault(self) -> GradientError | None:
        """Give why an exchange could not be recorded, if one could not."""
        faults = (session.recording_fault() for session, _ in self._sessions.values())
        return next(filter(None, faults), None)

    def unasked(self) -> "list[Unasked]":
        """Give the recordings that no test asked for; those of tests left out do not count."""
        found = [one for session, _ in self._sessions.values() for one in session.unasked()]
        return [one for one in found if not self.is_left_out(one.asked_for)]

    def is_left_out(self, asked_for: str) -> bool:
        """Tell whether a recording is that of a test which -k left out."""
        from gradient_cli.transport.tape import is_same

        name = asked_for.rpartition(" #")[0]
        return any(is_same(name, case.known_as) for case in self._left_out)

    def close(self) -> None:
        """Let go of the sessions."""
        for session, _ in self._sessions.values():
            session.close()


def _fields(settings: Settings, given: Mapping[str, Json], texts: Texts) -> dict[str, Json]:
    """Give the request fields of the settings, the user's own instructions filled."""
    asked = settings.request()
    if isinstance(asked.get("instructions"), str) and "instructions" not in given:
        # The user's own settings: a template only where there is something to fill.
        asked["instructions"] = template.fill(
            asked["instructions"], texts.variables, "the instructions", way=WAY
        )
    return asked


def _input(case: Case, texts: Texts, prompt: str | LongText) -> Json:
    """Give the prompt, behind what was said before it."""
    if not case.turns:
        return prompt
    turns = [{"role": role, "content": texts.filled(said, "messages")} for role, said in case.turns]
    return (*turns, {"role": "user", "content": prompt})


def _placed(error: UsageError, case: Case) -> UsageError:
    """Give the error with the place in the suite that its words begin with the key of."""
    found = _KEY.match(error.message)
    line = case.places.get(found[1], case.line) if found else case.line
    row = f", row {case.row.file}:{case.row.line}" if case.row else ""
    return UsageError(f"{case.suite}:{line}: {error.message}{row}", hint=error.hint)


def _bench(
    case: Case, request: Request, criteria: tuple[str, ...], seen: tuple[tuple[str, str], ...]
) -> Bench:
    model = case.judge_model or request.model
    return Bench(criteria, model, case.judge_votes, seen, case.wants.sure)


def _decide_model(case: Case, settings: Settings) -> str:
    """
    Give the model that decides.

    Raises:
        UsageError: nobody has said which.

    """
    model = case.decide_model or settings.get("decide_model")
    if isinstance(model, str):
        return model
    if settings.is_demo:
        return "demo"
    raise UsageError(
        "decide: no decision model is set",
        hint="`decide_model` in [defaults], or `gradient config set decide_model ID`",
    )


def _check_row(case: Case, row: Row, texts: Texts, equals: str | None) -> None:
    """Refuse a row of which nothing is asked, or that does not say what is expected."""
    columns = [name for name in row.variables if name in texts.asked]
    if not columns:
        raise UsageError(
            "cases: no column is used",
            hint=f"{{{{ NAME }}}} stands for one: {', '.join(row.variables)}",
        )
    if equals is not None and is_blank(equals) and not is_blank(case.wants.equals or ""):
        raise UsageError(
            "equals: the row says nothing to be equal to",
            hint='a test of its own with `equals = ""` is for empty answers',
        )
    double = [name for name in case.own_variables if name in row.variables]
    if double:
        raise UsageError(f"vars: `{double[0]}` is a column of the rows, too")


def _folder_of(tapes: str | None, profile: str | None) -> str | None:
    """
    Give the folder for a profile's recordings.

    A test's own profile has its own: another endpoint answers the same request differently.
    """
    if not (tapes and profile):
        return tapes
    # A name like ../x must not lead out of the folder.
    return str(Path(tapes) / quote(profile, safe=" ").replace("..", "%2E%2E"))


def _allowed(case: Case, wanted: str | None, *, keeps_tags: bool) -> Allowed:
    """Give what is an answer: a blank one where a blank one is wanted."""
    is_blank_wanted = wanted is not None and is_blank(wanted)
    return Allowed(
        empty=is_blank_wanted if case.allow_empty is None else case.allow_empty,
        refusal=case.allow_refusal,
        tags=keeps_tags,
    )


def _seen(case: Case, prompt: str, blocks: Sequence[Block]) -> tuple[tuple[str, str], ...]:
    """Give what judges and decisions see beside the answer."""
    seen = [("prompt", prompt)] if "prompt" in case.judge_sees and case.answer is None else []
    if "files" not in case.judge_sees:
        return tuple(seen)
    return (*seen, *(("file", short(block.path or "", block.text)) for block in blocks))
