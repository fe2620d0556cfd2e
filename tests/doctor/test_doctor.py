"""`gradient doctor`: each thing that can be wrong is named, with its remedy."""

import json
import sys
import time
from email.utils import formatdate

import pytest

from gradient_cli.doctor import findings, steps
from tests.replay_server import End, Framing, Play, framed


def reply(body, status="200 OK", headers=()):
    data = json.dumps(body).encode()
    return Play(
        framed(
            data, Framing.LENGTH, content_type="application/json", status=status, headers=headers
        )
    )


@pytest.fixture
def endpoint(home, replay_server):
    """A healthy server as profile `local`, its clock ours."""
    date = f"Date: {formatdate(usegmt=True)}"
    replay_server.then(reply({"data": [{"id": "m"}]}, headers=[date]))
    home.writes(f'[profiles.local]\nbase_url = "{replay_server.url}"\nmodel = "m"\n')
    return replay_server


def examine(home, *flags):
    """(exit status, {name: check})."""
    status, out, _ = home.runs("doctor", "--json", *flags)
    document = json.loads(out)
    assert document["exit_code"] == status
    assert document["ok"] == (status == 0)
    return status, {check["name"]: check for check in document["checks"]}


def test_a_sound_set_up_is_all_ok(home, endpoint):
    """From the settings file to the clock."""
    status, checks = examine(home, "-p", "local")

    assert status == 0
    for name in ("settings", "endpoint", "key", "dns", "tcp", "models", "model", "clock"):
        assert checks[name]["state"] == "ok", checks[name]


def test_no_key_is_status_3_and_the_rest_is_still_examined(home):
    """One run tells everything that is wrong."""
    home.exports(HTTPS_PROXY="http://127.0.0.1:1")

    status, checks = examine(home)

    assert status == 3
    assert checks["key"]["state"] == "fail"
    assert "gradient auth login" in checks["key"]["hint"]
    assert checks["proxy"]["message"] == "http://127.0.0.1:1"
    assert checks["tcp"]["state"] == "fail"


def test_the_password_of_a_proxy_is_not_shown(home):
    """The report may be pasted into a ticket."""
    home.exports(HTTPS_PROXY="http://me:sesame@127.0.0.1:1")

    assert "sesame" not in home.runs("doctor")[1]


def test_a_proxy_that_cannot_be_used_is_status_2(home):
    """SOCKS 4 is one, and whoever has it in ALL_PROXY is told so."""
    home.exports(ALL_PROXY="socks4://127.0.0.1:1", GRADIENT_MODEL_ACCESS_KEY="k")

    status, checks = examine(home)

    assert status == 2
    assert checks["proxy"]["state"] == "fail"
    assert home.runs("models")[0] == 2


def test_a_server_that_does_not_listen_is_status_5(home):
    """The step that fails is named."""
    status, checks = examine(home, "--base-url", "http://127.0.0.1:1")

    assert status == 5
    assert (checks["dns"]["state"], checks["tcp"]["state"]) == ("ok", "fail")
    assert "models" not in checks


def test_a_key_that_is_not_accepted_is_status_3(home, endpoint):
    """With its source and without itself."""
    home.stores('[profiles.local]\nkey = "sk-do-sesame-1234"\n')
    endpoint.then(reply({"id": "unauthorized", "message": "no"}, "401 Unauthorized"))

    status, checks = examine(home, "-p", "local")

    assert status == 3
    assert "credentials.toml" in checks["models"]["message"]
    assert "sesame" not in str(checks)


def test_a_redirect_is_status_4_but_a_missing_list_a_warning(home, endpoint):
    """A prompt would be redirected as well; many servers have no list of models."""
    for status, expected in (("302 Found", (4, "fail")), ("404 Not Found", (0, "warn"))):
        endpoint.then(
            reply({}, status=status, headers=["Location: https://elsewhere.example"]),
            reply({"error": "no input"}, status="400 Bad Request"),
        )

        exit_status, checks = examine(home, "-p", "local")

        assert (exit_status, checks["models"]["state"]) == expected


def test_a_broken_settings_file_is_status_2(home):
    """Named with its line; what needs no settings is still examined."""
    home.writes("model = \n")

    status, checks = examine(home)

    assert status == 2
    assert ":1:9: invalid value" in checks["settings"]["message"]
    assert checks["program"]["state"] == "ok"


