"""A user's folder in a temporary place, and nothing of the real environment."""

from pathlib import Path

from gradient_cli.__main__ import run
from gradient_cli.ask.invocation import Invocation
from gradient_cli.settings.resolve import resolve
from gradient_cli.terminal.streams import Terminal


class Home:
    """A user with settings, stored keys and variables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "gradient-cli"
        self.folder.mkdir(mode=0o700)
        self.config = self.folder / "config.toml"
        self.credentials = self.folder / "credentials.toml"
        self.environ = {"XDG_CONFIG_HOME": str(folder), "HOME": str(folder)}

    def writes(self, text: str) -> "Home":
        self.config.write_text(text)
        return self

    def stores(self, text: str) -> "Home":
        self.credentials.write_text(text)
        self.credentials.chmod(0o600)
        return self

    def exports(self, **variables: str) -> "Home":
        self.environ.update(variables)
        return self

    def settings(self, **flags):
        return resolve(flags, self.environ)

    def key(self, **flags):
        """(key or None, source) of a run with these flags."""
        found = self.settings(**flags).credential()
        return (found.secret.reveal() if found.secret else None, found.source)

    def runs(self, *argv, stdin=None, is_tty=False):
        """(exit status, stdout, stderr) of a command line, run in this process."""
        terminal = Terminal.recording(stdin, is_tty=is_tty)
        status = run(list(argv), Invocation(terminal, self.environ))
        return (status, terminal.stdout_text, terminal.stderr_text)
