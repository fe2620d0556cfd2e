"""Flag, environment, profile, top level, built in: who wins, and who said it."""

import pytest

from gradient_cli.errors import ConfigError, UsageError
from gradient_cli.settings.config_file import DEMO_URL
from gradient_cli.settings.resolve import LONGEST_WAIT_S


def test_a_flag_wins_over_everything_below(home):
    """The order, one step at a time."""
    home.writes('model = "top"\nprofile = "p"\n[profiles.p]\nmodel = "profile"\n')

    def model(**flags):
        found = home.settings(**flags).values["model"]
        return found.value, found.source

    assert model() == ("profile", 'profile "p"')
    home.exports(GRADIENT_MODEL="variable")
    assert model() == ("variable", "$GRADIENT_MODEL")
    assert model(model="flag") == ("flag", "--model")


def test_the_top_level_counts_where_the_profile_is_silent(home):
    """A profile adds to the defaults; it does not replace them."""
    home.writes('model = "top"\ntimeout = 9\n[profiles.p]\nmodel = "profile"\n')

    settings = home.settings(profile="p")

    assert (settings.get("model"), settings.timeout_s) == ("profile", 9)
    assert settings.source("timeout") == str(home.config)


def test_what_nobody_set_is_built_in(home):
    """A run without any settings."""
    settings = home.settings()

    assert settings.base_url == "https://inference.do-ai.run"
    assert (settings.timeout_s, settings.retries, settings.max_time_s) == (120, 3, None)
    assert settings.source("base_url") == "built in"
    assert settings.request() == {}


def test_an_empty_variable_and_an_absent_flag_count_as_unset(home):
    """CI systems export what they do not have as empty."""
    home.exports(GRADIENT_MODEL="", GRADIENT_PROFILE="", GRADIENT_INFERENCE_ENDPOINT="")

    settings = home.settings(model=None, stop=(), metadata={})

    assert settings.request() == {}
    assert settings.base_url == "https://inference.do-ai.run"


def test_only_what_is_set_is_sent(home):
    """The request's fields by the wire's names; network settings are none."""
    home.writes("temperature = 0\ntimeout = 5\n[profiles.p]\nstream = false\n")

    assert home.settings(profile="p").request() == {"temperature": 0, "stream": False}


def test_an_answer_to_go_on_from_is_a_flag_alone(home):
    """It is sent when it is given; in a settings file it would be a mistake."""
    assert home.settings(previous_response_id="r1").request() == {"previous_response_id": "r1"}
    with pytest.raises(ConfigError, match="unknown key"):
        home.writes('previous_response_id = "r1"').settings()


def test_instructions_are_read_from_beside_the_settings(home):
    """A prompt is a file in a repository; the settings name it."""
    home.writes('instructions = "@review.md"\n[profiles.at]\ninstructions = "@@home"\n')
    (home.folder / "review.md").write_text("You review diffs.\n")

    assert home.settings().request() == {"instructions": "You review diffs.\n"}
    assert home.settings(profile="at").request() == {"instructions": "@home"}
    assert home.settings(instructions="@given").request() == {"instructions": "@given"}


def test_instructions_that_are_not_there_are_an_error(home):
    """Nothing is asked without them."""
    home.writes('[profiles.review]\ninstructions = "@none.md"\n')

    with pytest.raises(ConfigError, match=r'^profile "review": instructions: there is no file'):
        home.settings(profile="review").request()


def test_tables_are_joined_key_by_key(home):
    """A profile adds one parameter and keeps the others."""
    home.writes("[params]\nseed = 1\ntop_k = 5\n[profiles.p.params]\nseed = 2\n")

    settings = home.settings(profile="p")

    assert settings.get("params") == {"seed": 2, "top_k": 5}
    assert settings.source("params") == f'profile "p", {home.config}'


def test_an_unknown_profile_is_an_error_with_the_nearest(home):
    """A typing error in -p does not run with the defaults."""
    home.writes("[profiles.review]\n")

    with pytest.raises(ConfigError) as caught:
        home.settings(profile="reveiw")

    assert caught.value.message == ('--profile: there is no profile "reveiw"; did you mean review?')
    assert caught.value.hint == "known: review, demo"


def test_a_settings_file_that_was_named_must_be_there(home):
    """GRADIENT_CONFIG with a typing error does not lose all settings silently."""
    home.exports(GRADIENT_CONFIG=str(home.folder / "other.toml"))

    with pytest.raises(ConfigError, match="which is not there"):
        home.settings()


def test_a_url_from_a_variable_is_checked_and_named(home):
    """The source of a bad address is in the message."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT="ftp://x")

    with pytest.raises(UsageError, match=r"^\$GRADIENT_INFERENCE_ENDPOINT"):
        home.settings()


def test_the_demo_stays_inside_whatever_the_environment_says(home):
    """`-p demo` needs no network, also where an endpoint is exported."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT="https://gateway.example")

    assert home.settings(profile="demo").base_url == DEMO_URL
    assert home.settings(profile="demo").is_demo
    assert not home.settings(profile="demo", base_url="localhost:1").is_demo


def test_only_the_profile_leads_to_the_demo(home):
    """The marker of the demo is no address for anybody else."""
    with pytest.raises(UsageError):
        home.settings(base_url=DEMO_URL)
    with pytest.raises(ConfigError):
        home.writes(f'base_url = "{DEMO_URL}"').settings()


def test_overruling_the_endpoint_of_a_chosen_profile_is_said(home):
    """Who asks for -p local should know that the variable sends the prompt elsewhere."""
    home.writes('[profiles.local]\nbase_url = "localhost:8000"\n')
    home.exports(GRADIENT_INFERENCE_ENDPOINT="https://gateway.example")

    settings = home.settings(profile="local")

    assert settings.base_url == "https://gateway.example"
    assert settings.warnings == (
        '$GRADIENT_INFERENCE_ENDPOINT overrules the base_url of profile "local"',
    )


@pytest.mark.parametrize("seconds", [9_999_999, 1e12, 10**400])
def test_a_wait_without_end_is_one_that_the_system_can_count(home, seconds):
    """Who writes 9999999 means "no end"; poll() knows 24 days at most."""
    home.writes(f"timeout = {seconds}\nmax_time = {seconds}\n")

    settings = home.settings()

    assert settings.timeout_s == settings.max_time_s == LONGEST_WAIT_S
