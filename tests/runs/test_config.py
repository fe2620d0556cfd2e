"""`gradient config`: settings, and where each value comes from."""

import json
import tomllib

import pytest


def test_the_path_is_printed_whether_the_file_is_there_or_not(home):
    """For `$EDITOR "$(gradient config path)"`."""
    assert home.runs("config", "path") == (0, f"{home.config}\n", "")


def test_each_value_is_shown_with_its_source(home):
    """What is printed is TOML; the source is its comment."""
    home.writes('model = "m"\n[params]\nseed = 1\n[profiles.ci]\nretries = 9\n')
    home.exports(GRADIENT_PROFILE="ci", GRADIENT_INFERENCE_ENDPOINT="host.example/v1")

    status, out, _ = home.runs("config", "show")

    assert status == 0
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[:2] == [f"# {home.config}", '# profile "ci"']
    assert f'model = "m" # {home.config}' in lines
    assert 'retries = 9 # profile "ci"' in lines
    assert 'base_url = "https://host.example" # $GRADIENT_INFERENCE_ENDPOINT' in lines
    assert "timeout = 120 # built in" in lines
    assert tomllib.loads(out)["params"] == {"seed": 1}


@pytest.mark.real
def test_settings_are_given_as_json_for_scripts(home):
    """Value and source of each."""
    home.writes('model = "m"\n')

    status, out, _ = home.runs("config", "show", "--json")

    document = json.loads(out)
    assert status == 0
    assert document["settings"]["model"] == {"value": "m", "source": str(home.config)}
    assert (document["path"], document["exists"]) == (str(home.config), True)


def test_the_password_of_a_proxy_is_not_shown(home):
    """A terminal is looked at by others, too, and so is a bug report."""
    home.writes('proxy = "http://ann:s3cret@proxy.example:3128"\n')

    shown = [home.runs("config", "show", *flags)[1] for flags in ((), ("--json",))]

    assert all("proxy.example:3128" in out and "s3cret" not in out for out in shown)


def test_setting_and_showing_agree(home):
    """`set`, `show`, `unset`: a whole turn."""
    assert home.runs("config", "set", "profiles.local.base_url", "localhost:8000")[0] == 0
    assert home.runs("config", "set", "-p", "local", "model", "m")[0] == 0
    assert 'model = "m"' in home.runs("config", "show", "-p", "local")[1]

    assert home.runs("config", "unset", "-p", "local", "model")[0] == 0

    assert "model" not in home.runs("config", "show", "-p", "local")[1]


def test_a_mistake_is_status_2_and_names_the_file(home):
    """A broken settings file stops every command that needs it, and is left alone."""
    home.writes("model = \n")

    status, out, err = home.runs("config", "show")

    assert (status, out) == (2, "")
    assert f"{home.config}:1:9: invalid value" in err


def test_unsetting_what_is_not_set_is_an_error(home):
    """The value that applies may come from somewhere else."""
    status, _, err = home.runs("config", "unset", "model")

    assert status == 2
    assert "`model` is not set in" in err
