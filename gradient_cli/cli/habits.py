"""
What people type who know other tools, and how it is said here.

`llm`, `sgpt`, `fabric`, `ollama`, `aichat` and plain guesses; a hint and never an alias, so that
scripts have one way to say a thing.
"""

from collections.abc import Callable, Mapping, Sequence

from gradient_cli.cli.retyped import line, split

_LOGIN = "`gradient auth login` stores a key"
_THREAD = "a conversation is kept in a file that you name: --thread FILE, or $GRADIENT_THREAD"
_NO_HISTORY = (
    "there is no hidden history: --thread FILE keeps a conversation, --record DIR each exchange"
)


def _respond(rest: Sequence[str]) -> str:
    flags, words = split(rest)
    return f"to ask: {line('gradient respond', flags, words or ['…'])}"


def _chat(rest: Sequence[str]) -> str:
    flags, words = split(rest)
    flags = ["--thread", "talk.jsonl", *flags]
    return f"a turn of a conversation: {line('gradient respond', flags, words or ['…'])}"


_COMMANDS: Mapping[str, str | Callable[[Sequence[str]], str]] = {
    **dict.fromkeys(("ask", "prompt", "run", "complete", "generate", "query", "send"), _respond),
    **dict.fromkeys(("chat", "repl", "talk"), _chat),
    **dict.fromkeys(("login", "signin", "key", "keys", "init", "setup", "configure"), _LOGIN),
    "logout": "`gradient auth logout` forgets the key",
    "whoami": "`gradient auth status` says which key is used, and from where",
    **dict.fromkeys(("logs", "log", "history"), _NO_HISTORY),
    **dict.fromkeys(("list", "ls", "model", "engines"), "`gradient models` lists them"),
    **dict.fromkeys(("eval", "test", "tests"), "`gradient check SUITE...` runs suites of prompts"),
    **dict.fromkeys(("serve", "server"), "`gradient mock` serves a scripted endpoint on loopback"),
    **dict.fromkeys(("settings", "set", "get"), "`gradient config show`, `gradient config set`"),
    "version": "gradient --version",
}

_FLAGS: Mapping[str, str] = {
    **dict.fromkeys(("--code", "--extract-code", "-xl"), "-x prints the first code block alone"),
    **dict.fromkeys(
        ("-c", "--continue", "--cid", "--conversation", "--chat", "--session"), _THREAD
    ),
    **dict.fromkeys(("--chat", "--repl", "--interactive"), _THREAD),
    **dict.fromkeys(
        ("--role", "--pattern", "--persona"), "-s TEXT or -s @FILE are the instructions"
    ),
    **dict.fromkeys(("--template", "-t"), "--prompt-file FILE for a template, --temperature N"),
    **dict.fromkeys(("--no-md", "--no-markdown", "--raw", "--plain"), "--format text"),
    **dict.fromkeys(("--md", "--markdown"), "--format markdown"),
    **dict.fromkeys(
        ("--attachment", "-a", "--input", "-i"), "-f FILE puts a file before the prompt"
    ),
    **dict.fromkeys(
        ("--cache", "--no-cache"), "there is no cache; --record and --replay are asked for"
    ),
    **dict.fromkeys(("--log", "--no-log", "--save"), _NO_HISTORY),
    **dict.fromkeys(
        ("--shell", "-S"), "nothing that a model says is run here; -x prints a command alone"
    ),
}


def command_hint(word: str, rest: Sequence[str]) -> str | None:
    """Give what a command of another tool is here, with the words behind it; None if unknown."""
    found = _COMMANDS.get(word.lower())
    return found(rest) if callable(found) else found


def flag_hint(name: str) -> str | None:
    """Give what a flag of another tool is here; None if unknown."""
    return _FLAGS.get(name)
