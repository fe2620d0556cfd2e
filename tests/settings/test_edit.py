"""`config set` and `unset`: strict, and the rest of the file stays as it was."""

import pytest

from gradient_cli.errors import ConfigError, UsageError
from gradient_cli.settings import edit
from gradient_cli.settings.config_file import read_config
from gradient_cli.settings.credentials import Secret, read_credentials

TEXT = """# mine
model = "a" # the best

[profiles.review] # for diffs
temperature = 0.2

[params]
seed = 1
"""


def set_in(home, key, *values, profile=None):
    path = edit.parse_path(key, profile)
    edit.set_value(home.config, path, edit.parse_value(path, values))
    return home.config.read_text()


def test_comments_and_order_stay(home):
    """One value changes; every other byte is as it was."""
    home.writes(TEXT)

    assert set_in(home, "model", "b") == TEXT.replace('"a"', '"b"')


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("temperature", ["0.5"], {"temperature": 0.5}),
        ("retries", ["0"], {"retries": 0}),
        ("timeout", ["1.5"], {"timeout": 1.5}),
        ("stream", ["FALSE"], {"stream": False}),
        ("stop", ["A", "B"], {"stop": ["A", "B"]}),
        ("metadata.team", ["ci"], {"metadata": {"team": "ci"}}),
        ("params.seed", ["2"], {"params": {"seed": 2}}),
        ("params.reasoning.effort", ['"low"'], {"params": {"reasoning": {"effort": "low"}}}),
        ("instructions", [""], {"instructions": ""}),
    ],
)
def test_a_value_is_stored_as_its_kind(home, key, values, expected):
    """What is text on the command line is a number, a list or a table in the file."""
    set_in(home, key, *values)

    assert read_config(home.config).top == expected


@pytest.mark.sampled
@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT,
        "[profiles]\n",
        "[profiles.new]\n",
        "profiles = {new = {user = 'x'}}\n",
        "profiles.other.user = 'x'\n",
        "[profiles.new.params]\nx = 1\n[profiles.z]\nuser = 'x'\n",
        "[profiles.a]\nuser = 'x'\n[params]\nx = 1\n[profiles.b]\nuser = 'z'\n",
    ],
)
def test_a_profile_is_made_in_whatever_way_the_file_is_written(home, text):
    """Headers, inline tables, dotted keys: the rest of what the file says stays."""
    before = read_config(home.writes(text).config)

    set_in(home, "profiles.new.base_url", "localhost:8000")
    set_in(home, "model", "b", profile="new")

    after = read_config(home.config)
    new = {**before.profiles.get("new", {}), "base_url": "localhost:8000", "model": "b"}
    assert after.profiles == {**before.profiles, "new": new}
    assert after.top == before.top