def test_roots_that_cannot_be_read_are_status_2(home):
    """A mistake in a flag, not in the network."""
    status, checks = examine(home, "--base-url", "https://127.0.0.1:1", "--ca-bundle", "none.pem")

    assert status == 2
    assert checks["trust"]["state"] == "fail"
    assert "tcp" not in checks


def test_a_model_that_is_not_in_the_list_is_a_warning(home, endpoint):
    """With the nearest that is."""
    home.exports(GRADIENT_MODEL="mm")

    status, checks = examine(home, "-p", "local")

    assert status == 0
    assert (checks["model"]["state"], checks["model"]["hint"]) == ("warn", "near: m")


def test_a_clock_that_is_wrong_is_a_warning(home, endpoint):
    """The service tells waits as times of day."""
    date = f"Date: {formatdate(0, usegmt=True)}"
    endpoint.then(reply({"data": [{"id": "m"}]}, headers=[date]))

    status, checks = examine(home, "-p", "local")

    assert status == 0
    assert checks["clock"]["state"] == "warn"
    assert "ahead of the server's" in checks["clock"]["message"]


def test_keys_that_others_can_read_are_a_warning(home, endpoint):
    """The same line that every run prints."""
    home.stores('[profiles.local]\nkey = "k"\n').credentials.chmod(0o640)

    _, checks = examine(home, "-p", "local")

    assert "can be read by others" in checks["warning"]["message"]


def test_the_demo_is_always_well(home):
    """Nothing of it is outside of the process."""
    status, checks = examine(home, "-p", "demo")

    assert status == 0
    assert checks["models"]["state"] == "ok"
    assert "dns" not in checks


def program(folder, name="gradient"):
    folder.mkdir()
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def found(environ, ours):
    (finding,) = findings.programs_on_path(environ, ours)
    return finding


def test_a_second_program_of_our_name_is_found(tmp_path):
    """Before us it is a warning, behind us it is not."""
    ours, other = program(tmp_path / "ours"), program(tmp_path / "other")

    first = found({"PATH": f"{ours.parent}:{other.parent}"}, ours)
    second = found({"PATH": f"{other.parent}:{ours.parent}"}, ours)
    absent = found({"PATH": str(other.parent)}, ours)

    assert (first.state, first.message) == ("ok", f"{ours}; after it there is {other}, too")
    assert (second.state, second.message) == ("warn", f"{other} comes before {ours}")
    assert absent.state == "warn"
    assert str(other) in absent.message


def test_a_link_to_us_is_us(tmp_path):
    """pipx and uv put a link on PATH."""
    ours = program(tmp_path / "ours")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "gradient").symlink_to(ours)

    assert found({"PATH": str(tmp_path / "bin")}, ours).state == "ok"


def test_a_terminal_without_utf_8_is_a_warning():
    """What is written is always UTF-8."""
    from gradient_cli.terminal.streams import Terminal

    streams = Terminal.recording(is_tty=True)
    states = [
        next(findings.terminal(streams, environ)).state
        for environ in (
            {"TERM": "xterm", "LANG": "en_US.UTF-8"},
            {"TERM": "xterm", "LANG": "en_US.UTF-8", "LC_ALL": "C"},
            {"TERM": "dumb", "LANG": "C.utf8"},
            # Nobody but a dumb terminal is denied colour and live output.
            {"LANG": "C.utf8"},
        )
    ]

    assert states == ["ok", "warn", "warn", "ok"]


def test_a_folder_of_path_that_cannot_be_looked_into_is_left_out(tmp_path):
    """One that is closed to us, or whose name is too long."""
    ours = program(tmp_path / "a")
    environ = {"PATH": f"/{'x' * 300}:{ours.parent}"}

    assert found(environ, ours).state == "ok"


