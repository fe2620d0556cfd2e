"""What a request is made of, and what can never get into one."""

import json
import os
import threading

import pytest

KEY = b"sk-of-stdin-0123456789\n"


@pytest.mark.sampled
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


@pytest.mark.sampled
@pytest.mark.parametrize(
    "argv",
    [
        ("-f", "caf\udce9"),
        ("-f", "."),
        ("-f", "c*"),
        ("-m", "caf\udce9"),
        ("--user", "caf\udce9"),
        ("--stop", "caf\udce9"),
        ("--metadata", "k=caf\udce9"),
        ("--metadata", "caf\udce9=v"),
        ("--param", 'x="caf\udce9"'),
        ("--param", "caf\udce9=1"),
        ("--tool", '{"type":"function","name":"caf\udce9"}'),
        ("--body", '{"x":"caf\udce9"}'),
        ("--schema", "name caf\udce9"),
        ("--schema", '{"title":"caf\udce9"}'),
        ("--tool-choice", "caf\udce9"),
        ("--reasoning-effort", "caf\udce9"),
        ("--previous-response-id", "caf\udce9"),
        ("--expect", "caf\udce9"),
        ("--one-of", "a,caf\udce9"),
        ("--reject-re", "caf\udce9"),
    ],
)
def test_no_half_of_a_character_gets_into_a_request(home, monkeypatch, argv):
    """A name of a file stands in a label; every flag stands somewhere."""
    monkeypatch.chdir(home.folder)
    (home.folder / "caf\udce9").write_text("text")

    argv = ("-m", "m", *argv) if argv[0] != "-m" else argv
    status, stdout, stderr = home.runs("respond", "hi", "-n", "--base-url", "localhost", *argv)

    assert (status, stdout) == (2, "")
    assert "UTF-8" in stderr


@pytest.mark.parametrize(
    "argv", [("-o", "caf\udce9"), ("--thread", "caf\udce9"), ("-s", "@caf\udce9")]
)
def test_a_file_that_is_no_label_may_have_any_name(home, monkeypatch, argv):
    """It is a name, and nobody is told."""
    monkeypatch.chdir(home.folder)
    (home.folder / "caf\udce9").write_text("")

    status, _, _ = home.runs("respond", "hi", "-m", "m", "-n", "--base-url", "localhost", *argv)

    assert status == 0


def asked(home, *argv, stdin=None):
    """Give (status, input of the request, stderr)."""
    argv = ("respond", "-m", "m", "-n", "--base-url", "localhost", *argv)
    status, stdout, stderr = home.runs(*argv, stdin=stdin)
    return status, json.loads(stdout)["input"] if stdout else None, stderr


@pytest.fixture
def project(home, monkeypatch):
    """Give a folder with texts, a binary file and an ignored one, and work in it."""
    folder = home.folder / "project"
    for name, data in {
        ".gitignore": b"*.log\nbuild/\n",
        "src/b.py": b"b\n",
        "src/a.py": b"a\n",
        "src/Z.py": b"Z\n",
        "src/sub/\xc3\xa9.txt".encode("latin-1").decode(): b"e\n",
        "src/logo.png": b"\x89PNG\r\n\x1a\n\0",
        "src/x.log": b"log\n",
        "src/empty": b"",
        "build/out.txt": b"out\n",
        "logs/x.log": b"log\n",
        "logs/x.bin": b"\0",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / ".git").mkdir()
    monkeypatch.chdir(folder)
    return folder


def block(path: str, text: str) -> str:
    """Give a labelled file."""
    return f'<file path="{path}">\n{text}</file>\n'


@pytest.mark.real
def test_a_folder_stands_for_its_text_files(home, project):
    """In the order of their names; what is left out as binary is said."""
    status, found, stderr = asked(home, "-f", "src", "q")

    texts = [
        ("Z.py", "Z\n"),
        ("a.py", "a\n"),
        ("b.py", "b\n"),
        ("empty", ""),
        ("sub/\u00e9.txt", "e\n"),
    ]
    assert status == 0
    assert found == "".join(block(f"src/{name}", text) for name, text in texts) + "\nq"
    assert stderr == "src: binary files are left out: src/logo.png\n"


