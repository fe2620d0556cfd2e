"""A key belongs to an endpoint: which key a request gets, and which it never gets."""

import os
import sys

import pytest

from gradient_cli.errors import ConfigError, CredentialError, UsageError
from gradient_cli.settings.keyring import ACCOUNT_VARIABLES, OWN_VARIABLE, without_keys

LOCAL = '[profiles.local]\nbase_url = "http://127.0.0.1:8000"\n'
ALL_VARIABLES = dict.fromkeys(ACCOUNT_VARIABLES, "account") | {OWN_VARIABLE: "own"}


def test_the_variables_are_read_in_their_order(home):
    """The key meant for this program first, then the account's."""
    for name in reversed((OWN_VARIABLE, *ACCOUNT_VARIABLES)):
        home.exports(**{name: f"key-{name}"})

        assert home.key() == (f"key-{name}", f"${name}")


@pytest.mark.parametrize("variable", ACCOUNT_VARIABLES)
def test_an_account_credential_does_not_go_to_a_strange_host(home, variable):
    """`--base-url` to somebody else's server never carries the account's credentials."""
    home.exports(**{variable: "account"})

    key, looked_in = home.key(base_url="https://gateway.example")

    assert key is None
    assert looked_in.startswith(f"not in: ${OWN_VARIABLE}, credentials.toml")


def test_an_account_credential_goes_to_the_host_that_the_variable_names(home):
    """Who exports an endpoint and a key means them together."""
    home.exports(MODEL_ACCESS_KEY="a", GRADIENT_INFERENCE_ENDPOINT="https://gateway.example/v1")

    assert home.key() == ("a", "$MODEL_ACCESS_KEY")
    assert home.key(base_url="https://gateway.example/other")[0] == "a"
    assert home.key(base_url="https://elsewhere.example")[0] is None


def test_an_account_credential_goes_to_all_of_do_ai_run(home):
    """Other hosts of the service are the service."""
    home.exports(DIGITALOCEAN_TOKEN="a")

    assert home.key(base_url="https://eu.do-ai.run")[0] == "a"
    assert home.key(base_url="https://eu-do-ai.run")[0] is None


def test_our_own_variable_goes_where_the_request_goes(home):
    """GRADIENT_MODEL_ACCESS_KEY is meant for whatever endpoint is asked."""
    home.exports(GRADIENT_MODEL_ACCESS_KEY="k")

    assert home.key(base_url="https://gateway.example") == ("k", "$GRADIENT_MODEL_ACCESS_KEY")


def test_a_profile_with_its_own_endpoint_uses_no_variable(home):
    """The company's vLLM does not get the DigitalOcean key."""
    home.writes(LOCAL).exports(**ALL_VARIABLES)

    assert home.key(profile="local")[0] is None


def test_a_profile_with_its_own_endpoint_uses_its_own_key(home):
    """Before any variable."""
    home.writes(LOCAL).exports(**ALL_VARIABLES)
    home.stores('[profiles.local]\nkey = "mine"\nendpoint = "http://127.0.0.1:8000"\n')

    assert home.key(profile="local") == ("mine", 'credentials.toml, profile "local"')


def test_a_profile_with_its_own_endpoint_does_not_use_the_default_key(home):
    """The stored key without a profile is for another endpoint."""
    home.writes(LOCAL).stores('key = "default"\n')

    assert home.key(profile="local")[0] is None


def test_a_profile_without_an_endpoint_uses_the_default_key(home):
    """`-p review` sets instructions; the key is the usual one."""
    home.writes('[profiles.review]\nuser = "ci"\n').stores('key = "default"\n')

    assert home.key(profile="review") == ("default", "credentials.toml")


def test_the_environment_beats_the_stored_key(home):
    """CI exports a key on a machine where somebody has logged in."""
    home.stores('key = "stored"\n').exports(MODEL_ACCESS_KEY="exported")

    assert home.key() == ("exported", "$MODEL_ACCESS_KEY")


@pytest.mark.parametrize("how", ["flag", "variable"])
def test_a_stored_key_stays_with_its_endpoint(home, how):
    """Sending the request elsewhere leaves the stored key at home."""
    home.stores('key = "stored"\nendpoint = "https://inference.do-ai.run"\n')
    elsewhere = "https://gateway.example"

    if how == "flag":
        key = home.key(base_url=elsewhere)
    else:
        key = home.exports(GRADIENT_INFERENCE_ENDPOINT=elsewhere).key()

    assert key[0] is None
    assert "belongs to https://inference.do-ai.run" in key[1]


