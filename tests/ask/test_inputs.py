"""What a request is made of, and what can never get into one."""

import os

import pytest

KEY = b"sk-of-stdin-0123456789\n"


@pytest.mark.parametrize(
    "argv",
    [
        ("respond", "hi", "--dry-run"),
        ("respond", "-f", "FILE", "--dry-run"),
        ("respond", "hi", "--curl"),
        ("respond", "--dry-run"),
        ("respond", "-", "--dry-run"),
        ("respond", "-f", "-", "hi", "--dry-run"),
        ("respond", "--body", "-", "--dry-run"),
        ("batch", "run", "hi", "--dry-run"),
        ("batch", "run", "hi", "-i", "-", "--dry-run"),
    ],
)
def test_a_key_on_stdin_gets_into_no_request(home, argv):
    """`--key-file -` is read as the key alone: as context it would be sent, and shown."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT="http://127.0.0.1:9")
    file = home.folder / "a.txt"
    file.write_text("text")
    argv = [str(file) if word == "FILE" else word for word in argv]

    status, stdout, stderr = home.runs(*argv, "--key-file", "-", stdin=KEY)

    assert KEY.decode().strip() not in stdout + stderr
    assert status == 0 or "want stdin" in stderr or "no prompt" in stderr


def test_a_key_on_stdin_is_a_line_not_a_whole_pipe(home):
    """Whoever writes it may keep the pipe open, or have made it non-blocking."""
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    settings = home.settings(key_file="-")

    with os.fdopen(reader, "rb") as stdin, os.fdopen(writer, "wb"):
        os.write(writer, KEY)
        found = settings.credential(stdin)

    assert found.secret is not None
    assert found.secret.reveal() == KEY.decode().strip()


@pytest.mark.parametrize("flag", ["--tool", "--body", "--replay", "--thread", "-o", "-f", "-s"])
def test_a_name_that_is_too_long_is_an_error_of_usage(home, flag):
    """As any other file that cannot be had."""
    name = ("@" if flag == "-s" else "") + "x" * 300

    status, _, stderr = home.runs("respond", "hi", "-m", "m", flag, name)

    assert (status, stderr.startswith("gradient: ")) == (2, True)


@pytest.mark.parametrize(
    "argv",
    [
        ("respond", "caf\udce9", "-n"),
        ("respond", "hi", "-n", "-s", "caf\udce9"),
        ("respond", "{{ a }}", "-n", "--var", "a=caf\udce9"),
        ("batch", "run", "caf\udce9", "-i", "-", "-n"),
    ],
)
def test_a_text_that_is_not_utf_8_is_not_sent(home, argv):
    """A file's bytes are refused with their offset; so are an argument's."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT="http://127.0.0.1:9")

    status, stdout, stderr = home.runs(*argv, stdin=b"item\n")

    assert (status, stdout) == (2, "")
    assert "is not UTF-8: byte 0xe9 at offset 3" in stderr


def test_a_text_is_utf_8_whatever_the_locale_is(home):
    """Where Python takes the command line for ASCII, its bytes are still what was typed."""
    stdout = home.runs("respond", "caf\udcc3\udca9", "-m", "m", "-n", "--base-url", "localhost")[1]

    assert '"caf\u00e9"' in stdout


def test_a_file_may_have_a_name_that_is_not_utf_8(home):
    """It is a name, not a text."""
    file = home.folder / "caf\udce9"
    file.write_text("text")

    assert home.runs("respond", "hi", "-m", "m", "-n", "-f", str(file))[0] == 0


def test_json_without_measure_is_an_error_of_usage(home):
    """Nesting that Python cannot follow is the caller's mistake, no bug of ours."""
    status, _, stderr = home.runs("respond", "hi", "-n", "--param", "a=" + "[" * 3000)

    assert (status, stderr) == (2, "gradient: --param a is not JSON: it is nested too deeply\n")
