"""One answer to a test, judged: what a report is made of."""

from collections.abc import Mapping

from gradient_cli.errors import GradientError
from gradient_cli.exits import ExitStatus
from gradient_cli.values import record
from gradient_cli.wire.events import Usage
from gradient_cli.wire.json import Json


@record
class Finding:
    """What one expectation made of one answer."""

    expectation: str
    """The suite's own key: expect, expect_re, schema, judge."""
    is_met: bool
    message: str = ""
    """What was wanted and what came; lower case, no full stop. "" if it was met."""
    excerpt: str = ""
    """The place in the answer that shows it; model text, to be made harmless by reporters."""
    reasons: tuple[str, ...] = ()
    """Why judges failed it, in their own words: model text, as the excerpt."""
    is_unsure: bool = False
    """It is not met, and not unmet either: less probable than `sure` asks."""
    question: str = ""
    """What was decided or judged, where the key alone does not say it."""
    decision: str = ""
    """The word: yes, an option, a level, a label."""
    probability: Mapping[str, Json] | None = None
    """Of what it goes by: `value`, and `from` model, tokens or votes; as in `respond --json`."""

    @property
    def odds(self) -> str:
        """Give word, probability and where it comes from, on one line; "" where there is none."""
        if not self.probability:
            return ""
        value, source = self.probability["value"], self.probability["from"]
        about = f": {self.question}" if self.question else ""
        return f"{self.decision} {value:.3g} ({source}){about}"


@record
class Ruling:
    """What programs, decisions or judges made of one answer."""

    findings: tuple[Finding, ...] = ()
    usage: Usage | None = None
    total_ms: int = 0
    fault: GradientError | None = None
    """Why it could not be judged."""


@record
class Attempt:
    """One answer to a test's request, judged; or why there is none."""

    number: int
    """From 1."""
    status: ExitStatus
    """0 passed, 1 failed, 9 unsure, the rest could not be judged."""
    text: str = ""
    """The answer, as far as it came."""
    commentary: str = ""
    """What the model said on the way to it."""
    refusal: str = ""
    """The words by which it refused."""
    pending: tuple[Json, ...] = ()
    """Items that wait for somebody, as the server sent them."""
    steps: tuple[Json, ...] = ()
    """Calls that --run-tool answered on the way to it, with what came of them."""
    tool_calls: tuple[Json, ...] = ()
    """Functions that it calls."""
    server_calls: tuple[Json, ...] = ()
    """What the service did on the way, as it sent it."""
    citations: tuple[Json, ...] = ()
    """What it cites."""
    findings: tuple[Finding, ...] = ()
    error: str | None = None
    """Why it could not be judged; lower case, no full stop."""
    hint: str | None = None
    request_id: str | None = None
    model: str | None = None
    usage: Usage | None = None
    """Of the answer and its judges together."""
    sends: int = 0
    """Requests sent, retries included, judges not."""
    first_token_ms: int | None = None
    total_ms: int = 0
    judged_ms: int = 0
    """How long its programs, decisions and judges took."""
    warning: str = ""
    """What a reader should know of an answer that was judged; lower case, no full stop."""

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Give the findings that were not met, unsure ones behind the others."""
        missed = [finding for finding in self.findings if not finding.is_met]
        return tuple(sorted(missed, key=lambda finding: finding.is_unsure))