def test_a_stored_key_serves_all_of_do_ai_run(home):
    """Another region of the service is the service; plain HTTP is not."""
    home.stores('key = "stored"\nendpoint = "https://inference.do-ai.run"\n')

    assert home.key(base_url="https://eu.do-ai.run")[0] == "stored"
    with pytest.raises(CredentialError):
        home.key(base_url="http://inference.do-ai.run")


def test_a_key_stored_for_another_endpoint_does_not_follow_the_profile(home):
    """Changing a profile's base_url later does not send the old key to the new host."""
    home.writes('[profiles.local]\nbase_url = "https://new.example"\n')
    home.stores('[profiles.local]\nkey = "old"\nendpoint = "https://old.example"\n')

    assert home.key(profile="local")[0] is None


def test_a_profiles_key_stays_home_when_a_flag_sends_the_request_away(home):
    """`-p local --base-url https://evil` does not run the profile's key_command."""
    home.writes(f"{LOCAL}key_command = \"{sys.executable} -c 'print(1)'\"\n")

    key, looked_in = home.key(profile="local", base_url="https://gateway.example")

    assert key is None
    assert 'profile "local" (its key belongs to http://127.0.0.1:8000)' in looked_in


def test_the_service_demands_a_key_and_the_error_says_where_it_looked(home):
    """No key is status 3, before anything is sent."""
    with pytest.raises(CredentialError) as caught:
        home.key()

    assert caught.value.status == 3
    for name in (OWN_VARIABLE, *ACCOUNT_VARIABLES, "credentials.toml"):
        assert name in caught.value.message
    assert "gradient auth login" in (caught.value.hint or "")


def test_another_endpoint_is_asked_without_a_key(home):
    """A server of one's own may need none."""
    assert home.key(base_url="http://127.0.0.1:8000")[0] is None
    assert home.key(base_url="http://10.0.0.7:8000")[0] is None


def test_the_demo_gets_no_key(home):
    """No key leaves the process for the mock."""
    home.exports(**ALL_VARIABLES)

    assert home.key(profile="demo")[0] is None


def test_a_key_file_goes_where_the_request_goes(home, tmp_path):
    """The first line, without its line end; before every variable."""
    file = tmp_path / "key"
    file.write_bytes(b"from-file\r\nsecond line\n")
    home.exports(**ALL_VARIABLES)

    assert home.key(key_file=str(file)) == ("from-file", f"--key-file {file}")
    assert home.key(key_file=str(file), base_url="https://gateway.example")[0] == "from-file"


def test_a_key_comes_from_stdin(home):
    """`--key-file -` for those who hand secrets through a pipe."""
    import io

    found = home.settings(key_file="-").credential(io.BytesIO(b"piped\n"))

    assert found.secret is not None
    assert found.secret.reveal() == "piped"


def test_a_key_file_that_is_not_there_is_an_error(home, tmp_path):
    """Not a run without a key."""
    with pytest.raises(UsageError, match="No such file"):
        home.key(key_file=str(tmp_path / "none"))


def test_a_key_does_not_go_over_plain_http_to_another_machine(home):
    """Everybody on the way could read it."""
    home.exports(GRADIENT_MODEL_ACCESS_KEY="k-secret")

    with pytest.raises(UsageError) as caught:
        home.key(base_url="http://10.0.0.7:8000")

    assert "$GRADIENT_MODEL_ACCESS_KEY" in caught.value.message
    assert "k-secret" not in f"{caught.value.message}{caught.value.hint}"
    assert home.key(base_url="http://localhost:8000")[0] == "k-secret"


def test_a_profile_may_allow_plain_http(home):
    """For a network that one trusts."""
    home.writes('[profiles.lab]\nbase_url = "http://10.0.0.7:8000"\nallow_http = true\n')
    home.stores('[profiles.lab]\nkey = "k"\nendpoint = "http://10.0.0.7:8000"\n')

    assert home.key(profile="lab")[0] == "k"