def refusing(status: str, message: str):
    return reply({"error": {"message": message}}, status=status)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (("422 Unprocessable Content", "field required: input"), "ok"),
        (("500 Internal Server Error", "missing 1 required argument: 'input'"), "ok"),
        (("404 Not Found", "not found"), "fail"),
        (("405 Method Not Allowed", "no"), "fail"),
        (("503 Service Unavailable", "overloaded"), "fail"),
    ],
)
def test_the_endpoint_itself_is_looked_at(home, endpoint, answer, state):
    """A server may list models and have no Responses endpoint; it is asked for nothing."""
    endpoint.then(reply({"data": [{"id": "m"}]}), refusing(*answer))

    status, checks = examine(home, "-p", "local")

    assert checks["models"]["state"] == "ok"
    assert checks["responses"]["state"] == state
    assert (status == 0) is (state == "ok")
    assert endpoint.received[-1].body == b"{}"


def test_a_list_of_models_that_fails_alone_is_a_warning(home, endpoint):
    """As transformers' does without a cache; prompts are answered."""
    endpoint.then(
        refusing("500 Internal Server Error", "no cache"), refusing("400 Bad Request", "no input")
    )

    status, checks = examine(home, "-p", "local")

    assert status == 0
    assert (checks["models"]["state"], checks["responses"]["state"]) == ("warn", "ok")


def test_a_service_that_fails_altogether_is_a_failure(home, endpoint):
    """Named once."""
    endpoint.then(refusing("503 Service Unavailable", "overloaded"))

    status, checks = examine(home, "-p", "local")

    assert status == 5
    assert checks["models"]["state"] == "fail"
    assert "responses" not in checks


def test_an_endpoint_that_hangs_up_on_prompts_is_a_failure(home, endpoint):
    """The list of models is there, and nobody who takes a prompt."""
    endpoint.then(reply({"data": [{"id": "m"}]}), Play(b"", end=End.RESET))

    status, checks = examine(home, "-p", "local")

    assert (status, checks["models"]["state"], checks["responses"]["state"]) == (5, "ok", "fail")


def test_a_refusal_that_breaks_off_says_enough(home, endpoint):
    """Its status is what is looked at."""
    cut = framed(b'{"error"', Framing.LENGTH_CUT, status="400 Bad Request")
    endpoint.then(reply({"data": [{"id": "m"}]}), Play(cut))

    status, checks = examine(home, "-p", "local")

    assert (status, checks["responses"]["state"]) == (0, "ok")


def told(found) -> list[tuple[str, str]]:
    """Give state and message of each finding."""
    return [(one.state, one.message) for one in found]


def test_a_plain_http_endpoint_far_away_is_a_warning(home):
    """Not one on this machine, nor one that is encrypted."""
    for url, state in (
        ("http://api.example.com", "warn"),
        ("https://api.example.com", "ok"),
        ("http://127.0.0.1:8000", "ok"),
    ):
        [found] = steps._endpoint(home.settings(base_url=url))
        assert found.state == state
        assert found.message.startswith(f"{url} (--base-url)")
        assert (found.hint == "use https") is (state == "warn")


def test_an_endpoint_of_a_profile_names_it_once(home):
    """Where it comes from, and which profile holds, if that is another thing."""
    home.writes('[profiles.local]\nbase_url = "http://127.0.0.1:1"\n')

    [own] = steps._endpoint(home.settings(profile="local"))
    [other] = steps._endpoint(home.settings(profile="local", base_url="http://127.0.0.1:2"))

    assert own.message == 'http://127.0.0.1:1 (profile "local")'
    assert other.message == 'http://127.0.0.1:2 (--base-url); profile "local"'


def test_what_is_said_of_the_default_model(home):
    """None, a router, one of the list, one like it, and another."""
    ids = ["llama-3-8b", "qwen"]

    assert told(steps._model(home.settings(), ids)) == [
        ("warn", "no default model is set; each run needs --model")
    ]
    assert told(steps._model(home.settings(model="router:best"), ids)) == []
    [good] = steps._model(home.settings(model="qwen"), ids)
    [near] = steps._model(home.settings(model="llama-3-9b"), ids)
    [none] = steps._model(home.settings(model="zzz"), ids)
    assert (good.state, good.message) == ("ok", "qwen (--model)")
    assert (near.state, near.hint) == ("warn", "near: llama-3-8b")
    assert (none.state, none.hint) == ("warn", "`gradient models` lists them")
    assert '"zzz" (--model) is not in the list' in none.message


