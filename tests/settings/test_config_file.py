"""config.toml: strict, and its mistakes are named by file, line and remedy."""

import pytest

from gradient_cli.errors import ConfigError
from gradient_cli.settings.config_file import find_line, read_config


def fault_of(home, text):
    home.writes(text)
    with pytest.raises(ConfigError) as caught:
        read_config(home.config)
    assert caught.value.status == 2
    return caught.value


def test_no_file_is_no_settings(home):
    """Nobody has to begin with a settings file."""
    config = read_config(home.config)

    assert (config.exists, config.top, config.profiles) == (False, {}, {})


def test_a_file_gives_defaults_and_profiles(home):
    """Top level and profiles are told apart."""
    home.writes('model = "m"\n[profiles.review]\ntemperature = 0.2\nstop = "END"\n')

    config = read_config(home.config)

    assert config.top == {"model": "m"}
    assert config.profiles == {"review": {"temperature": 0.2, "stop": ["END"]}}


def test_files_are_relative_to_the_settings_file(home):
    """`@review.md` lies beside config.toml, wherever the command is run."""
    home.writes(
        'instructions = "@review.md"\n[profiles.a]\ninstructions = "@@x"\nca_bundle="r.pem"'
    )

    config = read_config(home.config)

    assert config.top["instructions"] == f"@{home.folder}/review.md"
    assert config.profiles["a"] == {"instructions": "@@x", "ca_bundle": f"{home.folder}/r.pem"}


def test_an_unknown_key_is_an_error_with_its_line(home):
    """A typing error does not silently do nothing."""
    fault = fault_of(home, '# mine\nmodel = "m"\n\n[profiles.ci]\ntemprature = 0.1\n')

    assert fault.message == (
        f'{home.config}:5: unknown key "temprature"; did you mean temperature?'
    )
    assert fault.hint is None
    assert home.config.read_text().startswith("# mine")
    assert "max_output_tokens" in (fault_of(home, "colour_of_sky = 1\n").hint or "")


def test_a_key_in_the_settings_file_is_refused_and_not_shown(home):
    """Whoever writes a secret into config.toml is told where it belongs."""
    fault = fault_of(home, 'api_key = "sk-do-secret"\n')

    assert "gradient auth login" in (fault.hint or "")
    assert "sk-do" not in f"{fault.message}{fault.hint}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("temperature = 3", ":1: `temperature` is 3; it must be a number from 0 to 2"),
        ("temperature = nan", ":1: `temperature` is nan; it must be a number from 0 to 2"),
        ("temperature = true", ":1: `temperature` is true; it must be a number from 0 to 2"),
        ("\nretries = -1", ":2: `retries` is -1; it must be a whole number, 0 or more"),
        ("retries = 1.5", ":1: `retries` is 1.5; it must be a whole number, 0 or more"),
        ("timeout = 0", ":1: `timeout` is 0; it must be a number of seconds above 0"),
        ("stream = 'yes'", ':1: `stream` is "yes"; it must be true or false'),
        ("color = 'red'", ':1: `color` is "red"; it must be one of auto, always, never'),
        ("stop = ['a','b','c','d','e']", "; it must be a text, or a list of up to 4 texts"),
        ("metadata = {a = 1}", ":1: `metadata` is a table; it must be a table of texts"),
        ("params.a = 1979-05-27", ":1: `params` is a table; it must be a table of JSON values"),
        ("base_url = 'http://me:pw@h'", ":1: `base_url` must be a URL such as http://127.0.0.1:8000"),
        ("allow_http = true", ":1: `allow_http` stands in a profile: [profiles.NAME]"),
        ("[profiles.a]\nprofile='b'", ":2: `profile` stands at the top level, outside of profiles"),
        ("profiles = 3", ":1: `profiles` must hold tables: [profiles.NAME]"),
        ("profiles.a = 3", ":1: `profiles` must hold tables: [profiles.NAME]"),
        ('model = "a\n', ":1:11: illegal character"),
        ("model = llama", ":1:9: invalid value"),
        ("a = 1\na = 2", ":2: cannot overwrite a value"),
        ("x = [", ":1"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_line(home, text, message):
    """File, line, what is wrong and what would be right."""
    fault = fault_of(home, text)

    assert fault.message.startswith(f"{home.config}:")
    assert message in fault.message.replace(str(home.config), "")


def test_bytes_that_are_no_text_are_an_error(home):
    """A binary file is no settings file."""
    home.config.write_bytes(b"model = '\xff'")

    with pytest.raises(ConfigError, match="not UTF-8: bad byte at offset 9"):
        read_config(home.config)


def test_an_endless_file_is_not_read_to_its_end(home):
    """Someone points the settings at a log file."""
    home.writes("# " + "x" * 2_000_000)

    with pytest.raises(ConfigError, match="larger than"):
        read_config(home.config)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ("a = 1\n[t]\na = 2", ("t", "a"), 3),
        ("[t]\nb.c = 1", ("t", "b", "c"), 2),
        ('["t"]\n"x y" = 1', ("t", "x y"), 2),
        ("t = {a = 1}", ("t", "a"), 1),
        ("a = 1", ("b",), None),
        ('instructions = """\nb = 1\n[c]\n"""\nb = 3', ("b",), 5),
        ("instructions = '''\nb = 1\n'''\nb = 3 # ''", ("b",), 4),
        ("params.x = [\n[1],\n[2], # [x]\n]\nb = 1\n", ("b",), 5),
    ],
)
def test_a_key_is_found_in_its_text(text, key, line):
    """tomllib gives no lines; this does."""
    assert find_line(text, key) == line


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"temperature = {'9' * 400}", "must be a number from 0 to 2"),
        (f"retries = {'9' * 5000}", "holds a number of thousands of digits"),
    ],
)
def test_a_number_without_measure_is_an_error(home, text, words):
    """Python reads neither as a float, nor the second one at all."""
    assert words in fault_of(home, text).message
