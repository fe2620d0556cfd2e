"""
What people type who know other tools, and how it is said here.

`llm`, `sgpt`, `fabric`, `mods`, `ollama`, `aichat`, `doctl`, `openai` and plain guesses; a hint
and never an alias, so that scripts have one way to say a thing. Wherever it can be, a hint ends in
the line that works: a flag's place is taken by the one that it is here.
"""

from collections.abc import Callable, Container, Mapping, Sequence

from gradient_cli.cli.retyped import line, split, takes_value
from gradient_cli.settings.spelling import SWITCHES, WITH_VALUE
from gradient_cli.values import record

_LOGIN = "`gradient auth login` stores a key"
_STATUS = "`gradient auth status` says which key is used, and from where"
_LOGOUT = "`gradient auth logout` forgets the key"
_NO_HISTORY = (
    "there is no hidden history: --thread FILE keeps a conversation, --record DIR each exchange"
)
_THREAD = "--thread FILE keeps a conversation, in a file that you name"
_INSTRUCTIONS = "-s TEXT or -s @FILE are the instructions"
_PROMPT_FILE = "a prompt is kept in a file of its own: --prompt-file FILE"
_TOOLS = "`gradient help tools` says how a model calls functions and programs"
_MODELS = "`gradient models` lists them"
_SETTINGS = "`gradient config show` lists the settings"
_NO_SHELL = "nothing that a model says is run here; -x prints a command alone"
_FILES = "-f FILE puts a file before the prompt; a folder stands for the files below it"
_COMPLETIONS = "`gradient completions bash --install` sets the shell up"
_BASE_URL = "the address of the service"
_ONE_PROMPT = "the prompt is a word of its own"


def _respond(rest: Sequence[str]) -> str:
    flags, words = split(rest)
    return f"to ask: {line('gradient respond', flags, words or ['…'])}"


def _chat(rest: Sequence[str]) -> str:
    flags, words = split(rest)
    flags = ["--thread", "talk.jsonl", *flags]
    return f"a turn of a conversation: {line('gradient respond', flags, words or ['…'])}"


_Hint = str | Callable[[Sequence[str]], str]

_COMMANDS: Mapping[str, _Hint] = {
    **dict.fromkeys(("ask", "prompt", "run", "complete", "generate", "query", "send"), _respond),
    **dict.fromkeys(("responses", "response", "message", "answer", "q"), _respond),
    **dict.fromkeys(("chat", "repl", "talk", "session"), _chat),
    **dict.fromkeys(("login", "signin", "key", "keys", "init", "setup", "configure"), _LOGIN),
    **dict.fromkeys(("logout", "signout"), _LOGOUT),
    **dict.fromkeys(("whoami", "account", "status"), _STATUS),
    **dict.fromkeys(("logs", "log", "history", "sessions", "chats", "threads"), _NO_HISTORY),
    **dict.fromkeys(("list", "ls", "model", "engines", "list-models", "api", "openai"), _MODELS),
    **dict.fromkeys(("genai", "serverless-inference", "gradient"), _MODELS),
    **dict.fromkeys(
        ("eval", "evals", "test", "tests", "redteam"),
        "`gradient check SUITE...` runs suites of prompts",
    ),
    **dict.fromkeys(("serve", "server"), "`gradient mock` serves a scripted endpoint on loopback"),
    **dict.fromkeys(
        ("settings", "set", "get", "options", "env"),
        "`gradient config show`, `gradient config set`",
    ),
    **dict.fromkeys(
        ("aliases", "alias", "profiles", "profile", "use"),
        "`gradient config set profiles.NAME.model ID` makes a profile, and -p NAME takes it",
    ),
    **dict.fromkeys(("templates", "template", "patterns", "pattern", "prompts"), _PROMPT_FILE),
    **dict.fromkeys(("roles", "role", "personas"), _INSTRUCTIONS),
    **dict.fromkeys(("fragments", "fragment", "files", "attachments", "rag"), _FILES),
    **dict.fromkeys(("schemas", "schema"), "--schema 'name, age int' asks for JSON of that form"),
    **dict.fromkeys(("tools", "tool", "functions", "agent", "agents", "mcp"), _TOOLS),
    **dict.fromkeys(
        ("plugins", "plugin", "install", "uninstall", "extensions"),
        "there are no plugins; `gradient help` lists what there is",
    ),
    **dict.fromkeys(
        ("embed", "embed-multi", "embed-models", "embeddings", "similar", "collections"),
        "there are no embeddings here; `gradient help` lists what there is",
    ),
    **dict.fromkeys(("cmd", "shell", "exec", "code", "commit"), _NO_SHELL),
    **dict.fromkeys(("upgrade", "update", "self-update"), "docs/install.md says how to upgrade"),
    **dict.fromkeys(("completion", "autocomplete"), _COMPLETIONS),
    "version": "gradient --version",
}

