"""What the built-in profile `demo` says: canned, and plainly not from a model."""

from gradient_cli.mock.script import Behaviour, Script

STORY = (
    "Once upon a time, a small unicorn named Juniper could not fall asleep, because the moon "
    "had forgotten to rise. "
    "So she trotted up the tallest hill and hummed her favourite song until one star, then ten, "
    "then all of them came out to listen. "
    "The moon heard it too, climbed up behind the trees to hear the end, and by the last note "
    "Juniper was fast asleep in its silver light."
)

NOTE = "\n\n(A canned text of the demo profile; no model was asked.)\n"

GREETING = (
    "This is the demo profile: a canned text from inside `gradient`; no model was asked and "
    "nothing left this machine. "
    "Your prompt arrived, all {{ characters }} characters of it.\n\n"
    "To ask a real model, log in once with `gradient auth login`, choose a model with "
    "`gradient config set model ID`, and run the same command without `--profile demo`.\n"
)

TOKEN_DELAY_S = 0.02


def demo_script(delay: float | None = None) -> Script:
    """
    Give the script: a bedtime story, or what this is; `delay` is seconds between words.

    A request for JSON gets a small instance of its schema, and tools are used.
    """
    delay = TOKEN_DELAY_S if delay is None else delay
    story = Behaviour(
        text=STORY + NOTE, match=r"(?i)bedtime story", token_delay=delay, obey_schema=True
    )
    greeting = Behaviour(
        text=GREETING, token_delay=delay, times=0, obey_schema=True, obey_tools=True
    )
    return Script(behaviours=(story, greeting), models=("demo",))
