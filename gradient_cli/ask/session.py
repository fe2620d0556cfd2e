"""
One run's way to the service: settings resolved once, clients opened as they are needed.

    flags + environment + files ─► Settings ─► Session.open_client() ─► Client
                                                   │
            --replay: recordings │ demo: the mock inside │ else: HTTP, recorded if asked
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from gradient_cli.ask.invocation import Invocation
from gradient_cli.ask.run_options import NetworkOptions, ProofOptions
from gradient_cli.errors import GradientError, UsageError
from gradient_cli.settings.config_file import Config
from gradient_cli.settings.credentials import Credential
from gradient_cli.settings.keyring import empty_variable
from gradient_cli.settings.resolve import Settings, resolve
from gradient_cli.values import mutable_record
from gradient_cli.wire.address import without_password
from gradient_cli.wire.json import Json, dumps

if TYPE_CHECKING:
    from gradient_cli.ask.client import Client
    from gradient_cli.mock.server import MockServer
    from gradient_cli.transport.deadline import Deadline
    from gradient_cli.transport.faults import Setting
    from gradient_cli.transport.http import Network
    from gradient_cli.transport.limiter import Limiter
    from gradient_cli.transport.reply import Transport
    from gradient_cli.transport.sockets import Wait
    from gradient_cli.transport.tape import Player, Recorder, Unasked

    Around = Callable[[Transport], Transport]

LONGEST_SHOWN = 80
"""Characters of a setting that --verbose shows."""
STALE = "delete what is no longer asked, or record anew into an empty folder"
"""What to do about recordings that nothing asks for."""

Tell = Callable[[str], None]


@mutable_record
class Session:
    """What all clients of one run share."""

    invocation: Invocation
    settings: Settings
    proof: ProofOptions
    tell: Tell
    """Says a line for people: waits, warnings."""
    detail: Tell
    """Says a line that only --verbose shows."""
    deadline: "Deadline"
    limiter: "Limiter"
    retries: int
    shares_limit: bool = False
    """Other runs may use up the service's limit: a 429 is no fault of a request."""
    meanwhile: Callable[[], None] | None = None
    """Done once, after a request was sent and before its reply is there."""
    _credential: Credential | None = None
    _mock: "MockServer | None" = None
    _recorder: "Recorder | None" = None
    _player: "Player | None" = None
    _has_told: bool = False
    """Where everything comes from was said to `detail`, once for all clients."""
    _lock: Lock = field(default_factory=Lock)
    """Workers open their clients at the same time; a key command must run once."""

    def base_url(self) -> str:
        """Give the endpoint; for the demo, begin to serve it."""
        if not self.settings.is_demo:
            return self.settings.base_url
        if self._mock is None:
            from gradient_cli.mock.demo import demo_script
            from gradient_cli.mock.server import MockServer

            self._mock = MockServer(demo_script())
            self._mock.start()
        return self._mock.url

    def resolved(self, flags: Mapping[str, Json]) -> Settings:
        """
        Give the settings with further ones on top, for one of many requests.

        Raises:
            GradientError: one of them is wrong.

        """
        settings = self.settings
        return resolve({**flags, **settings.flags}, self.invocation.environ, settings.config)

    def credential(self) -> Credential:
        """
        Give the key and where it came from; looked for once.

        Raises:
            CredentialError: there is none where one is needed.

        """
        if self._credential is None:
            self._credential = self.settings.credential(
                self.invocation.terminal.stdin, self.remaining_s()
            )
            if self._credential.warning:
                self.tell(f"warning: {self._credential.warning}")
        return self._credential

    def share_limit(self, runs: int) -> None:
        """Expect that so many runs share the service's limit, or more: many will be asked."""
        from gradient_cli.transport.limiter import Limiter

        if not self.proof.replay:
            self.shares_limit, self.limiter = True, Limiter(self.invocation.clock, runs=runs)

    def use(self, credential: Credential) -> None:
        """Take this key instead of looking for one, as a login does."""
        self._credential = credential

    def open_client(self, around: "Around | None" = None) -> "Client":
        """
        Open a client of its own for a worker.

        `around` may put something between the client and its transport.

        Raises:
            GradientError: no key, no recordings, no usable CA bundle.

        """
        from gradient_cli.ask.client import Client
        from gradient_cli.transport.retry import Schedule

        if self.invocation.alarm and not _is_main_thread():
            self.invocation.alarm.end()  # Whoever waits for workers looks at the clock.
        with self._lock:
            transport, setting = self._transport()
            if not self._has_told:
                self._has_told = True
                for told in self._origins():
                    self.detail(told)
        return Client(
            around(transport) if around else transport,
            setting=setting,
            max_answer_bytes=self.settings.max_answer_bytes,
            schedule=Schedule(retries=self.retries),
            shares_limit=self.shares_limit,
            limiter=self.limiter,
            patience=_NoWait() if self.proof.replay else self,
            clock=self.invocation.clock,
        )

    def _origins(self) -> Iterator[str]:
        """Give where the run goes, with which key, and where each setting came from."""
        settings = self.settings
        if self.proof.replay:
            yield f"endpoint: none; the recordings in {self.proof.replay}"
        else:
            yield f"endpoint: {settings.base_url} ({settings.source('base_url')})"
            credential = self.credential()
            shown = credential.secret.hint() if credential.secret else "none is sent"
            yield f"key: {shown} ({credential.source})"
        if settings.profile:
            yield f"profile: {settings.profile} ({settings.source('profile')})"
        for name, found in settings.values.items():
            if name not in {"base_url", "profile", "key_command"} and found.source != "built in":
                words = dumps(_shown(name, found.value))
                shown = words if len(words) <= LONGEST_SHOWN else f"{words[:LONGEST_SHOWN]}…"
                yield f"{name}: {shown} ({found.source})"

    def _transport(self) -> "tuple[Transport, Setting]":
        """Give the way to the service, and what errors may say of it."""
        if self.proof.replay:
            from gradient_cli.transport.faults import Setting

            return self._open_player().transport(), Setting(
                f"the recordings in {self.proof.replay}"
            )
        from gradient_cli.transport import sse
        from gradient_cli.transport.http import HttpTransport

        # Now: what is not there costs no answer yet.
        sse.prepare()

        credential = self.credential()
        early, self.invocation.early = self.invocation.early, None
        if any(self.settings.get(name) for name in ("ca_bundle", "proxy", "key_file")):
            early = None  # It was opened before that was known, and did not go by it.
        transport = HttpTransport(
            self._network(credential),
            self.invocation.environ,
            deadline=self.deadline,
            early=early,
            wait=self._wait(),
        )
        if self.proof.record:
            return self._open_recorder(credential).over(transport), transport.setting
        return transport, transport.setting

    def _wait(self) -> "Wait | None":
        """Give the main thread's way to wait; a worker has nobody to listen for."""
        return self._listen if self.invocation.attention and _is_main_thread() else None

    def _listen(self, fd: int, timeout_s: float | None) -> bool:
        """Wait for a socket; the first time, there is something better to do meanwhile."""
        todo, self.meanwhile = self.meanwhile, None
        if todo:
            todo()
        assert self.invocation.attention
        return self.invocation.attention.wait(fd, timeout_s)

    def _network(self, credential: Credential) -> "Network":
        from gradient_cli.transport.http import Network

        settings = self.settings
        return Network(
            base_url=self.base_url(),
            secret=credential.secret.reveal() if credential.secret else "",
            key_source=credential.source if credential.secret else None,
            empty_variable=None if credential.secret else empty_variable(self.settings.environ),
            timeout_s=settings.timeout_s,
            proxy=settings.get("proxy"),
            ca_bundle=settings.get("ca_bundle"),
            max_answer_bytes=settings.max_answer_bytes,
        )

    def _open_recorder(self, credential: Credential) -> "Recorder":
        if self._recorder is None:
            from gradient_cli.terminal.ways import replace_file
            from gradient_cli.transport.tape import Recorder

            secrets = [credential.secret.reveal()] if credential.secret else []
            self._recorder = Recorder(Path(str(self.proof.record)), replace_file, secrets)
        return self._recorder

    def _open_player(self) -> "Player":
        if self._player is None:
            from gradient_cli.transport.tape import Player

            self._player = Player(Path(str(self.proof.replay)))
        return self._player

    def recording_fault(self) -> GradientError | None:
        """Give why an exchange could not be recorded, if one could not."""
        return self._recorder.fault if self._recorder else None

    def keep_results(self, results: list[Json]) -> None:
        """Record what the calls of the answer came to that this thread got last."""
        if self._recorder:
            self._recorder.keep_results(results)

    def recorded_results(self) -> list[Json] | None:
        """Give what a replay has of the calls of the answer that this thread got last."""
        return self._open_player().results()

    def unasked(self) -> "list[Unasked]":
        """Give the recordings that a replay did not ask for."""
        return self._open_player().unasked() if self.proof.replay else []

    def check_replay(self) -> UsageError | None:
        """Name the recordings that nothing asked for; give that as an error where it is one."""
        if not (unasked := self.unasked()):
            return None
        from gradient_cli.transport.tape import in_words

        if self.proof.strict_replay:
            return UsageError(in_words(unasked), hint=STALE)
        self.tell(f"note: {in_words(unasked)}")
        return None

    def close(self) -> None:
        """End what was begun in this process."""
        if self._mock is not None:
            self._mock.stop()
            self._mock = None

    # Patience: how the clients wait ---------------------------------------------------------

    def sleep(self, seconds: float) -> None:
        """Sleep; Ctrl-C ends it."""
        self.invocation.sleep(seconds)

    def remaining_s(self) -> float | None:
        """Give the seconds that the run may still take; None for no end."""
        return self.deadline.remaining_s()