def test_that_permission_is_for_the_profiles_own_server(home):
    """A flag or a variable that sends the request elsewhere takes no permission along."""
    home.writes(
        '[profiles.lab]\nbase_url = "http://10.0.0.7:8000"\nallow_http = true\n'
        "[profiles.any]\nallow_http = true\n"
    ).exports(GRADIENT_MODEL_ACCESS_KEY="k")

    with pytest.raises(UsageError, match="plain HTTP") as caught:
        home.key(profile="lab", base_url="http://10.0.0.8:8000")

    assert "for its own base_url" in (caught.value.hint or "")
    assert home.key(profile="any", base_url="http://10.0.0.8:8000")[0] == "k"


@pytest.mark.parametrize("bad", ["two words", "line\nend", "tab\tbed", "schlüssel", "\x1b[2J"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_by_its_source(home, bad):
    """A pasted line end or a typographic quote; the value is not shown."""
    home.exports(MODEL_ACCESS_KEY=bad)

    with pytest.raises(CredentialError) as caught:
        home.key()

    assert "$MODEL_ACCESS_KEY holds no usable key" in caught.value.message
    assert bad not in f"{caught.value.message}{caught.value.hint}"


def test_a_line_end_around_a_key_does_no_harm(home):
    """Secrets in CI often end with a newline."""
    home.exports(MODEL_ACCESS_KEY=" key\r\n")

    assert home.key()[0] == "key"


def command(home, code):
    home.writes(f"key_command = '''{sys.executable} -c \"{code}\"'''\n")
    return home


def test_a_command_gives_the_key(home):
    """A password manager's command line; without a shell."""
    assert command(home, "print('from command'[5:])").key() == (
        "command",
        f"key_command of {home.config}",
    )


def test_a_command_that_fails_shows_its_own_words(home):
    """The password manager says what is wrong; what it printed is not shown."""
    code = "import sys; print('sk-long-secret'); sys.exit('locked: sk-long-secret')"

    with pytest.raises(CredentialError) as caught:
        command(home, code).key()

    assert "ended with status 1: locked: [output]" in caught.value.message
    assert "sk-long" not in f"{caught.value.message}{caught.value.hint}"


def test_a_command_gets_no_stdin(home):
    """stdin may be the prompt: here it is a pipe with something in it."""
    reader, writer = os.pipe()
    os.write(writer, b"the prompt")
    os.close(writer)
    before = os.dup(0)
    os.dup2(reader, 0)
    try:
        found = command(home, "import sys; print('x' + sys.stdin.read())").key()
        left = os.read(0, 100)
    finally:
        os.dup2(before, 0)
        os.close(before)
        os.close(reader)

    assert (found[0], left) == ("x", b"the prompt")


def test_a_command_that_is_not_there_is_an_error(home):
    """Not a run without a key."""
    home.writes('key_command = "no-such-program-anywhere read x"\n')

    with pytest.raises(ConfigError, match='cannot run "no-such-program-anywhere"'):
        home.key()


def test_a_program_gets_no_key():
    """By none of its names, nor as a copy under another; all else stays."""
    key = "sk-do-0123456789"
    environ = {
        "MODEL_ACCESS_KEY": f"{key}\n",
        "GRADIENT_MODEL_ACCESS_KEY": "x",
        "DIGITALOCEAN_TOKEN": "",
        "OPENAI_API_KEY": key,
        "HEADER": f"Authorization: Bearer {key}",
        "PATH": "/usr/bin:/x",
        "EMPTY": "",
    }

    assert without_keys(environ) == {"PATH": "/usr/bin:/x", "EMPTY": ""}


@pytest.mark.parametrize("value", ["", " ", "\n"])
def test_a_variable_that_is_set_but_empty_is_named(home, value):
    """In CI the secret is missing: pull requests from forks get none."""
    with pytest.raises(
        CredentialError, match=r"no key for .*: .MODEL_ACCESS_KEY is set but empty"
    ) as caught:
        home.exports(MODEL_ACCESS_KEY=value).key()

    assert "pull requests from forks" in caught.value.hint


def test_an_empty_variable_hides_no_key(home):
    """Another place that has one is taken."""
    assert home.exports(MODEL_ACCESS_KEY="", DIGITALOCEAN_TOKEN="dop").key()[0] == "dop"


def test_another_endpoint_is_asked_with_an_empty_variable(home):
    """It may not want one."""
    assert home.exports(MODEL_ACCESS_KEY="").key(base_url="http://127.0.0.1:1")[0] is None