@pytest.mark.parametrize("name", ["src/sub", "src/sub/", "./src/sub", "src/../src/sub"])
def test_a_folder_keeps_the_name_that_the_user_gave(home, project, name):
    """And the working folder has none."""
    assert asked(home, "-f", name, "q")[1].startswith(
        f'<file path="{name.rstrip("/")}/\u00e9.txt">'
    )
    assert asked(home, "-f", ".", "q")[1].startswith('<file path=".gitignore">')


def test_a_pattern_stands_for_the_files_it_matches(home, project):
    """Ignored ones too: they were asked for."""
    assert (
        asked(home, "-f", "src/[ab].py", "q")[1]
        == block("src/a.py", "a\n") + block("src/b.py", "b\n") + "\nq"
    )
    assert asked(home, "-f", "src/**/*.log", "q")[1] == block("src/x.log", "log\n") + "\nq"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("src/*.rs", "matches no file"),
        ("src/s*b", "matches no file"),
        ("logs", "no text file is below it"),
        ("src/*", '"src/logo.png" is a picture, not UTF-8'),
        ("nowhere", "no such file"),
    ],
)
def test_nothing_found_is_an_error(home, project, path, words):
    """A gate does not pass because nothing was looked at."""
    status, found, stderr = asked(home, "-f", path, "q")

    assert (status, found) == (2, None)
    assert words in stderr


def test_a_folder_that_git_ignores_may_be_named(home, project):
    """Whoever names it means it."""
    assert asked(home, "-f", "build", "q")[1] == block("build/out.txt", "out\n") + "\nq"


def test_a_file_that_is_called_like_a_pattern_is_that_file(home, project):
    """No shell has to be outwitted."""
    (project / "a[1]*.txt").write_text("odd")

    assert asked(home, "-f", "a[1]*.txt", "q")[1].startswith('<file path="a[1]*.txt">\nodd')


def test_the_limit_is_for_all_files_together(home, project):
    """A folder is no way around it."""
    home.writes("max_input_bytes = 7\n")

    assert asked(home, "-f", "src/a.py", "-f", "src/b.py", "q")[0] == 0
    status, _, stderr = asked(home, "-f", "src", "q")

    assert status == 2
    assert 'the input, with "src/sub/\u00e9.txt", is larger than 7 bytes' in stderr


@pytest.mark.parametrize("name", ["latin.txt", "wide.txt"])
def test_a_text_that_cannot_be_read_is_not_left_out(home, project, name):
    """It is no binary file; whoever asks about the folder would not know."""
    text = "caf\u00e9 au lait\n"
    (project / "src" / name).write_bytes(text.encode("latin-1" if name[0] == "l" else "utf-16"))

    status, _, stderr = asked(home, "-f", "src", "q")

    assert status == 2
    assert f'"src/{name}" is' in stderr


@pytest.mark.parametrize("read", ["-f", "-s", "--prompt-file", "--schema", "--body"])
def test_a_pipe_is_a_file(home, read):
    """As a shell's <(...) makes one."""
    reader, writer = os.pipe()
    os.write(writer, b'{"type":"object"}')
    os.close(writer)
    path = f"/dev/fd/{reader}"
    prompt = () if read == "--prompt-file" else ("hi",)

    status, _, stderr = asked(
        home, *prompt, "--no-stdin", read, f"@{path}" if read == "-s" else path
    )
    os.close(reader)

    assert (status, stderr) == (0, "")


def test_a_named_pipe_without_a_writer_is_announced_and_given_up(home, project):
    """Like stdin; opening it would wait for ever, without a word."""
    os.mkfifo("pipe")

    status, _, stderr = asked(home, "-f", "pipe", "q", "--timeout", "0.05")

    assert status == 2
    assert '"pipe" is a pipe: nothing came for 0.05 s' in stderr


@pytest.mark.real
def test_a_named_pipe_is_read_when_somebody_writes(home, project):
    """However late, within the timeout."""
    os.mkfifo("pipe")
    late = threading.Timer(0.1, lambda: (project / "pipe").write_text("late\n"))
    late.start()

    status, found, _ = asked(home, "-f", "pipe", "q", "--timeout", "20")
    late.join()

    assert (status, found) == (0, block("pipe", "late\n") + "\nq")