_BELOW: Mapping[str, Mapping[str, _Hint]] = {
    "config": {
        **dict.fromkeys(("get", "list", "ls", "view", "print", "cat", "dump"), _SETTINGS),
        **dict.fromkeys(("edit", "open", "file", "where"), "`gradient config path` names the file"),
        **dict.fromkeys(("add", "put", "init", "use"), "such as `gradient config set model ID`"),
        **dict.fromkeys(
            ("remove", "rm", "delete", "del", "reset", "clear"),
            "such as `gradient config unset model`",
        ),
    },
    "auth": {
        **dict.fromkeys(("init", "add", "set", "new", "signin", "key", "keys", "token"), _LOGIN),
        **dict.fromkeys(("whoami", "list", "ls", "show", "info", "check", "current"), _STATUS),
        **dict.fromkeys(("remove", "rm", "delete", "clear", "revoke", "signout"), _LOGOUT),
        **dict.fromkeys(
            ("switch", "use", "context"), "-p NAME takes a profile; so does GRADIENT_PROFILE=NAME"
        ),
    },
    "batch": {
        **dict.fromkeys(("create", "send", "upload"), "`gradient batch submit --help` explains it"),
        **dict.fromkeys(
            ("results", "result", "download", "get", "retrieve", "output"),
            "`gradient batch fetch -o OUT.jsonl` has the answers of a job",
        ),
        **dict.fromkeys(
            ("list", "ls", "show", "info"), "`gradient batch status -o OUT.jsonl` asks about a job"
        ),
        **dict.fromkeys(
            ("resume", "continue", "retry"), "the same `gradient batch run` line again resumes"
        ),
    },
}
"""What follows a group's name."""


@record
class _Flag:
    """What a flag of another tool is here."""

    words: str
    here: tuple[str, ...] | None = None
    """What stands in its place, for a line that works; None where no line can be given."""
    takes: bool = False
    """Whether the other tool gives it a value, which stays behind `here`."""


_CONVERSATION = _Flag(_THREAD, ("--thread", "talk.jsonl"))
_NAMED = _Flag(_THREAD, ("--thread",), takes=True)

