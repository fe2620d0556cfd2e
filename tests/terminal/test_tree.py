"""What a folder or a pattern stands for: git's own answer, and a shell's."""

import glob
import os
import random
import re
import shutil
import subprocess
import time

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.terminal.gitignore import bounded
from gradient_cli.terminal.tree import files_below, files_matching
from gradient_cli.wire.encodings import is_binary, wide_name

NAMES = [
    "a",
    "b.py",
    "c.txt",
    "build",
    "x.log",
    "keep.log",
    ".hidden",
    "a b",
    "d[1]",
    "src",
    "e.py~",
]
LINES = [
    "*.log", "!keep.log", "build/", "/a", "src/*.py", "**/c.txt", "src/**", "!src/b.py", "a b", "d\\[1\\]",
    "*~", "*", "!*/", "!*.py", "# a comment", "", "\\#x", "  ", "x.log  ", "[ab]*", "**/src/**/b.py", "src/*/a",
    "/src/a", ".hidden", "*.p?", "!", "\\", "a/b.py", "!/a", "b**y", "/*", "!/src", "**", "c.*",
]  # fmt: skip


def grown(folder, source: random.Random, depth: int = 3) -> None:
    """Fill a folder with files, folders, links and ignore files."""
    folder.mkdir(exist_ok=True)
    for name in source.sample(NAMES, source.randint(2, 7)):
        if depth and source.random() < 0.4:
            grown(folder / name, source, depth - 1)
        else:
            (folder / name).write_text(name)
    if source.random() < 0.6:
        lines = source.sample(LINES, source.randint(1, 5))
        (folder / ".gitignore").write_text("\n".join(lines) + "\n")
    if source.random() < 0.3:
        (folder / "link").symlink_to("..")


def of_git(folder, environ) -> list[str]:
    """Give what git lists of a folder that is all untracked, without its links."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "-z", "."]
    listed = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, check=True
    ).stdout
    names = [os.fsdecode(name) for name in listed.split(b"\0") if name]
    return sorted((n for n in names if not (folder / n).is_symlink()), key=os.fsencode)


@pytest.fixture
def environ(tmp_path):
    """Give the environment of a user with an ignore file of their own."""
    home = tmp_path / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("*~\n")
    return {"HOME": str(home), "PATH": os.environ["PATH"]}


@pytest.mark.real
@pytest.mark.skipif(not shutil.which("git"), reason="git is not there to be asked")
@pytest.mark.parametrize("seeds", [range(8), pytest.param(range(8, 250), marks=pytest.mark.real)])
def test_a_folder_stands_for_what_git_does_not_ignore(tmp_path, environ, monkeypatch, seeds):
    """Rules of every kind, at every depth, in random trees; git is asked for the right answer."""
    for seed in seeds:
        source = random.Random(seed)
        root = tmp_path / f"tree{seed}"
        grown(root, source)
        subprocess.run(["git", "init", "-q", "."], cwd=root, env=environ, check=True)
        (root / ".git" / "info").mkdir(exist_ok=True)
        (root / ".git" / "info" / "exclude").write_text(
            source.choice(["c.txt\n", "!x.log\n", "src/\n"])
        )

        monkeypatch.chdir(root)
        assert files_below(".", environ) == of_git(root, environ), f"seed {seed}"
        for name in ("src", "build"):
            # What is ignored itself is named on purpose; git lists nothing of it then.
            if (root / name).is_dir() and (listed := of_git(root / name, environ)):
                expected = [f"{name}/{path}" for path in listed]
                assert files_below(name, environ) == expected, f"seed {seed}"


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (None, "xdg"),
        ("[core]\n\texcludesFile = ~/mine # of mine\n", "mine"),
        ('[user]\nexcludesfile = no\n[CORE]\n  excludesfile="~/mine"\n', "mine"),
        ("[core]\n\teditor = vi\n", "xdg"),
    ],
)
def test_the_user_s_own_ignore_file_counts(tmp_path, settings, name):
    """The one that git's settings name, or the usual one."""
    home = tmp_path / "home"
    (home / ".config" / "git").mkdir(parents=True)
    (home / ".config" / "git" / "ignore").write_text("xdg\n")
    (home / "mine").write_text("mine\n")
    if settings:
        (home / ".gitconfig").write_text(settings)
    (tmp_path / "r" / ".git").mkdir(parents=True)
    for file in ("xdg", "mine"):
        (tmp_path / "r" / file).write_text("")

    found = files_below(str(tmp_path / "r"), {"HOME": str(home)})

    assert [os.path.basename(path) for path in found] == [n for n in ("mine", "xdg") if n != name]


def test_neither_links_nor_devices_nor_the_repository_are_files_of_a_folder(tmp_path):
    """What leads elsewhere would send what the folder does not hold."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "config").write_text("secret")
    (tmp_path / "sub" / ".git").mkdir(parents=True)
    (tmp_path / "sub" / ".git" / "config").write_text("secret")
    (tmp_path / "sub" / "a").write_text("a")
    (tmp_path / "etc").symlink_to("/etc")
    (tmp_path / "passwd").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")

    assert files_below(str(tmp_path), {}) == [str(tmp_path / "sub" / "a")]


@pytest.mark.real
def test_a_deep_folder_is_walked(tmp_path):
    """Deeper than Python's own calls may go."""
    here = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1500):
            os.mkdir("d")
            os.chdir("d")
        open("f", "w").close()
    finally:
        os.chdir(here)

    os.chdir(tmp_path)
    try:
        assert [path.count("/") for path in files_below(".", {})] == [1500]
        assert [path.count("/") for path in files_matching("**/f")] == [1500]
    finally:
        os.chdir(here)
        # Python's own rmtree, which clears up after the tests, does not go so deep.
        subprocess.run(["rm", "-rf", str(tmp_path / "d")], check=True)