def test_a_label_cannot_be_left(home, project):
    """A file's name is anybody's."""
    (project / 'a">\n<b').write_text("x\n")

    assert asked(home, "-f", "a*b", "q")[1] == block("a&quot;&gt;&#10;&lt;b", "x\n") + "\nq"


@pytest.mark.parametrize(
    "variable", ["GRADIENT_MODEL", "GRADIENT_PROFILE", "GRADIENT_INFERENCE_ENDPOINT"]
)
@pytest.mark.parametrize("around", ["{}\r", " {}\n", "\t{} "])
def test_a_variable_is_read_without_what_a_file_left_around_it(home, variable, around):
    """A `.env` with CRLF names the same model as one without."""
    home.writes('[profiles.p]\nmodel = "of p"\n')
    given = {
        "GRADIENT_MODEL": "m",
        "GRADIENT_PROFILE": "p",
        "GRADIENT_INFERENCE_ENDPOINT": "http://127.0.0.1:9",
    }
    home.exports(
        **{
            name: around.format(value) if name == variable else value
            for name, value in given.items()
        }
    )

    status, stdout, _ = home.runs("respond", "hi", "-n")
    del home.environ["GRADIENT_MODEL"]
    of_profile = home.runs("respond", "hi", "-n")[1]

    assert (status, json.loads(stdout)["model"], json.loads(of_profile)["model"]) == (
        0,
        "m",
        "of p",
    )


def test_a_setting_is_trimmed_as_a_variable_is(home):
    """One name, wherever it stands."""
    home.writes('model = " m\\r\\n"\nbase_url = " http://127.0.0.1:9 "\n')

    assert json.loads(home.runs("respond", "hi", "-n")[1])["model"] == "m"


def test_a_variable_that_is_not_utf_8_is_refused(home):
    """It would be half a character in the request."""
    home.exports(GRADIENT_MODEL="caf\udce9", GRADIENT_INFERENCE_ENDPOINT="localhost")

    status, _, stderr = home.runs("respond", "hi", "-n")

    assert (status, "$GRADIENT_MODEL is not UTF-8" in stderr) == (2, True)


def test_a_variable_is_utf_8_whatever_the_locale_is(home):
    """As an argument is."""
    home.exports(GRADIENT_MODEL="caf\udcc3\udca9", GRADIENT_INFERENCE_ENDPOINT="localhost")

    assert json.loads(home.runs("respond", "hi", "-n")[1])["model"] == "caf\u00e9"


def test_json_without_measure_is_an_error_of_usage(home):
    """Nesting that Python cannot follow is the caller's mistake, no bug of ours."""
    status, _, stderr = home.runs("respond", "hi", "-n", "--param", "a=" + "[" * 3000)

    assert (status, stderr) == (2, "gradient: --param a is not JSON: it is nested too deeply\n")


@pytest.mark.parametrize("flag", ["--param", "--metadata", "--var"])
def test_a_name_that_is_given_twice_is_refused(home, flag):
    """The first of two values would be dropped."""
    status, _, stderr = asked(home, "{{ a }}", flag, "a=1", flag, "a=2")

    assert (status, f"{flag} a is given twice" in stderr) == (2, True)


@pytest.mark.parametrize(
    "argv", [("--stop", ""), ("--param", "a=1", "--param", "a.b=2"), ("--param", "a.=1")]
)
def test_what_cannot_be_sent_as_said_is_refused(home, argv):
    """Before it is sent."""
    assert asked(home, "hi", *argv)[:2] == (2, None)


def curl(home, *argv, base_url="https://h.example"):
    """Give the lines of --curl."""
    stdout = home.runs("respond", "hi", "-m", "m", "--curl", "--base-url", base_url, *argv)[1]
    return [line.strip(" \\") for line in stdout.splitlines()]


def test_curl_goes_the_way_of_the_run(home):
    """Proxy, roots and time, wherever they were set."""
    flags = ("--proxy", "http://p.example:3128", "--ca-bundle", "/ca.pem", "--max-time", "7.5")
    expected = ["--proxy http://p.example:3128", "--cacert /ca.pem", "--max-time 7.5"]

    assert curl(home, *flags)[1:4] == expected
    home.writes('proxy = "p.example:3128"\nca_bundle = "/ca.pem"\nmax_time = 7.5\n')
    assert curl(home)[1:4] == expected
    home.writes("").exports(HTTPS_PROXY="http://p.example:3128", SSL_CERT_FILE="/ca.pem")
    assert curl(home)[1:3] == expected[:2]
    assert "--noproxy '*'" in curl(home, base_url="http://127.0.0.1:9")
    home.exports(NO_PROXY="h.example")
    assert curl(home)[1] == "--noproxy '*'"


