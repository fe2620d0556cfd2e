"""Conversations in a file: whole turns, one writer at a time."""

import json
import os
import resource
import stat
import subprocess
import sys
import threading
import time

import pytest

from gradient_cli.ask.conversation import answer_items, open_thread, output_item, user_item
from gradient_cli.errors import TimedOut, UsageError
from gradient_cli.transport.deadline import Deadline
from gradient_cli.wire.response import Response, ToolCall

CALL = ToolCall("f", "{}", "c1")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "talk.jsonl"


def open_at(path, notes=None):
    return open_thread(str(path), (notes if notes is not None else []).append)


def test_a_new_thread_is_empty_and_writes_nothing(path):
    """Only a turn makes the file."""
    thread = open_at(path)
    thread.close()

    assert thread.items == []
    assert not path.exists()


def test_a_turn_is_added_and_read_again(path):
    """The wire's own items, one a line, for the owner's eyes only."""
    thread = open_at(path)
    thread.add([user_item("hi \u2028"), *answer_items(Response(text="ho", tool_calls=(CALL,)))])
    thread.close()

    again = open_at(path)
    again.close()

    assert again.items == [
        {"role": "user", "content": "hi \u2028"},
        {"type": "message", "role": "assistant", "content": "ho"},
        CALL.as_item(),
    ]
    assert again.open_calls == ["c1"]
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(path.read_text().splitlines()) == 3


def test_a_link_stays_a_link(path, tmp_path):
    """The file it leads to is the one that grows."""
    real = tmp_path / "real.jsonl"
    real.write_text("")
    path.symlink_to(real)
    thread = open_at(path)
    thread.add([user_item("hi")])
    thread.close()

    assert path.is_symlink()
    assert json.loads(real.read_text()) == user_item("hi")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{}\n", ":1: no input item"),
        ('{"role":"user","content":"x"}\nnope\n', ":2: not JSON"),
        ('{"type":"function_call","name":"f"}\n', ":1: a function call without a `call_id`"),
        ('{"type":"function_call_output","call_id":[1]}\n', ":1: a function's output without"),
        ('{"role":1}\n', ":1: no input item"),
        ('{"role":"user","content":NaN}\n', ":1: not JSON: NaN"),
        ('{"role":"user","content":"a"}\n{"role":"assis', ":2: not JSON: unterminated string"),
        ("[" * 100_000, ":1: not JSON: it is nested too deeply"),
    ],
)
def test_a_line_that_is_no_item_is_named(path, text, words):
    """And the file is left as it is, free for the next one."""
    path.write_text(text)

    for _ in range(2):
        with pytest.raises(UsageError) as error:
            open_at(path)
        assert words in error.value.message
    assert path.read_text() == text


def test_outputs_answer_open_calls_and_no_others(path):
    """A wrong id is named, and so is a call that stays open."""
    thread = open_at(path)
    thread.items = [user_item("x"), CALL.as_item()]

    thread.check_outputs([output_item("c1", "42")], has_prompt=False)
    with pytest.raises(UsageError, match='no call "c2" is open'):
        thread.check_outputs([output_item("c2", "42")], has_prompt=False)
    with pytest.raises(UsageError, match="waits for the output of c1"):
        thread.check_outputs([], has_prompt=True)
    thread.close()


def test_an_id_that_comes_again_is_another_call(path):
    """Some servers count their calls anew in each answer."""
    turn = [user_item("x"), CALL.as_item()]
    thread = open_at(path)
    thread.items = [*turn, output_item("c1", "42"), *turn]
    thread.close()

    assert thread.open_calls == ["c1"]
    thread.check_outputs([output_item("c1", "43")], has_prompt=False)


def test_what_is_no_file_is_refused(tmp_path):
    """A pipe would be read without end; a device would be replaced by a file."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    for place in (pipe, tmp_path):
        with pytest.raises(UsageError, match="no regular file"):
            open_at(place)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_what_a_killed_run_left_behind_does_not_cost_a_turn(path):
    """A lock of an earlier version, or a file without a turn, is in nobody's way."""
    path.with_name(f".{path.name}.lock").write_text("")
    path.write_text("")
    thread = open_at(path)
    thread.add([user_item("hi")])
    thread.close()

    assert json.loads(path.read_text()) == user_item("hi")