_FLAGS: Mapping[str, _Flag] = {
    **dict.fromkeys(
        ("--code", "--extract-code", "-xl", "--xl"),
        _Flag("-x prints the first code block alone", ("-x",)),
    ),
    **dict.fromkeys(("-c", "--continue", "-C", "--continue-last"), _CONVERSATION),
    **dict.fromkeys(("--cid", "--conversation", "--chat", "--repl", "--session"), _NAMED),
    "--interactive": _CONVERSATION,
    **dict.fromkeys(("--role", "--persona", "-r", "-R"), _Flag(_INSTRUCTIONS)),
    **dict.fromkeys(
        ("--pattern", "--template", "-t"),
        _Flag("--prompt-file FILE for a template, --temperature N"),
    ),
    **dict.fromkeys(
        ("--no-md", "--no-markdown", "--raw", "--plain"),
        _Flag("Markdown as it is written", ("--format", "text")),
    ),
    **dict.fromkeys(("--md", "--markdown"), _Flag("Markdown laid out", ("--format", "markdown"))),
    **dict.fromkeys(
        ("--attachment", "-a", "--input", "-i", "--fragment", "--image"),
        _Flag("-f FILE puts a file before the prompt", ("-f",), takes=True),
    ),
    **dict.fromkeys(
        ("--cache", "--no-cache"), _Flag("there is no cache; --record and --replay are asked for")
    ),
    **dict.fromkeys(("--log", "--no-log", "--history"), _Flag(_NO_HISTORY)),
    **dict.fromkeys(("--save", "--edit", "--editor"), _Flag(_PROMPT_FILE)),
    **dict.fromkeys(
        ("--shell", "-S", "--execute", "-e", "--describe-shell", "-d"), _Flag(_NO_SHELL)
    ),
    **dict.fromkeys(
        ("--prompt", "--message", "--query", "--question", "--text"), _Flag(_ONE_PROMPT, ())
    ),
    **dict.fromkeys(
        ("--url", "--host", "--endpoint", "--api-base", "--api-url", "--base_url", "--server"),
        _Flag(_BASE_URL, ("--base-url",), takes=True),
    ),
    **dict.fromkeys(
        ("--http-proxy", "--https-proxy"), _Flag("the way there", ("--proxy",), takes=True)
    ),
    "--max-retries": _Flag("how often it is tried again", ("--retries",), takes=True),
    "--max_tokens": _Flag("as a flag", ("--max-tokens",), takes=True),
    "--json-schema": _Flag("a schema of the answer", ("--schema",), takes=True),
    "--response-format": _Flag("--schema FILE asks for JSON of a form, and checks it"),
    **dict.fromkeys(("--silent", "--no-progress"), _Flag("nothing but errors", ("-q",))),
    **dict.fromkeys(("--debug", "--trace"), _Flag("more is said with", ("-v",))),
    **dict.fromkeys(("--no-color", "--no-colour"), _Flag("without colours", ("--color", "never"))),
    **dict.fromkeys(
        ("--list-models", "--models", "-L", "--list", "-l", "--sync-models"), _Flag(_MODELS)
    ),
    **dict.fromkeys(
        ("--list-roles", "--list-sessions", "--list-chats", "--show-chat", "--show"),
        _Flag("`gradient thread FILE` shows a conversation"),
    ),
    **dict.fromkeys(("--info", "--settings", "--dirs", "--config"), _Flag(_SETTINGS)),
    "--setup": _Flag(_LOGIN),
    "--serve": _Flag("`gradient mock` serves a scripted endpoint on loopback"),
    **dict.fromkeys(
        ("--functions", "--install-functions", "-T", "--td", "--agent", "--mcp", "--macro"),
        _Flag(_TOOLS),
    ),
    "--rag": _Flag(_FILES),
    **dict.fromkeys(
        ("--install-integration", "--install-completion", "--show-completion"), _Flag(_COMPLETIONS)
    ),
    "--version": _Flag("gradient --version"),
}


def command_hint(word: str, rest: Sequence[str], group: str = "") -> str | None:
    """Give what a command of another tool is here, with the words behind it; None if unknown."""
    found = (_BELOW.get(group, {}) if group else _COMMANDS).get(word.lower())
    return found(rest) if callable(found) else found


def flag_hint(name: str, argv: Sequence[str]) -> str | None:
    """Give what a flag of another tool is here, in words; None if unknown."""
    if not any(word == name or word.startswith(f"{name}=") for word in argv):
        # One letter of a word: of `-xl`, or of a text such as `-dash of salt`.
        name = next((w for w in argv if w in _FLAGS and w[:1] != w[1:2] and name[1:] in w), "")
    found = _flag(name, _value_of(name, argv))
    return found.words if found else None


def translated(
    argv: Sequence[str],
    with_value: Container[str] = WITH_VALUE,
    switches: Container[str] = SWITCHES,
) -> list[str] | None:
    """Give arguments with what they say in other tools' words said in ours; None if some is not."""
    said: list[str] = []
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if word == "--":
            return [*said, word, *rest]
        if not word.startswith("-") or word == "-":
            said.append(word)
        elif takes := takes_value(word, with_value, switches):
            said.append(word)
            said.extend([rest.pop(0)] if takes == "next" and rest else [])
        else:
            if not equals:
                value = rest[0] if rest and not rest[0].startswith("-") else ""
            found = _flag(name, value)
            if found is None or found.here is None or (found.takes and not value):
                return None
            said.extend(found.here)
            said.extend([value] if found.takes or (equals and not found.here) else [])
            if found.takes and not equals:
                rest.pop(0)
    return said


def _flag(name: str, value: str) -> _Flag | None:
    if name == "-t" and value.replace(".", "", 1).isdecimal():
        return _Flag("how free the answer is", ("--temperature",), takes=True)
    return _FLAGS.get(name)


def _value_of(name: str, argv: Sequence[str]) -> str:
    """Give the word that stands behind a flag; "" if there is none, or it is a flag again."""
    for word, after in zip(argv, [*argv[1:], ""], strict=True):
        if word.startswith(f"{name}="):
            return word.partition("=")[2]
        if word == name:
            return "" if after.startswith("-") else after
    return ""