@pytest.mark.sampled
@pytest.mark.parametrize(
    "pattern",
    ["*", "**", "**/*", "*.py", "**/*.py", "src/**", "src/**/*.py", "**/src/*", "*/*", "s*/**/b.*", ".h*", "**/.h*",
     "[ab]*", "?", "a b", "./*.py", "src//*.py", "**/**/*.py", "d[[]1]", "nope/*", "*/", "[!a]*"],
)  # fmt: skip
def test_a_pattern_matches_what_it_matches_elsewhere(tmp_path, monkeypatch, pattern):
    """Python's own glob is the measure, but that `**` goes through no link."""
    source = random.Random(3)
    grown(tmp_path / "t", source)
    shutil.rmtree(tmp_path / "t" / "src", ignore_errors=True)
    grown(tmp_path / "t" / "src", source)
    for link in (tmp_path / "t").rglob("link"):
        link.unlink()
    monkeypatch.chdir(tmp_path / "t")
    expected = {
        os.path.normpath(path)
        for path in glob.glob(pattern, recursive=True)
        if os.path.isfile(path)
    }

    found = files_matching(pattern)

    assert found == sorted(expected, key=os.fsencode)
    assert files_matching(f"{tmp_path}/t/{pattern}") == [f"{tmp_path}/t/{path}" for path in found]


def test_a_pattern_does_not_walk_in_circles(tmp_path, monkeypatch):
    """Two links to their own folder are paths without number."""
    monkeypatch.chdir(tmp_path)
    for name in ("one", "two"):
        os.symlink(".", name)
    (tmp_path / "a.py").write_text("")

    assert files_matching("**/*.py") == ["a.py"]
    assert files_matching("*/a.py") == ["one/a.py", "two/a.py"]


def test_a_folder_that_cannot_be_read_is_named():
    """What cannot be looked at may hold what is looked for."""
    with pytest.raises(UsageError, match='cannot read "/nowhere"'):
        files_below("/nowhere", {})


@pytest.mark.parametrize(
    "line", ["*a" * 20 + "b", "*a?" * 12 + "b", "**a*" * 9 + "b", "/" + "*a" * 15 + "/x*y*z"]
)
def test_a_stranger_s_pattern_takes_no_time(tmp_path, line):
    """Names and patterns are made by the same hand, so that a match goes back and forth."""
    (tmp_path / ".gitignore").write_text(line + "\n")
    (tmp_path / ("a" * 250)).write_text("")
    begun = time.process_time()

    found = files_below(str(tmp_path), {})
    files_matching(f"{tmp_path}/{'*a' * 20}b")

    assert len(found) == 2
    assert time.process_time() - begun < 1


@pytest.mark.real
def test_a_bounded_pattern_matches_the_same():
    """All short texts against all short patterns of the pieces that globs are made of."""
    pieces = ["[^/]*", "a", "b", "[^/]", r"\."]
    source = random.Random(1)
    texts = ["".join(source.choices("ab.", k=n)) for n in range(7) for _ in range(25)]

    for _ in range(1500):
        expression = "^" + "".join(source.choices(pieces, k=source.randint(1, 7))) + "$"
        plain, fast = re.compile(expression), re.compile(bounded(expression))
        assert [t for t in texts if plain.match(t)] == [t for t in texts if fast.match(t)], (
            expression
        )


@pytest.mark.parametrize(
    ("data", "is_it"),
    [
        (b"", False),
        (b"hello\n", False),
        ("caf\u00e9 \u4f60\u597d \U0001f600".encode(), False),
        ("caf\u00e9 au lait, s'il vous pla\u00eet\n".encode("latin-1"), False),
        ("caf\u00e9\r\n".encode("utf-16"), False),
        ("hello".encode("utf-16-le"), False),
        (b"\x1b[31mred\x1b[0m\x07\n", False),
        (b"a\0b", True),
        (b"\x89PNG\r\n\x1a\n", True),
        (b"\xff\xfe\xfd", True),
        (b"\xff\xd8\xff\xe0", True),
        (bytes(range(1, 256)), True),
        (b"\x1f\x8b\x08\x08abc", True),
        (b"PK\x03\x04\x14\x00", True),
    ],
)
def test_a_text_is_told_from_what_is_none(data, is_it):
    """By a zero, by control characters, or by too many bytes beyond ASCII."""
    assert is_binary(data) == is_it


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ("a".encode("utf-16"), "UTF-16"),
        ("\ufeffa".encode("utf-16-be"), "UTF-16"),
        ("\ufeffa".encode("utf-32-le"), "UTF-32"),
        ("hello".encode("utf-16-le"), "UTF-16LE"),
        ("hello".encode("utf-16-be"), "UTF-16BE"),
        (b"hello", None),
        (b"a\0", None),
        (b"\0\0\0\0", None),
        (b"a\0b\0\0\0c\0", None),
        (b"", None),
    ],
)
def test_a_wide_encoding_is_named(data, name):
    """So that the advice can be the line that helps."""
    assert wide_name(data) == name