@pytest.mark.parametrize(
    ("key", "values", "message"),
    [
        ("temprature", ["1"], 'unknown key "temprature"; did you mean temperature?'),
        ("temperature", ["3"], "`temperature` is 3; it must be a number from 0 to 2"),
        ("temperature", ["warm"], '`temperature` is "warm"; it must be a number from 0 to 2'),
        ("stream", ["yes"], '`stream` is "yes"; it must be true or false'),
        ("model", ["a", "b"], "`model` takes one value; quote it if it has spaces"),
        ("model.name", ["a"], "`model` must be a text; it has no `name`"),
        ("params", ["1"], "`params` is a table; name a key in it, such as params.name"),
        ("params.a", ["hello"], "`params.a` does not fit: `params` must be a table of JSON values"),
        ("params.a", ["null"], "`params.a` does not fit: `params` must be a table of JSON values"),
        ("metadata.a.b", ["x"], "`metadata.a.b` does not fit: `metadata` must be a table of texts"),
        ("profiles", ["x"], "`profiles` is a table; name a key in it"),
        ("profiles.a", ["x"], "`profiles.a` is a table; name a key in it"),
        ("profiles.a.profile", ["x"], "`profile` stands at the top level, outside of profiles"),
        ("allow_http", ["true"], "`allow_http` stands in a profile"),
        ("a b", ["x"], '"a b" is no key'),
        ("", ["x"], '"" is no key'),
        ("base_url", ["ftp://x"], "`base_url` must be a URL such as http://127.0.0.1:8000"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_written(home, key, values, message):
    """The same strictness as in reading."""
    with pytest.raises(UsageError) as caught:
        set_in(home, key, *values)

    assert caught.value.message == message
    assert not home.config.exists()


def test_a_broken_file_is_not_touched(home):
    """The user's text is worth more than the change."""
    home.writes("model = \n# precious\n")

    with pytest.raises(ConfigError):
        set_in(home, "model", "b")

    assert home.config.read_text() == "model = \n# precious\n"


def test_a_mistake_elsewhere_in_the_file_is_told(home):
    """A change is not written beside a key that no run would accept."""
    home.writes("temprature = 1\n")

    with pytest.raises(ConfigError, match='unknown key "temprature"'):
        set_in(home, "model", "b")

    assert home.config.read_text() == "temprature = 1\n"


def test_a_key_can_be_taken_out(home):
    """And a profile as a whole."""
    home.writes(TEXT)

    assert edit.unset_value(home.config, edit.parse_path("params.seed"))
    assert edit.unset_value(home.config, edit.parse_path("profiles.review"))
    assert not edit.unset_value(home.config, edit.parse_path("user"))

    assert read_config(home.config).top["model"] == "a"
    assert read_config(home.config).profiles == {}
    assert "# the best" in home.config.read_text()


def test_a_file_of_settings_outlives_its_last_key(home):
    """GRADIENT_CONFIG or a link may name it; a file that is not there would be an error then."""
    home.writes('model = "a"\n').exports(GRADIENT_CONFIG=str(home.config))

    assert edit.unset_value(home.config, ("model",))

    assert home.config.read_text() == ""
    assert home.settings().get("model") is None


def test_keys_are_kept_by_profile_with_their_endpoint(home):
    """And forgotten one by one; the last one takes the file with it."""
    edit.store_key(home.credentials, None, Secret("one"), "https://a")
    edit.store_key(home.credentials, "x.y", Secret("two"), "https://b")

    kept = read_credentials(home.environ)
    shown = {name: (key.secret.reveal(), key.endpoint) for name, key in kept.keys.items()}
    assert shown == {None: ("one", "https://a"), "x.y": ("two", "https://b")}
    assert kept.warning is None

    assert edit.remove_key(home.credentials, None)
    assert not edit.remove_key(home.credentials, None)
    assert edit.remove_key(home.credentials, "x.y")
    assert not home.credentials.exists()


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("model", "\udcff", ConfigError),
        ("params.x", r'"\ud800"', ConfigError),
        ("params.x", "[" * 3000, UsageError),
        ("timeout", "9" * 5000, UsageError),
    ],
)
def test_what_no_file_can_hold_is_not_written(home, key, value, error):
    """Bytes that are no UTF-8, half a character, nesting without measure: the file stays."""
    home.writes(TEXT)

    with pytest.raises(error):
        set_in(home, key, value)

    assert home.config.read_text() == TEXT
    assert [path.name for path in home.folder.iterdir()] == ["config.toml"]


@pytest.mark.parametrize("key", ["params.seed.x", "params.seed.x.y"])
def test_a_key_below_a_value_is_an_error(home, key):
    """The value is not replaced by a table behind the user's back."""
    home.writes(TEXT)

    with pytest.raises(UsageError, match="is a value in the file"):
        set_in(home, key, "1")

    assert home.config.read_text() == TEXT


def test_a_parameter_may_have_the_name_of_a_setting(home):
    """Where a key stands is told by its first word, not its last."""
    set_in(home, "profiles.a.params.profile", "1")

    assert read_config(home.config).profiles["a"]["params"] == {"profile": 1}