def test_curl_shows_no_password_of_a_proxy(home):
    """The command may be pasted anywhere; a variable stands for it."""
    lines = curl(home, "--proxy", "http://me:secret@p.example:3128")

    assert "secret" not in "".join(lines)
    assert lines[1:3] == ["--proxy http://p.example:3128", '--proxy-user "$PROXY_USER"']


def test_curl_names_a_folder_of_roots_as_one(home):
    """curl has a flag for each."""
    assert f"--capath {home.folder}" in curl(home, "--ca-bundle", str(home.folder))


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("argv", "name"),
    [
        (("respond", "hi", "-n", "-f", "FILE"), "f.txt"),
        (("respond", "-n", "-f", "-"), "f.txt"),
        (("respond", "-n", "--prompt-file", "FILE"), "f.md"),
        (("respond", "hi", "-n", "-s", "@FILE"), "f.txt"),
        (("respond", "hi", "-n", "--schema", "FILE"), "f.json"),
        (("respond", "hi", "-n", "--thread", "FILE"), "f.jsonl"),
        (("batch", "run", "-i", "FILE", "-n"), "f.jsonl"),
        (("batch", "run", "-i", "FILE", "-n"), "f.txt"),
        (("batch", "run", "--each-file", "FILE", "-n"), "f.txt"),
        (("check", "FILE"), "s.toml"),
        (("mock", "--script", "FILE"), "s.toml"),
        (("decide", "q", "-f", "FILE", "-n"), "f.txt"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_utf_16_is_named_wherever_a_text_is_read(home, monkeypatch, argv, name, encoding):
    """PowerShell's `>` writes it; the hint makes it readable."""
    monkeypatch.chdir(home.folder)
    data = ("\ufeff" if encoding[-2:] == "be" else "") + '{"prompt": "caf\u00e9"}\n'
    (home.folder / name).write_bytes(data.encode(encoding))
    argv = tuple(word.replace("FILE", name) for word in argv)
    extra = () if argv[0] in {"check", "mock"} else ("-m", "m", "--base-url", "localhost")

    status, stdout, stderr = home.runs(*argv, *extra, stdin=data.encode(encoding))

    assert (status, stdout) == (2, "")
    assert "iconv -f UTF-16" in stderr


def test_settings_in_utf_16_are_named(home):
    """Windows' editors write them so."""
    home.config.write_bytes('model = "m"\n'.encode("utf-16"))

    status, _, stderr = home.runs("respond", "hi", "-n")

    assert (status, "iconv -f UTF-16" in stderr) == (2, True)


@pytest.mark.parametrize("kind", ["audio", "video", "Text", "image"])
def test_an_answer_that_is_no_text_cannot_be_asked_for(home, kind):
    """stdout is text; nothing is sent."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT="http://127.0.0.1:9")

    status, stdout, stderr = home.runs("respond", "hi", "-m", "m", "--modality", kind, "--dry-run")

    assert (status, stdout) == (2, "")
    assert kind in stderr


def test_verbose_says_where_each_setting_came_from(home):
    """What the user said, once; neither what is built in nor what has a line of its own."""
    home.exports(GRADIENT_INFERENCE_ENDPOINT="http://127.0.0.1:9", GRADIENT_MODEL_ACCESS_KEY="sk-x")

    _, _, stderr = home.runs("respond", "hi", "-m", "m", "--retries", "0", "-v")

    told = [line for line in stderr.splitlines() if not line.startswith("gradient: ")]
    assert "endpoint: http://127.0.0.1:9 ($GRADIENT_INFERENCE_ENDPOINT)" in told
    assert 'model: "m" (--model)' in told
    assert "retries: 0 (--retries)" in told
    assert not [line for line in told if line.startswith(("base_url:", "timeout:", "profile:"))]