def _shown(name: str, value: Json) -> Json:
    """Give a setting as it may be shown."""
    if name == "params":
        from gradient_cli.wire.tool_secrets import hidden

        return hidden(value)
    return without_password(value) if name == "proxy" else value


class _NoWait:
    """
    The patience of a replay: a recorded refusal is tried again at once.

    Without the retries a suite that passed when it was recorded would fail from its recordings.
    """

    def sleep(self, seconds: float) -> None:
        pass

    def remaining_s(self) -> float | None:
        return None

    def tell(self, line: str) -> None:
        pass


def open_session(
    invocation: Invocation,
    flags: Mapping[str, Json],
    network: NetworkOptions,
    proof: ProofOptions,
    *,
    tell: Tell,
    detail: Tell,
    config: Config | None = None,
) -> Session:
    """
    Resolve the settings; nothing is connected yet, and no key is looked for.

    `flags` are the other flags that have a setting, by its name; `config` stands for the
    settings file where it is about to change.

    Raises:
        GradientError: a flag or a settings file is wrong.

    """
    if proof.record and proof.replay:
        raise UsageError("--record and --replay exclude each other")
    if proof.strict_replay and not proof.replay:
        raise UsageError("--strict-replay belongs to --replay DIR")
    _check_network(network)
    from gradient_cli.transport.limiter import Limiter, Unlimited

    given = {name: value for name, value in asdict(network).items() if value is not None}
    settings = resolve({**flags, **given}, invocation.environ, config)
    for warning in settings.warnings:
        tell(f"warning: {warning}")
    deadline = invocation.deadline(settings.max_time_s)
    invocation.terminal.remaining_s = deadline.remaining_s
    return Session(
        invocation,
        settings,
        proof,
        tell,
        detail,
        deadline=deadline,
        limiter=Unlimited() if proof.replay else Limiter(),
        retries=settings.retries,
    )


def _check_network(network: NetworkOptions) -> None:
    for flag, seconds in (("--timeout", network.timeout), ("--max-time", network.max_time)):
        if seconds is not None and not 0 < seconds < float("inf"):
            raise UsageError(f"{flag} {seconds:g} is out of range: above 0 seconds")
    if network.retries is not None and network.retries < 0:
        raise UsageError(f"--retries {network.retries} is out of range: 0 and above")


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