def test_nothing_stays_beside_a_thread(path):
    """Neither a lock nor a neighbour, while a run has it and when it is done."""
    thread = open_at(path)
    beside = [p.name for p in path.parent.iterdir()]
    thread.add([user_item("hi")])
    thread.close()

    assert beside == [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("before", "foreign", "lead"),
    [
        (b"", b'{"role":"user","content":"EDIT"}\n', b""),
        (b'{"role":"user","content":"q"}\n', b'{"role":"user","content":"EDIT"}', b"\n"),
    ],
)
def test_what_another_program_appends_meanwhile_stays(path, before, foreign, lead):
    """The turn stands behind it, on a line of its own, and the user is told."""
    path.write_bytes(before)
    notes = []
    thread = open_at(path, notes)
    with path.open("ab") as other:
        other.write(foreign)

    thread.add([user_item("hi")])
    thread.add([user_item("ho")])
    thread.close()

    turn = b'{"role":"user","content":"hi"}\n{"role":"user","content":"ho"}\n'
    assert path.read_bytes() == before + foreign + lead + turn
    assert notes == [f"warning: {path} was changed meanwhile; the turn stands behind what is new"]


@pytest.mark.parametrize("new", [b'{"role":"user","content":"other"}\n', b"", None])
def test_an_editor_that_replaces_the_file_meanwhile_gets_the_turn(path, tmp_path, new):
    """Editors write a neighbour and rename it; or somebody has taken the file away."""
    path.write_text('{"role":"user","content":"q"}\n')
    notes = []
    thread = open_at(path, notes)
    if new is None:
        path.unlink()
    else:
        (tmp_path / "new").write_bytes(new)
        (tmp_path / "new").replace(path)

    thread.add([user_item("hi")])
    thread.close()

    assert path.read_bytes() == (new or b"") + b'{"role":"user","content":"hi"}\n'
    assert len(notes) == 1


def test_a_file_without_a_last_newline_is_read_and_added_to(path):
    """As an editor may leave it."""
    path.write_text('{"role":"user","content":"q"}')
    notes = []
    thread = open_at(path, notes)
    thread.add([user_item("hi")])
    thread.close()

    assert [json.loads(text)["content"] for text in path.read_text().splitlines()] == ["q", "hi"]
    assert notes == []


