"""The guess for the early connection agrees with what the run will use, or says nothing."""

import pytest

from gradient_cli.settings.likely import likely_endpoint
from gradient_cli.settings.paths import LONGEST_FILE

CONFIG = """
base_url = "https://top.example"
[profiles.local]
base_url = "localhost:8000"
[profiles.company]
base_url = "https://llm.example"
ca_bundle = "roots.pem"
[profiles.review]
temperature = 0.1
[profiles.keyed]
base_url = "https://keyed.example"
key_file = "key"
[profiles.tunnel]
base_url = "https://tunnel.example"
proxy = "http://p:1"
"""


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "environ", "flags"),
    [
        ([], {}, {}),
        (["-p", "local"], {}, {"profile": "local"}),
        (["-plocal", "hi"], {}, {"profile": "local"}),
        (["-qup", "local"], {}, {"profile": "local"}),
        (["--profile=review"], {}, {"profile": "review"}),
        (["hi", "--base-url", "https://flag.example/v1"], {}, {"base_url": "flag.example"}),
        ([], {"GRADIENT_PROFILE": "local"}, {}),
        ([], {"GRADIENT_INFERENCE_ENDPOINT": "env.example/"}, {}),
        (["-p", "local"], {"GRADIENT_INFERENCE_ENDPOINT": "env.example"}, {"profile": "local"}),
        (["-p", "local"], {"HTTPS_PROXY": "http://proxy:3128"}, {"profile": "local"}),
        (["-mp", "--", "-p", "local"], {}, {}),
        (["-m", "--", "-p", "local"], {}, {"profile": "local"}),
        (["--model", "--", "--profile", "local", "hi"], {}, {"profile": "local"}),
        (["hi", "-plocal", "--", "--profile", "review"], {}, {"profile": "local"}),
        (["-m", "-p", "local"], {}, {}),
        (["--stop", "--profile", "local"], {}, {}),
        (["--model=--ca-bundle", "hi"], {}, {}),
        (["-m", "--ca-bundle", "hi"], {}, {}),
        (["-s", "-n", "hi"], {}, {}),
        (["--", "--proxy"], {}, {}),
        (["-", "-p", "local"], {}, {"profile": "local"}),
        (["-qm", "x", "-p", "local"], {}, {"profile": "local"}),
        (["-p", "local", "-p", "review"], {}, {"profile": "review"}),
    ],
)
def test_the_guess_is_what_the_run_uses(home, argv, environ, flags):
    """Flags, clusters, variables and files are read as the run reads them."""
    home.writes(CONFIG).exports(**environ)

    assert likely_endpoint(argv, home.environ) == home.settings(**flags).base_url


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (["-p", "demo"], {}),
        (["-p", "company"], {}),
        (["-p", "company", "--base-url", "https://x.example"], {}),
        (["--dry-run"], {}),
        (["--help"], {}),
        (["--replay", "tapes"], {}),
        (["--replay=tapes"], {}),
        (["--proxy", "http://p"], {}),
        (["--base-url", "ftp://x"], {}),
        (["--base-url"], {"all_proxy": "socks5://x"}),
        ([], {"https_proxy": "http://proxy:3128"}),
        # of the user's own, wherever and however it is said
        (["-m", "--", "--ca-bundle", "roots.pem"], {}),
        (["hi", "--ca-bundle=roots.pem"], {}),
        (["--stop", "--", "--proxy", "http://p"], {}),
        (["--key-file", "key"], {}),
        (["-qvx", "hi", "--key-file=key"], {}),
        (["-m", "--", "-p", "company"], {}),
        (["--model", "--", "-qpcompany"], {}),
        (["-p", "keyed"], {}),
        (["-qp", "keyed"], {}),
        (["--profile=tunnel", "hi"], {}),
        ([], {"GRADIENT_PROFILE": "company"}),
        ([], {"GRADIENT_PROFILE": "keyed"}),
        ([], {"GRADIENT_PROFILE": "tunnel"}),
        (["--base-url", "https://x.example"], {"GRADIENT_PROFILE": "company"}),
        # what the parser will refuse
        (["--nonsense", "--ca-bundle"], {}),
        (["--ca-bund", "roots.pem"], {}),
        (["-Z"], {}),
        (["-m"], {}),
        (["--stream=yes"], {}),
        (["-p", "local", "--profile", "review"], {}),
    ],
)
def test_nothing_is_opened_where_anything_is_odd(home, argv, environ):
    """A connection that cannot be used, or must not be made, is not begun."""
    home.writes(CONFIG).exports(**environ)

    assert likely_endpoint(argv, home.environ) is None


def test_a_broken_file_opens_nothing(home):
    """The run itself will say what is wrong with it."""
    home.writes("model = \n")

    assert likely_endpoint([], home.environ) is None


def test_a_file_without_end_is_not_read_to_its_end(home):
    """GRADIENT_CONFIG may name a log; the run itself refuses it."""
    home.writes('model = "m"\n# ' + "x" * LONGEST_FILE + "\n")

    assert likely_endpoint([], home.environ) is None


@pytest.mark.parametrize("key", ["proxy", "ca_bundle", "key_file"])
def test_a_setting_for_all_runs_forbids_it(home, key):
    """At the top level it is every profile's."""
    home.writes(f'{key} = "http://p"\n[profiles.local]\nbase_url = "localhost:1"\n')

    assert likely_endpoint([], home.environ) is None
    assert likely_endpoint(["-p", "local"], home.environ) is None
