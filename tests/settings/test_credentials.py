"""Secrets stay secret, and credentials.toml is read with care."""

import pickle

import pytest

from gradient_cli.errors import ConfigError
from gradient_cli.settings.credentials import Credential, Secret, read_credentials
from gradient_cli.settings.edit import remove_key, store_key
from gradient_cli.transport.faults import Setting
from gradient_cli.transport.http import Network


def test_a_secret_shows_itself_to_nobody():
    """Not in a repr, a format, a dataclass's repr or a pickle."""
    secret = Secret("sk-do-sesame-1234")
    credential = Credential(secret, "$X")

    shown = f"{secret} {secret!r} {credential} {[secret]} {secret.__dir__()}"

    assert "sesame" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret)


def test_no_value_that_carries_a_key_shows_it(home):
    """A repr in a log, a failed assertion or a debugger is no leak."""
    home.exports(GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame-1234")
    settings = home.settings()
    key = settings.credential().secret.reveal()
    carriers = (
        settings,
        settings.destination(),
        settings.credential(),
        Network(base_url=settings.base_url, secret=key),
        Setting(settings.base_url, secret=key),
    )

    assert "sesame" not in repr(carriers)


def test_the_last_four_letters_are_all_that_is_shown():
    """Enough to tell two keys apart; nothing of a short one."""
    assert Secret("sk-do-sesame-1234").hint() == "…1234"
    assert Secret("short").hint() == "…"


def test_a_file_that_others_can_read_is_a_warning(home):
    """As ssh does for its keys."""
    home.stores('key = "k"\n')
    assert read_credentials(home.environ).warning is None

    home.credentials.chmod(0o644)

    warning = read_credentials(home.environ).warning
    assert warning == f"{home.credentials} can be read by others: chmod 600 {home.credentials}"


@pytest.mark.parametrize(
    "text",
    [
        "sk-do-sesame",
        'sk-do-sesame = "x"',
        'key = "sk-do-sesame\n',
        "key = 1234",
        '[profiles.a]\nkee = "sk-do-sesame"',
        'profiles = "sk-do-sesame"',
        'profiles.a = "sk-do-sesame"',
        '[[profiles]]\nkey = "sk-do-sesame"',
    ],
)
def test_a_broken_file_is_an_error_that_repeats_nothing(home, text):
    """Its content may be a key in the wrong place."""
    home.stores(text)

    with pytest.raises(ConfigError) as caught:
        read_credentials(home.environ)

    assert str(home.credentials) in caught.value.message
    assert "sesame" not in f"{caught.value.message}{caught.value.hint}"


@pytest.mark.parametrize("text", ["profiles = 3", "profiles.a = 3", "[[profiles]]\nkey = 'k'"])
def test_a_file_without_tables_for_profiles_is_not_changed(home, text):
    """Neither a login nor a logout knows where in it a key would be."""
    home.stores(text)

    with pytest.raises(ConfigError, match="must hold tables"):
        store_key(home.credentials, "a", Secret("k"), "https://a")
    with pytest.raises(ConfigError, match="must hold tables"):
        remove_key(home.credentials, "a")

    assert home.credentials.read_text() == text


def test_a_bom_is_no_key(home):
    """An editor may have put one at the beginning."""
    home.stores('\ufeffkey = "k"\n')

    assert read_credentials(home.environ).keys[None].secret.reveal() == "k"