def test_a_turn_is_whole_or_not_at_all(path):
    """A disk that fills up in the middle of it costs this turn, and no other."""
    path.write_text('{"role":"user","content":"q"}\n')
    before = path.read_bytes()
    thread = open_at(path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 50, hard))
    try:
        with pytest.raises(UsageError, match="cannot write"):
            thread.add([user_item("x" * 100), user_item("y")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    short = path.read_bytes()
    thread.add([user_item("again")])
    thread.close()

    assert short == before
    assert [json.loads(text)["content"] for text in path.read_text().splitlines()] == ["q", "again"]


def test_a_byte_order_mark_is_no_part_of_the_first_line(path):
    """Windows' editors write one; it stays where it is."""
    path.write_bytes(b'\xef\xbb\xbf{"role":"user","content":"q"}\r\n')
    thread = open_at(path)
    thread.add([user_item("hi")])
    thread.close()

    assert [item["content"] for item in thread.items] == ["q", "hi"]
    assert path.read_bytes().startswith(b'\xef\xbb\xbf{"role":"user","content":"q"}\r\n{')


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_thread_in_utf_16_is_named_as_such(path, encoding):
    """With the line that makes it readable."""
    path.write_bytes('\ufeff{"role":"user","content":"q"}'.encode(encoding))

    with pytest.raises(UsageError, match="is text in UTF-16, not UTF-8") as error:
        open_at(path)

    assert error.value.hint.startswith("iconv -f UTF-16")


@pytest.mark.parametrize("is_there", [True, False])
def test_a_look_leaves_and_waits_for_nothing(path, is_there):
    """`-n` while another run has the thread, or where there is none."""
    first = open_at(path) if is_there else None
    look = open_thread(str(path), print, will_add=False)
    look.close()

    assert path.exists() == is_there
    if first:
        first.close()
    assert not path.exists()


def test_a_thread_that_cannot_be_written_is_refused_before_anything_is_asked(tmp_path):
    """And a folder that is closed is none of a file's business that can."""
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    folder = tmp_path / "closed"
    folder.mkdir()
    (folder / "may").write_text("")
    (folder / "not").write_text("")
    (folder / "not").chmod(0o400)
    folder.chmod(0o500)

    thread = open_at(folder / "may")
    thread.add([user_item("hi")])
    thread.close()
    for name in ("not", "new"):
        with pytest.raises(UsageError, match="permission denied"):
            open_at(folder / name)


def test_a_thread_is_no_stdin(tmp_path):
    """`-` is stdin everywhere else, and a file of that name is not meant."""
    with pytest.raises(UsageError, match="kept in a file"):
        open_thread("-", print)


def test_a_file_keeps_its_mode(path):
    """Also a mode that the umask would not give to a new one."""
    path.write_text("")
    path.chmod(0o666)
    thread = open_at(path)
    thread.add([user_item("hi")])
    thread.close()

    assert path.stat().st_mode & 0o777 == 0o666


def test_waiting_ends_with_the_run(path):
    """--max-time bounds the whole run, and the one that waits for its turn is one."""
    first = open_at(path)
    slept = []

    with pytest.raises(TimedOut):
        open_thread(str(path), slept.append, slept.append, Deadline(time.monotonic()))
    first.close()

    assert slept == []
    open_at(path).close()


@pytest.mark.parametrize(
    ("item", "end"),
    [
        ({"role": "assistant", "content": [{"type": "output_text", "text": "Hello"}]}, "Hello"),
        (output_item("c1", "42"), "42"),
        ({"role": "assistant", "content": "a\x1b]0;x\x07b\u202e"}, "a ]0;x b "),
    ],
)
def test_the_last_words_are_shown_harmlessly(path, item, end):
    """Whatever form they have, and whatever they hold."""
    thread = open_at(path)
    thread.items = [user_item("hi"), CALL.as_item(), output_item("c1", "1"), item]
    thread.close()

    assert f'holds 1 turn, the last ends: "{end}"' in thread.how_to_go_on().message


def test_the_hint_can_be_pasted(tmp_path):
    """A name with a space is quoted."""
    thread = open_at(tmp_path / "my talk.jsonl")
    thread.close()

    assert 'my talk.jsonl\' "…"' in thread.how_to_go_on().hint


def test_a_thread_without_a_prompt_says_how_to_go_on(path):
    """It is no REPL."""
    thread = open_at(path)
    thread.add([user_item("hi"), {"role": "assistant", "content": "Hello there."}])
    thread.close()

    error = thread.how_to_go_on()

    assert 'the last ends: "Hello there."' in error.message
    assert f'--thread {path} "…"' in error.hint


@pytest.mark.real
def test_the_second_writer_waits_and_says_so(path):
    """Its turn comes after the first one's, never over it."""
    first = open_at(path)
    notes: list[str] = []
    opened = threading.Event()

    def second() -> None:
        thread = open_at(path, notes)
        thread.add([user_item("second")])
        thread.close()
        opened.set()

    threading.Thread(target=second, daemon=True).start()
    assert not opened.wait(0.5)
    first.add([user_item("first")])
    first.close()

    assert opened.wait(5)
    assert [json.loads(text)["content"] for text in path.read_text().splitlines()] == [
        "first",
        "second",
    ]
    assert notes == [f"waiting for another run that writes {path}"]


WRITER = """
import sys
from gradient_cli.ask.conversation import open_thread, user_item
for n in range(100):
    thread = open_thread(sys.argv[1], print, lambda s: None)
    thread.add([user_item(f"{sys.argv[2]} {n}"), {"role": "assistant", "content": "ok"}])
    thread.close()
"""


@pytest.mark.real
def test_two_writers_in_a_loop_lose_no_turn(path, world):
    """200 turns from two processes, each of them whole."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), name], env=world, stdout=subprocess.DEVNULL
        )
        for name in ("a", "b")
    ]
    for writer in writers:
        assert writer.wait(60) == 0

    items = [json.loads(text) for text in path.read_text().splitlines()]
    said = [item["content"] for item in items[::2]]

    assert sorted(said) == sorted(f"{name} {n}" for name in "ab" for n in range(100))
    assert {item["content"] for item in items[1::2]} == {"ok"}