@pytest.mark.parametrize(
    ("seconds", "state", "words"),
    [
        (0, "ok", "agrees with the server's"),
        (100, "ok", "agrees with the server's"),
        (-100, "ok", "agrees with the server's"),
        (1000, "warn", "s behind the server's"),
        (-1000, "warn", "s ahead of the server's"),
    ],
)
def test_the_clock_is_held_against_the_servers(seconds, state, words):
    """Two minutes are nothing; more is told with its direction."""
    [found] = steps._clock({"date": formatdate(time.time() + seconds, usegmt=True)})

    assert (found.state, words in found.message) == (state, True)
    assert (found.hint is None) is (state == "ok")


@pytest.mark.parametrize("headers", [{}, {"date": "soon"}, {"date": "Mon, 99 Foo 2026"}])
def test_a_server_without_a_date_says_nothing_of_the_clock(headers):
    """Nor is it a fault."""
    assert list(steps._clock(headers)) == []


def test_one_model_is_no_models_and_one_profile_no_profiles(home, endpoint):
    """Counts are said as people say them."""
    _, checks = examine(home, "-p", "local")

    assert checks["models"]["message"].startswith("1 model (")
    assert checks["settings"]["message"].endswith(", 1 profile")
    endpoint.then(reply({"data": [{"id": "m"}, {"id": "n"}]}))
    home.writes(f'{home.config.read_text()}[profiles.other]\nmodel = "n"\n')
    _, checks = examine(home, "-p", "local")
    assert checks["models"]["message"].startswith("2 models (")
    assert checks["settings"]["message"].endswith(", 2 profiles")


def test_what_is_not_compiled_is_told_with_the_reason(monkeypatch, tmp_path):
    """Each start takes several times longer then."""

    class Spec:
        cached = str(tmp_path / "x.pyc")

    monkeypatch.setattr("importlib.util.find_spec", lambda name: Spec())
    for is_switched_off, why in ((True, "PYTHONDONTWRITEBYTECODE is set"), (False, "cannot be")):
        monkeypatch.setattr(sys, "dont_write_bytecode", is_switched_off)
        [found] = findings.bytecode()
        assert (found.state, why in found.message) == ("warn", True)
        assert found.message.startswith("gradient_cli, httpx, typer not compiled")
    (tmp_path / "x.pyc").touch()
    assert told(findings.bytecode()) == [("ok", "compiled")]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert told(findings.bytecode()) == [("ok", "compiled")]


def test_a_retired_program_of_our_name_is_told(monkeypatch):
    """Each that is installed, with how it goes away."""
    from importlib.metadata import PackageNotFoundError

    def version(name: str) -> str:
        if name != "gradient-adk":
            raise PackageNotFoundError
        return "1.2"

    monkeypatch.setattr("importlib.metadata.version", version)

    [found] = findings.installed_others()

    assert found.message.startswith("gradient-adk 1.2 is installed here")
    assert "pip uninstall gradient-adk" in found.hint


def test_the_script_that_started_us_is_ours(monkeypatch, tmp_path):
    """Also where it lies beside another Python."""
    ours = program(tmp_path / "bin")
    monkeypatch.setattr(sys, "argv", [str(ours)])
    [found_] = findings.programs_on_path({"PATH": str(ours.parent)})
    assert (found_.state, found_.message) == ("ok", str(ours))

    monkeypatch.setattr(sys, "argv", [str(tmp_path / "pytest")])
    [found_] = findings.programs_on_path({"PATH": str(ours.parent)})
    assert found_.state == "warn"


def test_a_folder_twice_on_path_is_one(tmp_path):
    """And an empty one is here; what cannot be executed is no program."""
    ours = program(tmp_path / "ours")
    plain = program(tmp_path / "plain")
    plain.chmod(0o644)

    state = found({"PATH": f"{plain.parent}:{ours.parent}:{ours.parent}"}, ours)

    assert (state.state, state.message) == ("ok", str(ours))


def test_no_terminal_is_no_fault():
    """In a pipe everything is UTF-8."""
    from gradient_cli.terminal.streams import Terminal

    assert told(findings.terminal(Terminal.recording(), {})) == [("ok", "none; output is UTF-8")]
    [found_] = findings.terminal(
        Terminal.recording(is_tty=True, size=(100, 30)), {"LANG": "C.UTF-8"}
    )
    assert found_.message == "unnamed, 100 x 30, UTF-8"
