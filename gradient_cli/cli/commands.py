"""
The commands by name. Stdlib only: `gradient --help` reads this without loading Typer.
"""

COMMANDS: dict[str, str] = {
    "respond": "Ask once; stdout is the answer.",
    "decide": "Decide yes or no, or one of several, with a probability.",
    "check": "Run suites of prompts with expectations.",
    "batch": "Answer many prompts, resumable.",
    "thread": "Show a conversation that a file keeps.",
    "models": "List the model ids that this key may use.",
    "auth": "Log in, see who you are, log out.",
    "config": "Show and change settings.",
    "doctor": "Find out what is wrong with this set-up.",
    "mock": "Serve a scripted Responses endpoint on loopback.",
    "completions": "Print a shell's completion script, or install it.",
    "help": "Explain a command or a topic.",
}
"""name -> help, in the order of every listing. Each is a module of this package."""

SUMMARY = "the prompt command whose exit status you can gate a build on"
"""What `gradient` is, in one line; the man page's NAME and the help's first line."""
